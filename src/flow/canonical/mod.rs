//! The canonical flow of the measure, with and without the total-variation term.

mod abreast;
mod aligning;
mod cloud;
mod convoy;
mod descriptor;
mod free;
pub mod grouping;
mod lanes;
mod motion;
pub mod movers;
mod push;
mod radau;
mod series;
mod start;
mod stretch;
pub mod tables;
mod walk;
mod walks;

pub use aligning::aligning;
pub use cloud::{Cloud, PushSettings};
pub use descriptor::descriptor;
pub use push::chunk_size;
pub use walks::Walks;
