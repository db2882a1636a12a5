//! The order in which neurons lie in memory: by room, and within a room by how near its boundaries
//! they are, so that few blocks need a look.

use rayon::prelude::*;

use crate::flow::canonical::grouping::permute;
use crate::flow::state::State;
use crate::problem::{PlaceKind, Regions};

use super::rooms::{Rooms, room_of};

/// Classes of nearness within a room, by powers of four.
const CLASSES: usize = 6;

/// Sorts the neurons, which must be stored as they are (all frames the identity), and notes where
/// each room's memory begins. A counting sort, stable, in `O(m + s)`.
pub fn order(state: &mut State, mass: &mut Vec<f64>, regions: &Regions) {
    let (count, m) = (regions.boundaries(), state.c.len());
    let rooms = Rooms::number(count);
    let key: Vec<u32> = (0..m)
        .into_par_iter()
        .map(|i| {
            let room = room_of(count, state.place[i]);
            (room * CLASSES + nearness(state, regions, i)) as u32
        })
        .collect();
    let mut next = vec![0u32; rooms * CLASSES + 1];
    key.iter().for_each(|&key| next[key as usize + 1] += 1);
    for i in 1..next.len() {
        next[i] += next[i - 1];
    }
    state.room = (0..=rooms).map(|room| next[room * CLASSES]).collect();
    let mut target = key;
    for target in &mut target {
        let slot = &mut next[*target as usize];
        *target = *slot;
        *slot += 1;
    }
    let columns = |a: &mut Vec<f64>, b: &mut Vec<f64>| {
        let mut scratch = vec![0.0; m];
        permute(a, &target, &mut scratch);
        permute(b, &target, &mut scratch);
    };
    rayon::join(|| columns(&mut state.c, &mut state.w_x), || columns(&mut state.w_y, mass));
    let mut scratch = state.place.clone();
    permute(&mut state.place, &target, &mut scratch);
    state.position.par_iter_mut().for_each(|position| *position = target[*position as usize]);
}

/// Class of a neuron, the nearest to an event first.
fn nearness(state: &State, regions: &Regions, i: usize) -> usize {
    let (place, c, x, y) = (state.place[i], state.c[i], state.w_x[i], state.w_y[i]);
    let k = place.index();
    let distance = match place.kind() {
        PlaceKind::Free => {
            let (low, high) = (regions.normal(k - 1), regions.normal(k));
            (low[0] * x + low[1] * y).min(-high[0] * x - high[1] * y)
        }
        PlaceKind::Pinned => c.abs().min(x.hypot(y)),
        PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => return 0,
    };
    let margin = distance / (c * c + x * x + y * y).sqrt();
    let class = CLASSES as f64 - 1.0 + (4.0 * margin).log2() / 2.0;
    // A NaN, and anything on its boundary, is nearest.
    class.clamp(0.0, CLASSES as f64 - 1.0) as usize
}
