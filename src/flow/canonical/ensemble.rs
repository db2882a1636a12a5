//! The canonical particles of a run, as the step controller moves them.

use rayon::prelude::*;

use crate::flow::events::Tally;
use crate::flow::events::order::permute;
use crate::flow::field::gradients;
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::push::Push;
use crate::flow::state::State;
use crate::problem::{Measure, Place, Regions, Samples};

use super::grouping::{due, targets};
use super::particle::Particles;
use super::push::push_all;
use super::start::{initial_residual, place_all, sum_moments};
use super::step_tables::StepTables;

/// The particles at the end of an attempted step, and scratch.
pub struct Ensemble {
    r: Vec<f64>,
    theta: Vec<f64>,
    place: Vec<Place>,
    chunks: Vec<Tally>,
}

impl Ensemble {
    /// For particles like those of `state`.
    pub fn new(state: &State) -> Ensemble {
        let m = state.r.len();
        Ensemble { r: vec![0.0; m], theta: vec![0.0; m], place: state.place.clone(), chunks: vec![] }
    }

    /// The particles at the start of a run: placed, their moments and residuals summed; the state's
    /// columns are filled, and the mass whose start was ambiguous is returned.
    ///
    /// * `margins`: how far the field of these residuals may be from the truth.
    pub fn start(
        samples: &Samples,
        regions: &Regions,
        measure: Measure,
        lambda: f64,
        margins: impl Fn(&[f64]) -> Margins,
        state: &mut State,
    ) -> (Moments, f64) {
        let rho = initial_residual(samples, regions, &measure);
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(samples, &rho, &mut g);
        let (mut r, mut theta, mass) = measure.into_columns();
        let (place, ambiguous) = place_all(regions, &mut r, &mut theta, &mass, &g, &margins(&rho), lambda);
        let moments = sum_moments(&mass, &r, &theta, &place, &g, lambda);
        let mut rho = vec![0.0; samples.len()];
        moments.residual(samples, regions, &mut rho);
        // Once more, so that the rates of the moments belong to these very residuals.
        gradients(samples, &rho, &mut g);
        let moments = sum_moments(&mass, &r, &theta, &place, &g, lambda);
        (state.r, state.theta, state.place) = (r, theta, place);
        (moments, ambiguous)
    }

    /// Pushes all particles from `state`, whose moments these are; sums and events go to `tally`.
    pub fn push(
        &mut self,
        push: &Push<'_>,
        mass: &[f64],
        moments: &Moments,
        state: &State,
        tally: &mut Tally,
    ) {
        let tables = StepTables::new(push, moments);
        let particles = Particles {
            mass,
            r: &state.r,
            theta: &state.theta,
            place: &state.place,
            r_end: &mut self.r,
            theta_end: &mut self.theta,
            place_end: &mut self.place,
        };
        push_all(&tables, particles, push.significant, &mut self.chunks, tally);
    }

    /// Makes the particles of the last push those of the state.
    pub fn accept(&mut self, state: &mut State) {
        std::mem::swap(&mut state.r, &mut self.r);
        std::mem::swap(&mut state.theta, &mut self.theta);
        std::mem::swap(&mut state.place, &mut self.place);
    }

    /// Sorts the particles in memory by place, if that pays.
    pub fn group(&mut self, state: &mut State, mass: &mut Vec<f64>, boundaries: usize) {
        let Some(target) = targets(&state.place, boundaries) else { return };
        rayon::join(
            || {
                permute(&mut state.r, &target, &mut self.r);
                permute(mass, &target, &mut self.r);
            },
            || {
                permute(&mut state.theta, &target, &mut self.theta);
                permute(&mut state.place, &target, &mut self.place);
            },
        );
        state.position.par_iter_mut().for_each(|position| *position = target[*position as usize]);
        state.grouped_at = state.counters.events();
    }

    /// Whether enough has happened since the particles were last sorted.
    pub fn due(state: &State) -> bool {
        due(state.r.len(), state.counters.events() - state.grouped_at)
    }
}
