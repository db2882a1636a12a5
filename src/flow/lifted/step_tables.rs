//! What a push of neurons looks up: fields, frames and clusters along a path, in `O(s)`.

use rayon::prelude::*;

use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::flow::interface::{outward_cubics, release};
use crate::flow::moments::MERGE_LENGTH;
use crate::flow::push::Push;
use crate::math::norm::length;
use crate::math::poly;
use crate::problem::Regions;

use super::bins::Bins;
use super::decay::StepFactors;
use super::displacement::Displacement;
use super::frame::{Mat, Neuron, multiply, pull_back, straighten};
use super::kind::{Exponent, Kind, Scaled};
use super::propagator::{Propagator, has_large_planes};

/// Longest substep of a boost, as a bound on `Int |h g| du`: the closed form for crossings then is a good start.
const MAX_RAPIDITY: f64 = 0.5;

/// When neurons pinned on a boundary with `c > 0`, and with `c < 0`, may first leave clockwise and anticlockwise; infinite
/// for never.
pub type Leaves = [[f64; 2]; 2];

/// Of a boundary on which none is.
const STAY: Leaves = [[f64::INFINITY; 2]; 2];

/// Tables for one push along one path. The factor `kappa` is part of the field.
#[derive(Debug)]
pub struct StepTables<'a> {
    /// The regions.
    pub regions: &'a Regions,
    /// Which parameters move.
    pub kind: Kind,
    /// `kappa`.
    pub kappa: f64,
    /// `lambda` of weight decay.
    pub decay: f64,
    /// What decay makes of the step; without it all factors are 1.
    pub factors: StepFactors,
    /// Step size.
    pub h: f64,
    /// `kappa h g` per region, as it acts on the neurons that are stored.
    pub field: Vec<FieldCubic>,
    /// Per region, how far the field across a line may be from the truth.
    pub margin: Vec<f64>,
    /// A bound on `|kappa h g|` per region.
    pub strength: Vec<f64>,
    /// Per boundary. The release of a neuron that arrives during the step is computed on arrival.
    pub leaves: Vec<Leaves>,
    /// Frames at the start of the step: of the regions, then of the boundaries.
    pub frames: &'a [Mat],
    /// Of the same.
    pub propagators: Vec<Propagator>,
    /// When neurons at the origin may first leave it, by sign of `c`; infinite for never.
    pub origin_leaves: [f64; 2],
    /// `max_j |xt_j|`: a change `v` of `c w` changes a residual by at most `kappa mass |v|` times this.
    pub reach: f64,
}

/// Memory of tables that are no longer needed.
#[derive(Debug, Default)]
pub struct Memory {
    field: Vec<FieldCubic>,
    strength: Vec<f64>,
    leaves: Vec<Leaves>,
    /// Of the push that the tables were for.
    pub propagators: Vec<Propagator>,
}

