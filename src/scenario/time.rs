//! The section `[time]`: when a run ends, and its tolerance.

use crate::flow::Flow;
use crate::run::Until;
use crate::system::text;

use super::ScenarioError;
use super::entry::Kept;
use super::section::Section;

/// Later times lose the digits that steps need.
const MAX_END: f64 = 1e12;
/// Tolerances that rounding, below, and the scheme, above, can give a meaning to.
const TOLERANCE: [f64; 2] = [1e-13, 1e-1];
/// Of a scenario that does not say.
const DEFAULT_TOLERANCE: f64 = 1e-6;
/// More steps of gradient descent than this are refused: each is a row of the run file.
const MAX_STEPS: u64 = 1_000_000_000;

/// All keys of the section.
pub(super) const KEYS: [&str; 6] = ["end", "steps", "tolerance", "until", "until_loss", "until_speed"];

/// What `[time]` says.
#[derive(Debug, Clone)]
pub(super) struct TimeForm {
    end: End,
    pub tolerance: f64,
    /// What the run may end by before.
    pub until: Until,
}

#[derive(Debug, Clone)]
enum End {
    /// A mean-field time.
    At(Kept<f64>),
    /// A number of steps of gradient descent.
    Steps(Kept<usize>),
}

/// The steps of gradient descent: step `k` ends at mean-field time `k eta / m` (section 2), of Adam at `k eta`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    /// How many the run takes.
    pub count: u64,
    learning_rate: f64,
    /// Steps that take as much time as the learning rate is: `m`, of Adam 1.
    per_rate: f64,
}

impl Steps {
    /// Time at the end of step `k`, from `k` itself: adding up steps would drift.
    pub fn time(&self, k: u64) -> f64 {
        k as f64 * self.learning_rate / self.per_rate
    }

    /// The step whose end is nearest to a time, within the run.
    pub fn nearest(&self, time: f64) -> u64 {
        ((time * self.per_rate / self.learning_rate).round() as u64).min(self.count)
    }
}

impl TimeForm {
    /// Understands the section; `flow` is the flow with its settings.
    pub fn read(mut section: Section, flow: &Flow) -> Result<TimeForm, ScenarioError> {
        let form = format!("flow.kind = \"{}\"", flow.name());
        let descriptor = flow.descriptor();
        let descent = descriptor.learning_rate.is_some();
        let unsteady = matches!(flow, Flow::Descent { descent, .. } if descent.is_unsteady() || descent.weight_decay > 0.0);
        if descent && section.exactly_one(&["end", "steps"], "steps = 1000")? == "steps" {
            let count = section.count("steps", 0, MAX_STEPS, "")?.expect("it is present");
            let until = until(&mut section, unsteady)?;
            section.finish(form)?;
            return Ok(TimeForm { end: End::Steps(count.keep()), tolerance: DEFAULT_TOLERANCE, until });
        }
        if let Some(steps) = section.value("steps").filter(|_| !descent) {
            return Err(steps.refuse(
                "counts steps, whose size this flow chooses itself",
                "give end = ..., or flow.kind = \"gd\"",
            ));
        }
        let Some(end) = section.number("end")? else {
            return Err(section.missing("has no `end`", "say when the run ends, for example end = 5.0"));
        };
        if !(0.0..=MAX_END).contains(&end.value) {
            return Err(end.refuse(
                "is out of range",
                format_args!("give a time of at most {MAX_END:e}, or 0 for the start alone"),
            ));
        }
        let mut tolerance = DEFAULT_TOLERANCE;
        // The steps of gradient descent are what they are.
        if !descent && let Some(given) = section.number("tolerance")? {
            if !(TOLERANCE[0]..=TOLERANCE[1]).contains(&given.value) {
                let [least, most] = TOLERANCE;
                return Err(given.refuse(
                    "is out of range",
                    format_args!("give a tolerance from {least:e} (rounding) to {most:e}, for example {DEFAULT_TOLERANCE:e}"),
                ));
            }
            tolerance = given.value;
        }
        let until = until(&mut section, unsteady)?;
        section.finish(form)?;
        Ok(TimeForm { end: End::At(end.keep()), tolerance, until })
    }

