//! Norms of functions over the range of the samples.

use crate::math::quadrature::gauss_legendre;

/// Gauss points in every gap between samples: at least four, for which the mean square of a
/// piecewise cubic is exact.
const LEAST: usize = 4;
/// About so many points in all where samples are few.
const POINTS: usize = 400;
/// With more samples than this the samples and two points in a gap will do.
const MANY: usize = 1000;

/// Quadrature over the range of the samples, by which functions are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionNorm {
    points: Vec<f64>,
    /// Sum to 1.
    weights: Vec<f64>,
}

impl FunctionNorm {
    /// For samples at `x`, ascending.
    ///
    /// ```
    /// use reluflow::kernel::FunctionNorm;
    /// let norm = FunctionNorm::new(&[-1.0, 0.0, 1.0]);
    /// let values: Vec<f64> = norm.points().iter().map(|x| x * x * x).collect();
    /// assert!((norm.rms(&values) - (1.0 / 7f64).sqrt()).abs() < 1e-15);
    /// ```
    pub fn new(x: &[f64]) -> FunctionNorm {
        let gaps = x.len() - 1;
        if gaps == 0 {
            return FunctionNorm { points: x.to_vec(), weights: vec![1.0] };
        }
        if x.len() > MANY {
            return FunctionNorm::lobatto(x);
        }
        let each = (POINTS / gaps).clamp(LEAST, 40);
        let (nodes, node_weights) = gauss_legendre(each);
        let length = x[gaps] - x[0];
        let (mut points, mut weights) = (vec![], vec![]);
        for gap in x.windows(2) {
            let (middle, half) = (0.5 * (gap[0] + gap[1]), 0.5 * (gap[1] - gap[0]));
            points.extend(nodes.iter().map(|z| middle + half * z));
            weights.extend(node_weights.iter().map(|w| w * half / length));
        }
        FunctionNorm { points, weights }
    }

    /// The Lobatto rule with four points in every gap, its ends among them: exact up to degree 5, as for the mean square of
    /// a parabola.
    fn lobatto(x: &[f64]) -> FunctionNorm {
        let length = x[x.len() - 1] - x[0];
        let share = 0.5 - 0.5 / 5f64.sqrt();
        let (mut points, mut weights) = (vec![x[0]], vec![0.0]);
        for gap in x.windows(2) {
            let h = gap[1] - gap[0];
            let (inner, outer) = (5.0 / 12.0 * h / length, h / length / 12.0);
            *weights.last_mut().expect("there is one") += outer;
            points.extend([gap[0] + share * h, gap[1] - share * h, gap[1]]);
            weights.extend([inner, inner, outer]);
        }
        FunctionNorm { points, weights }
    }

    /// The points.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// The weights of the points, whose sum is 1.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Root mean square over the range of the samples, from values at the points.
    pub fn rms(&self, values: &[f64]) -> f64 {
        self.weights.iter().zip(values).map(|(w, v)| w * v * v).sum::<f64>().sqrt()
    }

    /// Root mean square and largest magnitude of a difference.
    pub fn distance(&self, a: &[f64], b: &[f64]) -> [f64; 2] {
        let (mut square, mut most) = (0.0, 0.0f64);
        for ((a, b), w) in a.iter().zip(b).zip(&self.weights) {
            let difference = a - b;
            square += w * difference * difference;
            most = if difference.abs() >= most || difference.is_nan() { difference.abs() } else { most };
        }
        [square.sqrt(), most]
    }
}
