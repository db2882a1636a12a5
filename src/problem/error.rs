//! What can be wrong with samples and measures.

use thiserror::Error;

use crate::system::text::number;

/// Why samples or a measure were refused; every text names the place, the value and the remedy.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProblemError {
    /// Two columns that must have one length do not.
    #[error("{what} has {found} values, {expected} expected: give every column the same length")]
    Length {
        /// Which column.
        what: &'static str,
        /// How long it is.
        found: usize,
        /// How long it must be.
        expected: usize,
    },
    /// Nothing to work on.
    #[error("there are no {what}: at least one is needed")]
    Empty {
        /// Which list is empty.
        what: &'static str,
    },
    /// A NaN or an infinity.
    #[error("{what}[{index}] = {value} is not finite: remove or repair that row")]
    NonFinite {
        /// Which column.
        what: &'static str,
        /// Row, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A mass below zero.
    #[error("mass[{index}] = {} is negative: masses are >= 0 and sum to 1", number(*.value))]
    NegativeMass {
        /// Row, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// Masses that sum to zero.
    #[error(
        "the masses sum to {}, not to 1: {}, or leave the column out for equal masses",
        number(*.sum),
        if *.sum > 0.0 && .sum.is_finite() { "divide them by their sum" } else { "give at least one that is positive" }
    )]
    TotalMass {
        /// The sum found.
        sum: f64,
    },
    /// An orientation that is neither 1 nor -1.
    #[error(
        "orientation[{index}] = {value} is no orientation: give 1 (active to the right of its knot) or -1 (to the left)"
    )]
    Orientation {
        /// Row, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A sample weight that is not positive.
    #[error("sample weight[{index}] = {value} is not positive: weights count merged samples")]
    Weight {
        /// Row, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A value that would overflow when squared or multiplied.
    #[error(
        "{what}[{index}] = {value:e} is larger than {limit:e}, beyond what the moments can hold: rescale the data (standardize = true)"
    )]
    TooLarge {
        /// Which column.
        what: &'static str,
        /// Row, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
        /// The largest magnitude allowed.
        limit: f64,
    },
    /// More of something than the program can index.
    #[error("{count} {what} are more than the {limit} this program can hold")]
    TooMany {
        /// Particles or samples.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// Checks that every value is finite and at most `limit` in magnitude.
pub(crate) fn check_values(what: &'static str, values: &[f64], limit: f64) -> Result<(), ProblemError> {
    for (index, &value) in values.iter().enumerate() {
        if !value.is_finite() {
            return Err(ProblemError::NonFinite { what, index, value });
        }
        if value.abs() > limit {
            return Err(ProblemError::TooLarge { what, index, value, limit });
        }
    }
    Ok(())
}
