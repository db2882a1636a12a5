//! The canonical particles of a run, as the step controller moves them.

use rayon::prelude::*;

use crate::flow::events::Tally;
use crate::flow::events::order::permute;
use crate::flow::field::gradients;
use crate::flow::interface::Margins;
use crate::flow::moments::{Moments, SIGMA_RATE, SIGN, SIGN_RATE};
use crate::flow::push::Push;
use crate::flow::response::Turning;
use crate::flow::state::State;
use crate::flow::system::System;
use crate::problem::{Measure, Place, Regions, Samples};

use super::aligning::aligning;
use super::columns::Canonical;
use super::grouping::{due, targets};
use super::particle::Particles;
use super::push::{Chunks, push_all};
use super::start::{initial_residual, place_all, sum_moments};
use super::step_tables::StepTables;

/// Masses of the particles, where they are at the end of an attempted step, and scratch.
pub struct Ensemble {
    mass: Vec<f64>,
    r: Vec<f64>,
    theta: Vec<f64>,
    place: Vec<Place>,
    chunks: Chunks,
}

/// The particles at the start of a run: placed, their moments and residuals summed. Also the mass whose start was
/// ambiguous.
///
/// * `margins`: how far the field of these residuals may be from the truth.
pub fn start(
    samples: &Samples,
    regions: &Regions,
    measure: Measure,
    lambda: f64,
    margins: impl Fn(&[f64]) -> Margins,
) -> (Canonical, f64) {
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
    let moments = sum_moments(&mass, &r, &theta, &place, &g, lambda).to_flat();
    (Canonical { position: (0..mass.len() as u32).collect(), r, theta, place, moments }, ambiguous)
}

impl Ensemble {
    /// For the particles of a state.
    ///
    /// * `mass`: in the particles' own order.
    pub fn new(mut mass: Vec<f64>, columns: &Canonical) -> Ensemble {
        let mut r = vec![0.0; mass.len()];
        permute(&mut mass, &columns.position, &mut r);
        Ensemble {
            mass,
            theta: vec![0.0; r.len()],
            r,
            place: columns.place.clone(),
            chunks: Chunks::default(),
        }
    }
}

impl System for Ensemble {
    fn mass(&self) -> &[f64] {
        &self.mass
    }

    fn moments(&self, _: &Samples, regions: &Regions, state: &State) -> Moments {
        let flat = &state.particles.canonical().moments;
        Moments::from_flat(regions.boundaries(), flat).expect("columns of a checked state")
    }

    fn push(&mut self, push: &Push<'_>, state: &State, tally: &mut Tally) {
        let columns = state.particles.canonical();
        let tables = StepTables::new(push);
        let particles = Particles {
            mass: &self.mass,
            r: &columns.r,
            theta: &columns.theta,
            place: &columns.place,
            r_end: &mut self.r,
            theta_end: &mut self.theta,
            place_end: &mut self.place,
        };
        push_all(&tables, particles, push.significant, &mut self.chunks, tally);
    }

    fn renew_rates(&self, samples: &Samples, rho: &[f64], lambda: f64, moments: &mut Moments) {
        let mut g = vec![[0.0; 2]; moments.region.len()];
        gradients(samples, rho, &mut g);
        let anew = sum_moments(&self.mass, &self.r, &self.theta, &self.place, &g, lambda);
        for (moments, anew) in moments.region.iter_mut().zip(&anew.region) {
            moments[SIGMA_RATE..SIGN].copy_from_slice(&anew[SIGMA_RATE..SIGN]);
            moments[SIGN_RATE..].copy_from_slice(&anew[SIGN_RATE..]);
        }
    }

    fn accept(&mut self, regions: &Regions, moments: &Moments, state: &mut State) -> bool {
        let events = state.counters.events() - state.grouped_at;
        let columns = state.particles.canonical_mut();
        std::mem::swap(&mut columns.r, &mut self.r);
        std::mem::swap(&mut columns.theta, &mut self.theta);
        std::mem::swap(&mut columns.place, &mut self.place);
        columns.moments = moments.to_flat();
        if due(columns.r.len(), events) {
            self.group(regions, state);
        }
        false
    }

    /// Sorts the particles in memory by place, if they are many.
    fn group(&mut self, regions: &Regions, state: &mut State) {
        let columns = state.particles.canonical_mut();
        let Some(target) = targets(&columns.place, regions.boundaries()) else { return };
        rayon::join(
            || {
                permute(&mut columns.r, &target, &mut self.r);
                permute(&mut self.mass, &target, &mut self.r);
            },
            || {
                permute(&mut columns.theta, &target, &mut self.theta);
                permute(&mut columns.place, &target, &mut self.place);
            },
        );
        columns.position.par_iter_mut().for_each(|position| *position = target[*position as usize]);
        state.grouped_at = state.counters.events();
    }

    fn grows(&self) -> bool {
        true
    }

    /// A Runge-Kutta step that turns by `phi` errs by about `phi^5 / 120`.
    fn turn(&self, tolerance: f64) -> f64 {
        libm::pow(50.0 * tolerance, 0.2)
    }

    fn takes_substeps(&self) -> bool {
        true
    }

    fn aligning(
        &self,
        samples: &Samples,
        state: &State,
        rho: &[f64],
        h: f64,
        least: f64,
    ) -> Option<Vec<Turning>> {
        aligning(samples, &self.mass, state.particles.canonical(), rho, h, least)
    }

    /// All particles, in every push.
    fn take_touched(&mut self, pushes: u32) -> u64 {
        self.mass.len() as u64 * u64::from(pushes)
    }
}
