//! Piecewise linear fits whose slope varies little: `l1` trend filtering.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT::NonnegativeConeT;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus};

use super::banded;
use super::linear_spline::LinearSpline;

/// Knots that the search for the exact set may add or drop.
const CHANGES: usize = 2000;

/// The minimiser of `1/2 Sum_j weight_j (f(x_j) - y_j)^2 + lambda Int |f''|` (W eq. 17), where
/// `Int |f''|` is the total variation of the slope.
///
/// Of all minimisers it is the one with knots at samples only. Its values at the samples are those
/// of any minimiser.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendFilter {
    /// The minimiser; its inner knots are those where its slope changes, no others.
    pub fit: LinearSpline,
    /// The least value.
    pub energy: f64,
    /// How much smaller a value might still be: the gap to the dual problem, from the definition.
    pub gap: f64,
}

/// Solves the problem.
///
/// An interior-point method (Clarabel) tells where the slope changes; then the problem with these
/// knots is a linear system, and the optimality conditions say which knots are wrong, until none
/// is. With `r_j = weight_j (y_j - f(x_j))` and `u_i = Sum_j r_j (x_i - x_j)_+` they are
/// `u_i = lambda sign(change of slope)` at knots, `|u_i| <= lambda` elsewhere, and no force or
/// torque left over: `Sum r_j = Sum r_j x_j = 0`.
///
/// * `x`: strictly ascending; `weight`, `lambda`: positive.
///
/// ```
/// use reluflow::math::trend_filter::trend_filter;
/// let (x, y) = ([0.0, 1.0, 2.0], [0.0, 3.0, 0.0]);
/// // The hat's slope changes by -6. With values (v, w, v) it is (v^2 + (w - 3)^2 / 2) + 2 lambda (w - v).
/// let found = trend_filter(&x, &y, &[1.0; 3], 0.25)?;
/// assert!((found.fit.value(0.0) - 0.25).abs() < 1e-12);
/// assert!((found.fit.value(1.0) - 2.5).abs() < 1e-12);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// The solver's status, when it does not reach its tolerance.
pub fn trend_filter(x: &[f64], y: &[f64], weight: &[f64], lambda: f64) -> Result<TrendFilter, String> {
    let s = x.len();
    let mut signs = vec![0.0; s];
    if s > 2 {
        let near = interior_point(x, y, weight, lambda)?;
        let changes = LinearSpline::new(x.to_vec(), near).slope_changes();
        let most = changes.iter().fold(0.0, |most: f64, change| most.max(change.abs()));
        for (i, change) in changes.into_iter().enumerate() {
            signs[i + 1] = if change.abs() > 1e-5 * most { change.signum() } else { 0.0 };
        }
    }
    for _ in 0..CHANGES {
        let fit = with_knots(x, y, weight, lambda, &signs);
        let inner: Vec<usize> = (0..s).filter(|&i| signs[i] != 0.0).collect();
        let changes = fit.slope_changes();
        let wrong = inner.iter().zip(&changes).filter(|(i, change)| signs[**i] * **change <= 0.0);
        let worst = wrong.min_by(|a, b| (signs[*a.0] * a.1).total_cmp(&(signs[*b.0] * b.1)));
        if let Some((&i, _)) = worst {
            signs[i] = 0.0;
            continue;
        }
        let force = forces(x, y, weight, &fit);
        let strongest = (1..s.saturating_sub(1))
            .filter(|&i| signs[i] == 0.0)
            .max_by(|&i, &j| force[i].abs().total_cmp(&force[j].abs()));
        match strongest {
            Some(i) if force[i].abs() > lambda * (1.0 + 1e-9) => signs[i] = force[i].signum(),
            _ => return Ok(judged(x, y, weight, lambda, fit)),
        }
    }
    Err(format!("no end of knots to add and drop after {CHANGES}"))
}

/// `u_i = Sum_j r_j (x_i - x_j)_+`, by running sums of force and torque.
fn forces(x: &[f64], y: &[f64], weight: &[f64], fit: &LinearSpline) -> Vec<f64> {
    let (mut force, mut u) = (0.0, 0.0);
    (0..x.len())
        .map(|i| {
            if i > 0 {
                u += force * (x[i] - x[i - 1]);
            }
            force += weight[i] * (y[i] - fit.value(x[i]));
            u
        })
        .collect()
}

