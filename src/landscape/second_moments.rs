//! Second moments of the neurons of each region and of each line: all that the Hessian needs of them.

use crate::math::chunks;
use crate::math::sum::Sum;
use crate::problem::{Place, PlaceKind, Regions};

/// A neuron `c [<xt, w>]_+`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neuron {
    /// Output weight.
    pub c: f64,
    /// `w = (a, -b)`.
    pub w: [f64; 2],
    /// Mass.
    pub mass: f64,
    /// In which region it is, or on which line.
    pub place: Place,
}

/// Sums over the neurons of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondMoments {
    /// Of free neurons in each region; region 0 has the dead.
    pub region: Vec<Moments>,
    /// Of neurons pinned on each boundary: `ww[0]` is `Sum mass |w|^2`, `cw[0]` is `Sum mass c |w|`.
    pub line: Vec<Moments>,
}

/// Sums over some neurons.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: usize,
    /// Of which `c = 0`.
    pub silent: usize,
    /// `Sum mass`.
    pub mass: f64,
    /// `Sum mass w w^T`: xx, xy, yy.
    pub ww: [f64; 3],
    /// `Sum mass c w`.
    pub cw: [f64; 2],
    /// `Sum mass c^2`.
    pub cc: f64,
}

/// Number of sums.
const SUMS: usize = 7;

#[derive(Clone, Default)]
struct Partial {
    count: [usize; 2],
    sums: [Sum; SUMS],
}

impl Partial {
    fn add(&mut self, neuron: &Neuron, w: [f64; 2]) {
        let Neuron { c, mass, .. } = *neuron;
        self.count[0] += 1;
        self.count[1] += usize::from(c == 0.0);
        let terms = [1.0, w[0] * w[0], w[0] * w[1], w[1] * w[1], c * w[0], c * w[1], c * c];
        self.sums.iter_mut().zip(terms).for_each(|(sum, term)| sum.add(mass * term));
    }

    fn merge(&mut self, other: &Partial) {
        (0..2).for_each(|i| self.count[i] += other.count[i]);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.merge(other));
    }

    fn finish(&self) -> Moments {
        let [mass, xx, xy, yy, cx, cy, cc] = self.sums.map(|sum| sum.value());
        let [count, silent] = self.count;
        Moments { count, silent, mass, ww: [xx, xy, yy], cw: [cx, cy], cc }
    }
}

impl SecondMoments {
    /// Sums over `count` neurons, in chunks that are added in order.
    ///
    /// A neuron without a direction, `w = 0`, is active nowhere and counts as dead.
    pub fn new(regions: &Regions, count: usize, neuron: impl Fn(usize) -> Neuron + Sync) -> SecondMoments {
        let sites = 2 * regions.boundaries();
        let parts = chunks::parts(count, sites, |range| {
            let mut sums = vec![Partial::default(); sites];
            for i in range {
                let neuron = neuron(i);
                let (w, place) = (neuron.w, neuron.place);
                let length = w[0].hypot(w[1]);
                match place.kind() {
                    _ if length == 0.0 => sums[0].add(&neuron, w),
                    PlaceKind::Pinned | PlaceKind::StuckPinned => {
                        sums[regions.boundaries() + place.index()].add(&neuron, [length, 0.0]);
                    }
                    PlaceKind::Dead => sums[0].add(&neuron, w),
                    PlaceKind::Free | PlaceKind::Stuck => sums[place.index()].add(&neuron, w),
                }
            }
            sums
        });
        let mut total = vec![Partial::default(); sites];
        for part in &parts {
            total.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part));
        }
        let finished = |from: usize| {
            total[from..from + regions.boundaries()].iter().map(Partial::finish).collect::<Vec<_>>()
        };
        SecondMoments { region: finished(0), line: finished(regions.boundaries()) }
    }

    /// Number of neurons.
    pub fn count(&self) -> usize {
        self.region.iter().chain(&self.line).map(|moments| moments.count).sum()
    }
}
