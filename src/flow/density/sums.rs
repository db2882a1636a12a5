//! Moments of a density, and the rates at which they change in a field.

use rayon::prelude::*;

use crate::flow::field::Vec2;
use crate::flow::interface::{Margins, leaves_zero};
use crate::flow::moments::{Moments, SIGMA, SIGMA_RATE, SIGN, SIGN_RATE};
use crate::math::instructions::vectorized;
use crate::problem::Regions;

use super::crossing::{Crosses, crosses};
use super::grid::Grid;
use super::parabola::{LANES, Lanes, end_face, faces};
use super::slice::{Slice, WEIGHTS, weight};

/// Columns whose sums one thread makes at a time.
const TOGETHER: usize = 16;

/// The field in which rates are taken.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// `g_k`, with the factor `kappa`.
    pub g: &'a [Vec2],
    /// How far it may be from the truth.
    pub margins: &'a Margins,
    /// `lambda` of the total-variation term.
    pub lambda: f64,
}

/// Adds the moments of one slice, with their rates.
///
/// Unlike those of particles, rates hold what flows across boundaries: it is as smooth as everything else.
///
/// * `cells`: `[block][column][row]`.
pub fn add_moments(
    moments: &mut Moments,
    grid: &Grid,
    regions: &Regions,
    (slice, cells): (&Slice, &[Lanes]),
    field: Field<'_>,
) {
    let (columns, count, g) = (grid.columns(), grid.regions(), field.g);
    let all = grid.all();
    let sums = column_sums(slice, cells, all);
    let speed = slice.coordinate.speed();
    for k in 1..count {
        let range = grid.of(k);
        let of = |w: usize| -> Vec<f64> { sums[range.clone()].iter().map(|sums| sums[w]).collect() };
        let harmonic = |values: &[f64], n: f64| harmonic(values, (grid.low(k), grid.width(k)), n);
        let (total, difference): (Vec<f64>, Vec<f64>) = sums[range.clone()]
            .iter()
            .map(|sums| {
                (sums[weight::RADIAL] + sums[weight::ANGULAR], sums[weight::RADIAL] - sums[weight::ANGULAR])
            })
            .unzip();
        let first = harmonic(&of(weight::R), 1.0);
        // d d^T and t t^T in double angles.
        let [even, [cos, sin]] = [[total.iter().sum::<f64>(), 0.0], harmonic(&difference, 2.0)];
        let sign = harmonic(&of(weight::SIGN), 1.0);
        let m = &mut moments.region[k];
        (m[0], m[1]) = (m[0] + first[0], m[1] + first[1]);
        m[SIGMA] += 0.5 * (even[0] + cos);
        m[SIGMA + 1] += 0.5 * sin;
        m[SIGMA + 2] += 0.5 * (even[0] - cos);
        (m[SIGN], m[SIGN + 1]) = (m[SIGN] + sign[0], m[SIGN + 1] + sign[1]);
        for (i, sums) in sums[range].iter().enumerate() {
            let (s, c) = libm::sincos(grid.middle(k, i));
            let (along, across) = (g[k][0] * c + g[k][1] * s, g[k][1] * c - g[k][0] * s);
            let (radial, angular, shear) = (
                speed * along * sums[weight::RADIAL_SLOPE],
                speed * along * sums[weight::ANGULAR_SLOPE] - field.lambda * sums[weight::SIGN_SLOPE],
                across * sums[weight::SHEAR],
            );
            // shear (t d^T + d t^T)
            m[SIGMA_RATE] += radial * c * c + angular * s * s - 2.0 * shear * s * c;
            m[SIGMA_RATE + 1] += (radial - angular) * s * c + shear * (c * c - s * s);
            m[SIGMA_RATE + 2] += radial * s * s + angular * c * c + 2.0 * shear * s * c;
            let turn = across * sums[weight::SIGN_TURN];
            (m[SIGN_RATE], m[SIGN_RATE + 1]) = (m[SIGN_RATE] - turn * s, m[SIGN_RATE + 1] + turn * c);
        }
    }
    for b in 0..count {
        let d = regions.direction(b);
        let along = g[regions.inactive_side(b)][0] * d[0] + g[regions.inactive_side(b)][1] * d[1];
        for block in 0..slice.blocks {
            let (line, weights) = (&cells[block * all + columns + b], &slice.weights[block]);
            let of = |w: usize| dot(line, &weights[w]);
            let side = if slice.sign(block) < 0.0 { 2 } else { 0 };
            let boundary = &mut moments.boundary[b];
            boundary[side] += line.iter().sum::<f64>();
            boundary[side + 1] += of(weight::R);
            moments.weight[b][0] += of(weight::RADIAL);
            moments.weight[b][1] += speed * along * of(weight::RADIAL_SLOPE);
        }
        add_flux(moments, grid, regions, (slice, cells), field, b);
    }
    if field.lambda > 0.0 {
        for k in 1..count {
            for (i, column) in grid.of(k).enumerate() {
                let (s, c) = libm::sincos(grid.middle(k, i));
                let velocity = speed * (g[k][0] * c + g[k][1] * s);
                let [kept, turned] = through_zero((slice, cells), (column, all), velocity, field.lambda);
                let m = &mut moments.region[k];
                m[SIGMA_RATE] -= kept * c * c;
                m[SIGMA_RATE + 1] -= kept * s * c;
                m[SIGMA_RATE + 2] -= kept * s * s;
                (m[SIGN_RATE], m[SIGN_RATE + 1]) = (m[SIGN_RATE] + turned * c, m[SIGN_RATE + 1] + turned * s);
            }
        }
    }
}

