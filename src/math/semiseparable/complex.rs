//! Complex numbers side by side.

/// A complex number in every lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complex<const L: usize> {
    pub re: [f64; L],
    pub im: [f64; L],
}

impl<const L: usize> Complex<L> {
    pub const ZERO: Complex<L> = Complex { re: [0.0; L], im: [0.0; L] };

    /// `self + a b`, `a` real.
    #[inline(always)]
    pub fn add_scaled(&mut self, a: f64, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] += a * b.re[l];
            self.im[l] += a * b.im[l];
        }
    }

    #[inline(always)]
    pub fn mul(&self, b: &Complex<L>) -> Complex<L> {
        let mut out = Complex::ZERO;
        for l in 0..L {
            out.re[l] = self.re[l] * b.re[l] - self.im[l] * b.im[l];
            out.im[l] = self.re[l] * b.im[l] + self.im[l] * b.re[l];
        }
        out
    }

    /// `self + a b`.
    #[inline(always)]
    pub fn add_product(&mut self, a: &Complex<L>, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] += a.re[l] * b.re[l] - a.im[l] * b.im[l];
            self.im[l] += a.re[l] * b.im[l] + a.im[l] * b.re[l];
        }
    }

    /// `self - a b`.
    #[inline(always)]
    pub fn sub_product(&mut self, a: &Complex<L>, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] -= a.re[l] * b.re[l] - a.im[l] * b.im[l];
            self.im[l] -= a.re[l] * b.im[l] + a.im[l] * b.re[l];
        }
    }

    /// The real part of the sum over lanes of `factor self`.
    #[inline(always)]
    pub fn real(&self, factor: &Complex<L>) -> f64 {
        let (mut terms, mut sum) = ([0.0; L], 0.0);
        for l in 0..L {
            terms[l] = factor.re[l] * self.re[l] - factor.im[l] * self.im[l];
        }
        for term in terms {
            sum += term;
        }
        sum
    }

    #[inline(always)]
    pub fn inverse(&self) -> Complex<L> {
        let mut out = Complex::ZERO;
        for l in 0..L {
            let scale = 1.0 / (self.re[l] * self.re[l] + self.im[l] * self.im[l]);
            out.re[l] = self.re[l] * scale;
            out.im[l] = -self.im[l] * scale;
        }
        out
    }
}
