//! The problem: samples, the regions they cut the circle into, and the measure of particles.
//!
//! Knows nothing of time. Everything here is a value: built once, checked once, then only read.

mod density;
mod error;
mod function;
mod knots;
mod law;
mod lonely;
mod measure;
mod neurons;
mod place;
mod regions;
mod samples;
mod start;
mod truth;

pub use density::{DensityLaw, DensityStart};
pub use error::ProblemError;
pub(crate) use function::add_bias;
pub use function::function_values;
pub use knots::{FLAT, Flat, Knots, knot_of};
pub use law::{
    Bundle, DrawnLaw, FunctionLaw, Law, LawKind, NeuronLaw, NoDensity, OutputLaw, ParticleLaw, Ray, Sampling,
};
pub use lonely::lonely_probability;
pub use measure::Measure;
pub use neurons::Neurons;
pub use place::{Place, PlaceKind};
pub use regions::Regions;
pub use samples::{Affine, Samples};
pub use start::Start;
pub use truth::{Risk, Truth};
