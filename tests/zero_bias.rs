//! The law `he-zero-bias`: draws, closed forms, kernels, runs whose knots all start at 0, also on a sample.

use std::f64::consts::PI;
use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reluflow::io::{ArrayFile, KERNEL_FORMAT_VERSION, LAW_FORMAT_VERSION, RunFile};
use reluflow::kernel::{
    GradientFlow, Kernel, LinearFlow, LinearLimit, Particles, Regime, StartLaw, WeightLaw,
};
use reluflow::math::quadrature::integrate;
use reluflow::plot::Source;
use reluflow::problem::{FunctionLaw, Law, LawKind, NeuronLaw, Neurons, ParticleLaw, Samples};

use crate::cli_support::{json, reluflow};

fn law(kind: LawKind) -> NeuronLaw {
    NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false }
}

fn mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let square = values.map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    [mean, (square / n).sqrt()]
}

/// `a` and `c` are those of `he`, `b` is 0; directions are 0 and pi, never -pi.
#[test]
fn weights_are_those_of_he_without_the_biases() {
    let (he, zero) = (law(LawKind::He), law(LawKind::HeZeroBias));
    let (he, drawn) = (he.draw(1000, 3).unwrap(), zero.draw(1000, 3).unwrap());
    assert_eq!((he.a(), he.c()), (drawn.a(), drawn.c()));
    assert!(drawn.b().iter().all(|b| *b == 0.0));
    for canonical in [
        Law { kind: LawKind::HeZeroBias, scale: 1.0, antisymmetric: false }.draw(1000, 3).unwrap(),
        Law { kind: LawKind::HeZeroBias, scale: 1.0, antisymmetric: false }.sobol(1024, 3).unwrap(),
    ] {
        assert!(canonical.theta().iter().all(|theta| *theta == 0.0 || *theta == PI));
        let right = canonical.theta().iter().filter(|theta| **theta == 0.0).count();
        assert!((right as f64 / canonical.len() as f64 - 0.5).abs() < 0.05);
    }
}

/// `E a^(2 i) c^(2 j)` of quadratures and of Sobol' points on either side; `E r^4 = 9 . 16` of canonical particles.
#[test]
fn quadrature_and_sobol_points_have_its_moments() {
    let x = [-0.5, 0.0, 1.0];
    let kind = LawKind::HeZeroBias;
    let quadrature = law(kind).quadrature(&x, 8, 50).unwrap();
    assert_eq!(quadrature.len(), law(kind).quadrature_size(&x, 8));
    let sobol = law(kind).sobol(1 << 14, 1).unwrap();
    for (neurons, m, bound) in [(&quadrature, 50.0, 1e-12), (&sobol, 16384.0, 2e-2)] {
        for right in [true, false] {
            let moment = |i: i32, j: i32| -> f64 {
                let own = (0..neurons.len()).filter(|&n| (neurons.a()[n] > 0.0) == right);
                own.map(|n| neurons.mass()[n] * neurons.a()[n].powi(i) * neurons.c()[n].powi(j)).sum()
            };
            let side: f64 = if right { 1.0 } else { -1.0 };
            for (i, j, expected) in [
                (0, 0, 0.5),
                (1, 0, side / PI.sqrt()),
                (2, 0, 1.0),
                (4, 0, 6.0),
                (2, 2, 2.0 / m),
                (0, 2, 1.0 / m),
            ] {
                let found = moment(i, j);
                assert!((found / expected - 1.0).abs() < bound, "{i} {j}: {found} {expected}");
            }
            assert!(moment(1, 1).abs() < bound);
        }
    }
    let measure = Law { kind, scale: 0.5, antisymmetric: false }.quadrature(&x, 8, false).unwrap();
    for (power, expected) in [(2, 4.0 * 0.25), (4, 144.0 * 0.0625)] {
        let found: f64 = measure.r().iter().zip(measure.mass()).map(|(r, mass)| mass * r.powi(power)).sum();
        assert!((found / expected - 1.0).abs() < 1e-12, "{power}: {found}");
    }
    // sqrt(delta^2 + 4 r^2) is smooth but for small delta: E c^2 - E |w|^2 = delta, E |c| |w| = E |r| = 0.5 . 2 . 2 / pi.
    let lift = Law { kind, scale: 0.5, antisymmetric: false }.quadrature_lifted(&x, 8, 1.0, -0.7).unwrap();
    let product: f64 = (0..lift.len()).map(|i| lift.mass()[i] * (lift.c()[i] * lift.a()[i]).powi(2)).sum();
    assert!((product - 1.0).abs() < 1e-12, "{product}");
}