/// What arrives at `r = 0` in a column per time and is kept there; and by how much the signed mass of the column
/// grows through what arrives there.
fn through_zero(
    (slice, cells): (&Slice, &[Lanes]),
    (column, all): (usize, usize),
    velocity: f64,
    lambda: f64,
) -> [f64; 2] {
    let row = |row: usize| cells[row / LANES * all + column][row % LANES];
    let zero = slice.zero();
    let density =
        |rows: [usize; 3]| end_face(row(rows[0]), row(rows[1]), row(rows[2])).max(0.0) / slice.width;
    let (below, above) = (velocity + lambda, velocity - lambda);
    let up = below.max(0.0) * density([zero - 1, zero - 2, zero - 3]);
    let down = (-above).max(0.0) * density([zero, zero + 1, zero + 2]);
    match leaves_zero(below, above, 0.0) {
        0.0 => [up + down, up - down],
        side if side > 0.0 => [0.0, 2.0 * up],
        _ => [0.0, -2.0 * down],
    }
}

/// Adds what flows across boundary `b` to the rates of both its sides, and of what is pinned on it.
fn add_flux(
    moments: &mut Moments,
    grid: &Grid,
    regions: &Regions,
    (slice, cells): (&Slice, &[Lanes]),
    field: Field<'_>,
    b: usize,
) {
    let Field { g, margins, .. } = field;
    let all = grid.all();
    let (d, n, above) = (regions.direction(b), regions.normal(b), regions.above(b));
    let crosses = crosses(regions, b, g, |k| margins.of(k));
    // Density at the boundary, seen from a region, per radian.
    let density = |block: usize, k: usize, columns: [usize; 3]| -> Lanes {
        let [x, y, z] = columns.map(|column| &cells[block * all + column]);
        std::array::from_fn(|i| end_face(x[i], y[i], z[i]).max(0.0) / grid.width(k))
    };
    for (upward, k, to) in [(true, b, above), (false, above, b)] {
        if k == 0 {
            continue;
        }
        let range = grid.of(k);
        let columns = if upward {
            [range.end - 1, range.end - 2, range.end - 3]
        } else {
            [range.start, range.start + 1, range.start + 2]
        };
        let normal = (g[k][0] * n[0] + g[k][1] * n[1]) * if upward { 1.0 } else { -1.0 };
        for block in 0..slice.blocks {
            let outward = slice.turn[block].map(|turn| (turn * normal).max(0.0));
            if outward == [0.0; LANES] {
                continue;
            }
            let density = density(block, k, columns);
            let flux: Lanes = std::array::from_fn(|i| outward[i] * density[i]);
            let weights = &slice.weights[block];
            let [radial, angular, sign] =
                [weight::RADIAL, weight::ANGULAR, weight::SIGN].map(|w| dot(&flux, &weights[w]));
            let Crosses { upward: up, downward: down } = crosses[usize::from(slice.sign(block) < 0.0)];
            let mut add = |k: usize, factor: f64| {
                let m = &mut moments.region[k];
                m[SIGMA_RATE] += factor * (radial * d[0] * d[0] + angular * n[0] * n[0]);
                m[SIGMA_RATE + 1] += factor * (radial * d[0] * d[1] + angular * n[0] * n[1]);
                m[SIGMA_RATE + 2] += factor * (radial * d[1] * d[1] + angular * n[1] * n[1]);
                m[SIGN_RATE] += factor * sign * d[0];
                m[SIGN_RATE + 1] += factor * sign * d[1];
            };
            add(k, -1.0);
            if if upward { up } else { down } {
                add(to, 1.0);
            } else if to != 0 {
                moments.weight[b][1] += radial;
            }
        }
    }
}

