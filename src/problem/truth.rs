//! The function that samples were taken from, and how far from it others are.

/// Points over the range of the samples, and half as many on either side of it.
const POINTS: usize = 1000;
/// Larger magnitudes are no arguments of a function.
const FARTHEST: f64 = 1e50;

/// Distances to the truth over an interval, each point of it counting the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Risk {
    /// Mean of `|f - truth|`.
    pub l1: f64,
    /// `(mean of |f - truth|^2)^(1/2)`.
    pub l2: f64,
    /// The largest `|f - truth|`.
    pub largest: f64,
}

impl Risk {
    /// Of these distances; not a number if there are none.
    fn of(off: &[f64]) -> Risk {
        let (n, largest) = (off.len() as f64, off.iter().copied().fold(0.0, f64::max));
        if off.is_empty() || largest == 0.0 {
            let value = if off.is_empty() { f64::NAN } else { 0.0 };
            return Risk { l1: value, l2: value, largest: value };
        }
        // In units of the largest: squares neither overflow nor vanish.
        let mean = |power: i32| off.iter().map(|off| (off / largest).powi(power)).sum::<f64>() / n;
        Risk { l1: largest * mean(1), l2: largest * mean(2).sqrt(), largest }
    }

    /// All three.
    pub fn values(&self) -> [f64; 3] {
        [self.l1, self.l2, self.largest]
    }
}

/// The function that samples were taken from, at points `x`, ascending, over the range of the samples and beside it.
///
/// ```
/// use reluflow::problem::Truth;
/// // The truth is 0, the function |x|: over [-1, 1], and over [-2, -1] and [1, 2].
/// let truth = Truth::new(&[-1.0, 0.3, 1.0], |_| Some(0.0));
/// let f: Vec<f64> = truth.x().iter().map(|x| x.abs()).collect();
/// let [inside, outside] = truth.risks(&f);
/// assert!((inside.l1 - 0.5).abs() < 1e-6 && (inside.l2 - (1.0f64 / 3.0).sqrt()).abs() < 1e-6);
/// assert!((outside.l1 - 1.5).abs() < 1e-6 && (outside.largest - 2.0).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    x: Vec<f64>,
    value: Vec<f64>,
    /// Number of points left of the samples, and of those up to their last.
    left: usize,
    inside: usize,
}

/// The range of the samples; 1 wide around a single one.
fn range(samples: &[f64]) -> [f64; 2] {
    let (low, high) = (samples[0], samples[samples.len() - 1]);
    if high > low { [low, high] } else { [low - 0.5, high + 0.5] }
}

impl Truth {
    /// At midpoints: 1000 over the range of the samples, 500 over half its width on either side.
    ///
    /// * `samples`: `x` of the samples, ascending.
    /// * `truth`: `None` where it is not known; the point is left out.
    pub fn new(samples: &[f64], truth: impl Fn(f64) -> Option<f64>) -> Truth {
        let [low, high] = range(samples);
        let step = (high - low) / POINTS as f64;
        let places = (0..2 * POINTS).map(|i| low + step * (i as f64 - (POINTS / 2) as f64 + 0.5));
        let known = |x: f64| truth(x).filter(|value| value.is_finite()).map(|value| (x, value));
        let (x, value) = places.filter(|x| x.abs() <= FARTHEST).filter_map(known).unzip();
        Truth::with(samples, x, value)
    }

    /// With these values at these points.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn with(samples: &[f64], x: Vec<f64>, value: Vec<f64>) -> Truth {
        assert_eq!(x.len(), value.len(), "a value at each point");
        let [low, high] = range(samples);
        let (left, inside) = (x.partition_point(|&x| x < low), x.partition_point(|&x| x <= high));
        Truth { x, value, left, inside }
    }

    /// The points.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// The function there.
    pub fn value(&self) -> &[f64] {
        &self.value
    }

    /// How far a function with values `f` at the points is from it: inside the range of the samples, and outside. Not a
    /// number where there are no points.
    pub fn risks(&self, f: &[f64]) -> [Risk; 2] {
        let mut off: Vec<f64> = f.iter().zip(&self.value).map(|(f, truth)| (f - truth).abs()).collect();
        let inside: Vec<f64> = off.drain(self.left..self.inside).collect();
        [Risk::of(&inside), Risk::of(&off)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_points_are_left_out() {
        // Known over the range of the samples and a little beyond, on one side.
        let truth = Truth::new(&[0.0, 1.0], |x| (-0.1..=1.0).contains(&x).then_some(1.0));
        assert_eq!(truth.x().len(), 1100);
        let [inside, outside] = truth.risks(&vec![4.0; 1100]);
        assert_eq!((inside.values(), outside.values()), ([3.0; 3], [3.0; 3]));
        let truth = Truth::new(&[0.0, 1.0], |x| (0.0..=1.0).contains(&x).then_some(1.0));
        let [inside, outside] = truth.risks(&vec![1.0; 1000]);
        assert_eq!(inside.values(), [0.0; 3]);
        assert!(outside.values().iter().all(|risk| risk.is_nan()));
    }

    #[test]
    fn extreme_values_neither_overflow_nor_vanish() {
        for size in [1e-300, 1e300] {
            let truth = Truth::new(&[0.0, 1.0], |_| Some(0.0));
            let [inside, _] = truth.risks(&vec![size; 2000]);
            assert!(inside.values().iter().all(|risk| (risk / size - 1.0).abs() < 1e-12), "{inside:?}");
        }
        // One sample, and samples beyond which no function is asked for.
        assert_eq!(Truth::new(&[3.0], |_| Some(0.0)).x().len(), 2000);
        let far = Truth::new(&[-1e50, 1e50], |_| Some(0.0));
        assert_eq!((far.x().len(), far.risks(&vec![1.0; 1000])[0].l1), (1000, 1.0));
    }
}
