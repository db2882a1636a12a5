//! Settings of gradient descent, checked.

use crate::flow::{Descent, FlowError};

use super::optimizer::{Adam, Optimizer};
use super::update::{AdamUpdate, Update};

/// The update of one step of `m` neurons by these settings.
///
/// # Errors
/// [`FlowError::Setting`] for values outside their range.
pub fn update(descent: &Descent, kappa: f64, neurons: usize, samples: usize) -> Result<Update, FlowError> {
    let refuse = |what, value: f64, allowed| Err(FlowError::Setting { what, value, allowed });
    let Descent { learning_rate, momentum, batch, layers, label_noise, temperature, weight_decay, .. } =
        *descent;
    let m = neurons as f64;
    let adam = descent.optimizer.adam();
    let dt = if adam.is_some() { learning_rate } else { learning_rate / m };
    if !(dt > 0.0 && dt.is_finite()) {
        return refuse("learning_rate", learning_rate, "a positive number");
    }
    if !(0.0..1.0).contains(&momentum) {
        return refuse("momentum", momentum, "0 (plain descent) up to, but not, 1");
    }
    if adam.is_some() && momentum > 0.0 {
        return refuse("momentum", momentum, "0 with Adam, which has beta1");
    }
    if descent.optimizer == Optimizer::Nesterov && momentum == 0.0 {
        return refuse("momentum", momentum, "above 0 with Nesterov's momentum");
    }
    if let Some(Adam { beta: [beta1, beta2], epsilon }) = adam {
        if !(beta2 > 0.0 && beta2 < 1.0) {
            return refuse("beta2", beta2, "a number above 0 and below 1");
        }
        if !(beta1 >= 0.0 && beta1 * beta1 < beta2) {
            return refuse("beta1", beta1, "0 or more, its square below beta2");
        }
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            return refuse("epsilon", epsilon, "a positive number");
        }
    }
    if !(weight_decay >= 0.0 && weight_decay * dt < 1.0) {
        return refuse(
            "weight_decay",
            weight_decay,
            "0 (none) or more, and below 1 times the length of a step",
        );
    }
    if !(kappa > 0.0 && kappa.is_finite()) {
        return refuse("kappa = m / alpha", kappa, "a positive number");
    }
    if let Some(size) = batch
        && !(1..=samples).contains(&size)
    {
        return refuse("batch", size as f64, "1 up to the number of samples with different x");
    }
    for (what, value) in [("label_noise", label_noise), ("temperature", temperature)] {
        if !(value >= 0.0 && value.is_finite()) {
            return refuse(what, value, "0 (none) or a positive number");
        }
    }
    if temperature > 0.0 && momentum > 0.0 {
        return refuse("momentum", momentum, "0 with a temperature: Langevin noise is that of plain descent");
    }
    if temperature > 0.0 && adam.is_some() {
        return refuse("temperature", temperature, "0 with Adam: Langevin noise is that of plain descent");
    }
    let heat = (2.0 * temperature * dt).sqrt();
    let trains = |yes: bool| if yes { 1.0 } else { 0.0 };
    let (output, hidden) = (trains(layers.output()), trains(layers.hidden()));
    let (decay, shrink) = match descent.optimizer {
        Optimizer::AdamW(_) => (0.0, dt * weight_decay),
        _ => (weight_decay, 0.0),
    };
    let mix = match descent.optimizer {
        Optimizer::Nesterov => [1.0, momentum],
        _ => [0.0, 1.0],
    };
    let momentum = adam.map_or(momentum, |adam| adam.beta[0]);
    let adam = adam.map(|adam| AdamUpdate { beta2: adam.beta[1], epsilon: m * adam.epsilon });
    Ok(Update { dt, momentum, mix, adam, decay, shrink, output, hidden, heat })
}
