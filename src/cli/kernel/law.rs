//! The start law of a scenario, as the kernels need it.

use crate::flow::OutputBias;
use crate::kernel::{BiasLaw, Particles, SlopeLaw, StartLaw, WeightLaw};
use crate::problem::{DrawnLaw, LawKind, OutputLaw, Start};

/// The law of `(c, a, b)` from which a scenario draws its neurons; that of its neurons as they
/// are, if there is no such law.
///
/// Laws of `(r, theta)` are lifted with `|w| = 1`, `c = r`.
pub(super) fn start_law(law: Option<&DrawnLaw>, start: &Start) -> StartLaw {
    let Some(law) = law else {
        let particles = match start {
            Start::Canonical(measure) => Particles::canonical(measure),
            Start::Lifted(neurons) => Particles::neurons(neurons),
            Start::Density(_) => unreachable!("it has been given particles"),
        };
        return StartLaw { weights: WeightLaw::Particles(particles), output_second_moment: 0.0 };
    };
    let square = |c: OutputLaw| match c {
        OutputLaw::Uniform => 1.0 / 3.0,
        OutputLaw::Normal | OutputLaw::Sign => 1.0,
    };
    let h = law.hidden_scale;
    let normal = |variance: f64| {
        let deviation = h * variance.sqrt();
        (WeightLaw::Normal { a_deviation: deviation, b_deviation: deviation }, variance)
    };
    let isotropic = WeightLaw::Isotropic { second_moment: h * h };
    let uniform = |a: f64, b: f64| WeightLaw::Independent {
        a: SlopeLaw::Uniform { low: -h * a, high: h * a },
        b: BiasLaw::Uniform { low: -h * b, high: h * b },
    };
    let (weights, c2) = match law.kind {
        LawKind::NormalUniform => (isotropic, 1.0),
        LawKind::UniformUniform => (isotropic, 1.0 / 3.0),
        LawKind::Normal => normal(1.0),
        LawKind::He | LawKind::Glorot => normal(2.0),
        LawKind::HeZeroBias => (WeightLaw::ZeroBias { second_moment: 2.0 * h * h }, 2.0),
        LawKind::Pytorch => (uniform(1.0, 1.0), 1.0 / 3.0),
        LawKind::Uniform { a_bound, b_bound, c } => (uniform(a_bound, b_bound), square(c)),
        LawKind::TwoSided { b_bound, c } => {
            let b = BiasLaw::Uniform { low: -h * b_bound, high: h * b_bound };
            (WeightLaw::Independent { a: SlopeLaw::Sign { size: h }, b }, square(c))
        }
    };
    StartLaw { weights, output_second_moment: law.output_scale * law.output_scale * c2 }
}

/// The law in words.
pub(super) fn describe(law: &StartLaw, bias: OutputBias) -> String {
    let words = of_neurons(law);
    match bias.is_some() {
        true => {
            let [start, rate] = [bias.start, bias.rate].map(super::text::figure);
            format!("{words}; output bias {start}, rate {rate}")
        }
        false => words,
    }
}

