//! What is kept of one accepted step.

use super::Counters;

/// One accepted step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRecord {
    /// Mean-field time at its end.
    pub time: f64,
    /// Its length.
    pub step_size: f64,
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
}
