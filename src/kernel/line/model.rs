//! The kernel of a law on sorted points as a chain.

use ndarray::parallel::prelude::*;

use crate::math::semiseparable::{Chain, Matrix, Step, triangular_root};

use super::super::kernels::{Kernel, Regime};
use super::moments::{KnotMoments, Moments};

/// No row: the point is a place of the chain.
pub(super) const IN_CHAIN: u32 = u32::MAX;

/// Gaps between samples that are worked on at once.
const BLOCK: usize = 4096;

/// The state: the value, its slope, and the left-facing neurons in coordinates in which their covariance is the identity.
pub(in crate::kernel) const STATE: usize = 4;

/// The kernel of a law at samples and at points where functions are evaluated.
///
/// With `xi_R(x)` the right-facing neurons that are active at `x`, `xi_L(x)` the left-facing ones, as random affine
/// functions, the value is `<xt, xi_R + xi_L>`. `xi_R` has independent increments from the left. `xi_L` has them from the
/// right: with `L' L'^T` its covariance at the next sample and `E = e e^T` that of the increment,
///
/// ```text
/// [L' e] Theta = [L 0],  Theta orthogonal:    xi_L = L zeta,  (zeta'; beta) = Theta (zeta; gamma),  xi_L' = xi_L - e beta,
/// ```
///
/// `gamma` independent of the past: rotations give the way from left to right as well, and nothing is divided by what
/// may vanish.
#[derive(Debug, Clone)]
pub(in crate::kernel) struct Line {
    pub chain: Chain<STATE>,
    /// Points before the first sample, which are in the chain.
    pub before: usize,
    pub samples: usize,
    /// Of each point: the place in the chain at or before it, and its row or [`IN_CHAIN`].
    pub(super) spots: Vec<(u32, u32)>,
    /// Of the points between samples: what the state before them and the pull after them contribute.
    pub(super) rows: Vec<[[f64; STATE]; 2]>,
    /// `E c^2` of the neurons of either facing with knots between neighbours in the chain.
    pub activity: Vec<[f64; 2]>,
    /// `E c^2` of the right-facing neurons active at the first place of the chain, and of the left-facing at the last.
    pub active_ends: [f64; 2],
}

/// All places, ascending, and which of them are in the chain.
struct Places {
    z: Vec<f64>,
    in_chain: Vec<u32>,
    before: usize,
    spots: Vec<(u32, u32)>,
}

impl Places {
    fn new(x: &[f64], points: &[f64]) -> Places {
        let (first, last) = (x[0], x[x.len() - 1]);
        let mut places =
            Places { z: vec![], in_chain: vec![], before: 0, spots: Vec::with_capacity(points.len()) };
        let mut sample = 0;
        let add = |places: &mut Places, at: f64, chained: bool| {
            if chained {
                places.in_chain.push(places.z.len() as u32);
            }
            places.z.push(at);
        };
        for &point in points {
            while sample < x.len() && x[sample] <= point {
                add(&mut places, x[sample], true);
                sample += 1;
            }
            if places.z.last() != Some(&point) {
                let outside = point < first || point > last;
                add(&mut places, point, outside);
                places.before += usize::from(point < first);
            }
            let (place, links) = (places.z.len() as u32 - 1, places.in_chain.len() as u32);
            let chained = places.in_chain.last() == Some(&place);
            places.spots.push((links - 1, if chained { IN_CHAIN } else { place - links }));
        }
        for &x in &x[sample..] {
            add(&mut places, x, true);
        }
        places
    }
}

impl Line {
    /// * `x`: samples, ascending, all different.
    /// * `points`: ascending; there may be equal ones.
    pub fn new(kernel: &Kernel, regime: Regime, x: &[f64], points: &[f64]) -> Line {
        let places = Places::new(x, points);
        let Places { z, in_chain, before, spots } = &places;
        let law = KnotMoments::new(kernel);
        let (first, last) = (z[0], z[z.len() - 1]);
        let root = |moments: &Moments, at: f64| root(covariance(regime, moments, at));
        let [mut right_end, _] = law.active_at(first);
        // An output bias is a function without slope that is there from the first place on.
        right_end[0] += kernel.output_bias();
        let [_, left_end] = law.active_at(last);
        let mut left = root(&left_end, last);
        let gaps = in_chain.len() - 1;
        let mut steps = vec![Step { transition: [[0.0; STATE]; STATE], noise: [[0.0; STATE]; STATE] }; gaps];
        let mut rows = vec![[[0.0; STATE]; 2]; z.len() - in_chain.len()];
        let mut activity = vec![[0.0; 2]; if regime == Regime::Tangent { gaps } else { 0 }];
        for block in (0..gaps.div_ceil(BLOCK)).rev() {
            let range = block * BLOCK..((block + 1) * BLOCK).min(gaps);
            let (from, to) = (in_chain[range.start] as usize, in_chain[range.end] as usize);
            let moments: Vec<[Moments; 2]> =
                (from..to).into_par_iter().map(|i| law.between(z[i], z[i + 1])).collect();
            let mut fine = vec![];
            for i in (from..to).rev() {
                let roots = moments[i - from].map(|moments| root(&moments, z[i + 1]));
                let (step, before) = step(z[i + 1] - z[i], roots, left);
                fine.push(step);
                left = before;
            }
            fine.reverse();
            // Points between samples come out of the chain again.
            let collapsed: Vec<Collapsed> = range
                .clone()
                .into_par_iter()
                .map(|g| collapse(&fine[in_chain[g] as usize - from..in_chain[g + 1] as usize - from]))
                .collect();
            for (g, collapsed) in range.zip(collapsed) {
                steps[g] = collapsed.step;
                let row = in_chain[g] as usize - g;
                rows[row..row + collapsed.rows.len()].copy_from_slice(&collapsed.rows);
                if let Some(activity) = activity.get_mut(g) {
                    for i in in_chain[g] as usize..in_chain[g + 1] as usize {
                        (0..2).for_each(|facing| activity[facing] += moments[i - from][facing][3]);
                    }
                }
            }
        }
        let right = root(&right_end, first);
        let mut start = [[0.0; STATE]; STATE];
        for k in 0..2 {
            start[k][..2].copy_from_slice(&right[k]);
            start[2 + k][..2].copy_from_slice(&left[k]);
            start[2 + k][2 + k] = 1.0;
        }
        Line {
            chain: Chain::new(start, steps),
            before: *before,
            samples: x.len(),
            spots: spots.clone(),
            rows,
            activity,
            active_ends: [right_end[3], left_end[3]],
        }
    }

