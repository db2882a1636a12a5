//! Settings of gradient descent, checked.

use crate::flow::{Descent, FlowError};

use super::pass::Update;

/// The update of one step of `m` neurons by these settings.
///
/// # Errors
/// [`FlowError::Setting`] for values outside their range.
pub fn update(descent: &Descent, kappa: f64, neurons: usize, samples: usize) -> Result<Update, FlowError> {
    let refuse = |what, value: f64, allowed| Err(FlowError::Setting { what, value, allowed });
    let Descent { learning_rate, momentum, batch, layers, label_noise, temperature, .. } = *descent;
    let dt = learning_rate / neurons as f64;
    if !(dt > 0.0 && dt.is_finite()) {
        return refuse("learning_rate", learning_rate, "a positive number");
    }
    if !(0.0..1.0).contains(&momentum) {
        return refuse("momentum", momentum, "0 (plain descent) up to, but not, 1");
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
    let heat = (2.0 * temperature * dt).sqrt();
    let trains = |yes: bool| if yes { 1.0 } else { 0.0 };
    let (output, hidden) = (trains(layers.output()), trains(layers.hidden()));
    Ok(Update { dt, momentum, output, hidden, heat })
}
