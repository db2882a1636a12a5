//! Rebasing: frames applied to their neurons, which then are stored in the laboratory frame, and moments summed anew.

use rayon::prelude::*;

use crate::flow::moments::add;
use crate::problem::{Place, PlaceKind, Regions};

use super::bins::{Bins, bin_of, bins_of, start_anew_in};
use super::columns::{Lifted, number_of_bins};
use super::frame::Neuron;
use super::frame::{IDENTITY, Mat, apply, frames, frames_mut};
use super::out_of_bin::Entry;
use super::second::{Cluster, Second, of_neuron, of_pinned};
use super::totals::Totals;

/// Neurons that one task handles.
const TASK: usize = 16_384;

/// A neuron in the laboratory frame, from its coordinates in the frame of its place. The sign of a pinned `c` is that of
/// its cluster, whatever rounding makes of it.
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
pub fn rebase_all(columns: &mut Lifted) {
    let Lifted { c, w_x, w_y, place, frame, .. } = columns;
    let frames = frames_mut(frame);
    let count = frames.len() / 2;
    let moved = |frame: usize| (frames[frame] != IDENTITY).then_some(&frames[frame]);
    let neurons = c.par_iter_mut().zip(w_x).zip(w_y).zip(place);
    neurons.with_min_len(TASK).for_each(|(((c, x), y), &mut place)| {
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
/// Returns how many neurons that touched. `O(m + s)` for any number of frames, but for sorting those out of their bin.
///
/// Anew, because sums that are only updated hold the rounding errors of all neurons that came and went, and frames
/// multiply these by up to `exp(2 p)`, `p` their rapidity, also where the neurons themselves shrink.
pub fn rebase_some(
    due: &[usize],
    bins: &mut Bins,
    columns: &mut Lifted,
    mass: &[f64],
    regions: &Regions,
) -> u64 {
    let count = regions.boundaries();
    let mut totals = Totals::of(count, columns);
    let matrices: Vec<Mat> = due.iter().map(|&frame| frames(&columns.frame)[frame]).collect();
    let mut touched = 0;
    let mut sums = vec![Part::default(); due.len()];
    for ((&frame, matrix), sum) in due.iter().zip(&matrices).zip(&mut sums) {
        for bin in bins_of(count, frame) {
            touched += bins.memory(bin).len() as u64;
            sum.add(&rebase_memory(matrix, bin, bins, columns, mass, regions));
            bins.safe.disturb(bin);
            // All safe displacements of the bin are void, so that displacements may count from 0 again, where sums have
            // less rounding.
            start_anew_in(&mut columns.displacements, bin);
        }
    }
    // Which of the frames that are due, if any, a bin has.
    let mut which = vec![None; number_of_bins(count)];
    for (at, &frame) in due.iter().enumerate() {
        which[bins_of(count, frame)].fill(Some(at));
    }
    bins.out_of_bin.disturb(|bin| which[bin].is_some());
    for Entry { at, bin, .. } in bins.out_of_bin.those_in(|bin| which[bin].is_some()) {
        let Some(which) = which[bin as usize] else { continue };
        let i = at as usize;
        let z =
            to_laboratory(&matrices[which], [columns.c[i], columns.w_x[i], columns.w_y[i]], columns.place[i]);
        [columns.c[i], columns.w_x[i], columns.w_y[i]] = z;
        sums[which].neuron(regions, mass[i], columns.place[i], z);
        touched += 1;
    }
    for (&frame, sum) in due.iter().zip(sums) {
        frames_mut(&mut columns.frame)[frame] = IDENTITY;
        if frame < count {
            totals.region[frame] = sum.region;
        } else {
            totals.boundary[frame - count] = sum.clusters;
        }
    }
    columns.moments = totals.to_flat();
    touched
}

/// Applies a frame to those neurons of a bin that lie in its memory; their sums.
fn rebase_memory(
    matrix: &Mat,
    bin: usize,
    bins: &Bins,
    columns: &mut Lifted,
    mass: &[f64],
    regions: &Regions,
) -> Part {
    let (memory, own) = (bins.memory(bin), bins.place(bin));
    let parts: Vec<Part> = columns.c[memory.clone()]
        .par_chunks_mut(TASK)
        .zip(columns.w_x[memory.clone()].par_chunks_mut(TASK))
        .zip(columns.w_y[memory.clone()].par_chunks_mut(TASK))
        .zip(columns.place[memory.clone()].par_chunks(TASK))
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
    use crate::flow::lifted::columns::ENTRIES;
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
        let mut starts = vec![0u32; number_of_bins(count) + 1];
        for (at, place) in places.iter().enumerate() {
            starts[bin_of(count, *place) + 1..].fill(40 * (at as u32 + 1));
        }
        let mut bins = Bins::new(count, &starts, &place);
        assert_eq!(bins.out_of_bin.len(), 32);
        let mut columns =
            Lifted { displacements: vec![0.0; ENTRIES * number_of_bins(count)], ..Lifted::default() };
        let value = |i: usize, step: f64| (i as f64 * step).sin();
        columns.c =
            (0..160).map(|i| value(i, 0.7) - if place[i].is_negative() { 3.0 } else { 0.0 }).collect();
        (columns.w_x, columns.w_y) =
            ((0..160).map(|i| value(i, 1.3)).collect(), (0..160).map(|i| value(i, 1.9)).collect());
        columns.place = place.clone();
        let before = columns.clone();
        let mass: Vec<f64> = (0..160).map(|i| f64::from(i + 1)).collect();
        let frame = |frame: usize| {
            let e = Exponent { q: [0.1 * frame as f64, -0.3], omega: 0.0 };
            Kind::LIFTED.matrix(&e)
        };
        let all: Vec<Mat> = (0..2 * count).map(frame).collect();
        let due = [2, count + 3];
        columns.frame = all.as_flattened().to_vec();
        columns.moments = Totals::zero(count).to_flat();
        let touched = rebase_some(&due, &mut bins, &mut columns, &mass, &regions);
        // The memory of both bins, and the eight out-of-bin neurons that are in each of them.
        assert_eq!(touched, 2 * 40 + 2 * 8);
        let mut expected = Totals::zero(count);
        for i in 0..160 {
            let old = [before.c[i], before.w_x[i], before.w_y[i]];
            let frame = frame_of(count, place[i]).unwrap();
            let z = if due.contains(&frame) { to_laboratory(&all[frame], old, place[i]) } else { old };
            assert_eq!([columns.c[i], columns.w_x[i], columns.w_y[i]], z, "neuron {i}");
            if frame == 2 {
                add(&mut expected.region[2], &of_neuron(mass[i], z));
            } else if due.contains(&frame) {
                let d = regions.direction(3);
                let l = z[1] * d[0] + z[2] * d[1];
                add(&mut expected.boundary[3][1], &of_pinned(mass[i], z[0], l));
            }
        }
        let (found, expected) = (columns.moments, expected.to_flat());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} {expected:?}");
        assert!((0..2 * count).all(|k| (frames(&columns.frame)[k] == IDENTITY) == due.contains(&k)));
    }
}
