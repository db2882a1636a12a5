//! What a run that has come to rest has come to.

use crate::flow::residual_scale;
use crate::problem::Samples;

use super::{Description, Ending, Snapshot};

/// Losses to see others beside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    /// Of a network that is zero: `1/2 Sum_j n_j y_j^2`.
    pub zero: f64,
    /// Of the line of least squares, with the weights `n_j`.
    pub line: f64,
}

impl Losses {
    /// Of these samples.
    ///
    /// ```
    /// use reluflow::{problem::Samples, run::Losses};
    /// // The line through (0, 0), (1, 3), (2, 0) that fits best is the constant 1.
    /// let losses = Losses::of(&Samples::new(&[0.0, 1.0, 2.0], &[0.0, 3.0, 0.0])?);
    /// assert_eq!((losses.zero, losses.line), (4.5, 3.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(samples: &Samples) -> Losses {
        let (x, y, n) = (samples.x(), samples.y(), samples.weight());
        let mean = |of: &dyn Fn(usize) -> f64| {
            (0..x.len()).map(|j| n[j] * of(j)).sum::<f64>() / n.iter().sum::<f64>()
        };
        let (x0, y0) = (mean(&|j| x[j]), mean(&|j| y[j]));
        let square = mean(&|j| (x[j] - x0) * (x[j] - x0));
        let slope = if square > 0.0 { mean(&|j| (x[j] - x0) * (y[j] - y0)) / square } else { 0.0 };
        let loss = |f: &dyn Fn(usize) -> f64| {
            0.5 * (0..x.len()).map(|j| n[j] * (f(j) - y[j]) * (f(j) - y[j])).sum::<f64>()
        };
        Losses { zero: loss(&|_| 0.0), line: loss(&|j| y0 + slope * (x[j] - x0)) }
    }
}

/// What a run at rest has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It fits all samples to the tolerance.
    Interpolation,
    /// It does not, and its loss is that of the line of least squares to the tolerance.
    Line(f64),
    /// It does not, and its loss is that of a network that is zero.
    Zero(f64),
    /// It does not, and its loss is neither of these.
    Above(f64, Losses),
}

/// How many times `eps` residuals at rest may be off.
const AT_REST: f64 = 10.0;

impl Verdict {
    /// Of a run whose first and last snapshots these are; `None` where the last does not say that it is at rest, or where
    /// a penalty keeps it from fitting.
    pub fn of(description: &Description, first: &Snapshot, last: &Snapshot) -> Option<Verdict> {
        let Description { samples, flow, tolerance, .. } = description;
        if last.ending != Some(Ending::Rest) || flow.is_penalized() {
            return None;
        }
        let start = first.residual.to_vec();
        let off = AT_REST * tolerance * residual_scale(samples, &start);
        if last.residual.iter().all(|rho| rho.abs() <= off) {
            return Some(Verdict::Interpolation);
        }
        // What residuals that are off by this do to the loss.
        let uncertain: f64 =
            last.residual.iter().zip(samples.weight()).map(|(rho, n)| n * rho.abs() * off).sum();
        let (losses, at) = (Losses::of(samples), |loss: f64| (last.loss - loss).abs() <= uncertain);
        Some(match (at(losses.line), at(losses.zero)) {
            (true, _) => Verdict::Line(last.loss),
            (_, true) => Verdict::Zero(last.loss),
            _ => Verdict::Above(last.loss, losses),
        })
    }

    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Interpolation => "interpolation",
            Verdict::Line(_) => "line",
            Verdict::Zero(_) => "zero",
            Verdict::Above(..) => "above",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::Interpolation => write!(f, "at rest at interpolation"),
            Verdict::Line(loss) => {
                write!(f, "at rest above interpolation, at the loss of the least-squares line, {loss:.7}")
            }
            Verdict::Zero(loss) => {
                write!(f, "at rest above interpolation, at the loss of a network that is zero, {loss:.7}")
            }
            Verdict::Above(loss, Losses { zero, line }) => write!(
                f,
                "at rest above interpolation, at a loss of {loss:.7}; the least-squares line has {line:.7}, a network that is zero {zero:.7}"
            ),
        }
    }
}