    /// How many points there are.
    pub fn points(&self) -> usize {
        self.spots.len()
    }
}

/// Variance of the value, covariance with the slope, variance of the slope: of increments relative to `at`.
fn covariance(regime: Regime, &[value, both, slope, c2]: &Moments, at: f64) -> [f64; 3] {
    match regime {
        Regime::RandomFeatures => [value, both, slope],
        Regime::Tangent => [value + c2 * (1.0 + at * at), both + c2 * at, slope + c2],
    }
}

/// The lower triangular root of a covariance, by columns.
fn root([value, both, slope]: [f64; 3]) -> Matrix<2> {
    if value <= 0.0 {
        return [[0.0; 2], [0.0, slope.max(0.0).sqrt()]];
    }
    let first = value.sqrt();
    let second = both / first;
    [[first, second], [0.0, (slope - second * second).max(0.0).sqrt()]]
}

/// The step over a gap `h`, and the root of the covariance of the left-facing neurons before it.
///
/// * `right`, `gone`: roots of the covariances of the increment of the right-facing neurons, and of the left-facing ones
///   that cease to be active, relative to the end of the gap.
/// * `left`: a root of the covariance of the left-facing neurons at the end of the gap.
fn step(h: f64, [right, gone]: [Matrix<2>; 2], left: Matrix<2>) -> (Step<STATE>, Matrix<2>) {
    // Columns of [left gone] with those of the identity below them, which become Theta.
    let mut columns: [[f64; 6]; 4] = [[0.0; 6]; 4];
    for k in 0..2 {
        columns[k][..2].copy_from_slice(&left[k]);
        columns[2 + k][..2].copy_from_slice(&gone[k]);
    }
    (0..4).for_each(|k| columns[k][2 + k] = 1.0);
    for row in 0..2 {
        for k in row + 1..4 {
            let (p, q) = (columns[row][row], columns[k][row]);
            if q == 0.0 {
                continue;
            }
            let r = p.hypot(q);
            let (c, s) = (p / r, q / r);
            for i in 0..6 {
                let (p, q) = (columns[row][i], columns[k][i]);
                columns[row][i] = c * p + s * q;
                columns[k][i] = c * q - s * p;
            }
        }
    }
    // Theta[i][k] = columns[k][2 + i]; what leaves is gone beta.
    let leaves = |k: usize| -> [f64; 2] {
        let beta = [columns[k][4], columns[k][5]];
        std::array::from_fn(|i| -(gone[0][i] * beta[0] + gone[1][i] * beta[1]))
    };
    let column = |k: usize| {
        let [value, slope] = leaves(k);
        [value, slope, columns[k][2], columns[k][3]]
    };
    let transition = [[1.0, 0.0, 0.0, 0.0], [h, 1.0, 0.0, 0.0], column(0), column(1)];
    let of_right = |k: usize| [right[k][0], right[k][1], 0.0, 0.0];
    let noise = [of_right(0), of_right(1), column(2), column(3)];
    let before = [0, 1].map(|k| {
        let [value, slope] = [columns[k][0], columns[k][1]];
        [value - h * slope, slope]
    });
    (Step { transition, noise }, before)
}

/// Steps from sample to sample over points between.
struct Collapsed {
    step: Step<STATE>,
    rows: Vec<[[f64; STATE]; 2]>,
}

fn collapse(fine: &[Step<STATE>]) -> Collapsed {
    let last = fine.len() - 1;
    if last == 0 {
        return Collapsed { step: fine[0], rows: vec![] };
    }
    // From each point to the end of the gap.
    let mut ahead = vec![fine[last].transition; last];
    for i in (0..last - 1).rev() {
        ahead[i] = multiply(&ahead[i + 1], &fine[i + 1].transition);
    }
    let Step { mut transition, mut noise } = fine[0];
    let mut rows = Vec::with_capacity(last);
    for i in 0..last {
        let of_state = std::array::from_fn(|k| transition[k][0]);
        // First row of noise noise^T, times the transposed way ahead.
        let covariance: [f64; STATE] =
            std::array::from_fn(|k| (0..STATE).map(|c| noise[c][0] * noise[c][k]).sum());
        let of_pull = std::array::from_fn(|m| (0..STATE).map(|k| covariance[k] * ahead[i][k][m]).sum());
        rows.push([of_state, of_pull]);
        let next = &fine[i + 1];
        noise = triangular_root(multiply(&next.transition, &noise), next.noise);
        transition = multiply(&next.transition, &transition);
    }
    Collapsed { step: Step { transition, noise }, rows }
}

fn multiply(a: &Matrix<STATE>, b: &Matrix<STATE>) -> Matrix<STATE> {
    let mut out = [[0.0; STATE]; STATE];
    for j in 0..STATE {
        for k in 0..STATE {
            for i in 0..STATE {
                out[j][i] += a[k][i] * b[j][k];
            }
        }
    }
    out
}
