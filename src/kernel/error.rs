//! Why a kernel could not be worked with.

use thiserror::Error;

/// Why a kernel could not be worked with.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum KernelError {
    /// A value of the kernel overflows.
    #[error(
        "the kernel of samples {i} and {j} is {value}: values of x or bounds of the law are too large; rescale the data (standardize = true)"
    )]
    NonFinite {
        /// Row.
        i: usize,
        /// Column.
        j: usize,
        /// What was found.
        value: f64,
    },
    /// No neuron is active at any sample.
    #[error(
        "the kernel is zero at all samples: no neuron of the start law is active there; widen the law's bounds"
    )]
    Zero,
    /// LAPACK failed.
    #[error("the eigenvalues of the kernel could not be computed: {found}")]
    Eigen {
        /// What LAPACK says.
        found: String,
    },
    /// The convex solver did not reach its tolerance.
    #[error(
        "the convex problem with total variation was not solved: {status}; try another weight, or rescale the data (standardize = true)"
    )]
    Convex {
        /// What the solver says.
        status: String,
    },
}
