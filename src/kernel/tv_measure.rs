//! The least energy that any measure of neurons reaches with penalised total variation.

use std::f64::consts::TAU;

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT::{NonnegativeConeT, SecondOrderConeT, ZeroConeT};
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus};

use crate::problem::{Regions, Samples};

use super::KernelError;

/// The minimiser over all measures of `1/2 Sum_j n_j rho_j^2 + lambda Int |r| mu` (W eq. 16), which
/// the canonical flow with a total-variation term seeks.
///
/// Inside a region the function depends on `F_k = Int r d mu` alone, and by the triangle inequality
/// one particle of each sign carries a given `F_k` at least cost. So the problem is finite: for
/// every live region vectors `F_k^+`, `F_k^-` in the cone between its boundaries,
///
/// ```text
/// minimise  1/2 Sum_j n_j rho_j^2 + lambda Sum_k (|F_k^+| + |F_k^-|),
/// rho_j = Sum_(k: j active) <xt_j, F_k^+ - F_k^-> - y_j,
/// ```
///
/// a second-order cone program with `O(s)` entries, solved by an interior-point method (Clarabel). With `lambda = 0` it is
/// the limit: the measure of the least `Int |r| mu` among those that interpolate, `rho = 0`.
/// No run can end below [`energy`](TvMeasure::energy), but for its `gap`.
#[derive(Debug, Clone, PartialEq)]
pub struct TvMeasure {
    /// The least energy.
    pub energy: f64,
    /// Bound on how much lower it might be; with `lambda = 0`, how much lower `norm` might be.
    pub gap: f64,
    /// `Int |r| mu`.
    pub norm: f64,
    /// Its loss alone.
    pub loss: f64,
    /// The function at the samples.
    pub at_samples: Vec<f64>,
    /// The particles `(r, theta)` of the minimiser, `r` including the mass: amplitudes below 1e-6
    /// of their sum are left out, and those within 1e-6 rad of each other are one (two regions
    /// share a boundary).
    pub particles: Vec<(f64, f64)>,
}

/// Solves it.
///
/// * `lambda >= 0`.
///
/// ```
/// use reluflow::{kernel::tv_measure, problem::Samples};
/// // One sample at 0: one neuron facing it, |r| = |y| - lambda.
/// let found = tv_measure(&Samples::new(&[0.0], &[2.0])?, 0.5)?;
/// assert!((found.energy - (0.5 * 0.5 * 0.5 + 0.5 * 1.5)).abs() < 1e-8);
/// assert!((found.at_samples[0] - 1.5).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The solver does not reach its tolerance.
pub fn tv_measure(samples: &Samples, lambda: f64) -> Result<TvMeasure, KernelError> {
    let problem = Problem::new(samples, lambda);
    let settings = DefaultSettings {
        verbose: false,
        tol_gap_abs: 1e-11,
        tol_gap_rel: 1e-11,
        tol_feas: 1e-11,
        // There always is a minimiser: what looks like a certificate that there is none is rounding.
        tol_infeas_abs: 0.0,
        tol_infeas_rel: 0.0,
        reduced_tol_infeas_abs: 0.0,
        reduced_tol_infeas_rel: 0.0,
        max_iter: 500,
        ..DefaultSettings::default()
    };
    let failed = |status: String| KernelError::Convex { status };
    let mut solver =
        DefaultSolver::new(&problem.p, &problem.q, &problem.a, &problem.b, &problem.cones, settings)
            .map_err(|error| failed(error.to_string()))?;
    solver.solve();
    let solution = &solver.solution;
    match solution.status {
        SolverStatus::Solved | SolverStatus::AlmostSolved => {}
        // It stops here when rounding leaves nothing to gain: fine if the gap says so.
        SolverStatus::InsufficientProgress
            if (solution.obj_val - solution.obj_val_dual).abs() < 1e-7 * (1.0 + solution.obj_val.abs()) => {}
        status => return Err(failed(format!("{status:?}"))),
    }
    Ok(problem.read(samples, &solution.x, (solution.obj_val - solution.obj_val_dual).abs()))
}

/// The cone program. Unknowns: `rho / size`, then for each live region `F^+`, `F^-` (two numbers
/// each), their lengths, and the running sum `C_k` of `F_k^+ - F_k^-`, all by `size`.
struct Problem {
    p: CscMatrix<f64>,
    q: Vec<f64>,
    a: CscMatrix<f64>,
    b: Vec<f64>,
    cones: Vec<clarabel::solver::SupportedConeT<f64>>,
    size: f64,
    /// The objective is divided by this.
    unit: f64,
    lambda: f64,
}

/// Unknowns of one region.
const EACH: usize = 8;

