//! The canonical flow of the measure, with and without the total-variation term.

mod abreast;
mod convoy;
pub mod grouping;
mod lanes;
mod motion;
pub mod movers;
mod push;
mod series;
mod start;
mod stretch;
pub mod tables;
mod walk;
mod walks;

pub use push::{Particles, chunk_size, push_all};
pub use start::{initial_residual, place_all, sum_moments};
pub use walks::Walks;
