//! Whether the first steps of gradient descent are short enough.

use crate::flow::tangent_kernel::{tangent_kernel, trace};
use crate::flow::{Adam, Descent, Flow, Optimizer, State, Stepper, gradients, project};

use super::eigenvalues;

/// Beyond so many samples eigenvalues would take longer than a run is begun with; the trace is told instead.
const MOST: usize = 1000;

/// A learning rate above which the loss grows at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The largest learning rate that is well.
    pub learning_rate: f64,
    /// What it is told by.
    pub cause: Cause,
}

/// What the largest learning rate follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The start's fastest rate.
    Mode,
    /// The trace of `K N`, an upper bound on that rate.
    Bound,
    /// The first step of Adam.
    FirstStep,
}

/// The largest learning rate with which full-batch descent follows the start's fastest mode, and the first step of Adam makes
/// the loss fall; `None` for other flows, and where the flow's own is not above it.
///
/// A mode of the rate `lambda` is multiplied by `1 - dt lambda` in each step, `dt = learning_rate / m`: it grows above
/// `dt lambda = 2`, with momentum above `2 (1 + momentum)`, with Nesterov's above `2 (1 + momentum) / (1 + 2 momentum)`.
/// Weight decay adds to `lambda` what it takes from the function.
///
/// The first step of Adam is `learning_rate` times the signs of the gradients (but for `epsilon`), whatever their size. The
/// residuals change by `learning_rate D` to first order, so that the loss falls if `learning_rate` is below
/// `-2 Sum n rho D / Sum n D^2`.
pub fn limit(stepper: &Stepper, state: &State) -> Option<Limit> {
    let flow = stepper.flow();
    let Flow::Descent { descent, .. } = flow else { return None };
    let limit = match descent.optimizer.adam() {
        Some(adam) => of_first_step(stepper, state, &descent, adam)?,
        None => of_modes(stepper, &descent, flow.function_decay())?,
    };
    (descent.learning_rate > limit.learning_rate).then_some(limit)
}

fn of_modes(stepper: &Stepper, descent: &Descent, decay: f64) -> Option<Limit> {
    let Descent { momentum, optimizer, .. } = *descent;
    let stable = match optimizer {
        Optimizer::Nesterov => 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum),
        _ => 2.0 * (1.0 + momentum),
    };
    let m = stepper.mass().len() as f64;
    let of_rate = |rate: f64| stable * m / (rate + decay);
    let samples = stepper.samples();
    let sigma = stepper.sigma();
    let bound = trace(samples, &sigma);
    if descent.learning_rate <= of_rate(bound) {
        return None;
    }
    let (rate, cause) = match samples.len() {
        s if s <= MOST => {
            (eigenvalues(samples, &tangent_kernel(samples, &sigma))?.last().copied()?, Cause::Mode)
        }
        _ => (bound, Cause::Bound),
    };
    Some(Limit { learning_rate: of_rate(rate), cause })
}

/// `O(m + s)`, with the full batch and without weight decay.
fn of_first_step(stepper: &Stepper, state: &State, descent: &Descent, adam: Adam) -> Option<Limit> {
    let (samples, mass, kappa) = (stepper.samples(), stepper.mass(), stepper.flow().kappa());
    let (rho, n) = (stepper.residual(), samples.weight());
    let mut g = vec![[0.0; 2]; 2 * samples.len()];
    gradients(samples, rho, &mut g);
    let epsilon = mass.len() as f64 * adam.epsilon;
    let sign = |gradient: f64| -gradient / (gradient.abs() + epsilon);
    let mut response = vec![[0.0; 2]; g.len()];
    for (i, mass) in mass.iter().enumerate() {
        let ([c, w_x, w_y], k) = (state.neuron(i), state.place()[state.position_of(i)].index());
        if k == 0 {
            continue;
        }
        let pull = g[k].map(|g| kappa * g);
        let trains = |layer: bool, gradient: f64| if layer { sign(gradient) } else { 0.0 };
        let dc = trains(descent.layers.output(), pull[0] * w_x + pull[1] * w_y);
        let dw = pull.map(|pull| trains(descent.layers.hidden(), c * pull));
        response[k][0] += kappa * mass * (dc * w_x + c * dw[0]);
        response[k][1] += kappa * mass * (dc * w_y + c * dw[1]);
    }
    let mut change = vec![0.0; samples.len()];
    project(samples, &response, &mut change);
    let sum = |of: &dyn Fn(usize) -> f64| (0..rho.len()).map(|j| n[j] * of(j)).sum::<f64>();
    let (slope, curvature) = (sum(&|j| rho[j] * change[j]), sum(&|j| change[j] * change[j]));
    (slope < 0.0).then_some(Limit { learning_rate: -2.0 * slope / curvature, cause: Cause::FirstStep })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Neurons, Samples};
    use crate::run::Simulation;

    /// One sample at 0, one neuron `c [b]_+` of the output layer: the loss of step `k` by the limit.
    fn loss_grows(optimizer: Optimizer, momentum: f64, learning_rate: f64) -> (bool, Option<Limit>) {
        let samples = Samples::new(&[0.0], &[0.0]).unwrap();
        let neurons = Neurons::uniform(vec![1.0], vec![0.0], vec![-1.0]).unwrap();
        let layers = crate::flow::Layers::Output;
        let descent = Descent { learning_rate, optimizer, momentum, layers, ..Descent::PLAIN };
        let mut run =
            Simulation::with(samples, neurons, Flow::Descent { kappa: 1.0, descent }, 1e-6).unwrap();
        let limit = limit(run.stepper(), run.state());
        let steps = if optimizer.adam().is_some() { 1 } else { 400 };
        let dt = run.stepper().flow().given_step(1).unwrap();
        let diverged = run.advance_to(f64::from(steps) * dt).is_err();
        (diverged || run.stepper().residual()[0].abs() > 1.0, limit)
    }

    /// `rho' = 1 - h` and its like: K N = 1, so that stability ends at 2, 2 (1 + momentum), and Nesterov's less.
    #[test]
    fn beyond_the_limit_the_loss_grows_and_below_it_falls() {
        let adam = Optimizer::Adam(Adam::DEFAULT);
        for (optimizer, momentum, most) in [
            (Optimizer::Sgd, 0.0, 2.0),
            (Optimizer::Sgd, 0.9, 3.8),
            (Optimizer::Nesterov, 0.9, 3.8 / 2.8),
            (Optimizer::Nesterov, 0.5, 1.5),
            (adam, 0.0, 2.0),
        ] {
            let (grows, limit) = loss_grows(optimizer, momentum, 1.02 * most);
            let found = limit.expect("a limit").learning_rate;
            assert!(grows && (found - most).abs() < 1e-7, "{optimizer:?} {momentum}: {found}, {grows}");
            assert_eq!(
                loss_grows(optimizer, momentum, 0.98 * most),
                (false, None),
                "{optimizer:?} {momentum}"
            );
        }
    }
}
