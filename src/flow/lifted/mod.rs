//! The lifted flow of neurons `(c, w)`, `w = (a, -b)`, and its two limits (mathematics, sections 2,
//! 5, 6 and 10).
//!
//! With the residuals on a given path, all neurons of a region undergo the same linear map. So
//! each region keeps a *frame*, the product of the maps since some earlier time, and neurons are
//! stored in frame coordinates, which do not move: a step costs `O(s)`, plus a look at those neurons
//! that the boundaries of their region may have reached, plus a walk, event by event, for those
//! that were reached. The same holds for the clusters pinned on boundaries.
//!
//! * `kind`: the three flows, their maps over any stretch of time;
//! * `frame`: the 3 x 3 matrices; `second`: second moments, and how they transform;
//! * `rooms`: neurons grouped by place in memory, in blocks; `travel`, `deadlines`: how long each block
//!   needs no look; `course`: who goes away from a line; `loose`: neurons that have left the memory of their room;
//! * `tables`: what a push looks up; `find`, `look`: which neurons may meet an event; `order`: where
//!   each lies in memory;
//! * `convoy`, `abreast`: neurons that cross lines, side by side; `walk`, `crossing`, `pinned`, `origin`, `passage`:
//!   one neuron through a step with all care, event by event;
//! * `apply`: frames applied to their neurons, and moments taken anew; `sums`, `totals`: what walks add
//!   up to, and what the residuals need of it; `cloud`: the push as the step controller sees it.

mod abreast;
mod apply;
mod cloud;
mod convoy;
mod course;
mod crossing;
mod deadlines;
pub mod descriptor;
mod find;
mod frame;
mod kind;
mod look;
mod loose;
mod order;
mod origin;
mod pinned;
mod rooms;
mod second;
mod start;
mod sums;
mod tables;
mod totals;
mod travel;
mod walk;

pub use cloud::Cloud;
pub use kind::Kind;
