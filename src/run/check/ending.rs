//! Whether a run ended where a criterion says so, and nowhere else.

use crate::math::sum::sum;
use crate::run::rest::at_rest;
use crate::run::{Description, Ending, Snapshot, State};

use crate::flow::Stepper;

/// What rounding may do to a loss or a speed that is summed in another order, relative.
const ROUNDING: f64 = 1e-9;

/// 1 if what a snapshot says of loss and speed is not so, else 0. Rest is told by the particles alone:
/// [`wrong_at_rest`].
pub(super) fn wrong(description: &Description, snapshot: &Snapshot) -> f64 {
    let (until, n) = (description.until, description.samples.weight());
    let loss = 0.5 * sum(snapshot.residual.iter().zip(n).map(|(rho, n)| n * rho * rho));
    let speed = snapshot.energy_dissipation.max(0.0).sqrt();
    // (holds for sure, cannot hold)
    let state = |value: f64, most: Option<f64>| {
        let most = most.unwrap_or(f64::NEG_INFINITY);
        (value <= most * (1.0 - ROUNDING), value.is_nan() || value > most * (1.0 + ROUNDING))
    };
    let [of_loss, of_speed] = [state(loss, until.loss), state(speed, until.speed)];
    let wrong = match snapshot.ending {
        None => of_loss.0 || of_speed.0,
        Some(Ending::Rest) => !until.rest,
        Some(Ending::Loss) => of_loss.1,
        // Of several the first is told.
        Some(Ending::Speed) => of_speed.1 || of_loss.0,
    };
    f64::from(u8::from(wrong))
}

/// 1 if the last snapshot says that the run is at rest where its state is not, or the other way round, else 0.
pub(super) fn wrong_at_rest(description: &Description, snapshot: &Snapshot, state: &State) -> f64 {
    if !description.until.rest {
        return 0.0;
    }
    let Description { samples, mass, flow, output_bias, tolerance, .. } = description;
    let stepper = Stepper::resume(samples.clone(), mass.clone(), *flow, *tolerance, state);
    // A state that is none is for other laws.
    let Ok(stepper) = stepper else { return 0.0 };
    let stepper = stepper.with_output_bias_rate(output_bias.rate);
    let rest = at_rest(&stepper, state, tolerance * state.scale);
    f64::from(u8::from(rest != (snapshot.ending == Some(Ending::Rest))))
}
