//! How far a run with a penalty has come towards the least energy.

use std::fmt;

use crate::flow::{Flow, OutputBias};
use crate::kernel::{KernelError, TvMeasure, tv_measure};
use crate::problem::Samples;
use crate::system::text::{digits, percent};

use super::Snapshot;

/// The cone program is solved for so many samples at most: a tenth of a second.
const SAMPLES: usize = 200;
/// A share of the energy that is told as nothing.
const REACHED: f64 = 1e-3;

/// The energy of a run whose penalty is a total-variation term, beside the least that any measure of neurons has (W eq. 16).
///
/// Weight decay of both layers is such a term, of weight `lambda / kappa`, once neurons are balanced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeastEnergy {
    /// `1/2 Sum_j n_j rho_j^2 + lambda Int |r| mu` of the run; with weight decay its own penalty, which is as large at
    /// least: `lambda/2 Int (c^2 + |w|^2) mu >= lambda/kappa Int |r| mu`.
    pub energy: f64,
    /// The least, with the penalty `Int |r| mu`.
    pub least: f64,
}

impl LeastEnergy {
    /// The weight of the term; `None` where the penalty of a flow is none, or there is no penalty.
    pub fn weight(flow: &Flow) -> Option<f64> {
        let tv = if flow.moves() == (true, true) { flow.tv() + flow.decay() / flow.kappa() } else { 0.0 };
        (tv > 0.0).then_some(tv)
    }

    /// The measure of least energy; `None` without such a term, or where an output bias moves, which costs nothing.
    ///
    /// # Errors
    /// The solver does not reach its tolerance.
    pub fn measure(
        samples: &Samples,
        flow: &Flow,
        bias: OutputBias,
    ) -> Result<Option<TvMeasure>, KernelError> {
        match LeastEnergy::weight(flow) {
            // One that does not move is taken from the data.
            Some(tv) if bias.rate == 0.0 => tv_measure(&samples.less(bias.start), tv).map(Some),
            _ => Ok(None),
        }
    }

    /// Of a snapshot; `None` where there is none to compare with, the solver gives up, there are more than 200 samples, or
    /// the least is 0 to its accuracy.
    pub fn of(samples: &Samples, flow: &Flow, bias: OutputBias, last: &Snapshot) -> Option<LeastEnergy> {
        // Adam with weight decay has no energy that falls.
        if samples.len() > SAMPLES || flow.is_adam() {
            return None;
        }
        let found = LeastEnergy::measure(samples, flow, bias).ok()??;
        let least = LeastEnergy { energy: last.loss + last.penalty, least: found.energy };
        (found.energy > found.gap && found.energy > 0.0).then_some(least)
    }

    /// The share of the energy that is above the least.
    pub fn excess(&self) -> f64 {
        (1.0 - self.least / self.energy).max(0.0)
    }
}

impl fmt::Display for LeastEnergy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LeastEnergy { energy, least } = *self;
        let [told, of_all] = [energy, least].map(|value| digits(value, 3));
        let above = energy / least - 1.0;
        if above < REACHED {
            return write!(f, "Its energy, loss and penalty, is the least that any measure has, {of_all}.");
        }
        let how = match above {
            above if above < 1.0 => format!("{} above", percent(above, 2)),
            _ => format!("{} times", digits(1.0 + above, 2)),
        };
        write!(f, "Its energy, loss and penalty, is {told}, {how} the least that any measure has, {of_all}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Measure;
    use crate::run::Simulation;
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn it_is_told_how_far_the_least_is() {
        let words = |energy| LeastEnergy { energy, least: 0.35 }.to_string();
        assert_eq!(words(0.3501), "Its energy, loss and penalty, is the least that any measure has, 0.350.");
        assert!(
            words(0.5).contains("is 0.500, 43 % above the least that any measure has, 0.350."),
            "{}",
            words(0.5)
        );
        assert!(words(7.0).contains("is 7.00, 20 times the least"), "{}", words(7.0));
        assert_eq!(LeastEnergy { energy: 0.7, least: 0.35 }.excess(), 0.5);
    }

    /// One sample at 0 with y = 2 and one neuron that faces it: `E = (r - 2)^2/2 + r/2`, least at `r = 3/2`.
    #[test]
    fn a_run_is_told_how_far_it_is_above_the_least() {
        let samples = Samples::new(&[0.0], &[2.0]).unwrap();
        let measure = Measure::uniform(vec![1.0], vec![FRAC_PI_2]).unwrap();
        let flow = Flow::Canonical { tv: 0.5 };
        let mut run = Simulation::with(samples.clone(), measure, flow, 1e-9).unwrap();
        for (time, r) in [(0.0, 1.0), (1.0, 1.5 - 0.5 * (-1f64).exp()), (60.0, 1.5)] {
            run.advance_to(time).unwrap();
            let last = run.snapshot();
            let found = LeastEnergy::of(&samples, &flow, OutputBias::default(), &last).unwrap();
            let expected = 0.5 * (r - 2.0) * (r - 2.0) + 0.5 * r;
            assert!((found.energy - expected).abs() < 1e-8, "{time}: {found:?}, {expected}");
            assert!((found.least - 0.875).abs() < 1e-8, "{found:?}");
        }
    }
}