    /// The end, if it does not wait for the number of particles.
    pub fn known_end(&self, descent: bool) -> Option<f64> {
        match &self.end {
            End::At(end) if !descent => Some(end.value),
            _ => None,
        }
    }

    /// The end of a run without steps of its own.
    ///
    /// # Panics
    /// If the section counts steps, which only gradient descent has.
    pub fn end(&self) -> f64 {
        match &self.end {
            End::At(end) => end.value,
            End::Steps(_) => panic!("only gradient descent ends after a number of steps"),
        }
    }

    /// The steps of gradient descent with `m` neurons, and a word if they do not end at `end`.
    ///
    /// * `per_rate`: [`Flow::steps_per_rate`].
    pub fn steps(
        &self,
        source: super::source::Source,
        learning_rate: f64,
        per_rate: f64,
    ) -> Result<(Steps, Option<String>), ScenarioError> {
        let mut steps = Steps { count: u64::MAX, learning_rate, per_rate };
        let length = if per_rate == 1.0 { "learning_rate" } else { "learning_rate / m" };
        let end = match &self.end {
            End::Steps(count) => {
                steps.count = count.value as u64;
                let end = steps.time(steps.count);
                if end > MAX_END {
                    return Err(count.on(source).refuse(
                        format_args!("ends at steps {length} = {end:e}"),
                        format_args!("give fewer, or a smaller flow.learning_rate: runs end by {MAX_END:e}"),
                    ));
                }
                return Ok((steps, None));
            }
            End::At(end) => end,
        };
        let step = steps.time(1);
        let count = steps.nearest(end.value);
        if count > MAX_STEPS {
            return Err(end.on(source).refuse(
                format_args!("takes {count} steps of {length} = {step:e}"),
                format_args!("give at most {:e}, or raise flow.learning_rate", MAX_STEPS as f64 * step),
            ));
        }
        steps.count = if end.value == 0.0 { 0 } else { count.max(1) };
        let reached = steps.time(steps.count);
        let off = (reached - end.value).abs() > 1e-9 * end.value;
        let word = off.then(|| {
            format!(
                "gradient descent ends after step {}, at t = {}: the step next to time.end = {}",
                steps.count,
                text::time(reached),
                text::number(end.value)
            )
        });
        Ok((steps, word))
    }
}

/// `until = "rest"`, `until_loss` and `until_speed`.
///
/// * `unsteady`: whether the velocity is not that of a gradient flow of the loss, but has momentum, noise or weight decay, is
///   Adam's, or of minibatches.
fn until(section: &mut Section, unsteady: bool) -> Result<Until, ScenarioError> {
    let mut until = Until::default();
    if let Some(word) = section.text("until")? {
        until.rest = word.one_of(&[("rest", true), ("end", false)])?;
        if until.rest && unsteady {
            return Err(word.refuse(UNKNOWN, UNSTEADY));
        }
    }
    if let Some(loss) = section.number("until_loss")? {
        if loss.value < 0.0 {
            return Err(loss.refuse("is negative", "give a loss of 0 or more, for example 1e-8"));
        }
        until.loss = Some(loss.value);
    }
    if let Some(speed) = section.number("until_speed")? {
        if unsteady {
            return Err(speed.refuse(UNKNOWN, UNSTEADY));
        }
        if speed.value <= 0.0 {
            return Err(speed.refuse("is not positive", "give a speed above 0, for example 1e-6"));
        }
        until.speed = Some(speed.value);
    }
    Ok(until)
}

/// That the gradient is not the velocity, and what to do then.
const UNKNOWN: &str =
    "is not known of gradient descent with momentum, Adam, weight decay, minibatches or noise";
const UNSTEADY: &str =
    "give until_loss, or remove flow.momentum, optimizer, weight_decay, batch, label_noise and temperature";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_do_not_drift() {
        let steps = Steps { count: 3_000_000, learning_rate: 0.1, per_rate: 10.0 };
        // 1e6 additions of 0.01 miss 10000 by 2e-8.
        assert_eq!(steps.time(1_000_000), 10_000.0);
        assert_eq!(steps.nearest(10_000.004), 1_000_000);
        assert_eq!(steps.nearest(f64::MAX), 3_000_000);
        for k in [1, 7, 1_234_567] {
            assert_eq!(steps.nearest(steps.time(k)), k);
        }
    }
}
