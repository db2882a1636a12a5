//! What a state holds of neurons under gradient descent.

use crate::flow::columns::columns;
use crate::flow::moments::LENGTH;

columns! {
    /// Neurons `(c, w)`, `w = (a, -b)`, in their own order.
    pub struct Descended {
        /// Where in the other columns each neuron is: in its own place.
        position: U32 = |sizes| sizes.m,
        /// Output weights.
        c: F64 = |sizes| sizes.m,
        /// First components of `w`.
        w_x: F64 = |sizes| sizes.m,
        /// Second components of `w`.
        w_y: F64 = |sizes| sizes.m,
        /// Sums of past gradients of `c`, each times `momentum` to the number of steps since; the
        /// gradients are `m` times those of the loss. Of Adam their mean with weights that fall by `beta1` a step. Empty
        /// without momentum.
        v_c: F64 = |sizes| sizes.velocities,
        /// The same of `w_x`.
        v_x: F64 = |sizes| sizes.velocities,
        /// The same of `w_y`.
        v_y: F64 = |sizes| sizes.velocities,
        /// Adam's means of the squares of past gradients of `c`. Empty without Adam.
        q_c: F64 = |sizes| sizes.squares,
        /// The same of `w_x`.
        q_x: F64 = |sizes| sizes.squares,
        /// The same of `w_y`.
        q_y: F64 = |sizes| sizes.squares,
        /// The region of each neuron.
        place: Place = |sizes| sizes.m,
        /// Moments of the regions; nothing is pinned.
        moments: F64 = |sizes| 2 * sizes.s * LENGTH,
    }
}
