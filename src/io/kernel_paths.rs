//! The variables of a kernel file over time: paths, the density of curvature, random starts.

use super::kernel_source::{Source, Variable, all};
use super::netcdf::Values;

/// The paths of both regimes, which have times of their own.
pub(super) fn paths<'a>() -> Vec<Variable<'a>> {
    const RESIDUAL: &str = "rho(t) = expm(-kappa^2 K N t) rho(0), section 12";
    vec![
        Variable::new("time", &["time"], "mean-field time, random features", |k| {
            all(&k.report.regimes[0].times)
        }),
        Variable::new(
            "residual",
            &["time", "sample"],
            "residual rho_j = f(x_j) - y_j, random features",
            |k| all(k.report.regimes[0].residual.iter().flatten()),
        )
        .equation(RESIDUAL)
        .when(|k| k.report.regimes[0].residual.is_some()),
        Variable::new("path_loss", &["time"], "loss on the path, random features", |k| {
            all(&k.report.regimes[0].loss)
        }),
        Variable::new("path", &["time", "grid"], "the function on its path, random features", |k| {
            all(&k.report.regimes[0].on_grid)
        }),
        Variable::new(
            "curvature_density",
            &["time", "facing", "grid"],
            "h_+ and h_-: by how much neurons of either facing have bent the function since the start, per unit x, random features",
            |k| k.curvature(|curvature| curvature.on_grid.iter().copied().collect()),
        )
        .equation("section 20: f'' = f_0'' + h_+ + h_-")
        .when(Source::has_curvature),
        Variable::new(
            "curvature_density_at_samples",
            &["time", "facing", "sample"],
            "the same at the samples, between which it is linear where nu is constant",
            |k| k.curvature(|curvature| curvature.at_samples.iter().flatten().copied().collect()),
        )
        .equation("section 20")
        .when(|k| k.report.curvature().is_some_and(|curvature| curvature.at_samples.is_some())),
        Variable::new(
            "off_cubic",
            &["time"],
            "how far f - f_0 is at most from one cubic between neighbouring samples, as a share of its largest value",
            |k| k.curvature(|curvature| curvature.off_cubic.clone()),
        )
        .equation("section 20")
        .when(Source::has_curvature),
        Variable::new("target", &["target"], "what the path is compared with", |k| {
            Values::texts(k.report.regimes[0].targets.iter().copied())
        }),
        Variable::new(
            "distance",
            &["time", "target"],
            "share of the way left: |f(t) - target| / |f(0) - target|, random features",
            |k| all(&k.report.regimes[0].distances),
        ),
        Variable::new("time_tangent", &["time_tangent"], "mean-field time, tangent", |k| {
            all(&k.report.regimes[1].times)
        }),
        Variable::new(
            "residual_tangent",
            &["time_tangent", "sample"],
            "residual rho_j = f(x_j) - y_j, tangent",
            |k| all(k.report.regimes[1].residual.iter().flatten()),
        )
        .equation(RESIDUAL)
        .when(|k| k.report.regimes[1].residual.is_some()),
        Variable::new("path_loss_tangent", &["time_tangent"], "loss on the path, tangent", |k| {
            all(&k.report.regimes[1].loss)
        }),
        Variable::new("path_tangent", &["time_tangent", "grid"], "the function on its path, tangent", |k| {
            all(&k.report.regimes[1].on_grid)
        }),
        Variable::new(
            "distance_tangent",
            &["time_tangent", "target"],
            "share of the way left: |f(t) - target| / |f(0) - target|, tangent",
            |k| all(&k.report.regimes[1].distances),
        ),
    ]
}

/// The function over random starts.
pub(super) fn starts<'a>() -> Vec<Variable<'a>> {
    const SHAPE: &[&str] = &["regime", "starts_time", "starts_x"];
    let entries = vec![
        Variable::new("starts_time", &["starts_time"], "mean-field time, infinite for the limit", |k| {
            all(k.first_starts().iter().flat_map(|starts| &starts.times))
        }),
        Variable::new(
            "starts_x",
            &["starts_x"],
            "where mean and deviation over random starts are told",
            |k| all(k.first_starts().iter().flat_map(|starts| &starts.points)),
        ),
        Variable::new("starts_mean", SHAPE, "mean of the function over random starts", |k| {
            k.starts(|starts| starts.mean.iter().copied().collect())
        }),
        Variable::new(
            "starts_deviation",
            SHAPE,
            "standard deviation of the function over random starts of starts_width neurons",
            |k| k.starts(|starts| starts.deviation.iter().copied().collect()),
        )
        .equation("f_0 of covariance kappa^2 E c^2 K_RF / m, section 12"),
    ];
    entries.into_iter().map(|entry| entry.when(|k| k.first_starts().is_some())).collect()
}
