//! What the flows of particles share: a step of a flow integrates most particles without an event, and
//! those that may meet one (a boundary, a turn, `r = 0`, the origin) event by event.
//!
//! * `tally`: what the integration of particles adds up to, and their events;
//! * `particles`: the sums over those that met an event, which the residual ODE needs apart;
//! * `lanes`: particles stepped side by side in vector registers;
//! * `substep`: limits on the integration of one particle, and its time;
//! * `order`: values brought into another order in memory.

pub mod lanes;
pub mod order;
pub mod particles;
pub mod substep;
pub mod tally;

pub use particles::EventParticles;
pub use tally::{ChunkTally, Events, Tally};
