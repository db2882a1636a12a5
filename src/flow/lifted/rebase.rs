//! Frames applied to their neurons, which then are stored as they are, and moments taken anew.

use rayon::prelude::*;

use crate::flow::moments::add;
use crate::flow::state::State;
use crate::problem::{Place, PlaceKind, Regions};

use super::bins::{Bins, bin_of, bins_of};
use super::displacement::Displacement;
use super::frame::Neuron;
use super::frame::{IDENTITY, Mat, apply};
use super::out_of_bin::Entry;
use super::second::{Cluster, Second, of_neuron, of_pinned};
use super::start::Totals;

/// Neurons that one task handles.
const TASK: usize = 16_384;

/// A neuron after its frame; rounding must not turn the sign of a pinned `c`.
pub fn to_laboratory(matrix: &Mat, z: Neuron, place: Place) -> Neuron {
    let [c, x, y] = apply(matrix, z);
    let pinned = place.kind() == PlaceKind::Pinned;
    let sign = if place.is_negative() { -1.0 } else { 1.0 };
    [if pinned { sign * (sign * c).max(0.0) } else { c }, x, y]
}

/// The frame of a place, among those of `count = 2 s` regions and boundaries.
fn frame_of(count: usize, place: Place) -> Option<usize> {
    match place.kind() {
        PlaceKind::Free => Some(place.index()),
        PlaceKind::Pinned => Some(count + place.index()),
        PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => None,
    }
}

/// Applies all frames, in one pass over the neurons.
pub fn rebase_all(frames: &mut [Mat], state: &mut State) {
    let count = frames.len() / 2;
    let moved = |frame: usize| (frames[frame] != IDENTITY).then_some(&frames[frame]);
    let columns = state.c.par_iter_mut().zip(&mut state.w_x).zip(&mut state.w_y).zip(&state.place);
    columns.with_min_len(TASK).for_each(|(((c, x), y), &place)| {
        if let Some(matrix) = frame_of(count, place).and_then(moved) {
            [*c, *x, *y] = to_laboratory(matrix, [*c, *x, *y], place);
        }
    });
    frames.fill(IDENTITY);
}

/// Sums of one region, or of the two clusters of one boundary.
#[derive(Default, Clone)]
struct Part {
    region: Second,
    clusters: [Cluster; 2],
}

impl Part {
    fn neuron(&mut self, regions: &Regions, mass: f64, place: Place, [c, x, y]: Neuron) {
        if place.kind() == PlaceKind::Pinned {
            let [dx, dy] = regions.direction(place.index());
            let cluster = &mut self.clusters[usize::from(place.is_negative())];
            add(cluster, &of_pinned(mass, c, x * dx + y * dy));
        } else {
            add(&mut self.region, &of_neuron(mass, [c, x, y]));
        }
    }

    fn add(&mut self, other: &Part) {
        add(&mut self.region, &other.region);
        (0..2).for_each(|side| add(&mut self.clusters[side], &other.clusters[side]));
    }
}

/// Applies the frames of `due`, ascending, and sums the moments of their neurons anew, in a fixed order.
/// Returns how many neurons that touched. `O(m + s)` for any number of frames.
///
/// Sums that are only kept up to date hold the rounding of all that came and went, and that grows with
/// the square of every boost, `exp(2 p)`, also where the neurons themselves shrink.
pub fn rebase_some(
    frames: &mut [Mat],
    due: &[usize],
    totals: &mut Totals,
    bins: &mut Bins,
    state: &mut State,
    mass: &[f64],
    regions: &Regions,
) -> u64 {
    let count = regions.boundaries();
    let mut touched = 0;
    let mut sums = vec![Part::default(); due.len()];
    for (&frame, sum) in due.iter().zip(&mut sums) {
        for bin in bins_of(count, frame) {
            touched += bins.memory(bin).len() as u64;
            sum.add(&rebase_memory(&frames[frame], bin, bins, state, mass, regions));
            bins.safe.disturb(bin);
            // No safe displacement is left that counts from earlier: small numbers lose less.
            bins.displacement[bin] = Displacement::ZERO;
        }
    }
    // Which of the frames that are due, if any, a bin has.
    let mut which = vec![None; Bins::number(count)];
    for (at, &frame) in due.iter().enumerate() {
        which[bins_of(count, frame)].fill(Some(at));
    }
    bins.out_of_bin.disturb(|bin| which[bin].is_some());
    for Entry { at, bin, .. } in bins.out_of_bin.all() {
        let Some(which) = which[bin as usize] else { continue };
        let i = at as usize;
        let z = to_laboratory(&frames[due[which]], [state.c[i], state.w_x[i], state.w_y[i]], state.place[i]);
        [state.c[i], state.w_x[i], state.w_y[i]] = z;
        sums[which].neuron(regions, mass[i], state.place[i], z);
        touched += 1;
    }
    for (&frame, sum) in due.iter().zip(sums) {
        frames[frame] = IDENTITY;
        if frame < count {
            totals.region[frame] = sum.region;
        } else {
            totals.boundary[frame - count] = sum.clusters;
        }
    }
    touched
}

