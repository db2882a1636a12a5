//! What the variables of sweeps and phase studies mean: the one list that the writer, `validate` and
//! the guide follow.

use crate::io::Declared;
use crate::io::declared::Allowed;

const TIME: &[&str] = &["time"];
const SAMPLE: &[&str] = &["sample"];

/// All variables of the runs of a sweep, with the dimensions that they have in one run. Variables over
/// time also exist with `final_` before the name.
pub const VARIABLES: &[Declared] = &[
    Declared::new("loss", TIME, "loss of the merged samples")
        .equation("section 2: L = 1/2 Sum_j n_j rho_j^2"),
    Declared::new("residual", &["time", "sample"], "rho_j = f(x_j) - y_j").equation("section 2"),
    Declared::new("tangent_kernel_change", TIME, "relative change of the tangent kernel since the start")
        .equation("section 7: |K_t - K_0| / |K_0|"),
    Declared::new("slope_variation", TIME, "total variation of f' over the whole line")
        .equation("section 13: Int |f''|"),
    Declared::new("roughness", TIME, "sum of squared delta-slopes of the neurons")
        .equation("section 13: Sum mu_i^2"),
    Declared::new(
        "linear_distance",
        TIME,
        "root mean square distance to the linear interpolant over the range of the samples",
    ),
    Declared::new(
        "linear_distance_max",
        TIME,
        "largest distance to the linear interpolant over the range of the samples",
    ),
    Declared::new(
        "spline_distance",
        TIME,
        "root mean square distance to the natural cubic spline over the range of the samples",
    ),
    Declared::new(
        "spline_distance_max",
        TIME,
        "largest distance to the natural cubic spline over the range of the samples",
    ),
    Declared::new("risk_l1", TIME, "mean distance to the truth over the range of the samples"),
    Declared::new("risk_l2", TIME, "root mean square distance to the truth over the range of the samples"),
    Declared::new("risk_max", TIME, "largest distance to the truth over the range of the samples"),
    Declared::new(
        "outside_risk_l1",
        TIME,
        "mean distance to the truth over half the range on either side of it",
    ),
    Declared::new(
        "outside_risk_l2",
        TIME,
        "root mean square distance to the truth over half the range on either side of it",
    ),
    Declared::new(
        "outside_risk_max",
        TIME,
        "largest distance to the truth over half the range on either side of it",
    ),
    Declared::new("pinned_mass", TIME, "mass pinned on all boundaries together").equation("section 6"),
    Declared::new("dead_mass", TIME, "mass in the dead region").equation("section 3"),
    Declared::new("stuck_mass", TIME, "mass stuck at r = 0 by the total-variation term")
        .equation("section 6"),
    Declared::new(
        "direction_change",
        TIME,
        "root mean square angle by which neurons have turned since the start",
    )
    .units("rad")
    .equation("sqrt(Int |theta(t) - theta(0)|^2 mu)"),
    Declared::new(
        "ambiguous_mass",
        TIME,
        "mass that left a boundary where the flow is not unique, since the start",
    )
    .equation("section 6"),
    Declared::new("x", SAMPLE, "position of the sample").equation("section 1"),
    Declared::new("y", SAMPLE, "value of the sample, mean over ties").equation("section 1"),
    Declared::new("sample_weight", SAMPLE, "samples merged into one").equation("section 1: n_j"),
    Declared::new("time", TIME, "mean-field time").equation("section 2"),
    Declared::new("particles", &[], "particles of the run, m").equation("section 2"),
    Declared::new("kappa", &[], "factor before the mean over neurons").equation("section 2: m / alpha(m)"),
    Declared::new("steps", &[], "accepted steps of the run"),
    Declared::new(
        "ending",
        &[],
        "criterion that ended the run: 0 none (time.end), 1 rest, 2 time.until_loss, 3 time.until_speed",
    )
    .equation("section 15"),
    Declared::new("wall_time", &[], "duration of the run").units("s"),
    Declared::new("flow_time", &[], "part of wall_time spent in the steps of the flow").units("s"),
    Declared::new("failure", &[], "why the run failed; empty if it did not"),
];

/// What the table of a phase study adds, over invariants and scalings.
pub(crate) const PHASE_TABLE: [Declared; 3] = [
    Declared::new(
        "kernel_change_exponent",
        &[],
        "slope of final_tangent_kernel_change against width, both in logarithms",
    ),
    Declared::new("kernel_change_exponent_margin", &[], "half the 95 % confidence interval of the exponent"),
    Declared::new("phase", &[], "lazy, adaptive, or ? where the exponent does not tell"),
];

/// The variable of this name, with the dimensions that it has in one run.
pub(crate) fn find(name: &str) -> Option<Allowed> {
    if let Some(declared) = VARIABLES.iter().find(|declared| declared.name == name) {
        return Some(declared.into());
    }
    let plain = name.strip_prefix("final_")?;
    let declared = VARIABLES.iter().find(|declared| declared.name == plain)?;
    let (time, rest) = declared.dims.split_first()?;
    (*time == "time").then(|| Allowed {
        name: name.to_string(),
        dims: rest.iter().map(|dim| dim.to_string()).collect(),
        long_name: format!("{}, at the end", declared.long_name),
        ..declared.into()
    })
}
