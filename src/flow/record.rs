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
    /// Particles that were looked at one by one in it; a quiet step of a lifted flow looks at few
    /// (section 10). Of neurons that left their region since they were last grouped in memory, those
    /// that were integrated event by event.
    pub touched: u64,
    /// Events inside it.
    pub counters: Counters,
}