/// Applies a frame to those neurons of a bin that lie in its memory; their sums.
fn rebase_memory(
    matrix: &Mat,
    bin: usize,
    bins: &Bins,
    state: &mut State,
    mass: &[f64],
    regions: &Regions,
) -> Part {
    let (memory, own) = (bins.memory(bin), bins.place(bin));
    let parts: Vec<Part> = state.c[memory.clone()]
        .par_chunks_mut(TASK)
        .zip(state.w_x[memory.clone()].par_chunks_mut(TASK))
        .zip(state.w_y[memory.clone()].par_chunks_mut(TASK))
        .zip(state.place[memory.clone()].par_chunks(TASK))
        .zip(mass[memory].par_chunks(TASK))
        .map(|((((c, x), y), place), mass)| {
            let mut part = Part::default();
            for i in (0..c.len()).filter(|&i| bin_of(regions.boundaries(), place[i]) == bin) {
                let z = to_laboratory(matrix, [c[i], x[i], y[i]], own);
                [c[i], x[i], y[i]] = z;
                part.neuron(regions, mass[i], own, z);
            }
            part
        })
        .collect();
    let mut sum = Part::default();
    parts.iter().for_each(|part| sum.add(part));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::lifted::kind::{Exponent, Kind};
    use crate::problem::Samples;

    /// Several frames at once, with neurons in and out of their bin's memory: coordinates, sums and what was touched.
    #[test]
    fn frames_that_are_due_are_applied_and_no_others() {
        let samples = Samples::new(&[-1.0, 0.0, 1.0], &[0.0; 3]).unwrap();
        let regions = Regions::new(&samples);
        let count = regions.boundaries();
        let places =
            [Place::in_region(1), Place::in_region(2), Place::in_region(4), Place::in_cluster(3, true)];
        // 40 neurons in the memory of each, every fifth of which has moved on.
        let place: Vec<Place> =
            (0..160).map(|i| if i % 5 == 0 { places[(i / 40 + 1) % 4] } else { places[i / 40] }).collect();
        let mut starts = vec![0u32; Bins::number(count) + 1];
        for (at, place) in places.iter().enumerate() {
            starts[bin_of(count, *place) + 1..].fill(40 * (at as u32 + 1));
        }
        let mut bins = Bins::new(count, &starts, &place);
        assert_eq!(bins.out_of_bin.len(), 32);
        let mut state = State::blank(160);
        let value = |i: usize, step: f64| (i as f64 * step).sin();
        state.c = (0..160).map(|i| value(i, 0.7) - if place[i].is_negative() { 3.0 } else { 0.0 }).collect();
        (state.w_x, state.w_y) =
            ((0..160).map(|i| value(i, 1.3)).collect(), (0..160).map(|i| value(i, 1.9)).collect());
        state.place = place.clone();
        let before = state.clone();
        let mass: Vec<f64> = (0..160).map(|i| f64::from(i + 1)).collect();
        let frame = |frame: usize| {
            let e = Exponent { q: [0.1 * frame as f64, -0.3], omega: 0.0 };
            Kind::LIFTED.matrix(&e)
        };
        let mut frames: Vec<Mat> = (0..2 * count).map(frame).collect();
        let (all, due) = (frames.clone(), [2, count + 3]);
        let mut totals = Totals::zero(count);
        let touched = rebase_some(&mut frames, &due, &mut totals, &mut bins, &mut state, &mass, &regions);
        // The memory of both bins, and the eight out-of-bin neurons that are in each of them.
        assert_eq!(touched, 2 * 40 + 2 * 8);
        let mut expected = Totals::zero(count);
        for i in 0..160 {
            let old = [before.c[i], before.w_x[i], before.w_y[i]];
            let frame = frame_of(count, place[i]).unwrap();
            let z = if due.contains(&frame) { to_laboratory(&all[frame], old, place[i]) } else { old };
            assert_eq!([state.c[i], state.w_x[i], state.w_y[i]], z, "neuron {i}");
            if frame == 2 {
                add(&mut expected.region[2], &of_neuron(mass[i], z));
            } else if due.contains(&frame) {
                let d = regions.direction(3);
                let l = z[1] * d[0] + z[2] * d[1];
                add(&mut expected.boundary[3][1], &of_pinned(mass[i], z[0], l));
            }
        }
        let (found, expected) = (totals.to_flat(), expected.to_flat());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} {expected:?}");
        assert!((0..2 * count).all(|k| (frames[k] == IDENTITY) == due.contains(&k)));
    }
}
