//! The variables of the file of `reluflow kernel`.

use crate::kernel::{FitNorm, Regime};

use super::kernel_paths::{paths, starts};
use super::kernel_source::{Source, Variable, all, count};
use super::netcdf::Values;

/// All variables of a kernel file, in the order in which they are written.
pub(crate) fn table<'a>() -> Vec<Variable<'a>> {
    let groups =
        [samples(), functions(), regimes(), paths(), starts(), slices(), fits(), norm_fits(), particle_run()];
    groups.into_iter().flatten().collect()
}

fn samples<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new("sample", &["sample"], "number of the sample", |k| count(k.report.samples.len())),
        Variable::new("sample_column", &["sample_column"], "number of the sample", |k| {
            count(k.report.samples.len())
        })
        .when(Source::is_dense),
        Variable::new("x", &["sample"], "position of the sample", |k| all(k.report.samples.x())),
        Variable::new("y", &["sample"], "value of the sample, mean over ties", |k| all(k.report.samples.y())),
        Variable::new("sample_weight", &["sample"], "samples merged, n_j", |k| {
            all(k.report.samples.weight())
        }),
        Variable::new("grid", &["grid"], "positions at which functions are stored", |k| all(&k.report.grid)),
    ]
}

fn functions<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new("curve", &["curve"], "functions set beside each other", |k| k.curve_names()),
        Variable::new("f", &["curve", "grid"], "value of the function", |k| {
            all(k.curves.iter().flat_map(|curve| &curve.on_grid))
        }),
        Variable::new("f_at_samples", &["curve", "sample"], "value of the function at the samples", |k| {
            all(k.curves.iter().flat_map(|curve| &curve.at_samples))
        }),
        Variable::new("loss", &["curve"], "1/2 Sum n_j rho_j^2", |k| k.each_curve(|curve| curve.loss))
            .equation("section 2"),
        Variable::new(
            "roughness",
            &["curve"],
            "Int |f''|^2 over the range of the samples, infinite with kinks",
            |k| k.each_curve(|curve| curve.roughness),
        ),
        Variable::new(
            "slope_variation",
            &["curve"],
            "total variation of f' over the range of the samples",
            |k| k.each_curve(|curve| curve.slope_variation),
        ),
        Variable::new("curvature", &["curve"], "Int |f''|^2 / nu over the range of the knots", |k| {
            k.each_curve(|curve| curve.curvature.unwrap_or(f64::NAN))
        })
        .equation("W eq. 25 with |a|^3 in nu"),
        Variable::new(
            "norm_square",
            &["curve"],
            "squared norm in the kernel's space of the move from the start",
            |k| k.each_curve(|curve| curve.norm.map_or(f64::NAN, |norm| norm.square)),
        ),
        Variable::new(
            "affine_share",
            &["curve"],
            "share of the squared norm that the affine part costs",
            |k| k.each_curve(|curve| curve.norm.and_then(|norm| norm.affine_share()).unwrap_or(f64::NAN)),
        ),
        Variable::new("norm_part", &["norm_part"], "parts of the squared norm of the tangent limit", |_| {
            Values::texts(["f1", "f2", "f3"])
        })
        .when(|k| k.norm_parts().is_some()),
        Variable::new("norm_parts", &["norm_part"], "squared norms of the parts of the tangent limit", |k| {
            all(k.norm_parts().iter().flatten())
        })
        .equation("W Cor. 6")
        .when(|k| k.norm_parts().is_some()),
        Variable::new("facing", &["facing"], "which way a neuron is active", |_| {
            Values::texts(["right", "left"])
        })
        .when(|k| k.knot_density().is_some()),
        Variable::new("nu", &["facing", "grid"], "density of the knots weighed by |a|^3", |k| {
            Values::F64(k.knot_density().unwrap_or_default())
        })
        .equation("E[|a|^3 delta(a x - b)]")
        .when(|k| k.knot_density().is_some()),
        Variable::new("other_curve", &["other_curve"], "functions set beside each other", |k| {
            k.curve_names()
        }),
        Variable::new(
            "rms_distance",
            &["curve", "other_curve"],
            "root mean square distance over the range of the samples",
            |k| k.distances(0),
        ),
        Variable::new(
            "max_distance",
            &["curve", "other_curve"],
            "largest distance over the range of the samples",
            |k| k.distances(1),
        ),
    ]
}

