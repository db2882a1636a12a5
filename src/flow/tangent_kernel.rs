//! The tangent kernel of the samples (mathematics, section 7):
//! `K[j, i] = xt_j^T (Sum over regions where j and i are active of Sigma_k) xt_i`.

use ndarray::Array2;
use ndarray_linalg::c64;

use crate::math::semiseparable::Factored;
use crate::problem::Samples;

use super::field::apply;

/// Running sums of `Sigma_k` over the live regions: entry `k` holds regions `1 ..= k`.
fn running(sigma: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let mut sum = [0.0; 3];
    let live = sigma.iter().enumerate().map(|(k, sigma)| {
        if k > 0 {
            (0..3).for_each(|i| sum[i] += sigma[i]);
        }
        sum
    });
    live.collect()
}

/// The whole tangent kernel, shape `(s, s)`, symmetric, in `O(s^2)`.
///
/// `sigma`: one `(xx, xy, yy)` per region, pinned mass included
/// ([`Moments::sigma_with_pinned`](super::moments::Moments::sigma_with_pinned)).
pub fn tangent_kernel(samples: &Samples, sigma: &[[f64; 3]]) -> Array2<f64> {
    let (s, x) = (samples.len(), samples.x());
    let sums = running(sigma);
    // Samples i <= j are both active in the regions s-i ..= 2s-1-j.
    Array2::from_shape_fn((s, s), |(a, b)| {
        let (i, j) = (a.min(b), a.max(b));
        let (upper, lower) = (sums[2 * s - 1 - j], sums[s - i - 1]);
        let [xx, xy, yy] = std::array::from_fn(|q| upper[q] - lower[q]);
        x[j] * (xx * x[i] + xy) + xy * x[i] + yy
    })
}

/// `N^1/2 K N^1/2 + shift` in the factored form of section 17, in `O(s)`: for `i >= j`
///
/// ```text
/// K[i, j] = xt_i^T (P_j + Q_i) xt_j,      P_j = Sum_{k = s-j ..= s} Sigma_k,      Q_i = Sum_{k = s+1 ..= 2s-1-i} Sigma_k
/// ```
///
/// with the regions that face right in `P` and those that face left in `Q`.
pub fn shifted(samples: &Samples, sigma: &[[f64; 3]], factor: f64, shift: c64) -> Factored {
    let (s, x, n) = (samples.len(), samples.x(), samples.weight());
    // From the last sample, which no region that faces left reaches, backwards.
    let mut left = vec![[0.0; 3]; s];
    for j in (0..s.saturating_sub(1)).rev() {
        let region = &sigma[2 * s - 1 - j];
        left[j] = std::array::from_fn(|i| left[j + 1][i] + factor * region[i]);
    }
    let mut right = [0.0; 3];
    let row = |j: usize| {
        (0..3).for_each(|i| right[i] += factor * sigma[s - j][i]);
        let root = n[j].sqrt();
        let xt = [root * x[j], root];
        let ([px, py], [qx, qy]) = (apply(right, xt), apply(left[j], xt));
        let diagonal = xt[0] * (px + qx) + xt[1] * (py + qy);
        (diagonal, [xt[0], xt[1], qx, qy], [px, py, xt[0], xt[1]])
    };
    Factored::new(shift, (0..s).map(row))
}

/// `Sum_j n_j K[j, j]`, a bound on the fastest rate of the residuals, in `O(s)`.
pub fn trace(samples: &Samples, sigma: &[[f64; 3]]) -> f64 {
    let s = samples.len();
    let sums = running(sigma);
    (0..s)
        .map(|j| {
            let (upper, lower, x) = (sums[2 * s - 1 - j], sums[s - j - 1], samples.x()[j]);
            let [xx, xy, yy] = std::array::from_fn(|q| upper[q] - lower[q]);
            samples.weight()[j] * (x * x * xx + 2.0 * x * xy + yy)
        })
        .sum()
}

/// The Frobenius norm of the tangent kernel that belongs to `sigma`, in `O(s)`.
///
/// With `C` the running sums, `K[j, i] = <p_j, xt_i> - <xt_j, q_i>` for `i <= j`, where
/// `p_j = C(2s-1-j) xt_j` and `q_i = C(s-1-i) xt_i`, so that the sum of squares over `i <= j`
/// falls apart into running 2x2 sums. Differences `Sigma_k(t) - Sigma_k(0)` may be given as well.
pub fn frobenius(samples: &Samples, sigma: &[[f64; 3]]) -> f64 {
    let (s, x) = (samples.len(), samples.x());
    let sums = running(sigma);
    let apply = |c: [f64; 3], x: f64| [c[0] * x + c[1], c[1] * x + c[2]];
    let (mut tt, mut tq, mut qq) = ([0.0; 3], [0.0; 4], [0.0; 3]);
    let mut total = 0.0;
    for j in 0..s {
        let p = apply(sums[2 * s - 1 - j], x[j]);
        let q = apply(sums[s - 1 - j], x[j]);
        // Off the diagonal every entry counts twice.
        let both = p[0] * p[0] * tt[0] + 2.0 * p[0] * p[1] * tt[1] + p[1] * p[1] * tt[2];
        let mixed = p[0] * (tq[0] * x[j] + tq[1]) + p[1] * (tq[2] * x[j] + tq[3]);
        let other = x[j] * x[j] * qq[0] + 2.0 * x[j] * qq[1] + qq[2];
        let diagonal = p[0] * x[j] + p[1] - q[0] * x[j] - q[1];
        total += 2.0 * (both - 2.0 * mixed + other) + diagonal * diagonal;
        tt = [tt[0] + x[j] * x[j], tt[1] + x[j], tt[2] + 1.0];
        tq = [tq[0] + x[j] * q[0], tq[1] + x[j] * q[1], tq[2] + q[0], tq[3] + q[1]];
        qq = [qq[0] + q[0] * q[0], qq[1] + q[0] * q[1], qq[2] + q[1] * q[1]];
    }
    total.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Regions;

    #[test]
    fn all_three_agree_with_the_definition() {
        let samples = Samples::new(&[-2.0, -0.3, 0.1, 0.1, 1.5], &[0.0; 5]).unwrap();
        let regions = Regions::new(&samples);
        let (s, x) = (samples.len(), samples.x());
        let sigma: Vec<[f64; 3]> =
            (0..2 * s).map(|k| [1.0 + k as f64, 0.3 * k as f64 - 0.5, 2.0 + (k as f64).sin()]).collect();
        let mut expected = Array2::zeros((s, s));
        for (k, [xx, xy, yy]) in sigma.iter().enumerate() {
            for i in regions.active(k) {
                for j in regions.active(k) {
                    expected[[i, j]] += xx * x[i] * x[j] + xy * (x[i] + x[j]) + yy;
                }
            }
        }
        let kernel = tangent_kernel(&samples, &sigma);
        let norm = expected.iter().map(|v: &f64| v * v).sum::<f64>().sqrt();
        assert!((&kernel - &expected).iter().all(|d: &f64| d.abs() < 1e-13 * norm));
        assert!((frobenius(&samples, &sigma) - norm).abs() < 1e-13 * norm);
        let expected: f64 = (0..s).map(|j| samples.weight()[j] * expected[[j, j]]).sum();
        assert!((trace(&samples, &sigma) - expected).abs() < 1e-13 * expected);
    }
}