impl<'a> StepTables<'a> {
    /// Tables for a push of the neurons in `bins`, whose frames are `frames`, in the memory of earlier ones.
    pub fn new(
        push: &Push<'a>,
        (scaled, factors): (Scaled, StepFactors),
        bins: &Bins,
        frames: &'a [Mat],
        memory: Memory,
    ) -> StepTables<'a> {
        let Scaled { kind, kappa, decay } = scaled;
        let Push { samples, regions, path, margins, .. } = *push;
        let count = regions.boundaries();
        let Memory { mut field, mut strength, mut leaves, mut propagators } = memory;
        let weighted = factors.weighted(kind, path);
        FieldCubic::fill(&mut field, samples, weighted.as_ref().unwrap_or(path), kappa * factors.lift);
        let furthest = samples.x()[0].abs().max(samples.x()[samples.len() - 1].abs());
        let mut tables = StepTables {
            regions,
            kind,
            kappa,
            decay,
            factors,
            h: path.h,
            margin: margins.times(path.h * factors.lift),
            strength: vec![],
            field,
            leaves: vec![],
            frames,
            propagators: vec![],
            origin_leaves: [f64::INFINITY; 2],
            reach: length(furthest, 1.0),
        };
        strength.resize(count, 0.0);
        leaves.resize(count, STAY);
        propagators.resize(2 * count, Propagator::UNINHABITED);
        let (of_region, of_boundary) = propagators.split_at_mut(count);
        let frame = strength.par_iter_mut().zip(&mut leaves).zip(of_region).zip(of_boundary);
        frame.with_min_len(MERGE_LENGTH).enumerate().for_each(
            |(k, (((strength, leaves), region), boundary))| {
                *strength = bound(&tables.field[k]);
                if k > 0 && bins.count(k) > 0 {
                    *region = tables.propagator_of_region(k, *strength, &frames[k]);
                } else {
                    region.forget();
                }
                if bins.pinned(k) {
                    *leaves = [1.0, -1.0].map(|sign| release(tables.outward(k, sign), 0.0));
                    *boundary = tables.propagator_of_boundary(k, &frames[count + k]);
                } else {
                    *leaves = STAY;
                    boundary.forget();
                }
            },
        );
        (tables.strength, tables.leaves, tables.propagators) = (strength, leaves, propagators);
        if bins.count(bins.origin()) > 0 {
            tables.origin_leaves = [1.0, -1.0].map(|sign| tables.leaves_origin(sign));
        }
        tables
    }

    /// Their memory, for the next ones.
    pub fn into_memory(self) -> Memory {
        let StepTables { field, strength, leaves, propagators, .. } = self;
        Memory { field, strength, leaves, propagators }
    }

    /// A bound on the rapidity of any boost in a region that is not empty.
    pub fn strongest(&self, bins: &Bins) -> f64 {
        let inhabited = (1..self.strength.len()).filter(|&k| bins.count(k) > 0);
        inhabited.map(|k| self.strength[k]).fold(0.0, f64::max)
    }

    /// The cubics that are positive while boundary `b` does not hold neurons with this sign of `c`.
    pub fn outward(&self, b: usize, sign: f64) -> [[f64; 4]; 2] {
        outward_cubics(self.regions, b, sign, &self.field, &self.margin)
    }

    /// How much of the step one map may cover in region `k`. A boost is followed in parts, because the
    /// closed form for a crossing is a good start only over a short one; a shear is a polynomial.
    #[inline(always)]
    pub fn longest_substep(&self, k: usize) -> f64 {
        if self.kind.is_lorentz() { MAX_RAPIDITY / self.strength[k] } else { f64::INFINITY }
    }

    /// `<h g, d_b>` along boundary `b`, the same from both sides.
    pub fn along(&self, b: usize) -> [f64; 4] {
        self.field[self.regions.inactive_side(b)].along(self.regions.direction(b))
    }

    /// Rapidity `p(u) = Int_0^u <h g, d_b> du` of the boost of `(c, l)` on boundary `b`: a quartic.
    pub fn rapidity(&self, b: usize) -> [f64; 5] {
        poly::integral(&self.along(b))
    }

    fn propagator_of_region(&self, k: usize, strength: f64, start: &Mat) -> Propagator {
        let end = self.next(&self.kind.exponent(&self.field[k], 0.0, 1.0), start);
        let normals = self.normals(k);
        let fields = normals.map(|n| self.field[k].along(n));
        let sizes = fields.map(|cubic| size(&cubic));
        let signs = fields.map(|cubic| sure_sign(&cubic, strength));
        // Lemma 1: d<n, w>/du = -beta c <n, h g>, and the row of c grows by a factor exp(Int |h g|) at most.
        let growth = if self.kind.is_lorentz() { libm::exp(strength) } else { 1.0 };
        let across = self.kind.beta * sizes[0].max(sizes[1]);
        let displacement = across * row(start, 0) * growth;
        // dc/du = -alpha <h g, w>
        let output_displacement = self.kind.alpha * strength * length(row(start, 1), row(start, 2)) * growth;
        Propagator {
            end,
            displacement,
            steady: signs.iter().all(|&sign| sign != 0),
            // In the kernel limit w stands still.
            signs: (self.kind.beta > 0.0).then_some(signs),
            output_displacement,
            // In the kernel limit c moves, but w does not.
            advance: Displacement { across, output: self.kind.beta * output_displacement, turns: 0.0 },
            uncovered: has_large_planes([start, &end], || self.planes_between(k, [start, &end])),
        }
    }

    fn propagator_of_boundary(&self, b: usize, start: &Mat) -> Propagator {
        let d = self.regions.direction(b);
        let p = poly::value(&self.rapidity(b), 1.0);
        let end = self.next(&Exponent { q: [p * d[0], p * d[1]], omega: 0.0 }, start);
        let along = self.along(b);
        let bound = size(&along);
        let growth = if self.kind.is_lorentz() { libm::exp(bound) } else { 1.0 };
        let rows = functions_of_cluster(d).map(|f| norm(pull_back(f, start)));
        let displacement = bound * rows[0].max(rows[1]) * growth;
        Propagator {
            end,
            displacement,
            steady: sure_sign(&along, size(&along)) != 0,
            signs: None,
            output_displacement: displacement,
            advance: Displacement { across: displacement, ..Displacement::ZERO },
            uncovered: has_large_planes([start, &end], || {
                self.planes_between(self.regions.boundaries() + b, [start, &end])
            }),
        }
    }

    /// Inward normals of the two lines of a region.
    fn normals(&self, k: usize) -> [Vec2; 2] {
        [self.regions.normal(k - 1), self.regions.normal(k).map(|n| -n)]
    }

    /// Two linear functions of frame coordinates at the start and at the end of the step, of a frame in which neurons
    /// are. In a region, the distances from its two boundary lines: both stay positive while a neuron stays.
    /// On a boundary, `c` and `l = <w, d>`: both keep their sign while a neuron stays.
    pub fn planes(&self, frame: usize) -> [[Neuron; 2]; 2] {
        self.planes_between(frame, [&self.frames[frame], &self.propagators[frame].end])
    }

    fn planes_between(&self, frame: usize, ends: [&Mat; 2]) -> [[Neuron; 2]; 2] {
        let functions = match frame.checked_sub(self.regions.boundaries()) {
            None => self.normals(frame).map(|n| [0.0, n[0], n[1]]),
            Some(b) => functions_of_cluster(self.regions.direction(b)),
        };
        ends.map(|m| functions.map(|f| pull_back(f, m)))
    }

    /// The linear function `c` of frame coordinates at the start and at the end of the step.
    pub fn output(&self, frame: usize) -> [Neuron; 2] {
        [first_row(&self.frames[frame]), first_row(&self.propagators[frame].end)]
    }

    /// The frame `exp(e) start`.
    fn next(&self, e: &Exponent, start: &Mat) -> Mat {
        let end = multiply(&self.kind.matrix(e), start);
        if self.kind.is_lorentz() { straighten(&end) } else { end }
    }
}

