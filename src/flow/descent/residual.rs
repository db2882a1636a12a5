//! The residual ODE beside gradient descent.
//!
//! ```text
//! rho <- rho - dt v,    v <- momentum v + K_n N rho + p lambda (rho + y - b)    (sections 7 and 21)
//! ```
//!
//! with the step `dt (K_n N rho + p lambda (rho + y - b) + momentum v)` of Nesterov, where `p` is the number of layers that
//! train, `lambda` the weight decay and `b` the output bias: explicit Euler (heavy ball, with momentum) with the full batch and with the tangent kernel of
//! the neurons as they were before the step. It starts from `rho(0)` and is never reset: how far it
//! is from the residuals of the neurons measures what discrete steps and batches did beyond the
//! linear response of the function to its parameters. The corrected ODE also counts, in `K_n`, the
//! samples that neurons cross during the step ([`kinks`](super::kinks)); without momentum its gap
//! falls in proportion to the learning rate. With momentum a past gradient keeps the active samples
//! of its own step, so that a gap of the size of the mass on attractors remains.
//!
//! A step of Adam divides each gradient by a size of its own: no equation of the residuals alone has it. In the place of the
//! ODE stands the sum of what the steps did to the residuals to first order, `rho <- rho + J dz`, with the active samples from
//! before each step: its gap, too, keeps the size of the mass on attractors, where neurons cross a kink again and again.

use crate::flow::field::{gradients, project, rate};
use crate::flow::{State, Vec2};
use crate::problem::Samples;

use super::update::Update;

/// Where the ODE's residual saturates. Steps may be stable for the network, which changes its
/// kernel, and unstable for the ODE, which cannot: this must not stop the network.
const LIMIT: f64 = 1e60;

/// One step of both versions, in `O(s)`, prepared before the neurons move.
pub struct OdeStep {
    update: Update,
    /// `-K_n N rho - p lambda (rho + y)` of the corrected version and of the printed one.
    rates: [Vec<f64>; 2],
}

impl OdeStep {
    /// The step from `state`, whose `Sigma_k` with the output bias these are.
    pub fn new(samples: &Samples, sigma: &[[f64; 3]], update: Update, state: &State) -> OdeStep {
        let nothing: &[Vec2] = &[];
        // It does not decay.
        let bias = state.output_bias.unwrap_or(0.0);
        let rates = [&state.residual_ode, &state.residual_ode_uncorrected].map(|rho| {
            let mut rates = rate(samples, sigma, nothing, rho);
            let decay = update.degree() * update.decay;
            let values = rates.iter_mut().zip(rho).zip(samples.y());
            values.for_each(|((rate, rho), y)| *rate -= decay * (rho + y - bias));
            rates
        });
        OdeStep { update, rates }
    }

    /// Takes the step; `missed[j]` is what `K_n N rho` misses because of crossings.
    pub fn take(self, missed: &[f64], state: &mut State) {
        let s = missed.len();
        let (of_corrected, of_printed) = state.memory[1..].split_at_mut(s);
        let [corrected, printed] = self.rates;
        let Update { dt, momentum, mix: [now, past], .. } = self.update;
        for j in 0..s {
            let pulls = [missed[j] - corrected[j], -printed[j]];
            let slots = [
                (&mut of_corrected[j], &mut state.residual_ode[j]),
                (&mut of_printed[j], &mut state.residual_ode_uncorrected[j]),
            ];
            for (pull, (velocity, rho)) in pulls.into_iter().zip(slots) {
                *velocity = saturated(momentum * *velocity + pull);
                *rho = saturated(*rho - dt * (now * pull + past * *velocity));
            }
        }
    }
}

/// Adds what a step of Adam did to the residuals to first order; returns it.
///
/// * `response`: per region, the change of `F_k`.
pub fn follow(samples: &Samples, response: &[Vec2], state: &mut State) -> Vec<f64> {
    let mut change = vec![0.0; samples.len()];
    project(samples, response, &mut change);
    for rho in [&mut state.residual_ode, &mut state.residual_ode_uncorrected] {
        rho.iter_mut().zip(&change).for_each(|(rho, change)| *rho = saturated(*rho + change));
    }
    change
}

/// `g_k` of the corrected ODE, for the crossings.
pub fn field(samples: &Samples, state: &State) -> Vec<Vec2> {
    let mut g = vec![[0.0; 2]; 2 * samples.len()];
    gradients(samples, &state.residual_ode, &mut g);
    g
}

fn saturated(value: f64) -> f64 {
    if value.is_nan() { LIMIT } else { value.clamp(-LIMIT, LIMIT) }
}
