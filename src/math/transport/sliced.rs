//! Sliced `W_2` between weighted point measures in space.

use rayon::prelude::*;

use super::{Sorted, line_w2};
use crate::math::random::{Purpose, Stream};

/// Fewest rotations whose spread tells an error.
const ROTATIONS: usize = 8;
/// Axes of an icosahedron: second and fourth moments over them are those of the sphere, so that what
/// is quadratic in the direction, such as a translation's part of `W_2^2`, is averaged exactly.
const AXES: usize = 6;

/// A sliced distance and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sliced {
    /// The root of the mean of `W_2^2` over directions.
    pub distance: f64,
    /// Its standard error over the choice of directions.
    pub error: f64,
}

impl Sliced {
    /// From `W_2^2` along each of [`directions`].
    pub(crate) fn of_squares(squares: &[f64]) -> Sliced {
        let means: Vec<f64> =
            squares.chunks(AXES).map(|axes| axes.iter().sum::<f64>() / AXES as f64).collect();
        let rotations = means.len() as f64;
        let mean = means.iter().sum::<f64>() / rotations;
        let spread = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (rotations - 1.0);
        let error = (spread / rotations).sqrt();
        let distance = mean.sqrt();
        // d sqrt(x) = dx / (2 sqrt(x)); of nothing, the error is nothing.
        Sliced { distance, error: if distance > 0.0 { 0.5 * error / distance } else { 0.0 } }
    }
}

/// The axes of icosahedra, each turned by a rotation of its own: unit vectors, always the same.
pub(crate) fn directions(count: usize) -> Vec<[f64; 3]> {
    let golden = 0.5 * (1.0 + 5f64.sqrt());
    let norm = libm::hypot(golden, 1.0);
    let (short, long) = (1.0 / norm, golden / norm);
    (0..count.div_ceil(AXES).max(ROTATIONS))
        .flat_map(|rotation| {
            let [x, y, z] = frame(rotation as u64);
            [(x, y), (y, z), (z, x)].into_iter().flat_map(move |(u, v)| {
                [1.0, -1.0].map(|sign| std::array::from_fn(|q| short * u[q] + sign * long * v[q]))
            })
        })
        .collect()
}

/// A random orthonormal frame (Gram and Schmidt on normal vectors).
fn frame(rotation: u64) -> [[f64; 3]; 3] {
    let mut stream = Stream::new(rotation, Purpose::Directions, 0);
    let mut axes = [[0.0; 3]; 3];
    for k in 0..3 {
        let mut axis: [f64; 3] = std::array::from_fn(|_| stream.normal());
        for other in &axes[..k] {
            let along: f64 = (0..3).map(|q| axis[q] * other[q]).sum();
            (0..3).for_each(|q| axis[q] -= along * other[q]);
        }
        let norm = axis.iter().map(|v| v * v).sum::<f64>().sqrt();
        axes[k] = axis.map(|v| v / norm);
    }
    axes
}

/// `SW_2^2 = mean over directions of W_2^2` of the projections, for about `count` fixed directions, at
/// least 48.
///
/// For a translation by `v` it is `|v| / sqrt(3)`. `O(count m log m)`.
///
/// ```
/// use reluflow::math::transport::sliced::sliced_w2;
/// let (a, b) = (vec![[0.0; 3], [1.0, 2.0, 0.0]], vec![[0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]);
/// let found = sliced_w2(&a, &[0.5, 0.5], &b, &[0.5, 0.5], 96);
/// assert!((found.distance - 3f64.sqrt()).abs() < 1e-14 && found.error < 1e-14);
/// ```
///
/// # Panics
/// As [`Sorted::new`].
pub fn sliced_w2(a: &[[f64; 3]], mass_a: &[f64], b: &[[f64; 3]], mass_b: &[f64], count: usize) -> Sliced {
    let directions = directions(count);
    let squares: Vec<f64> = directions
        .par_iter()
        .map(|direction| {
            let project = |points: &[[f64; 3]], mass: &[f64]| {
                let along: Vec<f64> =
                    points.iter().map(|point| (0..3).map(|q| point[q] * direction[q]).sum()).collect();
                Sorted::new(&along, mass)
            };
            line_w2(&project(a, mass_a), &project(b, mass_b)).powi(2)
        })
        .collect();
    Sliced::of_squares(&squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_unit_vectors_without_preference() {
        let all = directions(96);
        assert_eq!(all.len(), 96);
        for p in 0..3 {
            for q in 0..3 {
                let mean = all.iter().map(|d| d[p] * d[q]).sum::<f64>() / 96.0;
                let expected = if p == q { 1.0 / 3.0 } else { 0.0 };
                assert!((mean - expected).abs() < 1e-14, "{p}, {q}: {mean}");
            }
            let fourth = all.iter().map(|d| d[p].powi(4)).sum::<f64>() / 96.0;
            assert!((fourth - 0.2).abs() < 1e-14, "{fourth}");
        }
        assert!(all.iter().all(|d| (d.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-14));
        // Of translations nothing is left to chance.
        let found = sliced_w2(&[[0.0; 3]], &[1.0], &[[1.0, -2.0, 2.0]], &[1.0], 48);
        assert!((found.distance - 3f64.sqrt()).abs() < 1e-14 && found.error < 1e-15, "{found:?}");
    }

    /// Against many more directions, within its own error: of 60 cases about five are beyond two
    /// standard errors.
    #[test]
    fn the_error_is_honest() {
        let (mut beyond, mut within) = (0, 0);
        for case in 0..60 {
            let mut stream = Stream::new(case, Purpose::Noise, 0);
            let mut points = |n: usize| -> (Vec<[f64; 3]>, Vec<f64>) {
                // Stretched along an axis of its own.
                let axis: [f64; 3] = std::array::from_fn(|_| stream.normal());
                let points = (0..n).map(|_| {
                    let along = stream.normal();
                    std::array::from_fn(|q| along * axis[q] + 0.2 * stream.normal())
                });
                let points: Vec<[f64; 3]> = points.collect();
                (points, (0..n).map(|_| stream.unit()).collect())
            };
            let ((a, p), (b, q)) = (points(20), points(30));
            let (few, many) = (sliced_w2(&a, &p, &b, &q, 96), sliced_w2(&a, &p, &b, &q, 6000));
            let off = (few.distance - many.distance).abs();
            beyond += usize::from(off > 2.0 * few.error);
            within += usize::from(off < 0.5 * few.error);
            assert!(off < 6.0 * few.error && few.error < 0.1 * few.distance, "{case}: {off} {few:?}");
        }
        assert!(beyond <= 12 && within >= 10, "{beyond} beyond, {within} well within, of 60");
        let same = sliced_w2(&[[1.0, 2.0, 3.0]], &[1.0], &[[1.0, 2.0, 3.0]], &[0.5], 8);
        assert_eq!(same, Sliced { distance: 0.0, error: 0.0 });
    }
}
