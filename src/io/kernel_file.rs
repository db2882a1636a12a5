//! The file of `reluflow kernel`.

use std::path::Path;

use crate::kernel::{Curve, Regime, Report, RunRow};
use crate::run::Description;

use super::error::IoError;
use super::metadata::{git_commit, history_line, program};
use super::netcdf::{self, Array, Values};

/// Version of the layout of kernel files, stored as the root attribute `kernel_format_version`.
pub const KERNEL_FORMAT_VERSION: u32 = 2;
/// Names of the terms of a slice.
const TERMS: [&str; 3] = ["random_features", "activation", "tangent"];

/// Writes what was computed, in the conventions of run files: netCDF-4 compatible HDF5, every
/// dimension with a coordinate, every variable with `long_name` and `units`.
///
/// * `run`: snapshots of a particle run; none if there is no run.
/// * `words`: the start law, and the start function.
/// * `force`: replace an existing file.
///
/// # Errors
/// The output exists or cannot be written.
pub fn write_kernel_file(
    path: &Path,
    description: &Description,
    report: &Report,
    run: &[RunRow],
    words: [&str; 2],
    force: bool,
) -> Result<(), IoError> {
    let text = |text: &str| text.to_owned();
    let attributes = [
        ("Conventions", text("CF-1.10")),
        ("title", format!("{}: kernel regime", description.title)),
        ("source", program()),
        ("history", history_line("kernel")),
        ("kernel_format_version", KERNEL_FORMAT_VERSION.to_string()),
        ("git_commit", text(git_commit())),
        ("scenario", description.scenario.clone()),
        ("start_law", text(words[0])),
        ("start_function", text(words[1])),
        ("kappa", description.flow.kappa().to_string()),
    ];
    netcdf::write(path, force, &attributes, &arrays(report, run))
}

/// Collects arrays.
struct Arrays(Vec<Array>);

