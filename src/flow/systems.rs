//! The system of each flow that the step controller advances.

use crate::problem::{Regions, Samples, Start};

use super::Flow;
use super::canonical;
use super::density;
use super::error::FlowError;
use super::interface::Margins;
use super::lifted;
use super::state::{Particles, State};
use super::system::System;

/// The state of particles at the start of a run: placed, and their moments summed.
///
/// * `margins`: how far the field of these residuals may be from the truth.
///
/// # Errors
/// [`FlowError::Start`] for particles of the wrong kind.
pub fn start(
    samples: &Samples,
    regions: &Regions,
    start: Start,
    flow: Flow,
    margins: impl Fn(&[f64]) -> Margins,
) -> Result<State, FlowError> {
    let refuse = |found, expected| Err(FlowError::Start { flow: flow.name(), found, expected });
    let (particles, ambiguous_mass) = match (start, lifted::Kind::of(flow)) {
        (Start::Canonical(measure), None) => {
            let (columns, ambiguous) = canonical::start(samples, regions, measure, flow.tv(), margins);
            (Particles::Canonical(columns), ambiguous)
        }
        (Start::Lifted(neurons), Some(kind)) => {
            let scaled = lifted::Scaled { kind, kappa: flow.kappa(), decay: flow.decay() };
            let (columns, ambiguous) = lifted::start(samples, regions, neurons, scaled, margins);
            (Particles::Lifted(columns), ambiguous)
        }
        (Start::Canonical(_), Some(_)) => {
            return refuse("canonical particles (r, theta)", "neurons (c, a, b)");
        }
        (Start::Lifted(_), None) => return refuse("neurons (c, a, b)", "canonical particles (r, theta)"),
        // A density has no particles to place: the controller begins it.
        (Start::Density(_), _) => return refuse("a density", "particles"),
    };
    let mut state = State::blank(particles);
    state.counters.ambiguous_mass = ambiguous_mass;
    Ok(state)
}

/// The system of a state that has been checked.
///
/// * `mass`: of each particle, in the particles' own order.
///
/// # Errors
/// [`FlowError::State`] for columns of another flow, or that do not fit together.
pub fn resume(
    samples: &Samples,
    regions: &Regions,
    mass: Vec<f64>,
    flow: Flow,
    state: &State,
) -> Result<Box<dyn System>, FlowError> {
    let missing = |what| Err(FlowError::State { what, found: 0, expected: mass.len() });
    match (lifted::Kind::of(flow), &state.particles) {
        (None, Particles::Canonical(columns)) => Ok(Box::new(canonical::Ensemble::new(mass, columns))),
        (None, Particles::Lifted(_) | Particles::Descended(_)) => missing("r"),
        (Some(kind), Particles::Lifted(columns)) => {
            let scaled = lifted::Scaled { kind, kappa: flow.kappa(), decay: flow.decay() };
            Ok(Box::new(lifted::Ensemble::new(regions, mass, scaled, columns)?))
        }
        (_, Particles::Density(columns)) => {
            Ok(Box::new(density::Ensemble::new(samples, regions, flow, columns)?))
        }
        (Some(_), Particles::Descended(_)) => missing("frame"),
        (Some(_), Particles::Canonical(_)) => missing("c"),
    }
}
