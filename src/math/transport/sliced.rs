//! Sliced `W_2` between weighted point measures in space.

use rayon::prelude::*;

use super::{Sorted, line_w2};
use crate::math::random::{Purpose, Stream};

/// Blocks of directions: their spread tells the error.
const BLOCKS: usize = 8;

/// A sliced distance and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sliced {
    /// The root of the mean of `W_2^2` over directions.
    pub distance: f64,
    /// Its standard error over the choice of directions, from eight blocks of them.
    pub error: f64,
}

/// Unit vectors: in each of eight blocks equally many, spread evenly over a half-sphere (Fibonacci's
/// lattice) and turned by a rotation of the block's own. Always the same.
fn directions(count: usize) -> Vec<[f64; 3]> {
    let each = count.div_ceil(BLOCKS).max(1);
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    (0..BLOCKS)
        .flat_map(|block| {
            let [x, y, z] = frame(block as u64);
            (0..each).map(move |i| {
                // Opposite directions give the same distance: half a sphere is enough.
                let height = (i as f64 + 0.5) / each as f64;
                let (sin, cos) = (golden * i as f64).sin_cos();
                let radius = (1.0 - height * height).sqrt();
                std::array::from_fn(|q| radius * (cos * x[q] + sin * y[q]) + height * z[q])
            })
        })
        .collect()
}

/// A random orthonormal frame (Gram and Schmidt on normal vectors).
fn frame(block: u64) -> [[f64; 3]; 3] {
    let mut stream = Stream::new(block, Purpose::Directions, 0);
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

/// `SW_2^2 = mean over directions of W_2^2` of the projections, for about `count` fixed directions.
///
/// For a translation by `v` it is `|v| / sqrt(3)`. `O(count m log m)`.
///
/// ```
/// use reluflow::math::transport::sliced::sliced_w2;
/// let (a, b) = (vec![[0.0; 3], [1.0, 2.0, 0.0]], vec![[0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]);
/// let found = sliced_w2(&a, &[0.5, 0.5], &b, &[0.5, 0.5], 256);
/// assert!((found.distance - 3f64.sqrt()).abs() < 4.0 * found.error && found.error < 0.02);
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
    let each = squares.len() / BLOCKS;
    let blocks: Vec<f64> =
        squares.chunks(each).map(|block| block.iter().sum::<f64>() / each as f64).collect();
    let mean = blocks.iter().sum::<f64>() / BLOCKS as f64;
    let spread = blocks.iter().map(|block| (block - mean).powi(2)).sum::<f64>() / (BLOCKS - 1) as f64;
    let error = (spread / BLOCKS as f64).sqrt();
    let distance = mean.sqrt();
    // d sqrt(x) = dx / (2 sqrt(x)); of nothing, the error is nothing.
    Sliced { distance, error: if distance > 0.0 { 0.5 * error / distance } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_unit_vectors_without_preference() {
        let all = directions(512);
        assert_eq!(all.len(), 512);
        for p in 0..3 {
            for q in 0..3 {
                let mean = all.iter().map(|d| d[p] * d[q]).sum::<f64>() / 512.0;
                let expected = if p == q { 1.0 / 3.0 } else { 0.0 };
                assert!((mean - expected).abs() < 0.01, "{p}, {q}: {mean}");
            }
        }
        assert!(all.iter().all(|d| (d.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-14));
    }

    /// Against many more directions, within its own error: of 40 cases about two are beyond two
    /// standard errors.
    #[test]
    fn the_error_is_honest() {
        let mut beyond = 0;
        for case in 0..40 {
            let mut stream = Stream::new(case, Purpose::Noise, 0);
            let mut cloud = |n: usize, stretch: f64| -> (Vec<[f64; 3]>, Vec<f64>) {
                let point = |stream: &mut Stream| [stretch * stream.normal(), stream.unit(), stream.unit()];
                ((0..n).map(|_| point(&mut stream)).collect(), (0..n).map(|_| stream.unit()).collect())
            };
            let ((a, p), (b, q)) = (cloud(20, 2.0), cloud(30, 0.5));
            let (few, many) = (sliced_w2(&a, &p, &b, &q, 64), sliced_w2(&a, &p, &b, &q, 8192));
            let off = (few.distance - many.distance).abs();
            assert!(off < 6.0 * few.error, "{case}: {off} {few:?}");
            beyond += usize::from(off > 2.0 * few.error);
            assert!(few.error < 0.1 * few.distance, "{few:?}");
        }
        assert!(beyond <= 8, "{beyond} of 40");
        let same = sliced_w2(&[[1.0, 2.0, 3.0]], &[1.0], &[[1.0, 2.0, 3.0]], &[0.5], 8);
        assert_eq!(same, Sliced { distance: 0.0, error: 0.0 });
    }
}
