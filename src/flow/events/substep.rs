//! Substeps of one particle within a step, in the unit time `u` of the step.

/// A particle that needs more substeps than this in one step asks for a shorter step.
pub const MAX_SUBSTEPS: usize = 5_000;

/// `u + du`, exactly 1 when that is what was meant.
pub fn advance_u(u: f64, du: f64) -> f64 {
    let to = u + du;
    if to > 1.0 - 1e-16 { 1.0 } else { to }
}