impl Arrays {
    fn add(&mut self, name: &str, dims: &[&'static str], units: &'static str, about: &str, values: Vec<f64>) {
        self.with_equation(name, dims, units, about, "", values);
    }

    fn with_equation(
        &mut self,
        name: &str,
        dims: &[&'static str],
        units: &'static str,
        about: &str,
        equation: &'static str,
        values: Vec<f64>,
    ) {
        let values = Values::F64(values);
        self.0.push(Array {
            name: name.to_owned(),
            dims: dims.iter().map(|dim| dim.to_string()).collect(),
            values,
            units,
            long_name: about.to_owned(),
            equation,
        });
    }

    fn names(&mut self, name: &'static str, about: &str, names: impl IntoIterator<Item = &'static str>) {
        let values = Values::Text(names.into_iter().map(str::to_owned).collect());
        let long_name = about.to_owned();
        self.0.push(Array {
            name: name.to_owned(),
            dims: vec![name.to_owned()],
            values,
            units: "",
            long_name,
            equation: "",
        });
    }

    fn numbers(&mut self, name: &str, dims: &[&'static str], about: &str, numbers: Vec<i32>) {
        self.0.push(Array {
            name: name.to_owned(),
            dims: dims.iter().map(|dim| dim.to_string()).collect(),
            values: Values::I32(numbers),
            units: "1",
            long_name: about.to_owned(),
            equation: "",
        });
    }
}

fn arrays(report: &Report, run: &[RunRow]) -> Vec<Array> {
    let samples = &report.samples;
    let s = samples.len() as i32;
    let mut a = Arrays(vec![]);
    a.numbers("sample", &["sample"], "number of the sample", (0..s).collect());
    a.numbers("sample_column", &["sample_column"], "number of the sample", (0..s).collect());
    a.add("x", &["sample"], "1", "position of the sample", samples.x().to_vec());
    a.add("y", &["sample"], "1", "value of the sample, mean over ties", samples.y().to_vec());
    a.add("sample_weight", &["sample"], "1", "samples merged, n_j", samples.weight().to_vec());
    a.add("grid", &["grid"], "1", "positions at which functions are stored", report.grid.clone());
    functions(&mut a, report);
    regimes(&mut a, report);
    slices(&mut a, report);
    fits(&mut a, report);
    if !run.is_empty() {
        particle_run(&mut a, report, run);
    }
    a.0
}

fn functions(a: &mut Arrays, report: &Report) {
    let curves: Vec<&Curve> = std::iter::once(&report.start).chain(report.curves()).collect();
    a.names("curve", "functions set beside each other", curves.iter().map(|curve| curve.name));
    let each = |value: fn(&Curve) -> f64| -> Vec<f64> { curves.iter().map(|curve| value(curve)).collect() };
    let all: Vec<f64> = curves.iter().flat_map(|curve| curve.on_grid.iter().copied()).collect();
    a.add("f", &["curve", "grid"], "1", "value of the function", all);
    let all: Vec<f64> = curves.iter().flat_map(|curve| curve.at_samples.iter().copied()).collect();
    a.add("f_at_samples", &["curve", "sample"], "1", "value of the function at the samples", all);
    a.with_equation("loss", &["curve"], "1", "1/2 Sum n_j rho_j^2", "section 2", each(|curve| curve.loss));
    let about = "Int |f''|^2 over the range of the samples, infinite with kinks";
    a.add("roughness", &["curve"], "1", about, each(|curve| curve.roughness));
    let about = "total variation of f' over the range of the samples";
    a.add("slope_variation", &["curve"], "1", about, each(|curve| curve.slope_variation));
    let about = "Int |f''|^2 / nu over the range of the knots";
    let values = each(|curve| curve.curvature.unwrap_or(f64::NAN));
    a.with_equation("curvature", &["curve"], "1", about, "W eq. 25 with |a|^3 in nu", values);
    let about = "squared norm in the kernel's space of the move from the start";
    a.add("norm_square", &["curve"], "1", about, each(|c| c.norm.map_or(f64::NAN, |norm| norm.square)));
    let about = "share of the squared norm that the affine part costs";
    let share = |c: &Curve| c.norm.and_then(|norm| norm.affine_share()).unwrap_or(f64::NAN);
    a.add("affine_share", &["curve"], "1", about, each(share));
    if let Some(parts) = curves.iter().find_map(|curve| curve.norm.and_then(|norm| norm.parts)) {
        a.names("norm_part", "parts of the squared norm of the tangent limit", ["f1", "f2", "f3"]);
        let about = "squared norms of the parts of the tangent limit";
        a.with_equation("norm_parts", &["norm_part"], "1", about, "W Cor. 6", parts.to_vec());
    }
    let nu = |facing: usize| -> Option<Vec<f64>> {
        report.grid.iter().map(|&x| report.kernel.knot_density(x).map(|nu| nu[facing])).collect()
    };
    if let (Some(right), Some(left)) = (nu(0), nu(1)) {
        a.names("facing", "which way a neuron is active", ["right", "left"]);
        let about = "density of the knots weighed by |a|^3";
        let equation = "E[|a|^3 delta(a x - b)]";
        a.with_equation("nu", &["facing", "grid"], "1", about, equation, [right, left].concat());
    }
    let distance = |k: usize| -> Vec<f64> {
        let pairs = curves.iter().flat_map(|f| curves.iter().map(move |g| (f, g)));
        pairs.map(|(f, g)| report.yardstick.distance(&f.at_yardstick, &g.at_yardstick)[k]).collect()
    };
    a.names("other_curve", "functions set beside each other", curves.iter().map(|curve| curve.name));
    let dims = ["curve", "other_curve"];
    a.add("rms_distance", &dims, "1", "root mean square distance over the range of the samples", distance(0));
    a.add("max_distance", &dims, "1", "largest distance over the range of the samples", distance(1));
}

fn regimes(a: &mut Arrays, report: &Report) {
    a.names("regime", "which weights learn", Regime::ALL.map(Regime::name));
    let mut kernels = vec![];
    for regime in &report.regimes {
        kernels.extend(regime.flow.kernel().iter());
    }
    let dims = ["regime", "sample", "sample_column"];
    let equation = "section 12; W eq. 23, 27";
    a.with_equation("kernel", &dims, "1", "kernel at the samples", equation, kernels);
    a.numbers("mode", &["mode"], "number of the eigenvalue", (0..report.samples.len() as i32).collect());
    let rates = report.regimes.iter().flat_map(|regime| regime.rates()).collect();
    a.add(
        "rate",
        &["regime", "mode"],
        "1",
        "rates of the modes: kappa^2 times the eigenvalues of N^1/2 K N^1/2, ascending",
        rates,
    );
    let alpha = report.regimes.iter().flat_map(|regime| regime.alpha.clone()).collect();
    a.add("alpha", &["regime", "sample"], "1", "the limit is f_0(x) - Sum_j alpha_j K(x, x_j)", alpha);
    let dropped = report.regimes.iter().map(|regime| regime.flow.dropped() as i32).collect();
    a.numbers("modes_dropped", &["regime"], "modes lost in rounding and left at the start", dropped);
    if let Some(monte_carlo) = &report.monte_carlo {
        let found = Regime::ALL.map(|regime| monte_carlo.gram(regime));
        let mean = found.iter().flat_map(|(mean, _)| mean.iter().copied()).collect();
        let error = found.iter().flat_map(|(_, error)| error.iter().copied()).collect();
        a.add("kernel_monte_carlo", &dims, "1", "kernel at the samples, from random neurons", mean);
        a.add("kernel_monte_carlo_error", &dims, "1", "standard error of kernel_monte_carlo", error);
    }
    // The two regimes have times of their own.
    const NAMES: [[&str; 2]; 2] = [["time", ""], ["time_tangent", "_tangent"]];
    for (regime, [time, ending]) in report.regimes.iter().zip(NAMES) {
        let name = |name: &str| format!("{name}{ending}");
        let what = regime.regime.name().replace('_', " ");
        let about = format!("mean-field time, {what}");
        a.add(time, &[time], "1", &about, regime.times.clone());
        let about = format!("residual rho_j = f(x_j) - y_j, {what}");
        let equation = "rho(t) = expm(-kappa^2 K N t) rho(0), section 12";
        let residual = regime.residual.iter().copied().collect();
        a.with_equation(&name("residual"), &[time, "sample"], "1", &about, equation, residual);
        let about = format!("loss on the path, {what}");
        a.add(&name("path_loss"), &[time], "1", &about, regime.loss.clone());
        let about = format!("the function on its path, {what}");
        let path = regime.on_grid.iter().copied().collect();
        a.add(&name("path"), &[time, "grid"], "1", &about, path);
        if ending.is_empty() {
            a.names("target", "what the path is compared with", regime.targets.iter().copied());
        }
        let about = format!("share of the way left: |f(t) - target| / |f(0) - target|, {what}");
        let distances = regime.distances.iter().copied().collect();
        a.add(&name("distance"), &[time, "target"], "1", &about, distances);
    }
}

fn slices(a: &mut Arrays, report: &Report) {
    if report.slices.is_empty() {
        return;
    }
    a.names("term", "random features, the second term of the tangent kernel, and their sum", TERMS);
    a.add("slice", &["slice"], "1", "x0 of the slice", report.slices.clone());
    let values = report.slice_values.iter().copied().collect();
    a.with_equation("kernel_slice", &["term", "slice", "grid"], "1", "K(x0, x)", "W Fig. 3", values);
}

fn fits(a: &mut Arrays, report: &Report) {
    if !report.knot_range.is_empty() {
        let each = |value: fn(&crate::kernel::KnotRange) -> f64| -> Vec<f64> {
            report.knot_range.iter().map(value).collect()
        };
        let about = "factor on the range of the knots";
        a.add("knot_factor", &["knot_factor"], "1", about, each(|row| row.factor));
        let about = "largest distance of the random-features limit to the natural spline";
        a.add("knot_factor_distance", &["knot_factor"], "1", about, each(|row| row.distance));
        let about = "share of the squared norm that the affine part costs";
        a.add("knot_factor_affine_share", &["knot_factor"], "1", about, each(|row| row.affine_share));
        let about = "condition number of the kernel matrix";
        a.add("knot_factor_condition_number", &["knot_factor"], "1", about, each(|row| row.condition_number));
        let lost = report.knot_range.iter().map(|row| row.dropped as i32).collect();
        a.numbers("knot_factor_modes_dropped", &["knot_factor"], "modes lost in rounding", lost);
    }
    if let Some([best, greedy]) = &report.pieces {
        a.numbers("pieces", &["pieces"], "number of straight pieces", (1..=best.len() as i32).collect());
        for (name, fits, how) in [("best", best, "best"), ("greedy", greedy, "greedy")] {
            let about =
                format!("1/2 Sum n_j (y_j - fit)^2 of the {how} fit by straight pieces that need not meet");
            let loss = fits.iter().map(|fit| 0.5 * fit.error).collect();
            a.add(&format!("pieces_loss_{name}"), &["pieces"], "1", &about, loss);
        }
    }
}

fn particle_run(a: &mut Arrays, report: &Report, run: &[RunRow]) {
    let each = |value: fn(&RunRow) -> f64| -> Vec<f64> { run.iter().map(value).collect() };
    let dims = ["run_time"];
    a.add("run_time", &dims, "1", "mean-field time of the run's snapshot", each(|row| row.time));
    a.add("run_loss", &dims, "1", "loss of the run", each(|row| row.loss));
    let about = "total variation of f' of the run over the range of the samples";
    a.add("run_slope_variation", &dims, "1", about, each(|row| row.slope_variation));
    let about = "roughness Sum mu_i^2 of the run";
    a.with_equation("run_roughness", &dims, "1", about, "section 13", each(|row| row.roughness));
    let about = "clusters of knots of the run";
    a.numbers("run_clusters", &dims, about, run.iter().map(|row| row.clusters as i32).collect());
    let about = "straight pieces of the run, to a hundredth of the range of y";
    a.numbers("run_pieces", &dims, about, run.iter().map(|row| row.pieces as i32).collect());
    let about = "loss of the best fit by as many straight pieces that need not meet";
    a.add("run_best_loss", &dims, "1", about, each(|row| row.best_loss));
    a.names("run_target", "what the run is compared with", report.curves().map(|curve| curve.name));
    let about = "root mean square distance of the run to the curve, over the range of the samples";
    let rms = run.iter().flat_map(|row| row.rms.clone()).collect();
    a.add("run_rms_distance", &["run_time", "run_target"], "1", about, rms);
    let about = "root mean square distance to the path of infinitely many neurons at the same time";
    let to_path = run.iter().flat_map(|row| row.to_path).collect();
    a.add("run_path_distance", &["run_time", "regime"], "1", about, to_path);
    let path = run.iter().flat_map(|row| row.on_grid.clone()).collect();
    a.add("run_path", &["run_time", "grid"], "1", "the function of the run", path);
}
