//! Second moments of neurons by place, in the frames of the places.

use crate::flow::moments::add;
use crate::math::chunks::scatter;
use crate::problem::{Place, PlaceKind, Regions};

use super::columns::Lifted;
use super::frame::Neuron;
use super::second::{Cluster, Second, of_neuron, of_pinned};

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
