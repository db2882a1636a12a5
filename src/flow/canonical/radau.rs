//! Free motion inside one region over a substep that is long against its own relaxation.
//!
//! A particle that points along `-g` is drawn towards that direction at the rate `|r| |g|`, which may be any
//! number of times the rate at which anything else changes. An explicit method is stable only over
//! `h |r| |g| < 2.8`; the collocation at the three Radau points (Radau IIA; Hairer and Wanner, *Solving
//! Ordinary Differential Equations II*, section IV.5) is of fifth order, L-stable, and keeps third order for the
//! error along the relaxed state however fast the relaxation is.

use crate::flow::field::Vec2;
use crate::math::trig::sin_cos;

/// Square root of 6.
const ROOT: f64 = 2.449_489_742_783_178;
/// The stages' instants within the substep.
pub const NODES: [f64; 3] = [(4.0 - ROOT) / 10.0, (4.0 + ROOT) / 10.0, 1.0];
/// The matrix of the method; its last row are the weights of the quadrature at the nodes.
pub const MATRIX: [[f64; 3]; 3] = [
    [(88.0 - 7.0 * ROOT) / 360.0, (296.0 - 169.0 * ROOT) / 1800.0, (-2.0 + 3.0 * ROOT) / 225.0],
    [(296.0 + 169.0 * ROOT) / 1800.0, (88.0 + 7.0 * ROOT) / 360.0, (-2.0 - 3.0 * ROOT) / 225.0],
    [(16.0 - ROOT) / 36.0, (16.0 + ROOT) / 36.0, 1.0 / 9.0],
];
/// The real eigenvalue of the matrix, `1 / (3 + 3^(2/3) - 3^(1/3))`.
const GAMMA: f64 = 0.274_888_829_595_677_34;
/// Weights of the stages in the error estimate, times `GAMMA / 3`.
const ESTIMATE: [f64; 3] = [-13.0 - 7.0 * ROOT, -13.0 + 7.0 * ROOT, -1.0];
/// Newton's iteration converges quadratically: after a change this small the next is below rounding.
const CONVERGED: f64 = 1e-9;
const MAX_ITERATIONS: usize = 12;
/// Stages that turn by more than this belong to a shorter substep.
const FARTHEST: f64 = 1.0;

/// What has changed at the nodes.
#[derive(Debug, Clone, Copy)]
pub struct Stages {
    /// Change of `r`, and angle turned.
    pub change: [Vec2; 3],
    /// Estimate of the error: of the angle, or of `r` relative to `max(1, |r|)`, whichever is larger. Of third
    /// order, so that it bounds the error rather than measuring it.
    pub error: f64,
}

/// The stages of a substep of length `du` from amplitude `r`; `None` where they cannot be found, because the
/// substep is too long for the turn on it.
///
/// * `start`, `at`: `<g, d>` and `<g, t>` with the direction of the start, at the start and at the nodes.
/// * `tv`: `h lambda sign(r)`.
pub fn stages(r: f64, start: Vec2, at: [Vec2; 3], tv: f64, du: f64) -> Option<Stages> {
    let weights = MATRIX.map(|row| row.map(|weight| du * weight));
    let mut change = [[0.0; 2]; 3];
    for _ in 0..MAX_ITERATIONS {
        // Newton's equations for the changes of `r` and of the angle, in which the first matrix couples each to the
        // other and the second the angle to itself:  x + P y = a,  y + P x - Q y = b.  Without `x` they are
        // `(1 - Q - P P) y = b - P a`.
        let [mut a, mut b] = [0, 1].map(|component| change.map(|change| -change[component]));
        let [mut p, mut q] = [[[0.0; 3]; 3]; 2];
        for (j, ([dr, phi], [pull, turn])) in change.into_iter().zip(at).enumerate() {
            let (sin, cos) = sin_cos(phi);
            let (along, across) = (pull * cos + turn * sin, turn * cos - pull * sin);
            let r = r + dr;
            for (i, weights) in weights.iter().enumerate() {
                let weight = weights[j];
                a[i] -= weight * (along + tv);
                b[i] -= weight * r * across;
                p[i][j] = weight * across;
                q[i][j] = weight * r * along;
            }
        }
        let rows = std::array::from_fn(|i| {
            let mut row = [-q[i][0], -q[i][1], -q[i][2], b[i]];
            row[i] += 1.0;
            for (weight, [x, y, z]) in p[i].into_iter().zip(p) {
                (row[0], row[1], row[2]) = (row[0] - weight * x, row[1] - weight * y, row[2] - weight * z);
            }
            row[3] -= p[i][0] * a[0] + p[i][1] * a[1] + p[i][2] * a[2];
            row
        });
        let y = solve(rows)?;
        let x: [f64; 3] = std::array::from_fn(|i| a[i] - (p[i][0] * y[0] + p[i][1] * y[1] + p[i][2] * y[2]));
        let mut moved = 0f64;
        for (i, change) in change.iter_mut().enumerate() {
            *change = [change[0] + x[i], change[1] + y[i]];
            moved = moved.max(x[i].abs() / (r.abs() + change[0].abs())).max(y[i].abs());
            if change[1].abs() > FARTHEST {
                return None;
            }
        }
        if moved <= CONVERGED {
            return Some(Stages { change, error: error(r, start, tv, du, &change) });
        }
    }
    None
}