impl Problem {
    fn new(samples: &Samples, lambda: f64) -> Problem {
        let (s, regions) = (samples.len(), Regions::new(samples));
        let live = 2 * s - 1;
        let size = samples.y().iter().fold(f64::MIN_POSITIVE, |most: f64, y| most.max(y.abs()));
        let interpolates = lambda == 0.0;
        // Of interpolants the objective is the norm.
        let (unit, price) = match interpolates {
            true => (size, 1.0),
            false => {
                let unit = samples.weight().iter().sum::<f64>() * size * size;
                (unit, lambda * size / unit)
            }
        };
        let unknowns = s + EACH * live;
        // Region k = 1 .. 2s-1 has its unknowns from here on.
        let at = |k: usize| s + EACH * (k - 1);
        let diagonal: Vec<f64> = samples.weight().iter().map(|n| n * size * size / unit).collect();
        let p =
            CscMatrix::new_from_triplets(unknowns, unknowns, (0..s).collect(), (0..s).collect(), diagonal);
        let mut q = vec![0.0; unknowns];
        for k in 1..=live {
            (q[at(k) + 4], q[at(k) + 5]) = (price, price);
        }
        let mut rows = Rows::default();
        // Running sums: C_k - C_(k-1) - F_k^+ + F_k^- = 0.
        for k in 1..=live {
            for i in 0..2 {
                let mut row = vec![(at(k) + 6 + i, 1.0), (at(k) + i, -1.0), (at(k) + 2 + i, 1.0)];
                if k > 1 {
                    row.push((at(k - 1) + 6 + i, -1.0));
                }
                rows.push(row, 0.0);
            }
        }
        // Sample j is active in the regions s-j ..= 2s-1-j.
        for j in 0..s {
            let x = samples.x()[j];
            let norm = x.hypot(1.0);
            let (first, last) = (s - j, 2 * s - 1 - j);
            let mut row = vec![(j, -1.0 / norm), (at(last) + 6, x / norm), (at(last) + 7, 1.0 / norm)];
            if first > 1 {
                row.extend([(at(first - 1) + 6, -x / norm), (at(first - 1) + 7, -1.0 / norm)]);
            }
            rows.push(row, samples.y()[j] / size / norm);
        }
        if interpolates {
            (0..s).for_each(|j| rows.push(vec![(j, 1.0)], 0.0));
        }
        let equalities = rows.b.len();
        // Both vectors between the boundaries: <n_(k-1), F> >= 0, <n_k, F> <= 0.
        for k in 1..=live {
            for f in [at(k), at(k) + 2] {
                for (boundary, sign) in [(k - 1, -1.0), (k, 1.0)] {
                    let [n0, n1] = regions.normal(boundary);
                    rows.push(vec![(f, sign * n0), (f + 1, sign * n1)], 0.0);
                }
            }
        }
        let inequalities = rows.b.len() - equalities;
        let mut cones = vec![ZeroConeT(equalities), NonnegativeConeT(inequalities)];
        for k in 1..=live {
            for (length, f) in [(at(k) + 4, at(k)), (at(k) + 5, at(k) + 2)] {
                for unknown in [length, f, f + 1] {
                    rows.push(vec![(unknown, -1.0)], 0.0);
                }
                cones.push(SecondOrderConeT(3));
            }
        }
        let a = CscMatrix::new_from_triplets(rows.b.len(), unknowns, rows.row, rows.column, rows.value);
        Problem { p, q, a, b: rows.b, cones, size, unit, lambda }
    }

    fn read(&self, samples: &Samples, x: &[f64], gap: f64) -> TvMeasure {
        let s = samples.len();
        let vector = |k: usize, side: usize| {
            let at = s + EACH * (k - 1) + 2 * side;
            [self.size * x[at], self.size * x[at + 1]]
        };
        // Energy and function from the vectors alone, so that what the solver rounds in its
        // constraints does not count.
        let mut sums = vec![[0.0; 2]];
        let (mut length, mut found) = (0.0, vec![]);
        for k in 1..2 * s {
            let mut sum = sums[k - 1];
            for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
                let [f0, f1] = vector(k, side);
                length += f0.hypot(f1);
                sum = [sum[0] + sign * f0, sum[1] + sign * f1];
                found.push((sign * f0.hypot(f1), f1.atan2(f0).rem_euclid(TAU)));
            }
            sums.push(sum);
        }
        let at_samples: Vec<f64> = (0..s)
            .map(|j| {
                let (last, first) = (sums[2 * s - 1 - j], sums[s - j - 1]);
                samples.x()[j] * (last[0] - first[0]) + last[1] - first[1]
            })
            .collect();
        let loss: f64 =
            (0..s).map(|j| 0.5 * samples.weight()[j] * (at_samples[j] - samples.y()[j]).powi(2)).sum();
        TvMeasure {
            energy: loss + self.lambda * length,
            gap: gap * self.unit,
            norm: length,
            loss,
            at_samples,
            particles: merged(found, 1e-6 * length),
        }
    }
}

/// Without particles below `least`; those of one sign in one direction are one.
fn merged(mut particles: Vec<(f64, f64)>, least: f64) -> Vec<(f64, f64)> {
    particles.retain(|(r, _)| r.abs() > least);
    particles.sort_by(|a, b| a.0.signum().total_cmp(&b.0.signum()).then(a.1.total_cmp(&b.1)));
    let mut kept: Vec<(f64, f64)> = vec![];
    for (r, theta) in particles {
        match kept.last_mut() {
            Some(last) if last.0 * r > 0.0 && theta - last.1 < 1e-6 => {
                last.1 = (last.0 * last.1 + r * theta) / (last.0 + r);
                last.0 += r;
            }
            _ => kept.push((r, theta)),
        }
    }
    kept
}

/// Rows of a sparse matrix and the right sides.
#[derive(Default)]
struct Rows {
    row: Vec<usize>,
    column: Vec<usize>,
    value: Vec<f64>,
    b: Vec<f64>,
}

impl Rows {
    fn push(&mut self, entries: Vec<(usize, f64)>, b: f64) {
        for (column, value) in entries {
            self.row.push(self.b.len());
            self.column.push(column);
            self.value.push(value);
        }
        self.b.push(b);
    }
}
