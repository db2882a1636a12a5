//! Where a particle goes that starts on a boundary (mathematics, section 6).

use crate::problem::Regions;

use super::field::Vec2;

/// What a particle that starts exactly on a boundary does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBoundary {
    /// It moves into this region.
    Leaves(usize),
    /// Both sides lead away: it moves into this region, the one of the larger speed.
    Ambiguous(usize),
    /// It touches the dead region and does not move away from it.
    Dies,
    /// The boundary holds it.
    Stays,
}

/// A particle on boundary `b` whose normal velocity is `-amplitude <g, n>`; the amplitude is `r`, or
/// `c` for neurons.
pub fn on_boundary(regions: &Regions, g: &[Vec2], b: usize, amplitude: f64) -> OnBoundary {
    let n = regions.normal(b);
    let normal = |k: usize| -amplitude * (g[k][0] * n[0] + g[k][1] * n[1]);
    let above = regions.above(b);
    let (low, high) = (normal(b), normal(above));
    // The dead regions at the ends: whatever touches them lives only if it moves away from them.
    match (b != 0 && low < 0.0, above != 0 && high > 0.0) {
        (true, true) => OnBoundary::Ambiguous(if high > -low { above } else { b }),
        (true, false) => OnBoundary::Leaves(b),
        (false, true) => OnBoundary::Leaves(above),
        _ if b == 0 || above == 0 => OnBoundary::Dies,
        _ => OnBoundary::Stays,
    }
}
