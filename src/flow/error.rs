//! Why a run could not go on.

use thiserror::Error;

/// A failure of the flow; every text names the time, the value and the remedy.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FlowError {
    /// The controller's step fell below what time itself resolves.
    #[error(
        "t = {time:?}: the step would have to be {step_size:e}, below the floor {floor:e}; its estimated error \
         {error_estimate:e} stays above {allowed:e} ({cause}): raise time.tolerance, or rescale the data \
         (samples.standardize = true)"
    )]
    StepFloor {
        /// Mean-field time.
        time: f64,
        /// The step that was asked for.
        step_size: f64,
        /// The least step.
        floor: f64,
        /// Estimated error of the last attempt.
        error_estimate: f64,
        /// What it may be.
        allowed: f64,
        /// What keeps the error up.
        cause: &'static str,
    },
    /// A NaN or an infinity.
    #[error(
        "t = {time:?}: {what}[{index}] = {value}, not a finite number: the state before this step is the last good one; lower time.end or rescale the data (samples.standardize = true)"
    )]
    NonFinite {
        /// Mean-field time.
        time: f64,
        /// Residual or particle.
        what: &'static str,
        /// Which one.
        index: usize,
        /// What it became.
        value: f64,
    },
    /// A state that does not belong to its samples and masses.
    #[error(
        "the checkpoint does not fit its samples and particles: {what} has {found} values, {expected} expected; the file is damaged"
    )]
    State {
        /// Which column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What it should be.
        expected: usize,
    },
    /// Canonical particles for a flow of neurons, or the reverse.
    #[error(
        "the flow {flow} starts from {expected}, not from {found}: convert them (Neurons::lifted, Neurons::canonical)"
    )]
    Start {
        /// Name of the flow.
        flow: &'static str,
        /// What was given.
        found: &'static str,
        /// What it needs.
        expected: &'static str,
    },
    /// Gradient descent whose parameters grow beyond what can be summed.
    #[error(
        "t = {time:?}: gradient descent has diverged: the next step would take the neurons to {reach:e}; the state before this step is the last good one; lower flow.learning_rate (now {learning_rate})"
    )]
    Diverged {
        /// Mean-field time.
        time: f64,
        /// A bound on the parameters after the step.
        reach: f64,
        /// The learning rate.
        learning_rate: f64,
    },
    /// A path of residuals along which a density cannot be found.
    #[error("the path of the residuals, t = {time:?}: {problem}")]
    Path {
        /// Mean-field time.
        time: f64,
        /// What is wrong.
        problem: &'static str,
    },
    /// A setting of gradient descent outside its range.
    #[error("flow.{what} = {value} is not allowed: {allowed}")]
    Setting {
        /// Which one.
        what: &'static str,
        /// What was asked for.
        value: f64,
        /// What may be asked for.
        allowed: &'static str,
    },
}