/// With the gap between the value and the bound that the dual problem gives.
fn judged(x: &[f64], y: &[f64], weight: &[f64], lambda: f64, fit: LinearSpline) -> TrendFilter {
    let residual: Vec<f64> = (0..x.len()).map(|j| y[j] - fit.value(x[j])).collect();
    let loss: f64 = 0.5 * residual.iter().zip(weight).map(|(r, w)| w * r * r).sum::<f64>();
    let energy = loss + lambda * fit.slope_variation();
    // For any admissible r (|u| <= lambda, no force or torque): minimum >= Sum w r y - 1/2 Sum w r^2.
    // r is made admissible by shrinking it.
    let force = forces(x, y, weight, &fit);
    let inner = if x.len() > 2 { &force[1..x.len() - 1] } else { &[] };
    let most = inner.iter().fold(0.0, |most: f64, u| most.max(u.abs()));
    let shrink = if most > lambda { lambda / most } else { 1.0 };
    let dual: f64 =
        (0..x.len()).map(|j| weight[j] * shrink * residual[j] * (y[j] - 0.5 * shrink * residual[j])).sum();
    TrendFilter { fit, energy, gap: energy - dual }
}

/// The best fit whose slope changes where `signs` is not zero, with these signs assumed in the
/// penalty: a tridiagonal system for the values at the knots.
fn with_knots(x: &[f64], y: &[f64], weight: &[f64], lambda: f64, signs: &[f64]) -> LinearSpline {
    let s = x.len();
    let knots: Vec<usize> = (0..s).filter(|&i| i == 0 || i == s - 1 || signs[i] != 0.0).collect();
    let n = knots.len();
    let (mut matrix, mut right) = (vec![[0.0; 3]; n], vec![0.0; n]);
    let mut k = 0;
    for j in 0..s {
        if k + 2 < n && j > knots[k + 1] {
            k += 1;
        }
        if n == 1 {
            matrix[0][0] += weight[j];
            right[0] += weight[j] * y[j];
            continue;
        }
        let u = (x[j] - x[knots[k]]) / (x[knots[k + 1]] - x[knots[k]]);
        matrix[k][0] += weight[j] * (1.0 - u) * (1.0 - u);
        matrix[k][1] += weight[j] * (1.0 - u) * u;
        matrix[k + 1][0] += weight[j] * u * u;
        right[k] += weight[j] * (1.0 - u) * y[j];
        right[k + 1] += weight[j] * u * y[j];
    }
    for k in 1..n.saturating_sub(1) {
        let pull = lambda * signs[knots[k]];
        let (before, after) = (1.0 / (x[knots[k]] - x[knots[k - 1]]), 1.0 / (x[knots[k + 1]] - x[knots[k]]));
        right[k - 1] -= pull * before;
        right[k] += pull * (before + after);
        right[k + 1] -= pull * after;
    }
    LinearSpline::new(knots.iter().map(|&i| x[i]).collect(), banded::solve(matrix, &right))
}

/// The values at the samples, to the solver's tolerance.
fn interior_point(x: &[f64], y: &[f64], weight: &[f64], lambda: f64) -> Result<Vec<f64>, String> {
    let s = x.len();
    let n = s - 2;
    // Unknowns: s values of the residual z - y (small where y is large), n bounds of the changes.
    // In units of the range of x and of y.
    let length = x[s - 1] - x[0];
    let size = LinearSpline::new(x.to_vec(), y.to_vec()).slope_variation() * length;
    if size == 0.0 {
        return Ok(y.to_vec());
    }
    let total: f64 = weight.iter().sum();
    let hessian: Vec<f64> = weight.iter().map(|w| w / total).chain(vec![0.0; n]).collect();
    let p = diagonal(&hessian);
    let slope = lambda / (total * size * length);
    let q: Vec<f64> = vec![0.0; s].into_iter().chain(vec![slope; n]).collect();
    // Row i: change_i - t_i <= -change_i(y); row n + i: -change_i - t_i <= change_i(y).
    let (mut rows, mut columns, mut values) = (vec![], vec![], vec![]);
    let mut b = vec![0.0; 2 * n];
    for i in 0..n {
        let (before, after) = (length / (x[i + 1] - x[i]), length / (x[i + 2] - x[i + 1]));
        let change = [before, -before - after, after];
        let scale = 1.0 / (before + after);
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            for (k, entry) in change.iter().enumerate() {
                rows.push(side * n + i);
                columns.push(i + k);
                values.push(sign * entry * scale);
                b[side * n + i] -= sign * entry * scale * y[i + k] / size;
            }
            rows.push(side * n + i);
            columns.push(s + i);
            values.push(-scale);
        }
    }
    let a = CscMatrix::new_from_triplets(2 * n, s + n, rows, columns, values);
    let settings = DefaultSettings {
        verbose: false,
        tol_gap_abs: 1e-12,
        tol_gap_rel: 1e-10,
        tol_feas: 1e-10,
        ..DefaultSettings::default()
    };
    let mut solver = DefaultSolver::new(&p, &q, &a, &b, &[NonnegativeConeT(2 * n)], settings)
        .map_err(|error| error.to_string())?;
    solver.solve();
    match solver.solution.status {
        // What is nearly solved is good enough to start from: the exact conditions follow.
        SolverStatus::Solved | SolverStatus::AlmostSolved | SolverStatus::InsufficientProgress => {
            Ok((0..s).map(|j| y[j] + size * solver.solution.x[j]).collect())
        }
        status => Err(format!("{status:?}")),
    }
}

