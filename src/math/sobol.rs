//! Sobol' points in up to four dimensions, with nested uniform (Owen) scrambling to 52 bits.
//!
//! Any `2^k` points from the first on have one point in each of `2^k` equal boxes of every shape
//! (a (t, k, d)-net, with t = 0 in one and two dimensions). Scrambling keeps that and makes each
//! point uniform, so that averages have no bias; for integrands of bounded variation their error
//! falls about like `1/n`, for smooth ones like `n^(-3/2)`, against `n^(-1/2)` of independent
//! draws. Counts that are no power of two leave the last boxes half filled.
//!
//! Ready-made generators give 24 bits: two points in `2^24` equal cells, and an error that no
//! number of points takes below `1e-8`. These have all bits of a double.

use super::instructions::vectorized;

/// Most dimensions.
pub const DIMENSIONS: usize = 4;

/// Degree, inner coefficients and first numbers of the primitive polynomials of dimensions 2 to 4
/// (S. Joe and F. Kuo 2008, `new-joe-kuo-6.21201`); the first dimension is van der Corput's.
const POLYNOMIALS: [(usize, u64, &[u64]); DIMENSIONS - 1] =
    [(1, 0, &[1]), (2, 1, &[1, 3]), (3, 1, &[1, 3, 1])];

/// A generator: points depend on the seed and on their number alone.
///
/// ```
/// use reluflow::math::sobol::Sobol;
/// let sobol = Sobol::new(7, 2);
/// let point = sobol.point(1000);
/// assert!(point[..2].iter().all(|u| 0.0 < *u && *u < 1.0));
/// // One of the first eight points in each eighth, in every dimension.
/// let mut eighths: Vec<usize> = (0..8).map(|i| (8.0 * sobol.point(i)[1]) as usize).collect();
/// eighths.sort();
/// assert_eq!(eighths, [0, 1, 2, 3, 4, 5, 6, 7]);
/// ```
#[derive(Debug, Clone)]
pub struct Sobol {
    seed: u64,
    /// Direction numbers of each dimension: bit 63 stands for 1/2.
    directions: Vec<[u64; 64]>,
}

impl Sobol {
    /// Points of this many dimensions, scrambled by the seed.
    ///
    /// # Panics
    /// If there are more than [`DIMENSIONS`].
    pub fn new(seed: u64, dimensions: usize) -> Sobol {
        assert!(dimensions <= DIMENSIONS, "Sobol' points of {dimensions} dimensions");
        Sobol { seed, directions: (0..dimensions).map(direction_numbers).collect() }
    }

    /// Point `index`; dimensions beyond those asked for are 0.5.
    pub fn point(&self, index: u64) -> [f64; DIMENSIONS] {
        let mut point = [0.5; DIMENSIONS];
        for (dimension, directions) in self.directions.iter().enumerate() {
            let key = mix(self.seed ^ mix(dimension as u64 + 1));
            point[dimension] = middle(owen(plain(directions, index), key));
        }
        point
    }
}

/// The first points of all dimensions before they are scrambled, for comparison with others: in the
/// order of their numbers, of which many generators take the Gray code.
///
/// ```
/// use reluflow::math::sobol::unscrambled;
/// assert_eq!(unscrambled(3), [[0.0; 4], [0.5; 4], [0.25, 0.75, 0.75, 0.75]]);
/// ```
pub fn unscrambled(count: u64) -> Vec<[f64; DIMENSIONS]> {
    let directions: Vec<[u64; 64]> = (0..DIMENSIONS).map(direction_numbers).collect();
    let at = |d: usize, i: u64| (plain(&directions[d], i) >> 11) as f64 / (1u64 << 53) as f64;
    (0..count).map(|i| std::array::from_fn(|d| at(d, i))).collect()
}

/// The point before it is scrambled, as bits after the binary point.
fn plain(directions: &[u64; 64], index: u64) -> u64 {
    // Gray code of the index would give the same points in another order.
    (0..64).filter(|&k| index >> k & 1 == 1).fold(0, |bits, k| bits ^ directions[k])
}

