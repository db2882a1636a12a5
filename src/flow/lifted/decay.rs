//! Weight decay: one common factor (mathematics, section 21).
//!
//! Of the layers that train, `dz/dt = -A(g) z - lambda z` has the solution `z(t) = s(t) z~(t)`, `ds/dt = -lambda s`,
//! where `z~` undergoes the maps of the flow without decay. What is stored, framed, tested and integrated is `z~`, so that
//! nothing about events changes. Both parts of the lifted flow have the factor `s`, and the field acts on `z~` as it
//! is. Where one layer stands still the field that acts on the other is `g / s`. Either way the moments, and with them
//! the residuals and their field, are those of `z`.
//!
//! When `s` has fallen below [`LEAST`], `z~` becomes `z`, and `s` starts again at 1: far from overflow.

use crate::flow::path::Path;
use crate::math::poly;

use super::frame::Neuron;
use super::kind::Kind;
use super::second::{Cluster, Second};

/// The least factor `s` before neurons are multiplied by it.
pub const LEAST: f64 = 1.0 / 16.0;

/// Terms of the series of `exp(-2 lambda h u)`: as `lambda h` is at most a tenth, the next one is below `3e-9`.
pub const FADING: usize = 7;

/// What `c` and `w` are multiplied by: from `z~` to `z`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// Of `c`.
    pub c: f64,
    /// Of `w`.
    pub w: f64,
}

impl Factors {
    /// Without decay, and at the start.
    pub const ONE: Factors = Factors { c: 1.0, w: 1.0 };

    /// After the time `elapsed`.
    pub fn after(kind: Kind, decay: f64, elapsed: f64) -> Factors {
        let s = libm::exp(-decay * elapsed);
        let of = |moves: f64| if moves > 0.0 { s } else { 1.0 };
        Factors { c: of(kind.alpha), w: of(kind.beta) }
    }

    /// `s`.
    fn s(self) -> f64 {
        self.c.min(self.w)
    }

    /// Whether neurons are to be multiplied by these.
    pub fn are_due(self) -> bool {
        self.s() < LEAST
    }

    /// The factor of `c w`, and so of the function.
    pub fn of_function(self) -> f64 {
        self.c * self.w
    }

    /// A neuron.
    pub fn neuron(self, [c, x, y]: Neuron) -> Neuron {
        [self.c * c, self.w * x, self.w * y]
    }

    /// Second moments of neurons.
    pub fn second(self, [cc, cx, cy, xx, xy, yy]: Second) -> Second {
        let (both, ww) = (self.c * self.w, self.w * self.w);
        [self.c * self.c * cc, both * cx, both * cy, ww * xx, ww * xy, ww * yy]
    }

    /// Second moments of a cluster.
    pub fn cluster(self, [mass, cc, cl, ll]: Cluster) -> Cluster {
        [mass, self.c * self.c * cc, self.c * self.w * cl, self.w * self.w * ll]
    }
}

/// The factors over a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepFactors {
    /// At the start.
    pub start: Factors,
    /// At the end.
    pub end: Factors,
    /// `lambda h`.
    pub exponent: f64,
    /// What the field at the start is multiplied by for `z~`.
    pub lift: f64,
    /// Coefficients, ascending, of what the covariance of `z~` is multiplied by at `u`.
    pub covariance: [f64; FADING],
}

impl StepFactors {
    /// Of a step that starts with `start` and ends with `end`, `exponent = lambda h`.
    pub fn new(kind: Kind, [start, end]: [Factors; 2], exponent: f64) -> StepFactors {
        let mut covariance = [0.0; FADING];
        covariance[0] = 1.0;
        if kind.is_lorentz() {
            covariance[0] = start.of_function();
            for p in 1..FADING {
                covariance[p] = covariance[p - 1] * -2.0 * exponent / p as f64;
            }
        }
        // Where one layer moves, covariances are those of the other one, which stands still.
        let lift = if kind.is_lorentz() { 1.0 } else { 1.0 / start.s() };
        StepFactors { start, end, exponent, lift, covariance }
    }

    /// The path by which the field acts on `z~`, but for `lift`, if that is another one: `rho exp(lambda h u)`, projected
    /// to cubics in the mean square over the step. Its integral over the step is exact, so that shears are.
    pub fn weighted(&self, kind: Kind, path: &Path) -> Option<Path> {
        if kind.is_lorentz() || self.exponent == 0.0 {
            return None;
        }
        let projection = growing(self.exponent);
        let cubic = path
            .cubic
            .iter()
            .map(|c| std::array::from_fn(|q| c[q] + (0..4).map(|p| projection[q][p] * c[p]).sum::<f64>()));
        Some(Path { h: path.h, cubic: cubic.collect() })
    }

