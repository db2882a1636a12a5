//! Wasserstein distances between weighted point measures.
//!
//! ```text
//! W_p(mu, nu)^p = min over couplings of Int d(x, y)^p
//! ```
//!
//! On the line the coupling is monotone, on the circle it is after an optimal shift; both are
//! found exactly from sorted points, in `O(n log n)`. On products with more dimensions
//! [`sliced`] averages over projections.

mod circle;
mod line;
pub mod sliced;
mod sorted;

pub use circle::{circle_w1, circle_w2};
pub use line::{line_w1, line_w2};
pub use sorted::Sorted;
