//! Continuous piecewise linear functions.

/// A continuous piecewise linear function, known by its values at its knots and going on straight
/// beyond them.
///
/// ```
/// use reluflow::math::linear_spline::LinearSpline;
/// let hat = LinearSpline::new(vec![0.0, 1.0, 2.0], vec![0.0, 1.0, 0.0]);
/// assert_eq!((hat.value(0.5), hat.value(-1.0), hat.value(3.0)), (0.5, -1.0, -1.0));
/// assert_eq!(hat.slope_variation(), 2.0); // slopes 1 and -1
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearSpline {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl LinearSpline {
    /// Through these points; `x` strictly ascending. One point gives a constant.
    ///
    /// # Panics
    /// If there are no points or the lengths differ.
    pub fn new(x: Vec<f64>, y: Vec<f64>) -> LinearSpline {
        assert!(!x.is_empty() && x.len() == y.len(), "{} x and {} y", x.len(), y.len());
        LinearSpline { x, y }
    }

    /// The knots.
    pub fn knots(&self) -> &[f64] {
        &self.x
    }

    /// Values at the knots.
    pub fn values(&self) -> &[f64] {
        &self.y
    }

    /// The value at any `x`.
    pub fn value(&self, x: f64) -> f64 {
        if self.x.len() == 1 {
            return self.y[0];
        }
        let i = self.x.partition_point(|&knot| knot <= x).clamp(1, self.x.len() - 1) - 1;
        let u = (x - self.x[i]) / (self.x[i + 1] - self.x[i]);
        (1.0 - u) * self.y[i] + u * self.y[i + 1]
    }

    /// Change of slope at each inner knot.
    pub fn slope_changes(&self) -> Vec<f64> {
        let slope = |i: usize| (self.y[i + 1] - self.y[i]) / (self.x[i + 1] - self.x[i]);
        (1..self.x.len().saturating_sub(1)).map(|j| slope(j) - slope(j - 1)).collect()
    }

    /// Total variation of the derivative.
    pub fn slope_variation(&self) -> f64 {
        self.slope_changes().iter().map(|change| change.abs()).sum()
    }
}
