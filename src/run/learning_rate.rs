//! Whether steps of gradient descent are short enough for the start's fastest mode.

use crate::flow::tangent_kernel::{tangent_kernel, trace};
use crate::flow::{Flow, Stepper};

use super::eigenvalues;

/// Beyond so many samples eigenvalues would take longer than a run is begun with; the trace is told instead.
const MOST: usize = 1000;

/// A learning rate above which the loss grows at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// `2 (1 + momentum) m / rate`, of the start's fastest rate.
    pub learning_rate: f64,
    /// Whether the rate is the trace of `K N`, an upper bound.
    pub is_bound: bool,
}

/// The largest learning rate with which full-batch descent follows the start's fastest mode; `None` for other flows, and
/// where the flow's own is not above it.
///
/// A mode of the rate `lambda` is multiplied by `1 - dt lambda` in each step, `dt = learning_rate / m`: it grows above
/// `dt lambda = 2`, with momentum above `2 (1 + momentum)`.
pub fn limit(stepper: &Stepper) -> Option<Limit> {
    let flow = stepper.flow();
    let Flow::Descent { descent, .. } = flow else { return None };
    let m = stepper.mass().len() as f64;
    let of_rate = |rate: f64| 2.0 * (1.0 + descent.momentum) * m / rate;
    let samples = stepper.samples();
    let sigma = stepper.moments().sigma_with_pinned(stepper.regions());
    let bound = trace(samples, &sigma);
    if descent.learning_rate <= of_rate(bound) {
        return None;
    }
    let (rate, is_bound) = match samples.len() {
        s if s <= MOST => (eigenvalues(samples, &tangent_kernel(samples, &sigma))?.last().copied()?, false),
        _ => (bound, true),
    };
    let limit = Limit { learning_rate: of_rate(rate), is_bound };
    (descent.learning_rate > limit.learning_rate).then_some(limit)
}
