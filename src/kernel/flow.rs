//! What is known of the rates of gradient flow.

use super::gradient_flow::GradientFlow;
use super::linear_limit::Extremes;

/// Gradient flow with a constant kernel: with all its eigenvalues, or with the extremes of what is followed in linear time.
#[derive(Debug, Clone)]
// There is one of it at a time.
#[allow(clippy::large_enum_variant)]
pub enum Flow {
    /// All eigenvalues, for few samples.
    Dense(GradientFlow),
    /// Of rank 4 from sample to sample, for many: the extremes of the rates.
    Linear(Extremes),
}

impl Flow {
    /// The dense one, if it is.
    pub fn dense(&self) -> Option<&GradientFlow> {
        match self {
            Flow::Dense(flow) => Some(flow),
            Flow::Linear(_) => None,
        }
    }

    /// The largest rate.
    pub fn largest_rate(&self) -> f64 {
        match self {
            Flow::Dense(flow) => flow.largest_rate(),
            Flow::Linear(extremes) => extremes.largest,
        }
    }

    /// The least rate that is not rounding.
    pub fn least_rate(&self) -> f64 {
        match self {
            Flow::Dense(flow) => flow.least_rate(),
            Flow::Linear(extremes) => extremes.least,
        }
    }

    /// The ratio of the largest to the least eigenvalue.
    pub fn condition_number(&self) -> f64 {
        match self {
            Flow::Dense(flow) => flow.condition_number(),
            Flow::Linear(extremes) => extremes.condition_number(),
        }
    }

    /// How many directions are lost in rounding.
    pub fn dropped(&self) -> usize {
        match self {
            Flow::Dense(flow) => flow.dropped(),
            Flow::Linear(extremes) => extremes.lost,
        }
    }
}
