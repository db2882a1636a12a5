//! The density of curvature of the kernel regime (S 2.6.2): particles, second differences, the file and its figure.

use reluflow::flow::Flow;
use reluflow::io::ArrayFile;
use reluflow::kernel::*;
use reluflow::problem::Samples;
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

use crate::cli_support::{json, reluflow};

fn law(text: &str) -> String {
    format!(
        "[samples]\nx = [-1.0, -0.55, -0.1, 0.3, 0.7, 1.0, 1.0]\ny = [0.5, -0.8, 0.2, 0.9, -0.1, 0.6, 0.2]\n\
         [measure]\nparticles = 100\n{text}\nsampling = \"quadrature\"\nnodes = 16\n[flow]\nkind = \"kernel\"\nscaling = 50\n\
         [time]\nend = 30.0\ntolerance = 1e-11\n[output]\nsnapshots = {{ times = [0.3, 3.0, 30.0] }}\n"
    )
}

fn uniform(size: SlopeLaw, bound: f64) -> Kernel {
    let weights = WeightLaw::Independent { a: size, b: BiasLaw::Uniform { low: -bound, high: bound } };
    Kernel::new(StartLaw { weights, output_second_moment: 1.0 / 3.0 })
}

/// `h_e(beta) = kappa nu_e(beta) (c(t) - c(0)) / |a|` of every particle of the kernel flow, with a start of any `c`.
#[test]
fn particles_of_the_kernel_flow_have_the_density() {
    for (text, kernel) in [
        ("law = \"two-sided\"\nb_bound = 1.5", uniform(SlopeLaw::Sign { size: 1.0 }, 1.5)),
        (
            "law = \"uniform\"\na_bound = 1.0\nb_bound = 0.8",
            uniform(SlopeLaw::Uniform { low: -1.0, high: 1.0 }, 0.8),
        ),
    ] {
        let scenario = Scenario::parse(&law(text), "a.toml".as_ref()).unwrap();
        let d = scenario.description;
        let kappa = d.flow.kappa();
        assert!(matches!(d.flow, Flow::Kernel { .. }));
        let start = scenario.start.lifted().unwrap().clone();
        let samples = d.samples.clone();
        let mut run = Simulation::new(&d, scenario.start).unwrap();
        let flow =
            GradientFlow::new(kernel.gram(Regime::RandomFeatures, samples.x()), samples.weight()).unwrap();
        let rho = run.stepper().residual().to_vec();
        for t in [0.3, 3.0, 30.0] {
            run.advance_to(t).unwrap();
            let alpha = flow.coefficients(&rho, kappa * kappa * t).to_vec();
            let (mut off, mut most, mut seen): (f64, f64, usize) = (0.0, 0.0, 0);
            for i in 0..start.len() {
                let [c, a, w_y] = run.state().neuron(i);
                let (knot, facing) = (-w_y / a, usize::from(a < 0.0));
                if knot.abs() > 3.0 {
                    continue;
                }
                let h = curvature(&kernel, samples.x(), &alpha, &[knot]).unwrap()[facing][0];
                let nu = kernel.knot_density(knot).unwrap()[facing];
                off = off.max((kappa * nu * (c - start.c()[i]) / a.abs() - h).abs());
                most = most.max(h.abs());
                seen += 1;
            }
            println!("{text:?} t = {t}: {off:.1e} of {most:.1e}, {seen} particles");
            assert!(off < 1e-9 * most && most > 0.01 && seen > 100, "{text}: {off:e} {most:e} {seen}");
        }
    }
}

