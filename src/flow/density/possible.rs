//! Of which flows there is a density.

use crate::flow::Flow;

use super::start::coordinates;

/// Whether the density of a flow can be solved for.
///
/// * `delta`: `c^2 - |w|^2` of all neurons, for flows of neurons.
///
/// ```
/// use reluflow::flow::{Flow, density_is_possible};
/// assert!(density_is_possible(Flow::Canonical { tv: 0.0 }, None).is_ok());
/// assert!(density_is_possible(Flow::Kernel { kappa: 1.0 }, Some(0.0)).is_err());
/// ```
///
/// # Errors
/// Of what it can be, in words.
pub fn density_is_possible(flow: Flow, delta: Option<f64>) -> Result<(), &'static str> {
    match coordinates(flow, delta) {
        Some(_) => Ok(()),
        None => Err("the canonical flow, or the lifted one with a delta"),
    }
}
