//! Laws of start measures, and how they become particles: independent draws, scrambled Sobol' points,
//! or the nodes of a quadrature rule.
//!
//! [`Law`] is a law of canonical particles, [`NeuronLaw`] one of all weights; a [`ParticleLaw`] is what a
//! flow starts from: one or the other, or a lift. [`LawKind`] says what is drawn, and `polar` writes it so that regions are intervals
//! of its first coordinate, which Sobol' points and quadrature need.

mod amplitude;
mod canonical;
mod density;
mod directions;
mod function_space;
mod kind;
mod masses;
mod neurons;
mod particles;
mod polar;
mod quadrature;
mod rays;
mod roughness;
mod sampling;

pub use canonical::Law;
pub use density::NoDensity;
pub use function_space::FunctionLaw;
pub use kind::{LawKind, OutputLaw};
pub use neurons::{DrawnLaw, NeuronLaw};
pub use particles::ParticleLaw;
pub use rays::{Bundle, Ray};
pub use sampling::Sampling;