/// `f''` by differences of `f`, for laws with any density of knots; one cubic between samples where it is constant.
#[test]
fn second_differences_have_the_density() {
    let normal = WeightLaw::Normal { a_deviation: 1.3, b_deviation: 0.7 };
    let normal = Kernel::new(StartLaw { weights: normal, output_second_moment: 1.0 });
    let x = [-1.0, -0.4, 0.3, 0.9];
    for (kernel, cubic) in [(uniform(SlopeLaw::Sign { size: 2.0 }, 3.0), true), (normal, false)] {
        let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &x), &[1.0, 2.0, 1.0, 1.0]).unwrap();
        for t in [0.1, 1.0, 20.0] {
            let alpha = flow.coefficients(&[0.7, -0.2, 0.9, -0.5], t).to_vec();
            let f = KernelFunction::new(&kernel, Regime::RandomFeatures, &x, &alpha);
            for at in [-0.9, -0.6, -0.2, 0.0, 0.5, 0.85, 1.1, -1.2] {
                let [right, left] = curvature(&kernel, &x, &alpha, &[at]).unwrap();
                let h: f64 = right[0] + left[0];
                // Richardson: of the fourth order in the step.
                let second = |e: f64| (f.value(at + e) - 2.0 * f.value(at) + f.value(at - e)) / (e * e);
                let found = (4.0 * second(1e-3) - second(2e-3)) / 3.0;
                assert!((found - h).abs() < 2e-8 * (1.0 + h.abs()), "{at} {t}: {found} {h}");
                // And the closed form of the limit's own second derivative.
                let closed = f.second_derivative(at).unwrap();
                assert!((closed - h).abs() < 1e-12 * (1.0 + h.abs()), "{at} {t}: {closed} {h}");
            }
            let quarter = |k: f64| f.value(-0.4 + 0.175 * k);
            let fourth =
                quarter(0.0) - 4.0 * quarter(1.0) + 6.0 * quarter(2.0) - 4.0 * quarter(3.0) + quarter(4.0);
            assert_eq!(fourth.abs() < 1e-13, cubic, "{fourth:e}");
        }
    }
}

#[test]
fn the_command_stores_and_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uniform.toml");
    let text = law("law = \"two-sided\"\nb_bound = 1.5");
    std::fs::write(&path, &text).unwrap();
    let found = json(reluflow(folder.path()).args([
        "kernel",
        "uniform.toml",
        "--json",
        "-o",
        "u.h5",
        "--times",
        "0,0.01,1",
    ]));
    let told = &found["curvature"];
    assert!(told["off_cubic"].as_f64().unwrap() < 1e-10, "{told}");
    let file = ArrayFile::open(&folder.path().join("u.h5"), reluflow::io::KERNEL_FORMAT_VERSION).unwrap();
    let (grid, density) = (file.numbers("grid").unwrap(), file.numbers("curvature_density").unwrap());
    assert_eq!(density.len(), 3 * 2 * grid.len());
    assert!(density[..2 * grid.len()].iter().all(|h| *h == 0.0), "nothing is bent at t = 0");
    // Beyond the knots nothing bends; between two samples values lie on a line.
    let row = &density[5 * grid.len()..];
    let between: Vec<usize> = (0..grid.len()).filter(|&i| -0.5 < grid[i] && grid[i] < -0.15).collect();
    for pair in between.windows(3) {
        let [a, b, c] = [pair[0], pair[1], pair[2]].map(|i| row[i]);
        assert!((a - 2.0 * b + c).abs() < 1e-12 * row.iter().fold(0.0, |m: f64, h| m.max(h.abs())));
    }
    let at = file.numbers("curvature_density_at_samples").unwrap();
    assert_eq!(at.len(), 3 * 2 * 6);
    reluflow(folder.path()).args(["plot", "u.h5", "--figure", "curvature", "-o", "c.svg"]).assert().success();
    assert!(std::fs::read_to_string(folder.path().join("c.svg")).unwrap().contains("right-facing"));
    reluflow(folder.path()).args(["validate", "u.h5"]).assert().success();
    // A law of (r, theta) has knots of no constant density; particles have none at all.
    let other = text.replace("law = \"two-sided\"\nb_bound = 1.5", "law = \"normal\"");
    std::fs::write(folder.path().join("normal.toml"), other).unwrap();
    let found = json(reluflow(folder.path()).args(["kernel", "normal.toml", "--json", "--no-file"]));
    assert!(found["curvature"]["off_cubic"].as_f64().unwrap() > 1e-6);
}

fn report(samples: &Samples, kernel: &Kernel, linear: bool, times: Option<Vec<f64>>) -> Report {
    let request = Request { kappa: 2.0, linear, times, ..Request::default() };
    Report::new(samples, kernel.clone(), &request).unwrap()
}

