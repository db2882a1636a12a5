//! The kernels in linear time: functions of a law on sorted points, of any number (mathematics, section 17).
//!
//! On the line "active at both points" depends on where the knot lies: right-facing neurons that are active at the left
//! point, left-facing ones that are active at the right point. So `K(x, x') = xt^T (P(x) + Q(x')) xt'` for `x <= x'`,
//! with `P` and `Q` the second moments of the law of those neurons, whatever the law: rank 4. `K` is the covariance of a
//! sum of two processes with independent increments, one from the left and one from the right;
//! [`moments`] has their increments, [`Line`] makes a chain of them.

mod gather;
mod model;
mod moments;
mod rational;

pub(super) use gather::Gather;
pub use gather::Motion;
pub(super) use model::{Line, STATE};
pub(super) use rational::{RoughMotions, moved};

#[cfg(test)]
mod tests;
