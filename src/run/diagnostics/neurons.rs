//! Sums over neurons that only snapshots need.

use rayon::prelude::*;

use crate::flow::canonical::chunk_size;
use crate::flow::{Flow, State, Vec2};
use crate::problem::{Place, PlaceKind, Regions};
use crate::run::neuron::{Room, Training};

use super::ParticleSums;

impl ParticleSums {
    /// Sums over the neurons of a state in the field `g_k = Sum n rho xt`, in chunks that are
    /// added in order.
    ///
    /// * `mass`: by position, as the state keeps its particles.
    /// * `flow`: one of neurons; its metric is that of the velocity in `dissipation`.
    pub fn of_neurons(
        mass: &[f64],
        state: &State,
        regions: &Regions,
        g: &[Vec2],
        flow: &Flow,
    ) -> ParticleSums {
        let training = Training::of(flow);
        let size = chunk_size(mass.len(), g.len());
        let parts: Vec<ParticleSums> = (0..mass.len().div_ceil(size))
            .into_par_iter()
            .map(|chunk| {
                let mut sums = ParticleSums::zero(g.len());
                for i in chunk * size..((chunk + 1) * size).min(mass.len()) {
                    let at = state.position_of(i);
                    sums.add_neuron(mass[at], state.neuron(i), state.place[at], regions, g, training);
                }
                sums
            })
            .collect();
        ParticleSums::total(&parts, g.len())
    }

    /// Sums over neurons `(c, w)` given one by one, in their order.
    pub(crate) fn of_columns<'a>(
        neurons: impl Iterator<Item = (&'a f64, [f64; 3], &'a Place)>,
        regions: &Regions,
        g: &[Vec2],
        training: Training,
    ) -> ParticleSums {
        let mut sums = ParticleSums::zero(g.len());
        for (&mass, z, &place) in neurons {
            sums.add_neuron(mass, z, place, regions, g, training);
        }
        sums
    }

    fn add_neuron(
        &mut self,
        mass: f64,
        z: [f64; 3],
        place: Place,
        regions: &Regions,
        g: &[Vec2],
        training: Training,
    ) {
        self.absolute += mass * (training.kappa * z[0]).abs() * z[1].hypot(z[2]);
        let room = Room::of(place, regions);
        match place.kind() {
            PlaceKind::Free => self.region_mass[room.region] += mass,
            PlaceKind::Dead => {
                self.region_mass[0] += mass;
                return;
            }
            PlaceKind::Pinned => {}
            PlaceKind::Stuck | PlaceKind::StuckPinned => {
                self.stuck_mass += mass;
                return;
            }
        }
        let velocity = training.velocity(z, room, g[room.region]);
        self.dissipation += mass * velocity.iter().map(|v| v * v).sum::<f64>();
    }
}
