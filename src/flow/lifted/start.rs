//! Neurons at the start of a run: placed, and summed.

use rayon::prelude::*;

use crate::flow::boundary::{OnBoundary, on_boundary};
use crate::flow::canonical::chunk_size;
use crate::flow::field::Vec2;
use crate::flow::moments::add;
use crate::problem::{Place, PlaceKind, Regions};

use super::kind::{Kind, Neuron};
use super::second::{Cluster, Second, of_neuron, of_pinned};

/// A neuron nearer to a line than this, relative to `|w|`, starts on it.
const ON_LINE: f64 = 4e-16;

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

    /// Sums over neurons given by `neuron`, in chunks that are added in order.
    pub fn sum(
        regions: &Regions,
        mass: &[f64],
        place: &[Place],
        neuron: impl Fn(usize) -> Neuron + Sync,
    ) -> Totals {
        let count = regions.boundaries();
        let size = chunk_size(mass.len(), count);
        let parts: Vec<Totals> = (0..mass.len().div_ceil(size))
            .into_par_iter()
            .map(|chunk| {
                let mut totals = Totals::zero(count);
                for i in chunk * size..((chunk + 1) * size).min(mass.len()) {
                    totals.add_neuron(regions, mass[i], place[i], neuron(i));
                }
                totals
            })
            .collect();
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

/// The region of a neuron that is not at the origin, or the boundary that it is on.
pub fn locate(regions: &Regions, [_, x, y]: Neuron) -> Result<usize, usize> {
    let theta = y.atan2(x);
    let k = regions.region_of(theta);
    // The lines on both sides; region 0 lies between the last and the first.
    let count = regions.boundaries();
    let near = [if k == 0 { count - 1 } else { k - 1 }, k];
    let on = near.into_iter().find(|&b| {
        let (n, d) = (regions.normal(b), regions.direction(b));
        (n[0] * x + n[1] * y).abs() <= ON_LINE * x.hypot(y) && d[0] * x + d[1] * y > 0.0
    });
    on.map_or(Ok(k), Err)
}

/// Where a neuron at the origin starts whose `c` has this sign; also whether that is ambiguous. It sets
/// off at once in the direction of steepest descent ([`origin`](super::origin)), and counts as one that
/// has: its rate, which grows from `w = 0`, is that of the place where it goes. It rests if nothing is
/// downhill.
pub fn from_origin(regions: &Regions, kind: Kind, g: &[Vec2], sign: f64) -> (Place, bool) {
    let along = |v: Vec2, e: Vec2| sign * (v[0] * e[0] + v[1] * e[1]);
    let (mut least, mut start) = (0.0, (Place::new(PlaceKind::Stuck, 0), false));
    if kind.beta == 0.0 {
        return start;
    }
    for b in 0..regions.boundaries() {
        let h = along(g[regions.inactive_side(b)], regions.direction(b));
        if h < least {
            (least, start) = (h, held_or_free(b, on_boundary(regions, g, b, sign), sign < 0.0));
        }
    }
    for k in 1..regions.boundaries() {
        let size = g[k][0].hypot(g[k][1]);
        let inside = along(g[k], regions.normal(k - 1)) < 0.0 && along(g[k], regions.normal(k)) > 0.0;
        if inside && -size < least {
            (least, start) = (-size, (Place::in_region(k), false));
        }
    }
    start
}

/// The place of a neuron on boundary `b`, and whether that is ambiguous.
fn held_or_free(b: usize, state: OnBoundary, negative: bool) -> (Place, bool) {
    match state {
        OnBoundary::Leaves(k) => (Place::in_region(k), false),
        OnBoundary::Ambiguous(k) => (Place::in_region(k), true),
        OnBoundary::Dies => (Place::DEAD, false),
        OnBoundary::Stays => (Place::in_cluster(b, negative), false),
    }
}

/// Where a neuron starts; also whether that was ambiguous. A neuron on a boundary is put exactly on
/// its line.
///
/// * `origin`: what [`from_origin`] says for `c > 0` and for `c < 0`.
pub fn start_of(
    regions: &Regions,
    kind: Kind,
    g: &[Vec2],
    origin: &[(Place, bool); 2],
    z: &mut Neuron,
) -> (Place, bool) {
    if z[1] == 0.0 && z[2] == 0.0 {
        return match z[0] {
            0.0 => (Place::new(PlaceKind::Stuck, 0), false),
            c => origin[usize::from(c < 0.0)],
        };
    }
    let b = match locate(regions, *z) {
        Ok(k) => return (Place::in_region(k), false),
        Err(b) => b,
    };
    if kind.beta == 0.0 {
        // It stays on the line, where its sample does not see it.
        return (Place::in_region(regions.inactive_side(b)), false);
    }
    let [dx, dy] = regions.direction(b);
    let l = z[1] * dx + z[2] * dy;
    (z[1], z[2]) = (l * dx, l * dy);
    held_or_free(b, on_boundary(regions, g, b, z[0]), z[0].is_sign_negative())
}
