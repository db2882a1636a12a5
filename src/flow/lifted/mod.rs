//! The lifted flow of neurons `(c, w)`, `w = (a, -b)`, and its two limits (mathematics, sections 2,
//! 5, 6 and 10).
//!
//! With the residuals on a given path, all neurons of a region undergo the same linear map. So
//! each region keeps a *frame*, the product of the maps since some earlier time, and neurons are
//! stored in frame coordinates, which do not move: a step costs `O(s)`, plus a test of those neurons
//! that the boundaries of their region may have reached, plus an event-driven integration of those
//! that may have been. The same holds for the clusters pinned on boundaries. Which neurons a step may leave out is
//! stated and proved in section 10 (Lemmas 1 to 3).
//!
//! * `kind`: the three flows, their maps over any length of time;
//! * `frame`: the 3 x 3 matrices; `second`: second moments, and how they transform;
//! * `decay`: weight decay, one common factor;
//! * `bins`: neurons of one frame side by side in memory, in blocks; `out_of_bin`: neurons that have left the
//!   memory of their bin; `order`: where each lies in memory;
//! * `reach_test`: Lemma 2, one neuron in one step; `displacement`, `safe`: Lemma 3, how far the lines may move before a
//!   block must be tested; `field_sign`: which neurons go away from a line; `search`: which neurons a step may not skip;
//! * `step_tables`: what a push looks up; `propagator`: of it the frames, and how far they take the lines;
//! * `queue`, `lanes`: neurons that may meet an event, side by side; `integration`, `crossing`, `pinned`, `origin`:
//!   one neuron, event by event;
//! * `rebase`: neurons back to the laboratory frame, and moments summed anew; `sums`: what integrations add up to;
//!   `totals`: second moments by place; `moments`: what the residuals need of both;
//! * `start`: places at the start of a run; `columns`: what a state holds of the neurons; `ensemble`: the neurons as
//!   the step controller sees them.

mod bins;
mod columns;
mod crossing;
mod decay;
pub mod descriptor;
mod displacement;
mod ensemble;
mod field_sign;
mod frame;
mod integration;
mod kind;
mod lanes;
mod moments;
mod order;
mod origin;
mod out_of_bin;
mod pinned;
mod propagator;
mod queue;
mod reach_test;
mod rebase;
mod safe;
mod search;
mod second;
mod start;
mod step_tables;
mod sums;
mod totals;

pub use columns::Lifted;
pub use ensemble::{Ensemble, start};
pub use kind::{Kind, Scaled};