/// Delta-slopes have the density `K_0(|mu| / u) / (pi u)`, `u = kappa mass 2 / sqrt(m)`: a million draws within four standard errors,
/// integral 1 to 1e-10; roughness as He's (S Thm 2). Knots have none.
#[test]
fn its_function_law_is_in_closed_form() {
    let m = 40;
    let of = FunctionLaw::new(&ParticleLaw::Neurons(law(LawKind::HeZeroBias)), m as f64, m);
    assert!((of.roughness_mean() - 4.0).abs() < 1e-13);
    assert!((of.roughness_variance() - 128.0 / m as f64).abs() < 1e-13);
    assert!(!of.has_knot_density() && of.density(0.1, 0.1).is_err());
    assert_eq!([of.knot_below(-1e-300), of.knot_below(1e-300)], [0.0, 1.0]);
    assert_eq!(
        [of.knots_within(-1.0, 0.0), of.knots_within(0.0, 2.0), of.knots_within(0.1, 2.0)],
        [1.0, 1.0, 0.0]
    );
    let slope = |mu: f64| of.delta_slope_density(mu).unwrap();
    // With mu = exp(-t), for the peak at 0.
    let total = 2.0
        * integrate(|t| slope((-t).exp()) * (-t).exp(), -4.0, 80.0, &[0.0, 1.0, 5.0, 20.0], 0.0, 1e-13).value;
    assert!((total - 1.0).abs() < 1e-10, "{total}");
    let count = 1_000_000;
    let [knots, slopes] = of.drawn(count, 5);
    assert!(knots.iter().all(|knot| knot.abs() < 1e-15));
    for (low, high) in [(0.01, 0.1), (0.1, 0.4), (0.4, 2.0)] {
        let expected = integrate(slope, low, high, &[], 0.0, 1e-12).value;
        let found = slopes.iter().filter(|mu| (low..high).contains(*mu)).count() as f64 / count as f64;
        let error = (expected * (1.0 - expected) / count as f64).sqrt();
        assert!((found - expected).abs() < 4.0 * error, "{low}: {found} {expected} +- {error}");
    }
    let [square, error] = mean(slopes.iter().map(|mu| mu * mu));
    assert!((square - of.delta_slope_moments()[0]).abs() < 4.0 * error);
}

/// Both kernels against a million draws, within four standard errors, and in linear time.
#[test]
fn its_kernels_are_those_of_its_neurons() {
    let c2 = 0.6;
    let kernel = Kernel::new(StartLaw {
        weights: WeightLaw::ZeroBias { second_moment: 2.0 },
        output_second_moment: c2,
    });
    let drawn = law(LawKind::HeZeroBias).draw(1_000_000, 8).unwrap();
    let scale = (c2 * 1e6 / 2.0).sqrt();
    for (x, y) in [(0.5, 2.0), (-1.0, -0.3), (-0.4, 0.7), (0.0, 1.0)] {
        let active = |i: usize, x: f64| drawn.a()[i] * x > 0.0;
        let features = (0..drawn.len()).map(|i| (drawn.a()[i] * x).max(0.0) * (drawn.a()[i] * y).max(0.0));
        let both = (0..drawn.len()).map(|i| {
            (1.0 + x * y) * (scale * drawn.c()[i]).powi(2) * f64::from(active(i, x) && active(i, y))
        });
        let [features, error] = mean(features);
        assert!((features - kernel.features(x, y)).abs() <= 4.0 * error, "{x} {y}: {features}");
        let [both, error] = mean(both);
        assert!((both - kernel.activation_term(x, y)).abs() <= 4.0 * error, "{x} {y}: {both}");
    }
    // Two neurons have the same kernels; the chain has those of the law.
    let x = [-1.0, -0.4, 0.3, 0.9];
    let samples = Samples::new(&x, &[0.3, -0.2, 0.5, 0.1]).unwrap();
    let (a, c) = (2f64.sqrt(), c2.sqrt());
    let two = Neurons::uniform(vec![c; 2], vec![a, -a], vec![0.0; 2]).unwrap();
    let pair = Kernel::new(StartLaw {
        weights: WeightLaw::Particles(Particles::neurons(&two)),
        output_second_moment: 0.0,
    });
    for regime in Regime::ALL {
        let (gram, expected) = (kernel.gram(regime, &x), pair.gram(regime, &x));
        assert!(gram.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-15));
        let linear = LinearFlow::new(&kernel, regime, &samples, &[0.5]).unwrap();
        let dense = GradientFlow::new(gram, samples.weight()).unwrap();
        let rho: Vec<f64> = samples.y().iter().map(|y| -y).collect();
        let (found, expected) = (linear.at(&rho, 1.5), dense.residual(&rho, 1.5));
        for j in 0..4 {
            let left = rho[j] - found.at_samples[j];
            assert!((left - expected[j]).abs() < 1e-12, "{regime:?} {j}: {left} {}", expected[j]);
        }
    }
    // Of random features a line through the origin on either side is all: least squares.
    let flow = LinearFlow::new(&kernel, Regime::RandomFeatures, &samples, &[0.5]).unwrap();
    let limit = LinearLimit::new(&flow).unwrap().of(&samples.y().iter().map(|y| -y).collect::<Vec<_>>());
    let line = (0.3 * 0.5 + 0.9 * 0.1) / (0.3f64.powi(2) + 0.9f64.powi(2));
    assert!((-limit.at_points[0] - 0.5 * line).abs() < 1e-9, "{}", limit.at_points[0]);
}

