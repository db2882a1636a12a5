//! The start law of a scenario, as the kernels need it.

use crate::kernel::{BiasLaw, Particles, SlopeLaw, StartLaw, WeightLaw};
use crate::problem::Measure;
use crate::scenario::{Law, LawKind, OutputLaw};

/// The law of `(c, a, b)` from which a scenario draws its particles; those of a file, each as it
/// is, if it reads them.
///
/// `scale` multiplies `c`, and `kappa` is 1. Laws of `(r, theta)` are lifted with `|w| = 1`,
/// `c = r`.
pub(super) fn start_law(law: Option<&Law>, measure: &Measure) -> StartLaw {
    let Some(law) = law else {
        return StartLaw {
            weights: WeightLaw::Particles(Particles::canonical(measure)),
            output_second_moment: 0.0,
        };
    };
    let square = |c: OutputLaw| match c {
        OutputLaw::Uniform => 1.0 / 3.0,
        OutputLaw::Normal | OutputLaw::Sign => 1.0,
    };
    let normal = |variance: f64| {
        let deviation = variance.sqrt();
        (WeightLaw::Normal { a_deviation: deviation, b_deviation: deviation }, variance)
    };
    let isotropic = WeightLaw::Isotropic { second_moment: 1.0 };
    let bias = |bound: f64| BiasLaw::Uniform { low: -bound, high: bound };
    let uniform =
        |a: f64, b: f64| WeightLaw::Independent { a: SlopeLaw::Uniform { low: -a, high: a }, b: bias(b) };
    let (weights, c2) = match law.kind {
        LawKind::NormalUniform => (isotropic, 1.0),
        LawKind::UniformUniform => (isotropic, 1.0 / 3.0),
        LawKind::Normal => normal(1.0),
        LawKind::He | LawKind::Glorot => normal(2.0),
        LawKind::Pytorch => (uniform(1.0, 1.0), 1.0 / 3.0),
        LawKind::Uniform { a_bound, b_bound, c } => (uniform(a_bound, b_bound), square(c)),
        LawKind::TwoSided { b_bound, c } => {
            (WeightLaw::Independent { a: SlopeLaw::Sign, b: bias(b_bound) }, square(c))
        }
    };
    StartLaw { weights, output_second_moment: law.scale * law.scale * c2 }
}

/// The law in words.
pub(super) fn describe(law: &StartLaw) -> String {
    let c = format!("E c^2 = {}", super::text::figure(law.output_second_moment));
    match &law.weights {
        WeightLaw::Isotropic { second_moment } => {
            format!("w uniform in direction, E|w|^2 = {second_moment}, {c}")
        }
        WeightLaw::Normal { a_deviation, b_deviation } => {
            format!("a ~ N(0, {:.3}^2), b ~ N(0, {:.3}^2), {c}", a_deviation, b_deviation)
        }
        WeightLaw::Independent { a, b } => {
            let a = match a {
                SlopeLaw::Uniform { low, high } => format!("a ~ U[{low}, {high}]"),
                SlopeLaw::Sign => "a = +-1".to_string(),
                SlopeLaw::Normal { deviation } => format!("a ~ N(0, {deviation}^2)"),
            };
            let b = match b {
                BiasLaw::Uniform { low, high } => format!("b ~ U[{low}, {high}]"),
                BiasLaw::Normal { deviation } => format!("b ~ N(0, {deviation}^2)"),
            };
            format!("{a}, {b}, {c}")
        }
        WeightLaw::Particles(particles) => format!("the {} particles of the file, |w| = 1", particles.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;

    /// For `c` independent of `w`, `Int r^2 <xt,d>_+ <yt,d>_+ mu = E c^2 K_RF(x, y)`.
    #[test]
    fn every_law_is_the_one_its_particles_are_drawn_from() {
        let kinds = [
            LawKind::NormalUniform,
            LawKind::UniformUniform,
            LawKind::Normal,
            LawKind::He,
            LawKind::Glorot,
            LawKind::Pytorch,
            LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Sign },
        ];
        for kind in kinds {
            let law = Law { kind, scale: 1.7, antisymmetric: false };
            let m = 200_000;
            let measure = law.draw(m, 3).unwrap();
            let start = start_law(Some(&law), &measure);
            let c2 = start.output_second_moment;
            let kernel = Kernel::new(start);
            for (x, y) in [(0.3, -0.8), (2.0, 1.0), (-1.5, -1.5)] {
                let (mut sum, mut squares) = (0.0, 0.0);
                for (r, theta) in measure.r().iter().zip(measure.theta()) {
                    let (sin, cos) = theta.sin_cos();
                    let term = r * r * (x * cos + sin).max(0.0) * (y * cos + sin).max(0.0);
                    (sum, squares) = (sum + term, squares + term * term);
                }
                let mean = sum / m as f64;
                let error = ((squares / m as f64 - mean * mean) / m as f64).sqrt();
                let exact = c2 * kernel.features(x, y);
                assert!((mean - exact).abs() < 5.0 * error, "{kind:?} {x} {y}: {mean} {exact} {error}");
            }
        }
    }
}