/// A diagonal matrix; entries that are zero are left out.
fn diagonal(entries: &[f64]) -> CscMatrix<f64> {
    let kept: Vec<usize> = (0..entries.len()).filter(|&i| entries[i] != 0.0).collect();
    let values = kept.iter().map(|&i| entries[i]).collect();
    CscMatrix::new_from_triplets(entries.len(), entries.len(), kept.clone(), kept, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::cubic_spline::line_fit;
    use crate::math::random::{Purpose, Stream};

    fn problem(seed: u64, s: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let mut draw = Stream::new(seed, Purpose::Noise, 2);
        let mut x: Vec<f64> = (0..s).map(|_| draw.uniform(-2.0, 2.0)).collect();
        x.sort_by(f64::total_cmp);
        let y = x.iter().map(|x| (3.0 * x).sin() + 0.3 * draw.normal()).collect();
        let weight = (0..s).map(|_| draw.uniform(0.5, 2.0)).collect();
        (x, y, weight)
    }

    fn energy(x: &[f64], y: &[f64], weight: &[f64], lambda: f64, values: &[f64]) -> f64 {
        let loss: f64 = (0..x.len()).map(|j| 0.5 * weight[j] * (values[j] - y[j]).powi(2)).sum();
        loss + lambda * LinearSpline::new(x.to_vec(), values.to_vec()).slope_variation()
    }

    #[test]
    fn the_gap_is_rounding_and_no_change_lowers_the_energy() {
        for seed in 0..12 {
            let s = [3, 5, 20, 200][seed as usize % 4];
            let (x, y, weight) = problem(seed, s);
            for lambda in [1e-4, 1e-2, 0.3, 10.0] {
                let found = trend_filter(&x, &y, &weight, lambda).unwrap();
                assert!(found.gap.abs() < 1e-9 * (1.0 + found.energy), "{seed} {lambda}: {found:?}");
                let values: Vec<f64> = x.iter().map(|&x| found.fit.value(x)).collect();
                let least = energy(&x, &y, &weight, lambda, &values);
                assert!((least - found.energy).abs() < 1e-11 * (1.0 + least));
                let mut draw = Stream::new(seed, Purpose::Noise, 3);
                for size in [1e-1, 1e-3, 1e-5] {
                    let moved: Vec<f64> = values.iter().map(|v| v + size * draw.normal()).collect();
                    assert!(energy(&x, &y, &weight, lambda, &moved) >= least - 1e-12);
                }
            }
        }
    }

    /// Against every set of knots with every choice of signs.
    #[test]
    fn the_knots_are_those_of_brute_force() {
        for seed in 0..20 {
            let s = 3 + seed as usize % 5;
            let (x, y, weight) = problem(seed + 100, s);
            for lambda in [3e-3, 0.1, 0.5] {
                let found = trend_filter(&x, &y, &weight, lambda).unwrap();
                let (mut least, mut best) = (f64::INFINITY, vec![]);
                for code in 0..3usize.pow(s as u32 - 2) {
                    let digit = |i: usize| [0.0, 1.0, -1.0][code / 3usize.pow(i as u32) % 3];
                    let signs: Vec<f64> =
                        (0..s).map(|i| if i == 0 || i == s - 1 { 0.0 } else { digit(i - 1) }).collect();
                    let fit = with_knots(&x, &y, &weight, lambda, &signs);
                    let values: Vec<f64> = x.iter().map(|&x| fit.value(x)).collect();
                    let value = energy(&x, &y, &weight, lambda, &values);
                    if value < least - 1e-12 {
                        (least, best) = (value, fit.knots().to_vec());
                    }
                }
                assert!((found.energy - least).abs() < 1e-10, "{seed} {lambda}: {found:?} {least}");
                assert_eq!(found.fit.knots(), best, "{seed} {lambda}");
            }
        }
    }

    #[test]
    fn a_large_weight_leaves_the_straight_line() {
        let (x, y, weight) = problem(7, 30);
        let found = trend_filter(&x, &y, &weight, 1e4).unwrap();
        assert_eq!(found.fit.knots().len(), 2);
        let (middle, value, slope) = line_fit(&x, &y, &weight);
        assert!((found.fit.value(1.0) - value - slope * (1.0 - middle)).abs() < 1e-10);
        let one = trend_filter(&[2.0], &[5.0], &[3.0], 1.0).unwrap();
        assert_eq!(one.fit.value(9.0), 5.0);
    }
}
