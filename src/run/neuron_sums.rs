//! Sums over neurons that only snapshots need.

use rayon::prelude::*;

use crate::flow::canonical::chunk_size;
use crate::flow::{Flow, State, Vec2};
use crate::problem::{PlaceKind, Regions};

use super::diagnostics::ParticleSums;

/// [`ParticleSums`] of neurons, in chunks that are added in order of the neurons.
///
/// The velocity of a neuron is `-<g,w>` for `c` and `-c g` for `w`, whichever of them moves
/// (section 5), with `kappa` in `g`; a pinned one keeps of the latter its component along its
/// boundary. `absolute` is `Int |r| mu`, `r = kappa c |w|`.
///
/// * `mass`: in the order in which the state keeps the neurons.
/// * `g`: `Sum n rho xt` of each region, without `kappa`.
pub fn neuron_sums(flow: Flow, mass: &[f64], state: &State, regions: &Regions, g: &[Vec2]) -> ParticleSums {
    let count = g.len();
    let size = chunk_size(mass.len(), count);
    let parts: Vec<ParticleSums> = (0..mass.len().div_ceil(size))
        .into_par_iter()
        .map(|chunk| {
            let mut sums = zero(count);
            for i in chunk * size..((chunk + 1) * size).min(mass.len()) {
                add_neuron(&mut sums, flow, mass, state, regions, g, i);
            }
            sums
        })
        .collect();
    let mut total = zero(count);
    for part in &parts {
        total.region_mass.iter_mut().zip(&part.region_mass).for_each(|(sum, part)| *sum += part);
        total.absolute += part.absolute;
        total.dissipation += part.dissipation;
    }
    total
}

fn zero(count: usize) -> ParticleSums {
    ParticleSums { region_mass: vec![0.0; count], stuck_mass: 0.0, absolute: 0.0, dissipation: 0.0 }
}

fn add_neuron(
    sums: &mut ParticleSums,
    flow: Flow,
    mass: &[f64],
    state: &State,
    regions: &Regions,
    g: &[Vec2],
    i: usize,
) {
    let kappa = flow.kappa();
    let [c, w_x, w_y] = state.neuron(i);
    let at = state.position_of(i);
    let (mass, place) = (mass[at], state.place[at]);
    sums.absolute += mass * (kappa * c * w_x.hypot(w_y)).abs();
    let (region, along) = match place.kind() {
        PlaceKind::Free => (place.index(), None),
        PlaceKind::Pinned => (regions.inactive_side(place.index()), Some(regions.direction(place.index()))),
        PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {
            sums.region_mass[0] += mass;
            return;
        }
    };
    let g = [kappa * g[region][0], kappa * g[region][1]];
    let (output, hidden) = flow.moves();
    let of_c = g[0] * w_x + g[1] * w_y;
    let of_w = match along {
        None => c * g[0].hypot(g[1]),
        Some(d) => c * (g[0] * d[0] + g[1] * d[1]),
    };
    if along.is_none() {
        sums.region_mass[region] += mass;
    }
    sums.dissipation +=
        mass * (if output { of_c * of_c } else { 0.0 } + if hidden { of_w * of_w } else { 0.0 });
}
