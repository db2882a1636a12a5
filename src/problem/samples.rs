//! Training samples: sorted, ties merged (mathematics, section 1).

use crate::math::sum::sum;

use super::ProblemError;
use super::error::check_values;

/// Largest `|x|` and `|y|` accepted: moments hold their fourth powers.
const LIMIT: f64 = 1e50;
/// Samples are numbered in 28 bits, with room for `2 s` regions and as many boundaries.
const MAX_SAMPLES: usize = 1 << 26;

/// An affine map `value -> (value - offset) / scale` and its inverse.
///
/// ```
/// use reluflow::problem::Affine;
/// let map = Affine { offset: 10.0, scale: 2.0 };
/// assert_eq!(map.apply(14.0), 2.0);
/// assert_eq!(map.invert(2.0), 14.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// What is subtracted.
    pub offset: f64,
    /// What is divided by.
    pub scale: f64,
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Affine = Affine { offset: 0.0, scale: 1.0 };

    /// `(value - offset) / scale`.
    pub fn apply(&self, value: f64) -> f64 {
        (value - self.offset) / self.scale
    }

    /// `value * scale + offset`.
    pub fn invert(&self, value: f64) -> f64 {
        value * self.scale + self.offset
    }
}

/// Samples `(x_j, y_j)` with weights `n_j`, `x` strictly ascending.
///
/// Samples with equal `x` are merged: `n_j` is the number merged and `y_j` their mean. The loss
/// `1/2 Sum_j n_j rho_j^2` then differs from the loss of the raw samples by the constant
/// [`merged_loss`](Samples::merged_loss), which no network can reduce.
///
/// ```
/// use reluflow::problem::Samples;
/// let samples = Samples::new(&[1.0, -1.0, 1.0], &[2.0, 5.0, 4.0])?;
/// assert_eq!(samples.x(), &[-1.0, 1.0]);
/// assert_eq!(samples.y(), &[5.0, 3.0]);          // (2 + 4) / 2
/// assert_eq!(samples.weight(), &[1.0, 2.0]);
/// assert_eq!(samples.merged_loss(), 1.0);        // 1/2 (1^2 + 1^2)
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    x: Vec<f64>,
    y: Vec<f64>,
    weight: Vec<f64>,
    merged_loss: f64,
}

impl Samples {
    /// Sorts by `x` and merges ties.
    ///
    /// # Errors
    /// No samples, columns of different lengths, values that are not finite or above 1e50.
    pub fn new(x: &[f64], y: &[f64]) -> Result<Samples, ProblemError> {
        if x.len() != y.len() {
            return Err(ProblemError::Length { what: "y", found: y.len(), expected: x.len() });
        }
        if x.is_empty() {
            return Err(ProblemError::Empty { what: "samples" });
        }
        if x.len() > MAX_SAMPLES {
            return Err(ProblemError::TooMany { what: "samples", count: x.len(), limit: MAX_SAMPLES });
        }
        check_values("x", x, LIMIT)?;
        check_values("y", y, LIMIT)?;
        let mut order: Vec<usize> = (0..x.len()).collect();
        // Adding 0.0 turns -0.0 into 0.0, so that the two count as the tie they are; ties are
        // ordered by y so that the merged mean does not depend on the order of the rows.
        order.sort_by(|&i, &j| (x[i] + 0.0).total_cmp(&(x[j] + 0.0)).then(y[i].total_cmp(&y[j])));
        let mut merged = Samples { x: vec![], y: vec![], weight: vec![], merged_loss: 0.0 };
        for tied in order.chunk_by(|&i, &j| x[i] == x[j]) {
            let n = tied.len() as f64;
            let mean = sum(tied.iter().map(|&i| y[i])) / n;
            merged.x.push(x[tied[0]] + 0.0);
            merged.y.push(mean);
            merged.weight.push(n);
            merged.merged_loss += 0.5 * sum(tied.iter().map(|&i| (y[i] - mean).powi(2)));
        }
        Ok(merged)
    }

    /// Samples that are already merged, as a run file stores them.
    ///
    /// # Errors
    /// As [`Samples::new`]; also weights that are not positive. `x` must be strictly ascending.
    pub fn from_merged(
        x: Vec<f64>,
        y: Vec<f64>,
        weight: Vec<f64>,
        merged_loss: f64,
    ) -> Result<Samples, ProblemError> {
        let checked = Samples::new(&x, &y)?;
        if weight.len() != x.len() {
            let (found, expected) = (weight.len(), x.len());
            return Err(ProblemError::Length { what: "sample_weight", found, expected });
        }
        if checked.x != x {
            return Err(ProblemError::Length {
                what: "strictly ascending x",
                found: checked.len(),
                expected: x.len(),
            });
        }
        if let Some(index) = weight.iter().position(|&n| !(n > 0.0 && n.is_finite())) {
            return Err(ProblemError::Weight { index, value: weight[index] });
        }
        Ok(Samples { x, y, weight, merged_loss })
    }

    /// The same with `y_j - constant`, which is what a network has to fit beside an output bias of that size.
    pub(crate) fn less(&self, constant: f64) -> Samples {
        Samples { y: self.y.iter().map(|y| y - constant).collect(), ..self.clone() }
    }

    /// Number of distinct `x`, `s`.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// `x_j`, strictly ascending.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// `y_j`, means over ties.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// `n_j`, how many samples were merged into sample `j`.
    pub fn weight(&self) -> &[f64] {
        &self.weight
    }

    /// `L = 1/2 Sum_j n_j rho_j^2` of these residuals, one per sample (mathematics, section 2).
    ///
    /// ```
    /// let samples = reluflow::problem::Samples::new(&[0.0, 1.0, 1.0], &[0.0, 2.0, 4.0])?;
    /// assert_eq!(samples.loss(&[1.0, 2.0]), 0.5 * (1.0 + 2.0 * 4.0));
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    pub fn loss(&self, rho: &[f64]) -> f64 {
        0.5 * rho.iter().zip(&self.weight).map(|(rho, n)| n * rho * rho).sum::<f64>()
    }

    /// The part of the raw loss that merging removed: half the squared spread within ties.
    pub fn merged_loss(&self) -> f64 {
        self.merged_loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_rows_does_not_matter() {
        let a = Samples::new(&[0.0, -0.0, 2.0, 1.0], &[0.1, 0.7, 3.0, 4.0]).unwrap();
        let b = Samples::new(&[2.0, -0.0, 1.0, 0.0], &[3.0, 0.7, 4.0, 0.1]).unwrap();
        assert_eq!(a, b);
        assert_eq!(a.x(), &[0.0, 1.0, 2.0]);
    }

    #[test]
    fn bad_values_are_named() {
        let error = Samples::new(&[0.0, f64::NAN], &[0.0, 0.0]).unwrap_err();
        assert!(error.to_string().contains("x[1] = NaN"), "{error}");
        assert!(Samples::new(&[], &[]).is_err());
        assert!(Samples::new(&[1.0], &[]).is_err());
    }
}