fn of_neurons(law: &StartLaw) -> String {
    let c = format!("E c^2 = {}", super::text::figure(law.output_second_moment));
    match &law.weights {
        WeightLaw::Isotropic { second_moment } => {
            format!("w uniform in direction, E|w|^2 = {second_moment}, {c}")
        }
        WeightLaw::Normal { a_deviation, b_deviation } => {
            format!("a ~ N(0, {:.3}^2), b ~ N(0, {:.3}^2), {c}", a_deviation, b_deviation)
        }
        WeightLaw::ZeroBias { second_moment } => {
            format!("E a^2 = {}, b = 0, {c}", super::text::figure(*second_moment))
        }
        WeightLaw::Independent { a, b } => {
            let a = match a {
                SlopeLaw::Uniform { low, high } => format!("a ~ U[{low}, {high}]"),
                SlopeLaw::Sign { size } => format!("a = +-{size}"),
                SlopeLaw::Normal { deviation } => format!("a ~ N(0, {deviation}^2)"),
            };
            let b = match b {
                BiasLaw::Uniform { low, high } => format!("b ~ U[{low}, {high}]"),
                BiasLaw::Normal { deviation } => format!("b ~ N(0, {deviation}^2)"),
            };
            format!("{a}, {b}, {c}")
        }
        WeightLaw::Particles(particles) => {
            format!("the scenario's {} particles as they are", particles.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;
    use crate::problem::{Law, Measure};
    use crate::scenario::Scenario;

    const KINDS: [LawKind; 9] = [
        LawKind::NormalUniform,
        LawKind::UniformUniform,
        LawKind::Normal,
        LawKind::He,
        LawKind::HeZeroBias,
        LawKind::Glorot,
        LawKind::Pytorch,
        LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
        LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Sign },
    ];

    /// `Int r^2 <xt,d>_+ <yt,d>_+ mu` is `E c^2 K_RF(x, y)` for `c` independent of `w`, with
    /// `kappa = 1`.
    fn agrees(law: DrawnLaw, measure: &Measure) {
        let m = measure.len() as f64;
        let start = start_law(Some(&law), &Start::from(measure.clone()));
        let c2 = start.output_second_moment;
        let kernel = Kernel::new(start);
        for (x, y) in [(0.3, -0.8), (2.0, 1.0), (-1.5, -1.5)] {
            let (mut sum, mut squares) = (0.0, 0.0);
            for (r, theta) in measure.r().iter().zip(measure.theta()) {
                let (sin, cos) = theta.sin_cos();
                let term = r * r * (x * cos + sin).max(0.0) * (y * cos + sin).max(0.0);
                (sum, squares) = (sum + term, squares + term * term);
            }
            let mean = sum / m;
            let error = ((squares / m - mean * mean) / m).sqrt();
            let exact = c2 * kernel.features(x, y);
            assert!((mean - exact).abs() <= 5.0 * error, "{law:?} {x} {y}: {mean} {exact} {error}");
        }
    }

    #[test]
    fn every_law_is_the_one_its_particles_are_drawn_from() {
        for kind in KINDS {
            let measure = Law { kind, scale: 1.7, antisymmetric: false }.draw(200_000, 3).unwrap();
            agrees(DrawnLaw { kind, hidden_scale: 1.0, output_scale: 1.7 }, &measure);
        }
    }

    /// Also the second moments of the layers by themselves.
    #[test]
    fn laws_of_neurons_have_their_scales() {
        for kind in &KINDS[2..] {
            let text = match kind {
                LawKind::He => "law = \"he\"",
                LawKind::HeZeroBias => "law = \"he-zero-bias\"",
                LawKind::Glorot => "law = \"glorot\"",
                LawKind::Pytorch => "law = \"pytorch\"",
                LawKind::Uniform { .. } => {
                    "law = \"uniform\"\na_bound = 2.0\nb_bound = 0.5\nc_law = \"normal\""
                }
                LawKind::TwoSided { .. } => "law = \"two-sided\"\nb_bound = 1.5\nc_law = \"sign\"",
                _ => "law = \"normal\"",
            };
            let text = format!(
                "[samples]\nx = [0, 1]\ny = [0, 1]\n[measure]\nparticles = 40000\n{text}\nhidden_scale = 0.7\n\
                 output_scale = 1.9\n[flow]\nkind = \"lifted\"\nbalance = 1.5\n[time]\nend = 1\n"
            );
            let scenario = Scenario::parse(&text, "a.toml".as_ref()).unwrap();
            let law = scenario.law.unwrap();
            assert_eq!(law.kind, *kind);
            let neurons = scenario.start.lifted().unwrap();
            agrees(law, &neurons.canonical(1.0).unwrap());
            let mean = neurons.c().iter().map(|c| c * c).sum::<f64>() / 40_000.0;
            let c2 = start_law(Some(&law), &scenario.start).output_second_moment;
            assert!((mean / c2 - 1.0).abs() < 0.05, "{kind:?}: {mean} {c2}");
        }
    }

    #[test]
    fn a_lift_is_taken_as_its_neurons_are() {
        let text = "[samples]\nx = [0, 1]\ny = [0, 1]\n[measure]\nparticles = 50\ndelta = -3\n\
                    [flow]\nkind = \"kernel\"\n[time]\nend = 1\n";
        let scenario = Scenario::parse(text, "a.toml".as_ref()).unwrap();
        assert_eq!(scenario.law, None);
        let (start, neurons) = (start_law(None, &scenario.start), scenario.start.lifted().unwrap());
        let expected = (0..50).map(|i| neurons.a()[i].powi(2) / 50.0).sum::<f64>();
        // Far to either side half of K(x, x) / x^2 each.
        let kernel = Kernel::new(start);
        let found = (kernel.features(1e8, 1e8) + kernel.features(-1e8, -1e8)) / 1e16;
        assert!((found - expected).abs() < 1e-6 * expected, "{found} {expected}");
    }
}
