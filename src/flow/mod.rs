//! Flows of the measure: the field from the residuals, what happens at a boundary, the residual
//! ODE and the step controller.

mod advance;
pub mod canonical;
mod counters;
pub mod descent;
mod error;
mod field;
mod field_cubic;
mod implicit;
pub mod interface;
pub mod lifted;
pub mod moments;
mod passage;
mod path;
mod record;
mod residual_ode;
mod response;
mod scale;
mod state;
mod stepper;
pub mod tangent_kernel;

pub use advance::Stepper;
pub use counters::Counters;
pub use error::FlowError;
pub use field::{Vec2, gradients, project};
pub use record::StepRecord;
pub(crate) use scale::{least_scale, residual_scale};
pub use state::{Column, ColumnMut, State};

/// Which flow moves the measure (mathematics, section 5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flow {
    /// The gradient flow in the canonical parameters `(r, theta)`, W eq. 7; with `tv > 0` the
    /// total-variation term `tv * Int |r| mu` is added to the loss, W eq. 16.
    Canonical {
        /// `lambda`, weight of the total-variation term; 0 leaves it out.
        tv: f64,
    },
    /// The gradient flow of all parameters `(c, a, b)`, W eq. 2: real network training.
    Lifted {
        /// `m / alpha(m)`, the factor before the mean over neurons.
        kappa: f64,
    },
    /// Only `c` moves: the limit `delta -> -inf` of the lifted flow.
    Kernel {
        /// As in [`Flow::Lifted`].
        kappa: f64,
    },
    /// Only `w = (a, -b)` moves: the limit `delta -> +inf` of the lifted flow.
    Adaptive {
        /// As in [`Flow::Lifted`].
        kappa: f64,
    },
    /// Gradient descent on `(c, a, b)`, the algorithm of which the lifted flow is the limit.
    Descent {
        /// As in [`Flow::Lifted`].
        kappa: f64,
        /// How the steps are taken.
        descent: Descent,
    },
}

/// Settings of gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// `eta`; one step advances mean-field time by `eta / m`.
    pub learning_rate: f64,
    /// Factor on the last displacement (heavy ball); 0 is plain descent.
    pub momentum: f64,
    /// Samples per step, drawn without replacement epoch by epoch; `None` is the full batch.
    pub batch: Option<usize>,
    /// Seed of the batches.
    pub seed: u64,
    /// Which layers train.
    pub layers: Layers,
}

/// Which parameters gradient descent changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// `c`, `a` and `b`.
    Both,
    /// `c` alone, as in the kernel limit.
    Output,
    /// `a` and `b` alone, as in the adaptive limit.
    Hidden,
}

impl Flow {
    /// The name in scenarios and run files.
    pub fn name(&self) -> &'static str {
        match self {
            Flow::Canonical { .. } => "canonical",
            Flow::Lifted { .. } => "lifted",
            Flow::Kernel { .. } => "kernel",
            Flow::Adaptive { .. } => "adaptive",
            Flow::Descent { .. } => "gd",
        }
    }

    /// `lambda` of the total-variation term.
    pub fn tv(&self) -> f64 {
        match self {
            Flow::Canonical { tv } => *tv,
            _ => 0.0,
        }
    }

    /// `kappa = m / alpha(m)`, the factor before the mean over neurons; 1 in canonical parameters.
    pub fn kappa(&self) -> f64 {
        match self {
            Flow::Canonical { .. } => 1.0,
            Flow::Lifted { kappa }
            | Flow::Kernel { kappa }
            | Flow::Adaptive { kappa }
            | Flow::Descent { kappa, .. } => *kappa,
        }
    }

    /// Whether particles are neurons `(c, a, b)` rather than canonical particles `(r, theta)`.
    pub fn is_lifted(&self) -> bool {
        !matches!(self, Flow::Canonical { .. })
    }

    /// Whether `c`, and whether `w = (a, -b)`, moves; both as functions of `(r, theta)` in the
    /// canonical flow.
    pub fn moves(&self) -> (bool, bool) {
        match self {
            Flow::Canonical { .. } | Flow::Lifted { .. } => (true, true),
            Flow::Kernel { .. } => (true, false),
            Flow::Adaptive { .. } => (false, true),
            Flow::Descent { descent, .. } => {
                (descent.layers != Layers::Hidden, descent.layers != Layers::Output)
            }
        }
    }
}
