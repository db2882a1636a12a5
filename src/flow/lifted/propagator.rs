//! How the frame of one region or boundary moves over a step, and how far that takes its planes.

use super::displacement::Displacement;
use super::field_sign::Signs;
use super::frame::{IDENTITY, Mat, Neuron};

/// The frame of one region or boundary over the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Propagator {
    /// Frame at the end.
    pub end: Mat,
    /// A bound `L` on the length of the path of either plane, as a vector, during the step (section 10, Lemma 1).
    pub displacement: f64,
    /// Whether the field across both planes (on a boundary: along it) keeps its sign during the
    /// step: distances then are monotone for every neuron whose `c` keeps its sign.
    pub steady: bool,
    /// The sign of `c` with which neurons of a region go away from each of its lines; `None` of a boundary, and
    /// where no neuron is or moves.
    pub signs: Option<Signs>,
    /// A bound `C` on the length of the path of the linear function `c`, as a vector (Lemma 1).
    pub output_displacement: f64,
    /// What the displacements of the bin advance.
    pub advance: Displacement,
    /// Whether planes are so large that their rounding is more than safe displacements cover.
    pub uncovered: bool,
}

impl Propagator {
    /// Of a region or boundary that no neuron is in at the start of the step.
    pub const UNINHABITED: Propagator = Propagator {
        end: IDENTITY,
        displacement: 0.0,
        steady: true,
        signs: None,
        output_displacement: 0.0,
        advance: Displacement::ZERO,
        uncovered: false,
    };
}

impl Propagator {
    /// Makes it [`Propagator::UNINHABITED`], without touching the memory of one that is.
    pub fn forget(&mut self) {
        if *self != Propagator::UNINHABITED {
            *self = Propagator::UNINHABITED;
        }
    }
}

/// Clearances are reduced by the rounding that planes with entries up to this have, so that they hold also in later
/// steps, as long as planes are no larger.
pub const LARGEST_PLANE: f64 = 16.0;

/// The largest entry of planes.
pub fn largest_entry(planes: &[[Neuron; 2]; 2]) -> f64 {
    planes.as_flattened().as_flattened().iter().fold(0.0, |most: f64, entry| most.max(entry.abs()))
}

/// Whether one of the planes of a frame, which is these two at the ends of a step, has entries above [`LARGEST_PLANE`].
pub fn has_large_planes(ends: [&Mat; 2], planes: impl FnOnce() -> [[Neuron; 2]; 2]) -> bool {
    // An entry of a plane is the product of two entries of the frame with a unit vector.
    let small = |entry: &f64| entry.abs() < 0.5 * LARGEST_PLANE;
    !ends.iter().all(|m| m.iter().all(small)) && largest_entry(&planes()) > LARGEST_PLANE
}
