//! The path of the residuals over one step, in the unit time `u = (t - t_n) / h`.

use crate::math::poly;

/// One cubic in `u` per sample: what the particles feel during a step.
#[derive(Debug, Clone)]
pub struct Path {
    /// Length of the step (mean-field time).
    pub h: f64,
    /// Coefficients of `rho_j(u)`, ascending powers.
    pub cubic: Vec<[f64; 4]>,
}

impl Path {
    /// The straight line from `rho` with slope `rate` (per time).
    pub fn line(h: f64, rho: &[f64], rate: &[f64]) -> Path {
        let cubic = rho.iter().zip(rate).map(|(rho, rate)| [*rho, h * rate, 0.0, 0.0]).collect();
        Path { h, cubic }
    }

    /// The cubic Hermite path from `rho0` with `rate0` to `rho1` with `rate1` (rates per time).
    pub fn hermite(h: f64, rho0: &[f64], rate0: &[f64], rho1: &[f64], rate1: &[f64]) -> Path {
        let cubic =
            (0..rho0.len()).map(|j| poly::hermite(rho0[j], h * rate0[j], rho1[j], h * rate1[j])).collect();
        Path { h, cubic }
    }

    /// The quadratic path from `rho0` to `rho1`, where it has `rate1` (per time).
    pub fn quadratic(h: f64, rho0: &[f64], rho1: &[f64], rate1: &[f64]) -> Path {
        let cubic = (0..rho0.len())
            .map(|j| {
                let (rise, slope) = (rho1[j] - rho0[j], h * rate1[j]);
                [rho0[j], 2.0 * rise - slope, slope - rise, 0.0]
            })
            .collect();
        Path { h, cubic }
    }

    /// The Hermite path of the previous step (of length `before`, from `rho_before`), continued
    /// over the next `h`.
    pub fn continued(
        h: f64,
        before: f64,
        rho_before: &[f64],
        rate_before: &[f64],
        rho: &[f64],
        rate: &[f64],
    ) -> Path {
        // Hermite's cubic backwards from now, in v = (now - t) / before; then v = -u h / before.
        let scale = -h / before;
        let cubic = (0..rho.len())
            .map(|j| {
                let c = poly::hermite(rho[j], -before * rate[j], rho_before[j], -before * rate_before[j]);
                [c[0], c[1] * scale, c[2] * scale * scale, c[3] * scale * scale * scale]
            })
            .collect();
        Path { h, cubic }
    }

    /// The coefficients of `u^3`.
    pub fn third(&self) -> Vec<f64> {
        self.cubic.iter().map(|c| c[3]).collect()
    }

    /// Values at the start.
    pub fn start(&self) -> Vec<f64> {
        self.cubic.iter().map(|c| c[0]).collect()
    }

    /// Values and rates (per time) at the end.
    pub fn end(&self) -> (Vec<f64>, Vec<f64>) {
        let value = |c: &[f64; 4]| poly::value(c, 1.0);
        let rate = |c: &[f64; 4]| poly::derivative(c, 1.0) / self.h;
        (self.cubic.iter().map(value).collect(), self.cubic.iter().map(rate).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_continued_exactly() {
        let f = |t: f64| 1.0 - 2.0 * t + 0.5 * t * t + 3.0 * t * t * t;
        let d = |t: f64| -2.0 + t + 9.0 * t * t;
        let path = Path::continued(0.3, 0.2, &[f(0.5)], &[d(0.5)], &[f(0.7)], &[d(0.7)]);
        for u in [0.0, 0.4, 1.0] {
            assert!((poly::value(&path.cubic[0], u) - f(0.7 + 0.3 * u)).abs() < 1e-13);
            let (value, rate) = path.end();
            assert!((value[0] - f(1.0)).abs() < 1e-13 && (rate[0] - d(1.0)).abs() < 1e-12);
        }
    }
}
