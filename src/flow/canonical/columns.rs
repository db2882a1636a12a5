//! What a state holds of canonical particles.

use crate::flow::columns::columns;
use crate::flow::moments::LENGTH;

columns! {
    /// Canonical particles `(r, theta)`, in the order in which they lie in memory: grouped by place when there are
    /// many, because the inner loop is faster so.
    pub struct Canonical {
        /// Where in the other columns each particle is.
        position: U32 = |sizes| sizes.m,
        /// Signed amplitudes.
        r: F64 = |sizes| sizes.m,
        /// Directions (rad), unwrapped: in the interval of the region.
        theta: F64 = |sizes| sizes.m,
        /// What each particle is doing, and where.
        place: Place = |sizes| sizes.m,
        /// Region and boundary moments. Derived from the particles but kept, because summing again in
        /// another order would change bits.
        moments: F64 = |sizes| 2 * sizes.s * LENGTH,
    }
}
