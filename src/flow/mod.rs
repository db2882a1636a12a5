//! Flows of the measure: the field from the residuals, what happens at a boundary, the residual
//! ODE and the step controller.

pub mod canonical;
mod counters;
mod error;
mod field;
mod implicit;
pub mod moments;
mod path;
mod record;
mod residual_ode;
mod state;
mod stepper;
pub mod tangent_kernel;

pub use counters::Counters;
pub use error::FlowError;
pub use field::{Vec2, gradients, project};
pub use record::StepRecord;
pub use state::{Column, ColumnMut, State};
pub use stepper::Stepper;

/// Which flow moves the measure (mathematics, section 5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flow {
    /// The gradient flow in the canonical parameters `(r, theta)`, W eq. 7; with `tv > 0` the
    /// total-variation term `tv * Int |r| mu` is added to the loss, W eq. 16.
    Canonical {
        /// `lambda`, weight of the total-variation term; 0 leaves it out.
        tv: f64,
    },
}

impl Flow {
    /// The name in scenarios and run files.
    pub fn name(&self) -> &'static str {
        match self {
            Flow::Canonical { .. } => "canonical",
        }
    }

    /// `lambda` of the total-variation term.
    pub fn tv(&self) -> f64 {
        match self {
            Flow::Canonical { tv } => *tv,
        }
    }
}
