//! The criteria that may end a run, asked of a state.

use crate::flow::{State, Stepper, gradients};

use super::diagnostics::snapshot;
use super::rest::{at_rest, loss};
use super::{Ending, Until};

/// The criterion that holds for a state; the first of [`Ending::ALL`] if several do.
///
/// * `eps`: the error that is admitted in a residual, `tolerance` times its unit.
pub(super) fn reached(until: &Until, stepper: &Stepper, state: &State, eps: f64) -> Option<Ending> {
    Ending::ALL.into_iter().find(|ending| match ending {
        Ending::Rest => until.rest && at_rest(stepper, state, eps),
        Ending::Loss => until.loss.is_some_and(|most| loss(stepper) <= most),
        Ending::Speed => until.speed.is_some_and(|most| speed(stepper, state) <= most),
    })
}

/// `(Int |velocity|^2 mu)^(1/2)`, the output bias included: without a penalty `(Sum_k <g_k, Sigma_k g_k>)^(1/2)`, in `O(s)`.
fn speed(stepper: &Stepper, state: &State) -> f64 {
    if stepper.flow().is_penalized() {
        return snapshot(stepper, state, &stepper.flow(), false).energy_dissipation.sqrt();
    }
    let sigma = stepper.sigma();
    let mut g = vec![[0.0; 2]; sigma.len()];
    gradients(stepper.samples(), stepper.residual(), &mut g);
    let form = |(g, [xx, xy, yy]): (&[f64; 2], &[f64; 3])| {
        g[0] * g[0] * xx + 2.0 * g[0] * g[1] * xy + g[1] * g[1] * yy
    };
    g.iter().zip(&sigma).map(form).sum::<f64>().max(0.0).sqrt()
}