fn scenario(folder: &Path, measure: &str, flow: &str, x: &str) {
    let text = format!(
        "[samples]\nx = {x}\ny = [0.5, -0.5, 1.0, 0.0]\n[measure]\nlaw = \"he-zero-bias\"\n{measure}\n[flow]\n{flow}\n\
         [time]\nend = 0.05\ntolerance = 1e-8\n[output]\nsnapshots = {{ count = 4 }}\n"
    );
    fs::write(folder.join("zero.toml"), text).unwrap();
}

/// All flows, also where a sample lies on all knots: laws hold, knots leave 0.
#[test]
fn runs_from_it_obey_the_laws() {
    let folder = tempfile::tempdir().unwrap();
    for x in ["[-1.0, -0.4, 0.3, 0.9]", "[-1.0, 0.0, 0.3, 0.9]"] {
        for (measure, flow) in [
            ("particles = 50", "kind = \"lifted\"\nscaling = \"1\""),
            ("particles = 50", "kind = \"canonical\""),
            ("particles = 50", "kind = \"adaptive\"\nscaling = \"1\""),
            ("particles = 50\ndelta = -0.5", "kind = \"lifted\""),
            ("particles = 50\nsampling = \"quadrature\"\nnodes = 8", "kind = \"lifted\"\nscaling = \"1\""),
        ] {
            scenario(folder.path(), measure, flow, x);
            reluflow(folder.path())
                .args(["run", "-q", "zero.toml", "-o", "zero.h5", "--force"])
                .assert()
                .success();
            reluflow(folder.path()).args(["check", "zero.h5"]).assert().success();
            let run = RunFile::open(&folder.path().join("zero.h5")).unwrap();
            let [start, end] = [0, run.len() - 1].map(|i| run.particles(i).unwrap().unwrap());
            let knot = |theta: f64| theta.tan().abs();
            assert!(start.theta.iter().all(|theta| knot(*theta) < 1e-15), "{flow}");
            assert!(end.theta.iter().any(|theta| knot(*theta) > 1e-4), "{flow} {x}");
        }
    }
}

#[test]
fn commands_say_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path(), "particles = 50", "kind = \"lifted\"\nscaling = \"1\"", "[-1.0, -0.4, 0.3, 0.9]");
    let found = json(reluflow(folder.path()).args(["law", "zero.toml", "--json", "--draw", "100"]));
    assert_eq!((&found["share_in_range"], &found["start"]["lonely"]), (&1.0.into(), &0.0.into()));
    reluflow(folder.path())
        .args(["law", "zero.toml", "--no-file"])
        .assert()
        .success()
        .stdout(contains("all at 0").and(contains("mean 4.000")));
    let path = folder.path().join("output/zero_law.h5");
    let file = ArrayFile::open(&path, LAW_FORMAT_VERSION).unwrap();
    assert!(!file.has("knot_density") && !file.has("density") && file.has("delta_slope_density"));
    assert_eq!(Source::open(&path).unwrap().figure(None, None).unwrap().panels.len(), 2);
    reluflow(folder.path()).args(["validate", "output/zero_law.h5"]).assert().success();
    reluflow(folder.path())
        .args(["kernel", "zero.toml", "-o", "k.h5"])
        .assert()
        .success()
        .stdout(contains("E a^2 = 2.000, b = 0, E c^2 = 0.04000"));
    assert!(!ArrayFile::open(&folder.path().join("k.h5"), KERNEL_FORMAT_VERSION).unwrap().has("nu"));
    scenario(
        folder.path(),
        "particles = 50\nrepresentation = \"density\"",
        "kind = \"lifted\"",
        "[-1.0, -0.4, 0.3, 0.9]",
    );
    reluflow(folder.path())
        .args(["run", "zero.toml"])
        .assert()
        .code(2)
        .stderr(contains("law = \"he-zero-bias\"").and(contains("do not all lie at one place")));
}
