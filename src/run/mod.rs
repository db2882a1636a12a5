//! A run: the state, its snapshots, when they are taken, and the loop that drives them.

mod alignment;
mod check;
mod convergence;
mod criteria;
mod description;
mod diagnostics;
mod ending;
pub mod learning_rate;
mod least_energy;
pub(crate) mod neuron;
mod pointwise;
mod regime;
mod rest;
mod schedule;
mod simulation;
mod snapshot;
mod start_rates;
mod verdict;

pub use crate::flow::{Column, ColumnMut, State, StepRecord};
pub use alignment::{Alignment, Extremal, extremal_directions};
pub use check::{Check, Checker, Columns};
pub use convergence::Convergence;
pub use description::{Description, OutputOptions, ParticleOutput};
pub use diagnostics::{BoundaryClass, ParticleSums, boundary_classes, eigenvalues};
pub use ending::{Ending, Until};
pub use least_energy::LeastEnergy;
pub use pointwise::{Density, Pointwise, PointwiseError, StartLaw};
pub(crate) use regime::change_in_words;
pub use regime::{Learning, MOVED, Regime, STILL};
pub use schedule::Schedule;
pub use simulation::{Observer, ObserverError, Outcome, RunError, STEPS_KEPT, Simulation, drive};
pub use snapshot::Snapshot;
pub use start_rates::{LogTimes, StartRates};
pub use verdict::{Losses, Verdict};