/// The middle of one of `2^52` cells: never 0 or 1.
fn middle(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

vectorized! {
    fn owen(bits: u64, key: u64) -> u64 {
        scrambled(bits, key)
    }
}

/// Nested uniform scrambling (Owen 1995): each bit is flipped by a random bit that depends on all
/// bits above it, hence on the box of the point.
#[inline(always)]
fn scrambled(bits: u64, key: u64) -> u64 {
    let mut result = bits & (1 << 63) ^ (mix(key) & 1) << 63;
    for k in 1..52 {
        let above = bits >> (64 - k);
        // A leading one tells prefixes of different lengths apart.
        let flip = mix(key ^ mix(1 << k | above)) & 1;
        result |= (bits >> (63 - k) & 1 ^ flip) << (63 - k);
    }
    result
}

/// The finalizer of SplitMix64 after its increment: every bit depends on every other.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `m_k 2^-k` with `m_k` odd, by the recurrence of the polynomial.
fn direction_numbers(dimension: usize) -> [u64; 64] {
    if dimension == 0 {
        return std::array::from_fn(|k| 1 << (63 - k));
    }
    let (degree, coefficients, first) = POLYNOMIALS[dimension - 1];
    let mut v = [0; 64];
    for k in 0..64 {
        v[k] = if k < degree {
            first[k] << (63 - k)
        } else {
            let inner = (1..degree).filter(|i| coefficients >> (degree - 1 - i) & 1 == 1);
            inner.fold(v[k - degree] ^ (v[k - degree] >> degree), |word, i| word ^ v[k - i])
        };
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unscrambled points 1 to 7 as they are printed everywhere (in the order of the index).
    #[test]
    fn plain_points_are_the_published_ones() {
        let expected = [
            [0.5, 0.5, 0.5, 0.5],
            [0.25, 0.75, 0.75, 0.75],
            [0.75, 0.25, 0.25, 0.25],
            [0.125, 0.625, 0.375, 0.125],
            [0.625, 0.125, 0.875, 0.625],
            [0.375, 0.375, 0.625, 0.875],
            [0.875, 0.875, 0.125, 0.375],
        ];
        for (i, expected) in expected.iter().enumerate() {
            for d in 0..DIMENSIONS {
                let bits = plain(&direction_numbers(d), i as u64 + 1);
                assert_eq!(bits as f64 / 2f64.powi(64), expected[d], "point {}, dimension {d}", i + 1);
            }
        }
    }

    /// In two dimensions every box of area `2^-k` holds one of `2^k` points, scrambled or not.
    #[test]
    fn scrambled_points_are_a_net() {
        for seed in [0, 1, u64::MAX] {
            let sobol = Sobol::new(seed, 2);
            for k in 0..=10u32 {
                for across in 0..=k {
                    let mut hit = vec![false; 1 << k];
                    for i in 0..1 << k {
                        let [u, v, ..] = sobol.point(i);
                        let column = (u * f64::from(1u32 << across)) as usize;
                        let row = (v * f64::from(1u32 << (k - across))) as usize;
                        hit[column << (k - across) | row] = true;
                    }
                    assert!(hit.iter().all(|hit| *hit), "seed {seed}, {k}, {across}");
                }
            }
        }
    }

    /// Scrambled points are uniform over seeds, and two of one box are independent below it.
    #[test]
    fn a_point_is_uniform_over_seeds() {
        let n = 20_000;
        for (index, d) in [(0, 0), (5, 1), (77, 2), (1023, 3)] {
            let draws: Vec<f64> = (0..n).map(|seed| Sobol::new(seed, 4).point(index)[d]).collect();
            let mean = draws.iter().sum::<f64>() / n as f64;
            let square = draws.iter().map(|u| u * u).sum::<f64>() / n as f64;
            // Five standard errors: sqrt(1/12 / n) and sqrt(4/45 / n).
            assert!((mean - 0.5).abs() < 5.0 * 0.288_68 / (n as f64).sqrt(), "{index}, {d}: {mean}");
            assert!((square - 1.0 / 3.0).abs() < 5.0 * 0.298_14 / (n as f64).sqrt(), "{index}, {d}");
        }
        let product = (0..n).map(|seed| {
            let sobol = Sobol::new(seed, 1);
            let below = |i| (4.0 * sobol.point(i)[0]).fract() - 0.5;
            below(0) * below(1)
        });
        let correlation = product.sum::<f64>() / n as f64;
        assert!(correlation.abs() < 5.0 / 12.0 / (n as f64).sqrt(), "{correlation}");
    }

    /// `Int Prod_d (1 + (u_d - 1/2)) du = 1`: the error falls steeper than `n^-1.3` on average over
    /// seeds, down to where 24 bits would have stopped it.
    #[test]
    fn smooth_integrals_converge_fast() {
        let error = |n: u64| {
            let square: f64 = (0..16)
                .map(|seed| {
                    let sobol = Sobol::new(seed, 3);
                    let f = |i| sobol.point(i)[..3].iter().map(|u| 0.5 + u).product::<f64>();
                    ((0..n).map(f).sum::<f64>() / n as f64 - 1.0).powi(2)
                })
                .sum();
            (square / 16.0).sqrt()
        };
        let (coarse, fine) = (error(1 << 8), error(1 << 14));
        let slope = (fine / coarse).log2() / 6.0;
        assert!(slope < -1.3, "{coarse:e} {fine:e} {slope}");
    }
}