/// `c` and `l = <w, d>`.
fn functions_of_cluster(d: Vec2) -> [Neuron; 2] {
    [[1.0, 0.0, 0.0], [0.0, d[0], d[1]]]
}

fn norm(z: Neuron) -> f64 {
    (z[0] * z[0] + z[1] * z[1] + z[2] * z[2]).sqrt()
}

fn row(m: &Mat, row: usize) -> f64 {
    norm([m[3 * row], m[3 * row + 1], m[3 * row + 2]])
}

fn first_row(m: &Mat) -> Neuron {
    [m[0], m[1], m[2]]
}

/// The sign of `c` with which neurons go away from a line, where the field across it is this cubic: minus that of the
/// cubic, as `ds/du = -beta c <n, h g>`. 0 where the cubic may change its sign in `[0, 1]`: it surely does not if its
/// Bernstein coefficients, between which it lies, all have one sign, by more than the rounding of a field of this
/// `strength`.
fn sure_sign(cubic: &[f64; 4], strength: f64) -> i8 {
    let sign = 1f64.copysign(cubic[0]);
    let [a, b, c, d] = cubic.map(|value| value * sign);
    let least = a.min(a + b / 3.0).min(a + (2.0 * b + c) / 3.0).min(a + b + c + d);
    if least > 1e-12 * strength { -sign as i8 } else { 0 }
}

/// A bound on a cubic on `[0, 1]`.
fn size(cubic: &[f64; 4]) -> f64 {
    cubic.iter().map(|c| c.abs()).sum()
}

/// A bound on `|h g|` on `[0, 1]`.
fn bound(field: &FieldCubic) -> f64 {
    let at = |p: usize| -> Vec2 { [field.x[p], field.y[p]] };
    (0..4).map(|p| length(at(p)[0], at(p)[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_those_of_all_of_the_step() {
        // u (1 - u) + e touches zero at both ends, and only there when e = 0.
        for (cubic, sign) in [
            ([1e-3, 1.0, -1.0, 0.0], -1),
            ([-1e-3, -1.0, 1.0, 0.0], 1),
            ([0.0, 1.0, -1.0, 0.0], 0),
            // 1 - u keeps its sign up to the end only; 2 - u and its negative throughout.
            ([1.0, -1.0, 0.0, 0.0], 0),
            ([2.0, -1.0, 0.0, 0.0], -1),
            ([-2.0, 1.0, 0.0, 0.0], 1),
            // (1 - 2 u)^2 - 0.01 turns twice though both ends are positive.
            ([0.99, -4.0, 4.0, 0.0], 0),
            ([0.0; 4], 0),
            ([f64::NAN, 0.0, 0.0, 0.0], 0),
        ] {
            assert_eq!(sure_sign(&cubic, size(&cubic)), sign, "{cubic:?}");
            // Nothing but the rounding of a strong field has no sign.
            assert_eq!(sure_sign(&cubic, 1e13), 0, "{cubic:?}");
        }
    }
}
