//! The canonical flow of the measure, with and without the total-variation term.
//!
//! * `motion`: the equations of a free particle; `series`, `radau`: their solution as a power series, and
//!   implicitly;
//! * `step_tables`: what a push looks up;
//! * `push`, `block`: all particles over a step, in blocks of one region; `sums`: what they add up to;
//! * `queue`, `lanes`: particles that may meet an event, side by side; `integration`, `free`, `substep`: one
//!   particle, event by event;
//! * `start`: places at the start of a run; `grouping`: the order in memory; `aligning`: how particles that
//!   turn back answer to the path;
//! * `columns`: what a state holds of the particles; `ensemble`: the particles as the step controller sees them.

mod aligning;
mod block;
mod columns;
mod descriptor;
mod ensemble;
mod free;
mod grouping;
mod integration;
mod lanes;
mod motion;
mod particle;
mod push;
mod queue;
mod radau;
mod series;
mod start;
mod step_tables;
mod substep;
mod sums;

pub use columns::Canonical;
pub use descriptor::descriptor;
pub use ensemble::{Ensemble, start};