/// `(I - gamma du J)^-1 (gamma du f + Sum_i e_i z_i)`: the difference to an embedded method of third order.
fn error(r: f64, [pull, turn]: Vec2, tv: f64, du: f64, change: &[Vec2; 3]) -> f64 {
    let length = GAMMA * du;
    let part = |component: usize, rate: f64| {
        let stages: f64 = ESTIMATE.iter().zip(change).map(|(e, z)| e * z[component]).sum();
        length * rate + GAMMA / 3.0 * stages
    };
    let (a, b) = (part(0, -pull - tv), part(1, -r * turn));
    let (off, diagonal) = (length * turn, 1.0 - length * r * pull);
    let determinant = diagonal - off * off;
    let (error_r, error_phi) = ((diagonal * a - off * b) / determinant, (b - off * a) / determinant);
    (error_r.abs() / r.abs().max(1.0)).max(error_phi.abs())
}

/// Three linear equations by elimination with row exchanges; `None` where they are singular.
fn solve(mut rows: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for i in 0..3 {
        let largest = (i..3).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs()))?;
        rows.swap(i, largest);
        let pivot = rows[i];
        if !(pivot[i].abs() > 0.0 && pivot[i].is_finite()) {
            return None;
        }
        for row in &mut rows[i + 1..] {
            let factor = row[i] / pivot[i];
            (i..4).for_each(|p| row[p] -= factor * pivot[p]);
        }
    }
    let mut solution = [0.0; 3];
    for i in (0..3).rev() {
        let rest: f64 = (i + 1..3).map(|p| rows[i][p] * solution[p]).sum();
        solution[i] = (rows[i][3] - rest) / rows[i][i];
    }
    Some(solution)
}

/// Coefficients of `u, u^2, u^3` of the cubic through 0 at 0 and these values at the nodes, `u` in units of the
/// substep.
pub fn cubic(values: [f64; 3]) -> [f64; 3] {
    // Divided differences of value / u, a quadratic.
    let [c1, c2, _] = NODES;
    let [q1, q2, q3] = [values[0] / c1, values[1] / c2, values[2]];
    let (d1, d2) = ((q2 - q1) / (c2 - c1), (q3 - q2) / (1.0 - c2));
    let second = (d2 - d1) / (1.0 - c1);
    [q1 - c1 * d1 + c1 * c2 * second, d1 - (c1 + c2) * second, second]
}

#[cfg(test)]
mod tests {
    use super::super::motion::seen;
    use super::*;

    const FIELD: Vec2 = [0.7, -1.1];

    /// One substep after the other along a field that stands.
    fn follow(g: Vec2, mut r: f64, mut theta: f64, du: f64, steps: usize) -> (f64, f64, f64) {
        let mut worst = 0f64;
        for _ in 0..steps {
            let seen = seen(g, theta.sin(), theta.cos());
            let stages = stages(r, seen, [seen; 3], 0.0, du).expect("the stages");
            let [dr, phi] = stages.change[2];
            (r, theta, worst) = (r + dr, theta + phi, worst.max(stages.error));
        }
        (r, theta, worst)
    }

    /// `|sin psi| exp(r^2/2)` is constant while `g` is (section 5).
    #[test]
    fn it_is_of_fifth_order() {
        let (theta0, r0) = (0.3f64, 1.2f64);
        let invariant =
            |r: f64, theta: f64| (theta - FIELD[1].atan2(FIELD[0])).sin().abs() * (0.5 * r * r).exp();
        let errors = [4, 8, 16, 32].map(|steps| {
            let (r, theta, estimate) = follow(FIELD, r0, theta0, 0.8 / steps as f64, steps);
            let error = (invariant(r, theta) / invariant(r0, theta0) - 1.0).abs();
            assert!(error < estimate, "{steps} steps: error {error:e}, estimate {estimate:e}");
            error
        });
        for pair in errors.windows(2) {
            let order = (pair[0] / pair[1]).log2();
            assert!(order > 4.6 && order < 5.6, "order {order}, errors {errors:?}");
        }
    }

    /// However fast the relaxation towards `-g`, one substep ends there.
    #[test]
    fn what_relaxes_within_a_substep_is_gone_at_its_end() {
        let aligned = (-FIELD[1]).atan2(-FIELD[0]);
        let strength = FIELD[0].hypot(FIELD[1]);
        for r in [1e2, 1e5, 1e8] {
            let (end, theta, _) = follow(FIELD, r, aligned + 1e-3, 1.0, 1);
            assert!((theta - aligned).abs() < 0.1 / r, "r = {r:e}: {:e} is left", theta - aligned);
            assert!(((end - r) / strength - 1.0).abs() < 1e-6, "r = {r:e} grows by {}", end - r);
        }
    }

    #[test]
    fn the_cubic_goes_through_the_nodes() {
        let track = |u: f64| u * (0.3 + u * (-2.0 + 0.7 * u));
        let found = cubic(NODES.map(track));
        for (found, expected) in found.into_iter().zip([0.3, -2.0, 0.7]) {
            assert!((found - expected).abs() < 1e-13, "{found} instead of {expected}");
        }
    }

    #[test]
    fn the_matrix_is_that_of_a_collocation_at_its_nodes() {
        for (row, node) in MATRIX.iter().zip(NODES) {
            for p in 0..3 {
                let sum: f64 = row.iter().zip(NODES).map(|(a, c)| a * c.powi(p)).sum();
                assert!((sum - node.powi(p + 1) / f64::from(p + 1)).abs() < 1e-15, "{node} {p}");
            }
        }
    }
}