fn regimes<'a>() -> Vec<Variable<'a>> {
    const GRAM: &[&str] = &["regime", "sample", "sample_column"];
    vec![
        Variable::new("regime", &["regime"], "which weights learn", |_| {
            Values::texts(Regime::ALL.map(Regime::name))
        }),
        Variable::new("kernel", GRAM, "kernel at the samples", |k| {
            all(k
                .report
                .regimes
                .iter()
                .filter_map(|regime| regime.flow.dense())
                .flat_map(|flow| flow.kernel()))
        })
        .equation("section 12; W eq. 23, 27")
        .when(Source::is_dense),
        Variable::new(
            "mode",
            &["mode"],
            "number of the eigenvalue; of many samples the least and the largest",
            |k| count(k.report.regimes[0].rates().len()),
        ),
        Variable::new(
            "rate",
            &["regime", "mode"],
            "rates of the modes: kappa^2 times the eigenvalues of N^1/2 K N^1/2, ascending",
            |k| Values::F64(k.each_regime(|regime| regime.rates())),
        ),
        Variable::new("alpha", &["regime", "sample"], "the limit is f_0(x) - Sum_j alpha_j K(x, x_j)", |k| {
            all(k.report.regimes.iter().flat_map(|regime| &regime.alpha))
        }),
        Variable::new("modes_dropped", &["regime"], "modes lost in rounding and left at the start", |k| {
            Values::I32(k.each_regime(|regime| vec![regime.flow.dropped() as i32]))
        }),
        Variable::new("kernel_monte_carlo", GRAM, "kernel at the samples, from random neurons", |k| {
            k.monte_carlo(0)
        })
        .when(|k| k.report.monte_carlo.is_some()),
        Variable::new("kernel_monte_carlo_error", GRAM, "standard error of kernel_monte_carlo", |k| {
            k.monte_carlo(1)
        })
        .when(|k| k.report.monte_carlo.is_some()),
    ]
}

fn slices<'a>() -> Vec<Variable<'a>> {
    let entries = vec![
        Variable::new(
            "term",
            &["term"],
            "random features, the second term of the tangent kernel, and their sum",
            |_| Values::texts(["random_features", "activation", "tangent"]),
        ),
        Variable::new("slice", &["slice"], "x0 of the slice", |k| all(&k.report.slices)),
        Variable::new("kernel_slice", &["term", "slice", "grid"], "K(x0, x)", |k| {
            all(&k.report.slice_values)
        })
        .equation("W Fig. 3"),
    ];
    entries.into_iter().map(|entry| entry.when(|k| !k.report.slices.is_empty())).collect()
}

fn fits<'a>() -> Vec<Variable<'a>> {
    const FACTOR: &[&str] = &["knot_factor"];
    let ranges = vec![
        Variable::new("knot_factor", FACTOR, "factor on the range of the knots", |k| {
            k.each_range(|row| row.factor)
        }),
        Variable::new(
            "knot_factor_distance",
            FACTOR,
            "largest distance of the random-features limit to the natural spline",
            |k| k.each_range(|row| row.distance),
        ),
        Variable::new(
            "knot_factor_affine_share",
            FACTOR,
            "share of the squared norm that the affine part costs",
            |k| k.each_range(|row| row.affine_share),
        ),
        Variable::new("knot_factor_condition_number", FACTOR, "condition number of the kernel matrix", |k| {
            k.each_range(|row| row.condition_number)
        }),
        Variable::new("knot_factor_modes_dropped", FACTOR, "modes lost in rounding", |k| {
            Values::I32(k.report.knot_range.iter().map(|row| row.dropped as i32).collect())
        }),
    ];
    let pieces = vec![
        Variable::new("pieces", &["pieces"], "number of straight pieces", |k| {
            let most = k.report.pieces.as_ref().map_or(0, |[best, _]| best.len() as i32);
            Values::I32((1..=most).collect())
        }),
        Variable::new(
            "pieces_loss_best",
            &["pieces"],
            "1/2 Sum n_j (y_j - fit)^2 of the best fit by straight pieces that need not meet",
            |k| k.pieces(0),
        ),
        Variable::new(
            "pieces_loss_greedy",
            &["pieces"],
            "1/2 Sum n_j (y_j - fit)^2 of the greedy fit by straight pieces that need not meet",
            |k| k.pieces(1),
        ),
    ];
    let ranges = ranges.into_iter().map(|entry| entry.when(|k| !k.report.knot_range.is_empty()));
    ranges.chain(pieces.into_iter().map(|entry| entry.when(|k| k.report.pieces.is_some()))).collect()
}

