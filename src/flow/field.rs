//! Sums between samples and regions in `O(s)` (mathematics, section 4).
//!
//! Sample `j` is active in the contiguous regions `s-j ..= 2s-1-j`, so both directions are running
//! sums. They only ever add, in two one-directional passes: differences of prefix sums would lose
//! the small regions beside the large.

use crate::problem::Samples;

/// A vector of the plane.
pub type Vec2 = [f64; 2];

/// `g_k = Sum_{j active in k} n_j rho_j xt_j` for every region (section 4, `kappa = 1`).
///
/// * `rho`: one value per sample.
/// * `out`: `2 s` vectors, overwritten; region 0 is exactly zero.
pub fn gradients(samples: &Samples, rho: &[f64], out: &mut [Vec2]) {
    let s = samples.len();
    let (x, n) = (samples.x(), samples.weight());
    out[0] = [0.0; 2];
    // Both sums in one loop, because each waits for its last addition.
    let (mut right, mut left) = ([0.0; 2], [0.0; 2]);
    for i in 0..s {
        // From the right: the samples j >= s-k of region k = i+1.
        let j = s - 1 - i;
        let weighted = n[j] * rho[j];
        right = [right[0] + weighted * x[j], right[1] + weighted];
        out[i + 1] = right;
        if i + 1 < s {
            // From the left: the samples j < 2s-k of region k = 2s-1-i.
            let weighted = n[i] * rho[i];
            left = [left[0] + weighted * x[i], left[1] + weighted];
            out[2 * s - 1 - i] = left;
        }
    }
}

/// As [`gradients`], of the four coefficients of a cubic for each sample, times `factor`, in one pass: calls `visit` with
/// every region but the first (which sees no sample) and the coefficients of both components, in no particular order.
pub fn cubic_gradients(
    samples: &Samples,
    cubic: &[[f64; 4]],
    factor: f64,
    mut visit: impl FnMut(usize, [f64; 4], [f64; 4]),
) {
    let s = samples.len();
    let (x, n) = (&samples.x()[..s], &samples.weight()[..s]);
    let cubic = &cubic[..s];
    let add = |sum: &mut [[f64; 4]; 2], j: usize| {
        for p in 0..4 {
            let weighted = n[j] * (factor * cubic[j][p]);
            sum[0][p] += weighted * x[j];
            sum[1][p] += weighted;
        }
    };
    let (mut right, mut left) = ([[0.0; 4]; 2], [[0.0; 4]; 2]);
    for i in 0..s {
        add(&mut right, s - 1 - i);
        visit(i + 1, right[0], right[1]);
        if i + 1 < s {
            add(&mut left, i);
            visit(2 * s - 1 - i, left[0], left[1]);
        }
    }
}

/// `<xt_j, Sum_{k: j active} v_k>` for every sample.
///
/// With `v_k = F_k` these are the values `f(x_j)`; with `v_k = Sigma_k g_k` minus the rates of the
/// residuals.
pub fn project(samples: &Samples, v: &[Vec2], out: &mut [f64]) {
    let s = samples.len();
    let x = samples.x();
    out.fill(0.0);
    let (mut right, mut left) = ([0.0; 2], [0.0; 2]);
    for i in 0..s {
        // Regions k <= s, downward from s.
        let k = s - i;
        right = [right[0] + v[k][0], right[1] + v[k][1]];
        out[i] += right[0] * x[i] + right[1];
        if i > 0 {
            // Regions k > s, upward from s + 1.
            let (j, k) = (s - 1 - i, s + i);
            left = [left[0] + v[k][0], left[1] + v[k][1]];
            out[j] += left[0] * x[j] + left[1];
        }
    }
}

/// `Sigma g` with `Sigma = (xx, xy, yy)`.
pub fn apply(sigma: [f64; 3], g: Vec2) -> Vec2 {
    [sigma[0] * g[0] + sigma[1] * g[1], sigma[1] * g[0] + sigma[2] * g[1]]
}

/// `d rho/dt` of the residual ODE (section 7) from `Sigma_k`, pinned mass included, and `lambda T_k` (empty when there
/// is none), in `O(s)`.
pub fn rate(samples: &Samples, sigma: &[[f64; 3]], sign: &[Vec2], rho: &[f64]) -> Vec<f64> {
    let mut g = vec![[0.0; 2]; sigma.len()];
    gradients(samples, rho, &mut g);
    for (k, g) in g.iter_mut().enumerate() {
        let t = sign.get(k).copied().unwrap_or([0.0; 2]);
        let v = apply(sigma[k], *g);
        *g = [v[0] + t[0], v[1] + t[1]];
    }
    let mut rate = vec![0.0; samples.len()];
    project(samples, &g, &mut rate);
    rate.iter_mut().for_each(|rate| *rate = -*rate);
    rate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Regions;

    #[test]
    fn running_sums_equal_the_definition() {
        let samples = Samples::new(&[-2.0, -0.5, 0.0, 0.7, 0.7, 3.0], &[0.0; 6]).unwrap();
        let regions = Regions::new(&samples);
        let s = samples.len();
        let rho: Vec<f64> = (0..s).map(|j| (j as f64 - 1.3) * 0.7).collect();
        let mut g = vec![[0.0; 2]; 2 * s];
        gradients(&samples, &rho, &mut g);
        let v: Vec<Vec2> = (0..2 * s).map(|k| [k as f64, 1.0 - 0.3 * k as f64]).collect();
        let mut f = vec![0.0; s];
        project(&samples, &v, &mut f);
        let mut expected = vec![0.0; s];
        for k in 0..2 * s {
            let mut sum = [0.0; 2];
            for j in regions.active(k) {
                let weighted = samples.weight()[j] * rho[j];
                sum = [sum[0] + weighted * samples.x()[j], sum[1] + weighted];
                expected[j] += v[k][0] * samples.x()[j] + v[k][1];
            }
            assert!((g[k][0] - sum[0]).abs() < 1e-14 && (g[k][1] - sum[1]).abs() < 1e-14);
        }
        for j in 0..s {
            assert!((f[j] - expected[j]).abs() < 1e-13);
        }
    }

    #[test]
    fn all_powers_at_once_are_each_by_itself() {
        for s in [1, 2, 7] {
            let x: Vec<f64> = (0..s).map(|j| f64::from(j) - 0.3 * f64::from(j % 2)).collect();
            let samples = Samples::new(&x, &vec![0.0; x.len()]).unwrap();
            let s = x.len();
            let cubic: Vec<[f64; 4]> =
                (0..s).map(|j| [1.0, 2.0, 3.0, 4.0].map(|p: f64| (p * (j as f64 + 0.7)).sin())).collect();
            let mut found = vec![[[0.0; 4]; 2]; 2 * s];
            let mut visits = vec![0; 2 * s];
            cubic_gradients(&samples, &cubic, 0.3, |k, x, y| {
                found[k] = [x, y];
                visits[k] += 1;
            });
            assert!(visits[0] == 0 && visits[1..].iter().all(|&visits| visits == 1), "{visits:?}");
            let mut g = vec![[0.0; 2]; 2 * s];
            for p in 0..4 {
                let values: Vec<f64> = cubic.iter().map(|cubic| 0.3 * cubic[p]).collect();
                gradients(&samples, &values, &mut g);
                assert!((0..2 * s).all(|k| [found[k][0][p], found[k][1][p]] == g[k]), "{s} {p}");
            }
        }
    }
}
