//! What the variables of a study file mean: the one list that the writer and the guide follow.

/// A variable that a run leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Name in the file. Variables over time also exist with `final_` before the name.
    pub name: &'static str,
    /// Units.
    pub units: &'static str,
    /// In words.
    pub about: &'static str,
    /// Where the formula stands; empty if there is none.
    pub equation: &'static str,
}

const fn variable(
    name: &'static str,
    units: &'static str,
    about: &'static str,
    equation: &'static str,
) -> Variable {
    Variable { name, units, about, equation }
}

/// All variables of the runs of a sweep.
pub const VARIABLES: &[Variable] = &[
    variable("loss", "1", "loss of the merged samples", "section 2: L = 1/2 Sum_j n_j rho_j^2"),
    variable("residual", "1", "rho_j = f(x_j) - y_j", "section 2"),
    variable(
        "tangent_kernel_change",
        "1",
        "relative change of the tangent kernel since the start",
        "section 7: |K_t - K_0| / |K_0|",
    ),
    variable("slope_variation", "1", "total variation of f' over the whole line", "section 13: Int |f''|"),
    variable("roughness", "1", "sum of squared delta-slopes of the neurons", "section 13: Sum mu_i^2"),
    variable(
        "linear_distance",
        "1",
        "root mean square distance to the linear interpolant over the range of the samples",
        "",
    ),
    variable(
        "linear_distance_max",
        "1",
        "largest distance to the linear interpolant over the range of the samples",
        "",
    ),
    variable(
        "spline_distance",
        "1",
        "root mean square distance to the natural cubic spline over the range of the samples",
        "",
    ),
    variable(
        "spline_distance_max",
        "1",
        "largest distance to the natural cubic spline over the range of the samples",
        "",
    ),
    variable("pinned_mass", "1", "mass pinned on all boundaries together", "section 6"),
    variable("dead_mass", "1", "mass in the dead region", "section 3"),
    variable("stuck_mass", "1", "mass stuck at r = 0 by the total-variation term", "section 6"),
    variable(
        "direction_change",
        "rad",
        "root mean square angle by which neurons have turned since the start",
        "sqrt(Int |theta(t) - theta(0)|^2 mu)",
    ),
    variable(
        "ambiguous_mass",
        "1",
        "mass that left a boundary where the flow is not unique, since the start",
        "section 6",
    ),
    variable("x", "1", "position of the sample", "section 1"),
    variable("y", "1", "value of the sample, mean over ties", "section 1"),
    variable("sample_weight", "1", "samples merged into one", "section 1: n_j"),
    variable("time", "1", "mean-field time", "section 2"),
    variable("particles", "1", "particles of the run, m", "section 2"),
    variable("kappa", "1", "factor before the mean over neurons", "section 2: m / alpha(m)"),
    variable("steps", "1", "accepted steps of the run", ""),
    variable("wall_time", "s", "duration of the run", ""),
    variable("flow_time", "s", "part of wall_time spent in the steps of the flow", ""),
    variable("failure", "", "why the run failed; empty if it did not", ""),
];

/// The entry of a name, `final_` before it or not.
pub(crate) fn find(name: &str) -> Option<(&'static Variable, bool)> {
    let plain = name.strip_prefix("final_");
    let found = |name: &str| VARIABLES.iter().find(|variable| variable.name == name);
    found(name).map(|v| (v, false)).or_else(|| found(plain?).map(|v| (v, true)))
}
