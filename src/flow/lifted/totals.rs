//! Second moments of neurons by place, in the frames of the places.

use crate::flow::moments::add;
use crate::math::chunks::parts;
use crate::problem::{Place, PlaceKind, Regions};

use super::columns::Lifted;
use super::frame::Neuron;
use super::second::{Cluster, Second, of_neuron, of_pinned};

/// Sums of second moments by place: per region, and per boundary and sign of `c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Per region.
    pub region: Vec<Second>,
    /// Per boundary: clusters of `c > 0` and of `c < 0`.
    pub boundary: Vec<[Cluster; 2]>,
}

impl Totals {
    /// All zero, for `count = 2 s` regions and boundaries.
    pub fn zero(count: usize) -> Totals {
        Totals { region: vec![[0.0; 6]; count], boundary: vec![[[0.0; 4]; 2]; count] }
    }

    /// As one list, for a checkpoint.
    pub fn to_flat(&self) -> Vec<f64> {
        [self.region.as_flattened(), self.boundary.as_flattened().as_flattened()].concat()
    }

    /// From the list of [`Totals::to_flat`]; `None` when its length is not right for `count`.
    pub fn from_flat(count: usize, flat: &[f64]) -> Option<Totals> {
        let mut totals = Totals::zero(count);
        if flat.len() != totals.to_flat().len() {
            return None;
        }
        let (regions, boundaries) = flat.split_at(6 * count);
        totals.region.as_flattened_mut().copy_from_slice(regions);
        totals.boundary.as_flattened_mut().as_flattened_mut().copy_from_slice(boundaries);
        Some(totals)
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
        let parts = parts(mass.len(), count, |chunk| {
            let mut totals = Totals::zero(count);
            for i in chunk {
                totals.add_neuron(regions, mass[i], place[i], neuron(i));
            }
            totals
        });
        let mut total = Totals::zero(count);
        for part in &parts {
            total.region.iter_mut().zip(&part.region).for_each(|(sum, part)| add(sum, part));
            for (sum, part) in total.boundary.iter_mut().zip(&part.boundary) {
                (0..2).for_each(|side| add(&mut sum[side], &part[side]));
            }
        }
        total
    }

    fn add_neuron(&mut self, regions: &Regions, mass: f64, place: Place, z: Neuron) {
        match place.kind() {
            PlaceKind::Free => add(&mut self.region[place.index()], &of_neuron(mass, z)),
            PlaceKind::Pinned => {
                let [dx, dy] = regions.direction(place.index());
                let cluster = of_pinned(mass, z[0], z[1] * dx + z[2] * dy);
                add(&mut self.boundary[place.index()][usize::from(place.is_negative())], &cluster);
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }
}
