//! Sums over neurons that only snapshots need.

use crate::flow::{Flow, State, Vec2};
use crate::problem::{Place, PlaceKind, Regions};
use crate::run::neuron::{Site, Training};

use super::{Partial, ParticleSums};

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
        ParticleSums::in_chunks(mass.len(), g.len(), |sums, i| {
            let at = state.position_of(i);
            let (mut z, place) = (state.neuron(i), state.place()[at]);
            if place.kind() == PlaceKind::Pinned {
                // Rounding of the frame must not take a neuron out of its cluster.
                let sign = if place.is_negative() { -1.0 } else { 1.0 };
                z[0] = sign * (sign * z[0]).max(0.0);
            }
            sums.add_neuron(mass[at], z, place, regions, g, training);
        })
    }

    /// Sums over neurons `(c, w)` given one by one, in their order.
    pub(crate) fn of_columns<'a>(
        neurons: impl Iterator<Item = (&'a f64, [f64; 3], &'a Place)>,
        regions: &Regions,
        g: &[Vec2],
        training: Training,
    ) -> ParticleSums {
        let mut sums = Partial::zero(g.len());
        for (&mass, z, &place) in neurons {
            sums.add_neuron(mass, z, place, regions, g, training);
        }
        sums.finish()
    }
}

impl Partial {
    fn add_neuron(
        &mut self,
        mass: f64,
        z: [f64; 3],
        place: Place,
        regions: &Regions,
        g: &[Vec2],
        training: Training,
    ) {
        self.absolute.add(mass * (training.kappa * z[0]).abs() * libm::hypot(z[1], z[2]));
        self.decay_penalty.add(mass * training.penalty(z));
        let site = Site::of(place, regions);
        match place.kind() {
            PlaceKind::Dead => self.region_mass[0].add(mass),
            PlaceKind::Stuck | PlaceKind::StuckPinned => self.stuck_mass.add(mass),
            PlaceKind::Free | PlaceKind::Pinned => {}
        }
        if !matches!(place.kind(), PlaceKind::Free | PlaceKind::Pinned) {
            // They only decay.
            self.dissipation.add(mass * training.decaying(z).iter().map(|v| v * v).sum::<f64>());
            return;
        }
        let velocity = training.velocity(z, site, g[site.region]);
        match site.pinned {
            Some(_) => self.add_pinned(place.index(), mass, z[0], velocity[0]),
            None => self.region_mass[site.region].add(mass),
        }
        self.dissipation.add(mass * velocity.iter().map(|v| v * v).sum::<f64>());
    }
}
