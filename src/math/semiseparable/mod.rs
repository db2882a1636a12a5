//! Symmetric systems, diagonal plus semiseparable, in `O(n)` (mathematics, section 17).
//!
//! A matrix is semiseparable of rank `R` if its part below the diagonal is that of a matrix of rank `R`. Two forms:
//!
//! * [`Factored`], from generators: `A[i, j] = u_i . v_j` below the diagonal. Cheapest where a shift bounds the
//!   condition, as in the step of the residuals. What rounding takes is a share `eps` of the largest entries.
//! * [`Chain`], in state-space form: the matrix is the covariance of values of a process that goes from sample to sample
//!   by transitions and independent increments. Its square-root factor ([`ChainFactor`]) subtracts nothing, so that
//!   pivots far below `eps` times the diagonal keep their digits: samples may be as close as the law of their distances
//!   lets them. [`ShiftedLanes`] does several complex shifts at once.

mod chain;
mod complex;
mod factor;
mod generators;
mod lane_filter;
mod lanes;
#[cfg(test)]
mod reference;

pub use chain::{Chain, Matrix, Step, triangular_root};
pub use factor::{ChainFactor, Smoothed};
pub use generators::{Factored, RANK, Row};
pub use lanes::{ShiftedLanes, ShiftedMemory};
