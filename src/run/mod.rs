//! A run: the state, its snapshots, when they are taken, and the loop that drives them.

mod description;
mod schedule;
mod snapshot;
mod state;

pub use description::{Description, OutputOptions, ParticleOutput};
pub use schedule::Schedule;
pub use snapshot::{Snapshot, StepRecord};
pub use state::{Column, ColumnMut, State};
