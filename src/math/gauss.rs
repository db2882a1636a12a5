//! Gauss rules of any measure on the line, from a finer rule that stands for it.

use super::tridiagonal::eigen;

/// Nodes and weights of the `n`-point Gauss rule of the measure `Sum_i weight_i delta_(point_i)`:
/// it integrates polynomials of degree `2 n - 1` as the measure does. Nodes ascend; weights are
/// positive. A measure with fewer than `n` points is its own rule.
///
/// Stieltjes' procedure gives the recurrence of the orthogonal polynomials, `O(n N)`; the nodes are
/// the eigenvalues of the Jacobi matrix, the weights come from the first components of its
/// eigenvectors (Golub and Welsch 1969). For a measure with a density, `points` should be a rule
/// with many more nodes than `n`.
///
/// ```
/// use reluflow::math::gauss::rule;
/// use reluflow::math::quadrature::gauss_legendre;
/// let (points, weights) = gauss_legendre(60);
/// let (nodes, _) = rule(&points, &weights, 2);
/// assert!((nodes[1] - 1.0 / 3f64.sqrt()).abs() < 1e-14);
/// ```
pub fn rule(points: &[f64], weights: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let total: f64 = weights.iter().sum();
    let n = n.min(points.len());
    // In units of the standard deviation from the mean, whatever tails the measure has: the
    // recurrence and the nodes are then of order one.
    let mean = points.iter().zip(weights).map(|(p, w)| p * w).sum::<f64>() / total;
    let square = points.iter().zip(weights).map(|(p, w)| w * (p - mean).powi(2)).sum::<f64>() / total;
    let (middle, half) = (mean, if square > 0.0 { square.sqrt() } else { 1.0 });
    let x: Vec<f64> = points.iter().map(|p| (p - middle) / half).collect();
    let root: Vec<f64> = weights.iter().map(|w| (w / total).sqrt()).collect();
    // Orthonormal polynomials times the root of the weight (Lanczos' form of the procedure).
    let (mut now, mut before) = (root, vec![0.0; x.len()]);
    let (mut diagonal, mut off) = (vec![], vec![]);
    let mut beta = 0.0;
    for k in 0..n {
        let alpha: f64 = now.iter().zip(&x).map(|(p, x)| p * p * x).sum();
        diagonal.push(alpha);
        if k + 1 == n {
            break;
        }
        let mut next: Vec<f64> = (0..x.len()).map(|i| (x[i] - alpha) * now[i] - beta * before[i]).collect();
        beta = next.iter().map(|p| p * p).sum::<f64>().sqrt();
        if beta < 1e-15 {
            break;
        }
        next.iter_mut().for_each(|p| *p /= beta);
        off.push(beta);
        (before, now) = (now, next);
    }
    eigen(diagonal, off).into_iter().map(|(value, z)| (middle + half * value, total * z * z)).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::quadrature::gauss_legendre;

    /// `Int_0^end f` by panels that grow from 0.
    fn fine(density: impl Fn(f64) -> f64, end: f64) -> (Vec<f64>, Vec<f64>) {
        let (nodes, weights) = gauss_legendre(20);
        let mut rule = (vec![], vec![]);
        let (panels, width) = (80, end / 80.0);
        for k in 0..panels {
            for (z, w) in nodes.iter().zip(&weights) {
                let x = width * (f64::from(k) + 0.5 + 0.5 * z);
                rule.0.push(x);
                rule.1.push(0.5 * width * w * density(x));
            }
        }
        rule
    }

    #[test]
    fn classical_rules_are_found() {
        // Legendre.
        let (points, weights) = gauss_legendre(100);
        for n in [1, 2, 7, 30] {
            let ((nodes, found), (expected, w)) = (rule(&points, &weights, n), gauss_legendre(n));
            for i in 0..n {
                assert!((nodes[i] - expected[i]).abs() < 1e-14 && (found[i] - w[i]).abs() < 1e-14, "{n}");
            }
        }
        // Laguerre, two points: 2 -+ sqrt 2.
        let (points, weights) = fine(|x| (-x).exp(), 200.0);
        let (nodes, w) = rule(&points, &weights, 2);
        assert!((nodes[0] - (2.0 - 2f64.sqrt())).abs() < 1e-13, "{nodes:?}");
        assert!((w[0] - (2.0 + 2f64.sqrt()) / 4.0).abs() < 1e-13, "{w:?}");
        // And moments k! up to degree 2 n - 1 = 39.
        let (nodes, w) = rule(&points, &weights, 20);
        let mut factorial = 1.0;
        for k in 1..=30 {
            factorial *= f64::from(k);
            let moment: f64 = nodes.iter().zip(&w).map(|(x, w)| w * x.powi(k)).sum();
            assert!((moment / factorial - 1.0).abs() < 1e-12, "degree {k}: {moment:e}");
        }
    }

    #[test]
    fn few_points_are_their_own_rule() {
        assert_eq!(rule(&[3.0], &[2.0], 5), (vec![3.0], vec![2.0]));
        let (nodes, weights) = rule(&[1.0, -1.0], &[0.25, 0.75], 9);
        assert!((nodes[0] + 1.0).abs() < 1e-15 && (weights[0] - 0.75).abs() < 1e-15);
        let same = rule(&[0.5; 4], &[0.25; 4], 3);
        assert_eq!((same.0.len(), same.0[0]), (1, 0.5));
    }
}