/// Sums over the rows of every column.
fn column_sums(slice: &Slice, cells: &[Lanes], all: usize) -> Vec<[f64; WEIGHTS]> {
    let mut sums = vec![[0.0; WEIGHTS]; all];
    sums.par_chunks_mut(TOGETHER)
        .enumerate()
        .for_each(|(chunk, sums)| sums_of_columns(&slice.weights, cells, all, chunk * TOGETHER, sums));
    sums
}

vectorized! {
    /// Those of some columns.
    ///
    /// * `first`: the first of them.
    fn sums_of_columns(
        weights: &[[Lanes; WEIGHTS]],
        cells: &[Lanes],
        all: usize,
        first: usize,
        sums: &mut [[f64; WEIGHTS]],
    ) {
        sums_of_columns_lanes(weights, cells, all, first, sums)
    }
}

#[inline(always)]
fn sums_of_columns_lanes(
    weights: &[[Lanes; WEIGHTS]],
    cells: &[Lanes],
    all: usize,
    first: usize,
    sums: &mut [[f64; WEIGHTS]],
) {
    // Two columns and three weights at a time stay in registers.
    for (pair, sums) in sums.chunks_mut(2).enumerate() {
        let (here, there) = (first + 2 * pair, first + 2 * pair + sums.len() - 1);
        for group in 0..WEIGHTS / 3 {
            let mut lanes = [[[0.0; LANES]; 3]; 2];
            for (cells, weights) in cells.chunks_exact(all).zip(weights) {
                let (a, b) = (&cells[here], &cells[there]);
                for w in 0..3 {
                    let weight = &weights[3 * group + w];
                    for i in 0..LANES {
                        lanes[0][w][i] += weight[i] * a[i];
                        lanes[1][w][i] += weight[i] * b[i];
                    }
                }
            }
            for (sums, lanes) in sums.iter_mut().zip(&lanes) {
                for w in 0..3 {
                    sums[3 * group + w] = lanes[w].iter().sum();
                }
            }
        }
    }
}

fn dot(a: &Lanes, b: &Lanes) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `Int a(theta) (cos n theta, sin n theta)` over a region, from the integrals of `a` over its columns, to fourth
/// order in their width.
fn harmonic(values: &[f64], (low, width): (f64, f64), n: f64) -> Vec2 {
    let mut ends = vec![0.0; values.len() + 1];
    faces(values, &mut ends);
    let mut sum = [0.0; 2];
    for (i, value) in values.iter().enumerate() {
        let (left, right) = (ends[i], ends[i + 1]);
        let bend = 6.0 * (value - 0.5 * (left + right));
        let (sin, cos) = libm::sincos(n * (low + (i as f64 + 0.5) * width));
        // Moments about the middle of the column, in units of its width.
        let (first, second) = ((right - left) / 12.0, value / 12.0 - bend / 180.0);
        let (even, odd) = (value - 0.5 * (n * width).powi(2) * second, n * width * first);
        sum = [sum[0] + even * cos - odd * sin, sum[1] + even * sin + odd * cos];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmonics_are_of_fourth_order() {
        // a = exp(theta) on [0.2, 1.4]: Int exp(theta) cos(2 theta) = exp(theta) (cos + 2 sin)(2 theta) / 5.
        let antiderivative = |theta: f64| {
            let (sin, cos) = (2.0 * theta).sin_cos();
            [theta.exp() * (cos + 2.0 * sin) / 5.0, theta.exp() * (sin - 2.0 * cos) / 5.0]
        };
        let exact: Vec2 = std::array::from_fn(|i| antiderivative(1.4)[i] - antiderivative(0.2)[i]);
        let error = |n: usize| {
            let width = 1.2 / n as f64;
            let at = |i: usize| (0.2 + i as f64 * width).exp();
            let values: Vec<f64> = (0..n).map(|i| at(i + 1) - at(i)).collect();
            let found = harmonic(&values, (0.2, width), 2.0);
            (found[0] - exact[0]).abs().max((found[1] - exact[1]).abs())
        };
        let errors = [error(10), error(20), error(40)];
        assert!(errors[0] < 1e-3 && errors.windows(2).all(|pair| pair[1] < pair[0] / 12.0), "{errors:?}");
    }
}