    /// What the covariance of `z~` is multiplied by at `u`.
    #[inline]
    pub fn covariance_at(&self, u: f64) -> f64 {
        poly::value(&self.covariance, u)
    }
}

/// The orthogonal projection to cubics on `[0, 1]` of `u^p (exp(d u) - 1)`: entry `[q][p]` is the coefficient of `u^q`.
fn growing(d: f64) -> [[f64; 4]; 4] {
    /// The inverse of the Gram matrix `1 / (p + q + 1)` of the powers.
    const INVERSE: [[f64; 4]; 4] = [
        [16.0, -120.0, 240.0, -140.0],
        [-120.0, 1200.0, -2700.0, 1680.0],
        [240.0, -2700.0, 6480.0, -4200.0],
        [-140.0, 1680.0, -4200.0, 2800.0],
    ];
    // Int_0^1 u^n (exp(d u) - 1) du = Sum_(k >= 1) d^k / (k! (n + k + 1))
    let moment: [f64; 7] = std::array::from_fn(|n| {
        let (mut term, mut sum) = (1.0, 0.0);
        for k in 1..60 {
            term *= d / f64::from(k);
            sum += term / (n as f64 + f64::from(k) + 1.0);
        }
        sum
    });
    let entry = |q: usize, p: usize| (0..4).map(|r| INVERSE[q][r] * moment[r + p]).sum();
    std::array::from_fn(|q| std::array::from_fn(|p| entry(q, p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighted_paths_have_the_exact_integral() {
        let (d, c) = (0.1f64, [0.7, -1.3, 2.0, 0.4]);
        let path = Path { h: 1.0, cubic: vec![c] };
        let ends = [Factors::ONE, Factors::after(Kind::KERNEL, d, 1.0)];
        let factors = StepFactors::new(Kind::KERNEL, ends, d);
        let weighted = factors.weighted(Kind::KERNEL, &path).unwrap().cubic[0];
        // Gauss' rule is exact but for 1e-16 of such a short exponential.
        let nodes = [
            -0.906_179_845_938_664,
            -0.538_469_310_105_683_1,
            0.0,
            0.538_469_310_105_683_1,
            0.906_179_845_938_664,
        ];
        let weights = [
            0.236_926_885_056_189_1,
            0.478_628_670_499_366_47,
            0.568_888_888_888_888_9,
            0.478_628_670_499_366_47,
            0.236_926_885_056_189_1,
        ];
        let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
            nodes.iter().zip(weights).map(|(x, w)| 0.5 * w * f(0.5 + 0.5 * x)).sum()
        };
        let exact = integral(&|u| poly::value(&c, u) * (d * u).exp());
        assert!((poly::value(&poly::integral(&weighted), 1.0) - exact).abs() < 1e-13);
        for u in [0.0, 0.3, 0.8, 1.0] {
            let error = poly::value(&weighted, u) - poly::value(&c, u) * (d * u).exp();
            // What is beyond cubics: about d c_3 u^4, of which a cubic leaves 1 / 70.
            assert!(error.abs() < 1e-3, "{u}: {error}");
        }
        assert!(StepFactors::new(Kind::LIFTED, ends, d).weighted(Kind::LIFTED, &path).is_none());
    }

    #[test]
    fn covariances_fade() {
        let ends = [0.5, 0.6].map(|t| Factors::after(Kind::LIFTED, 1.0, t));
        let factors = StepFactors::new(Kind::LIFTED, ends, 0.1);
        for u in [0.0, 0.4, 1.0] {
            let exact = (-2.0f64 * (0.5 + 0.1 * u)).exp();
            assert!((factors.covariance_at(u) / exact - 1.0).abs() < 1e-8, "{u}");
        }
        let still = StepFactors::new(Kind::ADAPTIVE, ends, 0.1);
        assert_eq!(still.covariance_at(0.7), 1.0);
    }

    #[test]
    fn moments_have_the_factors_of_their_neurons() {
        let (z, factors) = ([0.7, 1.1, -0.2], Factors { c: 0.5, w: 0.25 });
        let expected = super::super::second::of_neuron(0.3, factors.neuron(z));
        let found = factors.second(super::super::second::of_neuron(0.3, z));
        assert!((0..6).all(|i| (found[i] - expected[i]).abs() < 1e-16));
    }
}