/// Functions that fit at least cost.
fn norm_fits<'a>() -> Vec<Variable<'a>> {
    const FIT: &[&str] = &["norm_fit"];
    const KNOT: &[&str] = &["norm_fit", "norm_fit_knot"];
    let entries = vec![
        Variable::new("norm_fit", FIT, "number of the fit", |k| count(k.fits.len())),
        Variable::new(
            "norm_fit_biases_penalised",
            FIT,
            "0: Int |f''|, biases free; 1: Int |r| mu = Int |f''| sqrt(1 + x^2) and the affine part, biases penalised",
            |k| Values::I32(k.fits.iter().map(|fit| i32::from(fit.norm == FitNorm::Neurons)).collect()),
        ),
        Variable::new("norm_fit_lambda", FIT, "weight of the norm; 0: interpolants", |k| {
            k.each_fit(|fit| fit.lambda)
        }),
        Variable::new("norm_fit_sparsest", FIT, "1: has the fewest knots of all minimisers", |k| {
            Values::I32(k.fits.iter().map(|fit| i32::from(fit.sparsest)).collect())
        }),
        Variable::new("norm_fit_loss", FIT, "1/2 Sum n_j rho_j^2", |k| k.each_fit(|fit| fit.loss)),
        Variable::new("norm_fit_cost", FIT, "the norm", |k| k.each_fit(|fit| fit.cost))
            .equation("section 21"),
        Variable::new(
            "norm_fit_f",
            &["norm_fit", "grid"],
            "value of the function, without an output bias",
            |k| {
                let grid = &k.report.grid;
                Values::F64(k.fits.iter().flat_map(|fit| grid.iter().map(|&x| fit.value(x))).collect())
            },
        ),
    ];
    let knots = vec![
        Variable::new("norm_fit_knot", &["norm_fit_knot"], "number of the knot", |k| count(k.most_knots())),
        Variable::new("norm_fit_knots", KNOT, "knots, ascending; NaN beyond the last", |k| {
            k.each_knot(|knot| knot.0)
        }),
        Variable::new("norm_fit_slope_changes", KNOT, "by how much the slope changes at the knot", |k| {
            k.each_knot(|knot| knot.1)
        }),
    ];
    let entries = entries.into_iter().map(|entry| entry.when(|k| !k.fits.is_empty()));
    entries.chain(knots.into_iter().map(|entry| entry.when(|k| k.most_knots() > 0))).collect()
}

fn particle_run<'a>() -> Vec<Variable<'a>> {
    const TIME: &[&str] = &["run_time"];
    let entries = vec![
        Variable::new("run_time", TIME, "mean-field time of the run's snapshot", |k| {
            k.each_row(|row| row.time)
        }),
        Variable::new("run_loss", TIME, "loss of the run", |k| k.each_row(|row| row.loss)),
        Variable::new(
            "run_slope_variation",
            TIME,
            "total variation of f' of the run over the range of the samples",
            |k| k.each_row(|row| row.slope_variation),
        ),
        Variable::new("run_neuron_norm", TIME, "Int |r| mu of the run", |k| {
            k.each_row(|row| row.neuron_norm)
        })
        .equation("section 21"),
        Variable::new("run_roughness", TIME, "roughness Sum mu_i^2 of the run", |k| {
            Values::F64(k.run.iter().filter_map(|row| row.roughness).collect())
        })
        .equation("section 13"),
        Variable::new("run_clusters", TIME, "clusters of knots of the run", |k| {
            Values::I32(k.run.iter().filter_map(|row| row.clusters).map(|count| count as i32).collect())
        }),
        Variable::new(
            "run_pieces",
            TIME,
            "straight pieces of the run, to a hundredth of the range of y",
            |k| Values::I32(k.run.iter().map(|row| row.pieces as i32).collect()),
        ),
        Variable::new(
            "run_best_loss",
            TIME,
            "loss of the best fit by as many straight pieces that need not meet",
            |k| k.each_row(|row| row.best_loss),
        ),
        Variable::new("run_target", &["run_target"], "what the run is compared with", |k| {
            Values::texts(k.report.curves().map(|curve| curve.name))
        }),
        Variable::new(
            "run_rms_distance",
            &["run_time", "run_target"],
            "root mean square distance of the run to the curve, over the range of the samples",
            |k| all(k.run.iter().flat_map(|row| &row.rms)),
        ),
        Variable::new(
            "run_path_distance",
            &["run_time", "regime"],
            "root mean square distance to the path of infinitely many neurons at the same time",
            |k| all(k.run.iter().flat_map(|row| &row.to_path)),
        ),
        Variable::new("run_path", &["run_time", "grid"], "the function of the run", |k| {
            all(k.run.iter().flat_map(|row| &row.on_grid))
        }),
    ];
    let of_neurons = |name| matches!(name, "run_roughness" | "run_clusters");
    let present = |entry: Variable<'a>| match of_neurons(entry.declared.name) {
        true => entry.when(Source::has_neurons),
        false => entry.when(|k| !k.run.is_empty()),
    };
    entries.into_iter().map(present).collect()
}
