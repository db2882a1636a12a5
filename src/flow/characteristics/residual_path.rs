//! The path of the residuals from the start of a run on.

use crate::flow::error::FlowError;
use crate::flow::path::Path;
use crate::flow::record::{PathRule, StepPath};

/// The residuals of a run as a function of time, one polynomial for each accepted step: what run
/// files with `output.path = true` hold.
///
/// ```
/// use reluflow::flow::ResidualPath;
/// let path = ResidualPath::constant(vec![0.5, -1.0], 3.0);
/// assert_eq!((path.end(), path.at(1.7)), (3.0, vec![0.5, -1.0]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResidualPath {
    start: Vec<f64>,
    /// Times at the ends of the steps.
    time: Vec<f64>,
    steps: Vec<StepPath>,
}

impl ResidualPath {
    /// * `start`: residuals at time 0.
    /// * `steps`: of each step the time at its end and what it adds.
    ///
    /// The first step is taken for a parabola: the rate at its start is stored nowhere, and the
    /// controller makes it so short (1/100 of the fastest time) that it makes no difference.
    ///
    /// # Errors
    /// Times that do not ascend from 0, other lengths than that of `start`, or values that are not finite.
    pub fn new(start: Vec<f64>, steps: Vec<(f64, StepPath)>) -> Result<ResidualPath, FlowError> {
        let mut path = ResidualPath { start, time: vec![], steps: vec![] };
        let mut last = 0.0;
        for (time, step) in steps {
            // Written so that a NaN is refused.
            if !(time > last && time.is_finite()) {
                return Err(FlowError::Path { time, problem: "the times of its steps do not ascend from 0" });
            }
            for values in [&step.residual, &step.residual_rate] {
                if values.len() != path.start.len() {
                    return Err(FlowError::Path { time, problem: "a step has another number of residuals" });
                }
                if values.iter().any(|value| !value.is_finite()) {
                    return Err(FlowError::Path { time, problem: "a residual or a rate is not finite" });
                }
            }
            last = time;
            path.time.push(time);
            path.steps.push(step);
        }
        Ok(path)
    }

    /// Residuals that stand still until `end`.
    pub fn constant(residual: Vec<f64>, end: f64) -> ResidualPath {
        let rate = vec![0.0; residual.len()];
        let step = StepPath { residual: residual.clone(), residual_rate: rate, rule: PathRule::Hermite };
        ResidualPath { start: residual, time: vec![end], steps: vec![step] }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.start.len()
    }

    /// Time up to which it is known.
    pub fn end(&self) -> f64 {
        self.time.last().copied().unwrap_or(0.0)
    }

    /// Times and residuals of the start and of the ends of all steps.
    ///
    /// ```
    /// use reluflow::flow::ResidualPath;
    /// let path = ResidualPath::constant(vec![0.5, -1.0], 3.0);
    /// let ends: Vec<(f64, &[f64])> = path.ends().collect();
    /// assert_eq!(ends, [(0.0, &[0.5, -1.0][..]), (3.0, &[0.5, -1.0][..])]);
    /// ```
    pub fn ends(&self) -> impl Iterator<Item = (f64, &[f64])> {
        let steps = self.time.iter().zip(&self.steps).map(|(&time, step)| (time, &step.residual[..]));
        [(0.0, &self.start[..])].into_iter().chain(steps)
    }

    /// Number of steps.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The step in which `time` lies, and when that begins; at the end of a step, that step.
    pub(super) fn step_at(&self, time: f64) -> usize {
        self.time.partition_point(|&end| end < time).min(self.steps.len().saturating_sub(1))
    }

    /// When step `i` begins.
    pub(super) fn begin(&self, i: usize) -> f64 {
        if i == 0 { 0.0 } else { self.time[i - 1] }
    }

    /// The path over step `i`.
    pub(super) fn step(&self, i: usize) -> Path {
        let (h, end) = (self.time[i] - self.begin(i), &self.steps[i]);
        if i == 0 {
            return Path::quadratic(h, &self.start, &end.residual, &end.residual_rate);
        }
        let start = &self.steps[i - 1];
        match end.rule {
            PathRule::Quadratic => Path::quadratic(h, &start.residual, &end.residual, &end.residual_rate),
            PathRule::Hermite => {
                Path::hermite(h, &start.residual, &start.residual_rate, &end.residual, &end.residual_rate)
            }
        }
    }

    /// The residuals at a time from 0 to [`end`](ResidualPath::end).
    pub fn at(&self, time: f64) -> Vec<f64> {
        if self.steps.is_empty() {
            return self.start.clone();
        }
        let i = self.step_at(time);
        let path = self.step(i);
        let u = (time - self.begin(i)) / path.h;
        path.cubic.iter().map(|cubic| crate::math::poly::value(cubic, u)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_its_rules_say() {
        let (f, d) = (|t: f64| t * (1.0 - t * t), |t: f64| 1.0 - 3.0 * t * t);
        let step = |t: f64, rule| (t, StepPath { residual: vec![f(t)], residual_rate: vec![d(t)], rule });
        let steps =
            vec![step(1e-4, PathRule::Hermite), step(0.5, PathRule::Hermite), step(1.0, PathRule::Quadratic)];
        let path = ResidualPath::new(vec![0.0], steps.clone()).unwrap();
        for t in [0.0, 5e-5, 0.1, 0.3, 0.5] {
            assert!((path.at(t)[0] - f(t)).abs() < 1e-12, "{t}");
        }
        // The parabola misses f''' h^3 u (1 - u)^2 / 6.
        let missed = -6.0 * 0.125 * 0.5 * 0.25 / 6.0;
        assert!((f(0.75) - path.at(0.75)[0] - missed).abs() < 1e-12);
        let refused = |steps| ResidualPath::new(vec![0.0], steps).unwrap_err().to_string();
        assert!(refused(vec![steps[1].clone(), steps[0].clone()]).contains("ascend"));
        let mut wrong = steps[0].clone();
        wrong.1.residual.push(1.0);
        assert!(refused(vec![wrong.clone()]).contains("another number"));
        wrong.1.residual = vec![f64::NAN];
        assert!(refused(vec![wrong]).contains("not finite"));
    }
}
