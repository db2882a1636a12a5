//! The key `delta` of `[measure]`.

use crate::flow::ParticleKind;
use crate::system::text;

use super::ScenarioError;
use super::entry::Kept;
use super::flow::FlowForm;
use super::section::Section;

/// Invariants `c^2 - |w|^2` beyond which one layer loses the other's digits.
const DELTA: f64 = 1e12;

/// `delta`, asked for by flows of neurons only.
pub(super) fn delta(section: &mut Section, flow: &FlowForm) -> Result<Option<Kept<f64>>, ScenarioError> {
    if flow.particles() != ParticleKind::Neuron {
        return Ok(None);
    }
    let Some(delta) = section.number("delta")? else { return Ok(None) };
    if delta.value.abs() > DELTA {
        return Err(delta.refuse(
            "is out of range",
            format_args!("give c^2 - |w|^2 from {:e} to {DELTA:e}; the limits are flow.kind = \"kernel\" and \"adaptive\"", -DELTA),
        ));
    }
    if let Some(balance) = flow.balance_entry() {
        return Err(delta.refuse(
            format_args!("is given and flow.balance = {}, too", text::number(balance.value)),
            "remove one: each says how c |w| is shared by the layers",
        ));
    }
    Ok(Some(delta.keep()))
}
