//! Second moments summed over neurons again, when their frame has been applied.

use rayon::prelude::*;

use crate::flow::moments::add;
use crate::flow::state::State;
use crate::problem::{PlaceKind, Regions};

use super::rooms::{Rooms, rooms_of};
use super::second::{Cluster, Second, of_neuron, of_pinned};
use super::start::Totals;

/// Blocks that one task sums.
const TASK: usize = 64;

/// Sums of one region, or of the two clusters of one boundary.
#[derive(Default)]
struct Part {
    region: Second,
    clusters: [Cluster; 2],
}

impl Part {
    fn neuron(&mut self, regions: &Regions, mass: &[f64], state: &State, i: usize) {
        let (place, c, x, y) = (state.place[i], state.c[i], state.w_x[i], state.w_y[i]);
        if place.kind() == PlaceKind::Pinned {
            let [dx, dy] = regions.direction(place.index());
            let cluster = &mut self.clusters[usize::from(place.is_negative())];
            add(cluster, &of_pinned(mass[i], c, x * dx + y * dy));
        } else {
            add(&mut self.region, &of_neuron(mass[i], [c, x, y]));
        }
    }
}

/// Sums the moments of a frame's rooms over their neurons, which are stored as they are, in a fixed
/// order.
///
/// Sums that are only kept up to date hold the rounding of all that came and went, and that grows with
/// the square of every boost, `exp(2 p)`, also where the neurons themselves shrink.
pub fn sum_anew(
    totals: &mut Totals,
    rooms: &Rooms,
    state: &State,
    mass: &[f64],
    regions: &Regions,
    frame: usize,
) {
    let count = regions.boundaries();
    let of_frame = rooms_of(count, frame);
    let blocks: Vec<usize> = of_frame.clone().flat_map(|room| rooms.blocks_of(room)).collect();
    let parts: Vec<Part> = blocks
        .par_chunks(TASK)
        .map(|blocks| {
            let mut part = Part::default();
            for block in blocks.iter().map(|&block| rooms.blocks[block]) {
                (block.first..block.first + block.len)
                    .filter(|&i| rooms.of(state.place[i]) == block.room)
                    .for_each(|i| part.neuron(regions, mass, state, i));
            }
            part
        })
        .collect();
    let mut sum = Part::default();
    for part in &parts {
        add(&mut sum.region, &part.region);
        (0..2).for_each(|side| add(&mut sum.clusters[side], &part.clusters[side]));
    }
    for (&i, &(room, _)) in rooms.loose.iter().zip(&rooms.loose_room) {
        if of_frame.contains(&(room as usize)) {
            sum.neuron(regions, mass, state, i as usize);
        }
    }
    if frame < count {
        totals.region[frame] = sum.region;
    } else {
        totals.boundary[frame - count] = sum.clusters;
    }
}
