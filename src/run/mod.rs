//! A run: the state, its snapshots, when they are taken, and the loop that drives them.

mod description;
mod schedule;
mod snapshot;

pub use crate::flow::{Column, ColumnMut, State, StepRecord};
pub use description::{Description, OutputOptions, ParticleOutput};
pub use schedule::Schedule;
pub use snapshot::Snapshot;
