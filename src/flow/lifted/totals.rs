//! Second moments of neurons by place, in the frames of the places.

use rayon::prelude::*;

use crate::flow::moments::{MERGE_LENGTH, add};
use crate::math::chunks::scatter;
use crate::math::paged::PAGE;
use crate::problem::{Place, PlaceKind, Regions};

use super::columns::Lifted;
use super::frame::Neuron;
use super::second::{Cluster, Second, of_neuron, of_pinned};
use super::sums::Sums;

/// Numbers kept per region and its clockwise boundary.
const LENGTH: usize = 14;

/// Sums of second moments by place: per region, and per boundary and sign of `c`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Per region.
    pub region: Vec<Second>,
    /// Per boundary: clusters of `c > 0` and of `c < 0`.
    pub boundary: Vec<[Cluster; 2]>,
}

impl Totals {
    /// All zero, for `count = 2 s` regions and boundaries.
    #[cfg(test)]
    pub fn zero(count: usize) -> Totals {
        Totals { region: vec![[0.0; 6]; count], boundary: vec![[[0.0; 4]; 2]; count] }
    }

    /// As one list, for a checkpoint.
    pub fn to_flat(&self) -> Vec<f64> {
        [self.region.as_flattened(), self.boundary.as_flattened().as_flattened()].concat()
    }

    /// From the list of [`Totals::to_flat`]; `None` when its length is not right for `count`.
    pub fn from_flat(count: usize, flat: &[f64]) -> Option<Totals> {
        let mut totals = Totals::default();
        (flat.len() == LENGTH * count).then(|| totals.set(flat))?;
        Some(totals)
    }

    /// Takes the numbers of a list of [`Totals::to_flat`].
    pub fn set(&mut self, flat: &[f64]) {
        let (regions, boundaries) = flat.split_at(6 * (flat.len() / LENGTH));
        self.region.clear();
        self.region.extend_from_slice(regions.as_chunks().0);
        self.boundary.clear();
        self.boundary.extend(
            boundaries
                .as_chunks::<8>()
                .0
                .iter()
                .map(|&[a, b, c, d, e, f, g, h]| [[a, b, c, d], [e, f, g, h]]),
        );
    }

    /// Takes the numbers of a list of [`Totals::to_flat`] and what `sums` changes.
    ///
    /// * `counts`: the number of neurons in each bin then. Where none is left: exactly zero, without the rounding of those
    ///   that came and went.
    pub fn set_after(&mut self, flat: &[f64], sums: &Sums, counts: &[u32]) {
        let count = flat.len() / LENGTH;
        let (regions, boundaries) = flat.split_at(6 * count);
        let (of_region, of_cluster) = counts.split_at(count);
        self.region.resize(count, [0.0; 6]);
        self.boundary.resize(count, [[0.0; 4]; 2]);
        let region = self.region.par_chunks_mut(PAGE).zip(regions.as_chunks().0.par_chunks(PAGE));
        let boundaries = boundaries.as_chunks().0.as_chunks().0;
        let boundary = self.boundary.par_chunks_mut(PAGE).zip(boundaries.par_chunks(PAGE));
        let pages = region.zip(boundary).enumerate().with_min_len(MERGE_LENGTH / PAGE);
        pages.for_each(|(page, ((region, region_before), (boundary, boundary_before)))| {
            region.copy_from_slice(region_before);
            for (total, sums) in region.iter_mut().zip(sums.region.page(page).unwrap_or_default()) {
                (0..6).for_each(|i| total[i] += sums.end[i] - sums.start[i]);
            }
            let first = page * PAGE;
            for (total, &count) in region.iter_mut().zip(&of_region[first..]) {
                if count == 0 {
                    *total = [0.0; 6];
                }
            }
            boundary.copy_from_slice(boundary_before);
            let clusters = boundary.as_flattened_mut();
            let changes = sums.boundary.page(page).unwrap_or_default().iter();
            let changes = changes.flat_map(|sums| sums.end.iter().zip(&sums.start));
            for (total, (end, start)) in clusters.iter_mut().zip(changes) {
                (0..4).for_each(|i| total[i] += end[i] - start[i]);
            }
            for (total, &count) in clusters.iter_mut().zip(&of_cluster[2 * first..]) {
                if count == 0 {
                    *total = [0.0; 4];
                }
            }
        });
    }

    /// Writes the list of [`Totals::to_flat`] over an earlier one.
    pub fn store(&self, flat: &mut Vec<f64>) {
        flat.clear();
        flat.extend_from_slice(self.region.as_flattened());
        flat.extend_from_slice(self.boundary.as_flattened().as_flattened());
    }

    /// Those of a state whose columns have the right lengths.
    pub fn of(count: usize, columns: &Lifted) -> Totals {
        Totals::from_flat(count, &columns.moments).expect("columns of a checked state")
    }

    /// Sums over neurons given by `neuron`, in chunks that are added in order.
    pub fn sum(
        regions: &Regions,
        mass: &[f64],
        place: &[Place],
        neuron: impl Fn(usize) -> Neuron + Sync,
    ) -> Totals {
        let count = regions.boundaries();
        let m = mass.len();
        let free = |i: usize| (place[i].kind() == PlaceKind::Free).then(|| place[i].index());
        let add_free = |sum: &mut Second, i: usize| add(sum, &of_neuron(mass[i], neuron(i)));
        let pinned = |i: usize| (place[i].kind() == PlaceKind::Pinned).then(|| place[i].index());
        let add_pinned = |sum: &mut [Cluster; 2], i: usize| {
            let ([dx, dy], z) = (regions.direction(place[i].index()), neuron(i));
            let cluster = of_pinned(mass[i], z[0], z[1] * dx + z[2] * dy);
            add(&mut sum[usize::from(place[i].is_negative())], &cluster);
        };
        let add_sides = |sum: &mut [Cluster; 2], part: &[Cluster; 2]| {
            (0..2).for_each(|side| add(&mut sum[side], &part[side]));
        };
        Totals {
            region: scatter(m, count, free, add_free, add),
            boundary: scatter(m, count, pinned, add_pinned, add_sides),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over several pages of sums, of which some are not there: what came and went is added, and where none is left nothing
    /// is.
    #[test]
    fn totals_after_a_push_are_those_before_and_what_changed() {
        let count = 3 * PAGE + 4;
        let flat: Vec<f64> = (0..LENGTH * count).map(|i| (i as f64).sin()).collect();
        let before = Totals::from_flat(count, &flat).unwrap();
        let mut sums = Sums::none(count);
        let (first, last) = (2, count - 1);
        for k in [first, PAGE + 1, last] {
            (sums.region[k].start, sums.region[k].end) = ([0.5; 6], [2.0; 6]);
            (sums.boundary[k].start[1], sums.boundary[k].end[1]) = ([0.25; 4], [1.0; 4]);
        }
        // Of regions, then of both clusters of each boundary.
        let mut counts = vec![1; 3 * count];
        (counts[first], counts[5], counts[count + 2 * last + 1]) = (0, 0, 0);
        let mut after = Totals::default();
        after.set_after(&flat, &sums, &counts);
        let mut expected = before;
        for k in [PAGE + 1, last] {
            expected.region[k] = expected.region[k].map(|value| value + 1.5);
        }
        for k in [first, PAGE + 1] {
            expected.boundary[k][1] = expected.boundary[k][1].map(|value| value + 0.75);
        }
        (expected.region[first], expected.region[5], expected.boundary[last][1]) =
            ([0.0; 6], [0.0; 6], [0.0; 4]);
        assert_eq!(after, expected);
    }
}
