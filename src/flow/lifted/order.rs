//! The order in which neurons lie in memory: by bin, and within a bin by how soon they may reach its
//! boundaries, so that few blocks need a test.

use rayon::prelude::*;

use crate::problem::{Place, PlaceKind, Regions};

use super::bins::{bin_of, field_sign};
use super::columns::{Lifted, number_of_bins};
use super::displacement::{Clearance, Displacement};
use super::field_sign::FieldSign;
use super::frame::Neuron;

/// Limits between the classes of nearness: how far displacements may advance before an event, in units in which all
/// measures advance by 1.
const LIMITS: [f64; 5] = [1.0 / 1024.0, 1.0 / 256.0, 1.0 / 64.0, 1.0 / 16.0, 1.0 / 4.0];
/// Classes within a bin.
const CLASSES: usize = LIMITS.len() + 1;
/// Neurons that one task handles.
const TASK: usize = 16_384;

/// Sorts the neurons, which must be in the laboratory frame (all frames the identity), and notes where
/// each bin's memory begins. A counting sort, stable, in `O(m + s)`.
pub fn order(columns: &mut Lifted, mass: &mut Vec<f64>, regions: &Regions) {
    let count = regions.boundaries();
    let bins = number_of_bins(count);
    let Lifted { c, w_x, w_y, place, displacements, .. } = &*columns;
    let neurons = c.par_iter().zip(w_x).zip(w_y).zip(place);
    let key = neurons.with_min_len(TASK).map(|(((c, x), y), &place)| {
        let bin = bin_of(count, place);
        (bin * CLASSES + nearness(regions, field_sign(displacements, bin), [*c, *x, *y], place)) as u32
    });
    let mut target: Vec<u32> = key.collect();
    let mut next = vec![0u32; bins * CLASSES + 1];
    target.iter().for_each(|&key| next[key as usize + 1] += 1);
    for i in 1..next.len() {
        next[i] += next[i - 1];
    }
    columns.bins = (0..=bins).map(|bin| next[bin * CLASSES]).collect();
    for target in &mut target {
        let slot = &mut next[*target as usize];
        *target = *slot;
        *slot += 1;
    }
    columns.position.par_iter_mut().with_min_len(TASK).for_each(|at| *at = target[*at as usize]);
    // Which neuron each place in memory receives: reading from all over is faster than writing, and
    // can be shared among threads.
    let mut source = vec![0u32; target.len()];
    target.iter().enumerate().for_each(|(i, &target)| source[target as usize] = i as u32);
    drop(target);
    let mut scratch = vec![0.0; mass.len()];
    for column in [&mut columns.c, &mut columns.w_x, &mut columns.w_y, mass] {
        gather(column, &source, &mut scratch);
    }
    drop(scratch);
    let mut scratch = vec![Place::DEAD; source.len()];
    gather(&mut columns.place, &source, &mut scratch);
}

/// Has every place in memory receive the value that lies at its source.
fn gather<T: Copy + Send + Sync>(values: &mut Vec<T>, source: &[u32], scratch: &mut Vec<T>) {
    let pairs = scratch.par_iter_mut().zip(source).with_min_len(TASK);
    pairs.for_each(|(scratch, &source)| *scratch = values[source as usize]);
    std::mem::swap(values, scratch);
}

/// Class of a neuron, the nearest to an event first.
fn nearness(regions: &Regions, field_sign: FieldSign, [c, x, y]: Neuron, place: Place) -> usize {
    let k = place.index();
    let square = c * c + x * x + y * y;
    let until_event = match place.kind() {
        PlaceKind::Free => {
            let (low, high) = (regions.normal(k - 1), regions.normal(k));
            let until = |distance: f64, turn: f64| {
                let displacements = Displacement { across: 1.0, output: 1.0, turns: 0.0 };
                Clearance::new(distance, c.abs(), turn, square).along(displacements)
            };
            let distances = [low[0] * x + low[1] * y, -high[0] * x - high[1] * y];
            let [a, b] = field_sign.goes_away(c);
            let ahead = |away: bool, distance: f64| if away { f64::INFINITY } else { distance };
            let away = until(ahead(a, distances[0]).min(ahead(b, distances[1])), c.abs());
            until(distances[0].min(distances[1]), f64::INFINITY).max(away)
        }
        PlaceKind::Pinned => c.abs().min(libm::hypot(x, y)) / square.sqrt(),
        PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => return 0,
    };
    // A NaN, and anything on its boundary, is nearest.
    LIMITS.iter().filter(|&&limit| until_event >= limit).count()
}
