//! The roughness of starts: moments of delta-slopes, mean and tail of the sum of their squares (S Thm 2; mathematics, section 18).

use rayon::prelude::*;

use crate::math::random::{Purpose, Stream};

use super::function_space::FunctionLaw;
use super::polar::{Curve, Output, Polar, Radius};

impl FunctionLaw {
    /// `E mu^2` and `E mu^4`.
    pub fn delta_slope_moments(&self) -> [f64; 2] {
        let unit = self.law.scale / self.width as f64;
        let polar = Polar::of(self.law.kind);
        // Of c, or r; and of what it is multiplied by: a, or cos theta.
        let output = match polar.output {
            Output::Uniform => [1.0 / 3.0, 0.2],
            Output::Normal(c) => [c.powi(2), 3.0 * c.powi(4)],
            Output::Sign => [1.0, 1.0],
        };
        let slope = match (polar.curve, polar.radius) {
            (Curve::Circle, Radius::Rayleigh(s)) | (Curve::Lines { .. }, Radius::Normal(s)) => {
                [s.powi(2), 3.0 * s.powi(4)]
            }
            (Curve::Circle, _) => [0.5, 0.375],
            (Curve::Rectangle { a, .. }, _) => [a.powi(2) / 3.0, 0.2 * a.powi(4)],
            (Curve::Lines { .. }, _) => [1.0, 1.0],
        };
        [unit.powi(2) * output[0] * slope[0], unit.powi(4) * output[1] * slope[1]]
    }

    /// Knots that can lie apart: half as many as neurons if these come in pairs.
    pub fn separate_knots(&self) -> usize {
        if self.law.antisymmetric { self.width / 2 } else { self.width }
    }

    /// The mean of the roughness `Sum_i mu_i^2` of all neurons.
    pub fn roughness_mean(&self) -> f64 {
        self.width as f64 * self.delta_slope_moments()[0]
    }

    /// Its variance; of pairs, whose delta-slopes are opposite, twice that of as many independent neurons.
    pub fn roughness_variance(&self) -> f64 {
        let [second, fourth] = self.delta_slope_moments();
        let pairs = if self.law.antisymmetric { 2.0 } else { 1.0 };
        pairs * self.width as f64 * (fourth - second * second)
    }

    /// Cantelli's bound of the probability that the roughness exceeds its mean by `excess > 0` or more:
    /// `1 / (1 + excess^2 / variance)` (S Thm 2).
    pub fn roughness_bound(&self, excess: f64) -> f64 {
        1.0 / (1.0 + excess * excess / self.roughness_variance())
    }

    /// The roughness of drawn starts, in order.
    pub fn drawn_roughness(&self, starts: usize, seed: u64) -> Vec<f64> {
        let (m, each) = (self.separate_knots() as u64, self.width as f64 / self.separate_knots() as f64);
        let of = |start: u64| {
            let mut stream = Stream::new(seed, Purpose::Starts, start);
            let square = |_| {
                let (r, theta) = self.law.independent(&mut stream);
                (r * libm::cos(theta) / self.width as f64).powi(2)
            };
            each * (0..m).map(square).sum::<f64>()
        };
        (0..starts as u64).into_par_iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::problem::{FunctionLaw, LawKind, NeuronLaw, ParticleLaw};

    /// A neuron of width `m`, with the exact factors of its layers.
    fn neurons(kind: LawKind, m: usize) -> FunctionLaw {
        let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
        FunctionLaw::new(&ParticleLaw::Neurons(law), m as f64, m)
    }

    /// S Thm 2: He has mean 4 and variance `128 / m`, Glorot `4 m / (m + 1)^2` and `128 m / (m + 1)^4`.
    #[test]
    fn roughness_has_the_moments_of_the_paper() {
        for m in [1, 10, 1000] {
            let (he, glorot) = (neurons(LawKind::He, m), neurons(LawKind::Glorot, m));
            let m = m as f64;
            let pairs = [
                (he.roughness_mean(), 4.0),
                (he.roughness_variance(), 128.0 / m),
                (glorot.roughness_mean(), 4.0 * m / (m + 1.0).powi(2)),
                (glorot.roughness_variance(), 128.0 * m / (m + 1.0).powi(4)),
            ];
            for (found, expected) in pairs {
                assert!((found / expected - 1.0).abs() < 1e-13, "{m}: {found} {expected}");
            }
        }
        // (1 + 2^2 / (128 / 32))^-1
        assert!((neurons(LawKind::He, 32).roughness_bound(2.0) - 0.5).abs() < 1e-14);
    }

    #[test]
    fn drawn_roughness_has_its_moments() {
        let kind = LawKind::He;
        for antisymmetric in [false, true] {
            let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric };
            let law = FunctionLaw::new(&ParticleLaw::Neurons(law), 20.0, 20);
            let drawn = law.drawn_roughness(50_000, 7);
            let mean = drawn.iter().sum::<f64>() / 5e4;
            let variance = drawn.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 5e4;
            let error = (law.roughness_variance() / 5e4).sqrt();
            assert!((mean - law.roughness_mean()).abs() < 4.0 * error, "{mean}");
            assert!((variance / law.roughness_variance() - 1.0).abs() < 0.1, "{variance}");
        }
    }
}
