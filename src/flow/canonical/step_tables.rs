//! What a push looks up: the field per region and the fate of each pinned cluster, along a path.

use crate::flow::field::{Vec2, gradients};
use crate::flow::field_cubic::FieldCubic;
use crate::flow::interface::{holds, outward_cubics, release};
use crate::flow::moments::Moments;
use crate::flow::push::Push;
use crate::math::poly;
use crate::problem::Regions;

use super::motion::MAX_TURN;

/// One cache line per region for the inner loop: `h g` at `u = 0, 1/2, 1` and the angles between
/// which the region lies.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct Row {
    /// `h g` at `u = 0, 1/2, 1`.
    pub g: [Vec2; 3],
    /// Angle of the region's clockwise boundary.
    pub low: f64,
    /// Angle of its anticlockwise boundary.
    pub high: f64,
}

impl Row {
    /// The eight numbers in order.
    #[inline(always)]
    pub fn numbers(&self) -> [f64; 8] {
        let [[a, b], [c, d], [e, f]] = self.g;
        [a, b, c, d, e, f, self.low, self.high]
    }
}

/// The cluster on one boundary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sliding {
    /// Antiderivative of `<h g, d_b>` over the step, from 0.
    pub quartic: [f64; 5],
    /// Its value at `u = 1`.
    pub total: f64,
    /// A bound on its size within the step.
    pub bound: f64,
    /// Whether the boundary has a cluster of `r > 0`, and of `r < 0`, at the start of the step and
    /// attracts it throughout.
    pub holds: [bool; 2],
    /// When the cluster of `r > 0`, and of `r < 0`, may first leave clockwise and anticlockwise, from
    /// the start of the step on; infinite for never.
    pub leaves: [[f64; 2]; 2],
}

/// Tables for one push along one path.
#[derive(Debug, Clone)]
pub struct StepTables<'a> {
    /// The regions.
    pub regions: &'a Regions,
    /// Step size.
    pub h: f64,
    /// `lambda`.
    pub lambda: f64,
    /// `h lambda`.
    pub tv: f64,
    /// Per region, `g` at the start of the step (per time).
    pub start: Vec<Vec2>,
    /// Largest angle of one Runge-Kutta step, by the tolerance.
    pub turn: f64,
    /// Per region, for the inner loop.
    pub rows: Vec<Row>,
    /// Per region, for everything else.
    pub field: Vec<FieldCubic>,
    /// Per boundary.
    pub sliding: Vec<Sliding>,
    /// Per region, how far `<h g, n>` may be from the truth.
    pub margin: Vec<f64>,
    /// `max_j |xt_j|`: a change `v` of `r d` changes a residual by at most `mass |v|` times this.
    pub reach: f64,
}

impl<'a> StepTables<'a> {
    /// Tables for a push, in `O(s)`.
    pub fn new(push: &Push<'a>) -> StepTables<'a> {
        let Push { samples, regions, path, start, margins, lambda, turn, .. } = *push;
        let count = regions.boundaries();
        let field = FieldCubic::all(samples, path, 1.0);
        let mut start_field = vec![[0.0; 2]; count];
        gradients(samples, &path.start(), &mut start_field);
        let row = |k: usize| Row {
            g: [field[k].at(0.0), field[k].at(0.5), field[k].at(1.0)],
            low: if k == 0 { f64::NEG_INFINITY } else { regions.angle(k - 1) },
            high: if k == 0 { f64::INFINITY } else { regions.angle(k) },
        };
        let margin = margins.times(path.h);
        let sliding = (0..count).map(|b| sliding(regions, &field, &margin, b, start)).collect();
        let furthest = samples.x()[0].abs().max(samples.x()[samples.len() - 1].abs());
        StepTables {
            regions,
            h: path.h,
            lambda,
            tv: path.h * lambda,
            start: start_field,
            turn: turn.min(MAX_TURN),
            rows: (0..count).map(row).collect(),
            sliding,
            field,
            margin,
            reach: libm::hypot(furthest, 1.0),
        }
    }

    /// The cubics that are positive while boundary `b` does not hold a particle with this sign of `r`.
    pub fn outward(&self, b: usize, sign: f64) -> [[f64; 4]; 2] {
        outward_cubics(self.regions, b, sign, &self.field, &self.margin)
    }
}

fn sliding(regions: &Regions, field: &[FieldCubic], margin: &[f64], b: usize, start: &Moments) -> Sliding {
    let cluster = [start.boundary[b][0], start.boundary[b][2]].map(|mass| mass > 0.0);
    let quartic = poly::integral(&field[regions.inactive_side(b)].along(regions.direction(b)));
    if cluster == [false, false] {
        // The release of a particle that arrives during the step is computed on arrival.
        return Sliding { quartic, ..Sliding::default() };
    }
    let outward = [1.0, -1.0].map(|sign| outward_cubics(regions, b, sign, field, margin));
    let leaves = outward.map(|sides| release(sides, 0.0));
    let holds = [0, 1].map(|side| holds(outward[side], leaves[side]));
    let bound = quartic.iter().map(|c| c.abs()).sum();
    Sliding { quartic, total: poly::value(&quartic, 1.0), bound, holds, leaves }
}
