//! What is kept of one accepted step.

use super::Counters;

/// One accepted step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// Mean-field time at its end.
    pub time: f64,
    /// Its length.
    pub step_size: f64,
    /// `L = 1/2 Sum_j n_j rho_j^2` at its end.
    pub loss: f64,
    /// Estimate of the local error of the residual, in units of the samples' `y`.
    pub error_estimate: f64,
    /// How often all particles were pushed for it, rejected attempts included.
    pub pushes: u32,
    /// Attempts that were rejected before it.
    pub rejections: u32,
    /// Particles that were tested or integrated one by one in it; a quiet step of a lifted flow tests few
    /// (section 10). Of neurons that have left the memory of their bin only those count that were integrated event by
    /// event: how many were tested depends on when the run was resumed.
    pub touched: u64,
    /// Events inside it.
    pub counters: Counters,
    /// The residuals at its end, where a run was asked to keep them (`output.path`).
    pub path: Option<StepPath>,
}

/// What one step adds to the path of the residuals.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPath {
    /// `rho_j` at the end of the step.
    pub residual: Vec<f64>,
    /// `d rho_j/dt` there.
    pub residual_rate: Vec<f64>,
    /// How the path goes over the step.
    pub rule: PathRule,
}

/// How the path of the residuals goes over a step, from the values and rates at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRule {
    /// The cubic with the values and rates of both ends.
    Hermite,
    /// The parabola with both values and the rate at the end: of steps over which fast transients die
    /// away, of which the rate at the start is full.
    Quadratic,
}

impl PathRule {
    /// The code in run files.
    pub fn code(self) -> i8 {
        match self {
            PathRule::Hermite => 0,
            PathRule::Quadratic => 1,
        }
    }

    /// The rule with this code, if there is one.
    pub fn from_code(code: i8) -> Option<PathRule> {
        [PathRule::Hermite, PathRule::Quadratic].into_iter().find(|rule| rule.code() == code)
    }
}
