//! How fast the residuals of a start begin to fall, and snapshots that show it.

use crate::flow::{Stepper, rate};
use crate::math::lanczos::spectral_measure;

/// Steps of the Lanczos process.
const STEPS: usize = 40;
/// Modes with less than this share of the loss are left out of the range of rates.
const NOTABLE: f64 = 1e-3;
/// Equally spaced snapshots show the learning while more than this share of the loss is left at the first after the start.
const LEFT: f64 = 0.1;
/// A run ends long before the slowest mode moves where it has taken less than this share of its time.
const LONG_BEFORE: f64 = 0.1;
/// Snapshots at logarithmic times, about.
const COUNT: f64 = 20.0;

/// Rates of the residuals at a start, with a tangent kernel that stands still: the share of the loss
/// in modes of each rate.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRates {
    /// Rate, ascending, and share.
    modes: Vec<(f64, f64)>,
}

/// `output.snapshots = { log = { first, per_decade } }`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogTimes {
    /// The first time after the start, a power of ten.
    pub first: f64,
    /// Snapshots in each factor of ten.
    pub per_decade: usize,
}

impl StartRates {
    /// Of a run at its start, in `O(s)`; `None` where its residuals do not begin as those of a gradient flow do (Adam), or
    /// are 0.
    ///
    /// The residuals are decomposed into modes of `K N` by forty steps of the Lanczos process from them, so that
    /// `L(t) / L(0) = Sum_i share_i e^(-2 rate_i t)` with a kernel that stands still. Penalties are left out.
    pub fn of(stepper: &Stepper) -> Option<StartRates> {
        if stepper.flow().is_adam() {
            return None;
        }
        let (samples, sigma) = (stepper.samples(), stepper.sigma());
        let operator = |v: &[f64]| rate(samples, &sigma, &[], v).into_iter().map(|v| -v).collect();
        let modes = spectral_measure(stepper.residual(), samples.weight(), STEPS, operator);
        (!modes.is_empty()).then_some(StartRates { modes })
    }

    /// Share of the loss that is left at a time.
    pub fn left(&self, time: f64) -> f64 {
        self.modes.iter().map(|(rate, share)| share * libm::exp(-2.0 * rate.max(0.0) * time)).sum()
    }

    /// The slowest and the fastest rate of modes that have a thousandth of the loss or more.
    pub fn range(&self) -> [f64; 2] {
        let notable = self.modes.iter().filter(|(_, share)| *share >= NOTABLE).map(|(rate, _)| rate.max(0.0));
        notable.fold([f64::INFINITY, 0.0], |[low, high], rate| [low.min(rate), high.max(rate)])
    }

    /// The slowest rate of modes that have a thousandth of the loss or more, if a run ends before a tenth of its time.
    pub fn slow(&self, end: f64) -> Option<f64> {
        let slowest = self.range()[0];
        (end > 0.0 && end * slowest < LONG_BEFORE).then_some(slowest)
    }

    /// Times for a run to `end`, whose ten equal parts would hide the learning in the first: where 90 % of the loss is gone
    /// after it. They begin between a tenth and a hundredth of the time of the fastest mode.
    ///
    /// * `step`: of gradient descent; there is nothing to be seen before its end.
    pub fn log_times(&self, end: f64, step: Option<f64>) -> Option<LogTimes> {
        if end <= 0.0 || self.left(0.1 * end) > LEFT {
            return None;
        }
        let power = |time: f64| libm::pow(10.0, libm::floor(libm::log10(time)));
        let first = power(0.1 / self.range()[1]).max(step.map_or(0.0, power));
        let decades = libm::log10(end / first);
        (decades > 0.0)
            .then(|| LogTimes { first, per_decade: (COUNT / decades).round().clamp(2.0, 10.0) as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Flow;
    use crate::problem::{Measure, Samples};
    use crate::run::{Simulation, eigenvalues};
    use std::f64::consts::FRAC_PI_2;

    fn rates(simulation: &Simulation) -> StartRates {
        StartRates::of(simulation.stepper()).unwrap()
    }

    /// One sample at 0 and one neuron that faces up: `dr/dt = -(r - 1)`.
    #[test]
    fn one_mode_has_its_rate() {
        let samples = Samples::new(&[0.0], &[1.0]).unwrap();
        let measure = Measure::uniform(vec![0.0], vec![FRAC_PI_2]).unwrap();
        let run = Simulation::with(samples, measure, Flow::Canonical { tv: 0.0 }, 1e-6).unwrap();
        let rates = rates(&run);
        assert_eq!(rates.range(), [1.0, 1.0]);
        assert!((rates.left(1.0) - (-2f64).exp()).abs() < 1e-15);
        // e^-2 of the loss is left after a tenth of 10, e^-4 after a tenth of 20.
        assert_eq!(rates.log_times(10.0, None), None);
        assert_eq!(rates.log_times(20.0, None), Some(LogTimes { first: 0.1, per_decade: 9 }));
        assert_eq!(rates.log_times(1e9, None).unwrap().per_decade, 2);
        assert_eq!(rates.log_times(20.0, Some(2.5)).unwrap().first, 1.0);
        assert_eq!(rates.log_times(0.0, None), None);
        assert_eq!((rates.slow(0.05), rates.slow(0.2), rates.slow(0.0)), (Some(1.0), None, None));
    }

    /// Beside all eigenvalues of the kernel, and a run that has taken a short time.
    #[test]
    fn modes_are_those_of_the_kernel() {
        let x: Vec<f64> = (0..7).map(|j| f64::from(j) / 3.0 - 1.0).collect();
        let y: Vec<f64> = x.iter().map(|x| (4.0 * x).sin()).collect();
        let samples = Samples::new(&x, &y).unwrap();
        let theta = (0..400).map(|i| f64::from(i) * 0.9).collect();
        let r = (0..400).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let measure = Measure::uniform(r, theta).unwrap();
        let mut run = Simulation::with(samples.clone(), measure, Flow::Canonical { tv: 0.0 }, 1e-9).unwrap();
        let found = rates(&run);
        let kernel = crate::flow::tangent_kernel::tangent_kernel(&samples, &run.stepper().sigma());
        let all = eigenvalues(&samples, &kernel).unwrap();
        let largest = all.iter().copied().fold(0.0, f64::max);
        assert!((found.modes.last().unwrap().0 - largest).abs() < 1e-10 * largest);
        assert!((found.modes.iter().map(|mode| mode.1).sum::<f64>() - 1.0).abs() < 1e-12);
        let (before, time) = (run.loss(), 1e-3 / largest);
        run.advance_to(time).unwrap();
        let gone = 1.0 - run.loss() / before;
        assert!(((1.0 - found.left(time)) / gone - 1.0).abs() < 0.01, "{gone:e}");
    }
}
