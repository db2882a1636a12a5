//! The loss around a state (mathematics, section 19; S Thm 3 to 5, Lemma 1, Cor. 2 and 3, Remark 2): how critical it
//! is, the loss along single knots, the whole spectrum of the Hessian.
//!
//! Everything is made of region sums: `O(m + s)` for the sums, `O(s^3)` for the spectrum. Nothing here knows of time
//! or of files.

mod critical;
mod knot_slice;
mod second_moments;
mod spectrum;
mod view;
mod zeros;

pub use critical::{Critical, Pieces};
pub use knot_slice::{KnotSlice, SliceType, probe_types};
pub use second_moments::{Moments, Neuron, SecondMoments};
pub use spectrum::{Bulk, Site, Spectrum, Trained};
pub use view::{Around, Hessian, Landscape};
pub use zeros::{CAUSES, Zeros};