fn wave(s: usize) -> Samples {
    let x: Vec<f64> =
        (0..s).map(|i| 2.0 * (i as f64 + 0.3 * (5.0 * i as f64).sin()) / s as f64 - 1.0).collect();
    let y: Vec<f64> = x.iter().map(|x| (4.0 * x).sin()).collect();
    Samples::new(&x, &y).unwrap()
}

fn off(found: impl IntoIterator<Item = f64>, expected: &[f64]) -> f64 {
    let most = expected.iter().fold(0.0, |most: f64, h| most.max(h.abs()));
    found.into_iter().zip(expected).fold(0.0, |worst: f64, (a, b)| worst.max((a - b).abs())) / most
}

/// In linear time: that of the dense code at times that are asked for and at those that are chosen; beyond the samples of
/// the dense code, second differences of the path.
#[test]
fn it_is_followed_in_linear_time() {
    let kernel = uniform(SlopeLaw::Uniform { low: -1.0, high: 1.0 }, 1.2);
    let samples = wave(40);
    let times = vec![0.0, 0.01, 1.0, 100.0];
    let [dense, linear] = [false, true].map(|linear| report(&samples, &kernel, linear, Some(times.clone())));
    let [a, b] = [&linear, &dense].map(|report| report.curvature().unwrap());
    for time in 1..4 {
        let row =
            |h: &ndarray::Array3<f64>| h.slice(ndarray::s![time, .., ..]).iter().copied().collect::<Vec<_>>();
        assert!(off(row(&a.on_grid), &row(&b.on_grid)) < 1e-9, "time {time}");
        let [a, b] = [a, b].map(|curvature| row(curvature.at_samples.as_ref().unwrap()));
        assert!(off(a, &b) < 1e-9, "time {time}");
    }
    let chosen = report(&samples, &kernel, true, None);
    let (regime, found) = (&chosen.regimes[0], chosen.curvature().unwrap());
    assert!(found.at_samples.is_none() && found.off_cubic.len() == regime.times.len());
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, samples.x()), samples.weight()).unwrap();
    let rho: Vec<f64> = samples.y().iter().map(|y| -y).collect();
    for (k, t) in regime.times.iter().enumerate() {
        let alpha = flow.coefficients(&rho, 4.0 * t).to_vec();
        let expected = curvature(&kernel, samples.x(), &alpha, &chosen.grid).unwrap().concat();
        let found = found.on_grid.slice(ndarray::s![k, .., ..]).iter().copied().collect::<Vec<_>>();
        assert!(off(found.clone(), &expected) < 1e-6, "t = {t}: {:e}", off(found, &expected));
    }
    let samples = wave(1500);
    let many = report(&samples, &kernel, true, Some(vec![0.05, 2.0]));
    let (found, step) = (many.curvature().unwrap(), 1e-3);
    let inside: Vec<f64> = many.grid.iter().copied().filter(|x| x.abs() < 0.9).collect();
    let points: Vec<f64> = inside.iter().flat_map(|x| [x - step, *x, x + step]).collect();
    let flow = LinearFlow::new(&kernel, Regime::RandomFeatures, &samples, &points).unwrap();
    let rho: Vec<f64> = samples.y().iter().map(|y| -y).collect();
    for (k, t) in [0.05, 2.0].into_iter().enumerate() {
        let f = flow.at(&rho, 4.0 * t).at_points;
        let expected: Vec<f64> = f.chunks(3).map(|f| -(f[0] - 2.0 * f[1] + f[2]) / (step * step)).collect();
        let of_grid = |i: usize| found.on_grid[[k, 0, i]] + found.on_grid[[k, 1, i]];
        let found = (0..many.grid.len()).filter(|&i| many.grid[i].abs() < 0.9).map(of_grid);
        // What it changes by within a step.
        assert!(off(found, &expected) < 1e-4, "t = {t}");
    }
    assert!(found.off_cubic.iter().all(|off| *off < 1e-9), "{:?}", found.off_cubic);
}
