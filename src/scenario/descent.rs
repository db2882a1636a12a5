//! What `[flow]` says of gradient descent.

use std::fmt::Display;

use crate::flow::{Adam, Descent, Layers, Optimizer};

use super::ScenarioError;
use super::entry::Kept;
use super::section::Section;

/// Weight decay beyond this leaves nothing of any network.
const MOST_DECAY: f64 = 1e10;

/// Noise beyond this leaves nothing of any data.
const MOST_NOISE: f64 = 1e10;

/// Learning rates with which times stay numbers.
const LEARNING_RATE: [f64; 2] = [1e-20, 1e12];

/// The settings of gradient descent.
pub(super) fn descent(
    section: &mut Section,
    batch: &mut Option<Kept<usize>>,
) -> Result<Descent, ScenarioError> {
    let Some(learning_rate) = section.number("learning_rate")? else {
        return Err(section.missing(
            "has no `learning_rate`",
            "give the step of gradient descent, for example learning_rate = 0.01",
        ));
    };
    if !(LEARNING_RATE[0]..=LEARNING_RATE[1]).contains(&learning_rate.value) {
        let [least, most] = LEARNING_RATE;
        return Err(learning_rate.refuse(
            "is out of range",
            format_args!("give a number from {least:e} to {most:e}, for example 0.01"),
        ));
    }
    let optimizer = optimizer(section)?;
    let momentum = section.number("momentum")?;
    if let Some(momentum) = momentum.as_ref().filter(|momentum| !(0.0..1.0).contains(&momentum.value)) {
        return Err(momentum.refuse("is out of range", "give 0 (plain descent) or more, below 1"));
    }
    let heavy = momentum.as_ref().is_some_and(|momentum| momentum.value > 0.0);
    if let Some(momentum) = momentum.as_ref().filter(|_| heavy && optimizer.adam().is_some()) {
        return Err(momentum.refuse(
            format_args!("is not used by flow.optimizer = \"{}\"", optimizer.name()),
            "remove it, or give beta1, which is Adam's momentum",
        ));
    }
    if optimizer == Optimizer::Nesterov && !heavy {
        return Err(section.missing(
            "has optimizer = \"nesterov\" but no `momentum` above 0",
            "give momentum, for example 0.9, or leave optimizer out",
        ));
    }
    let decay = weight_decay(section)?;
    *batch = section.count("batch", 1, u32::MAX.into(), " (samples per step)")?.map(|batch| batch.keep());
    let label_noise =
        strength(section, "label_noise", "give the standard deviation of the noise, 0 to 1e10")?;
    let temperature =
        strength(section, "temperature", "give a temperature from 0 to 1e10; a framework's is 1 / m of it")?;
    let hot = temperature > 0.0;
    if let Some(momentum) = momentum.as_ref().filter(|_| heavy && hot) {
        return Err(momentum.refuse(
            "cannot be had with flow.temperature",
            "give one of the two: Langevin noise is that of plain descent",
        ));
    }
    if hot && optimizer.adam().is_some() {
        return Err(section.missing(
            format_args!("has a temperature and optimizer = \"{}\"", optimizer.name()),
            "give one of the two: Langevin noise is that of plain descent",
        ));
    }
    // A sweep of the noise may begin with none, which has no use for the seed that the others have.
    let noise = ["label_noise", "temperature"].iter().any(|key| section.has(key));
    let given = if batch.is_some() || noise { section.seed()? } else { 0 };
    let seed = if batch.is_some() || label_noise > 0.0 || hot { given } else { 0 };
    Ok(Descent {
        learning_rate: learning_rate.value,
        optimizer,
        momentum: momentum.map_or(0.0, |momentum| momentum.value),
        weight_decay: decay,
        batch: batch.as_ref().map(|batch| batch.value),
        seed,
        label_noise,
        temperature,
        layers: section.choice("layers", &Layers::NAMES)?,
    })
}

/// `optimizer`, and of Adam `beta1`, `beta2` and `epsilon`.
fn optimizer(section: &mut Section) -> Result<Optimizer, ScenarioError> {
    let optimizer = section.choice("optimizer", &Optimizer::NAMES)?;
    let Some(default) = optimizer.adam() else { return Ok(optimizer) };
    let beta2 = section.number("beta2")?;
    if let Some(beta2) = beta2.as_ref().filter(|beta2| !(beta2.value > 0.0 && beta2.value < 1.0)) {
        return Err(beta2.refuse("is out of range", "give a number above 0 and below 1, for example 0.999"));
    }
    let beta2 = beta2.map_or(default.beta[1], |beta2| beta2.value);
    let beta1 = section.number("beta1")?;
    if let Some(beta1) = beta1.as_ref().filter(|beta1| !(beta1.value >= 0.0 && beta1.value.powi(2) < beta2)) {
        return Err(beta1.refuse(
            "is out of range",
            format_args!(
                "give 0 or more, with a square below beta2 = {beta2}: otherwise steps have no bound"
            ),
        ));
    }
    let beta1 = beta1.map_or(default.beta[0], |beta1| beta1.value);
    if beta1 * beta1 >= beta2 {
        return Err(section.missing(
            format_args!("has beta2 = {beta2}, not above the square of beta1 = {beta1}"),
            "give beta1, too, with a square below beta2: otherwise steps have no bound",
        ));
    }
    let epsilon = section.positive_or("epsilon", default.epsilon)?;
    Ok(optimizer.with_adam(Adam { beta: [beta1, beta2], epsilon }))
}

fn strength(section: &mut Section, key: &'static str, remedy: impl Display) -> Result<f64, ScenarioError> {
    let Some(value) = section.number(key)? else { return Ok(0.0) };
    match (0.0..=MOST_NOISE).contains(&value.value) {
        true => Ok(value.value),
        false => Err(value.refuse("is out of range", remedy)),
    }
}

/// `weight_decay`: `lambda` in mean-field time.
pub(super) fn weight_decay(section: &mut Section) -> Result<f64, ScenarioError> {
    let Some(decay) = section.number("weight_decay")? else { return Ok(0.0) };
    if !(0.0..=MOST_DECAY).contains(&decay.value) {
        return Err(decay.refuse(
            "is out of range",
            format_args!(
                "give 0 (none) to {MOST_DECAY:e}; a framework's value is 1 / m of it, m the number of neurons"
            ),
        ));
    }
    Ok(decay.value)
}
