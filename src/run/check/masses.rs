//! Masses by place.

use crate::math::norm::{worse, worst};
use crate::problem::PlaceKind;
use crate::run::{ParticleSums, Snapshot};

use super::columns::Columns;

/// Amplitudes smaller than this share of `|w|`, or smaller than this, are 0 but for rounding: the
/// sign under which their mass is booked is not told by what is stored.
const NO_SIGN: f64 = 1e-9;
const VANISHING: f64 = 1e-30;

/// Largest difference between the stored masses and the sums over the particles.
pub(super) fn error(snapshot: &Snapshot, sums: &ParticleSums, mass: &[f64], p: &Columns<'_>) -> f64 {
    let mut most = worst(sums.region_mass.iter().zip(&snapshot.region_mass).map(|(a, b)| a - b));
    most = worse(most, (sums.stuck_mass - snapshot.stuck_mass).abs());
    let slack = unsigned(mass, p, sums.pinned_mass.len());
    for (b, found) in sums.pinned_mass.iter().enumerate() {
        let stored = [snapshot.pinned_mass[[b, 0]], snapshot.pinned_mass[[b, 1]]];
        most = worse(most, (found[0] + found[1] - stored[0] - stored[1]).abs());
        for side in 0..2 {
            let error = (found[side] - stored[side]).abs();
            most = worse(most, if error <= slack[b] { error.min(most) } else { error - slack[b] });
        }
    }
    most
}

/// Per boundary, the pinned mass whose sign is not told.
fn unsigned(mass: &[f64], p: &Columns<'_>, boundaries: usize) -> Vec<f64> {
    let mut slack = vec![0.0; boundaries];
    for (i, place) in p.place.iter().enumerate().filter(|(_, place)| place.kind() == PlaceKind::Pinned) {
        let size = if p.c.is_empty() { VANISHING } else { NO_SIGN * libm::hypot(p.a[i], p.b[i]) };
        let amplitude = if p.c.is_empty() { p.r[i] } else { p.c[i] };
        if amplitude.abs() <= size && amplitude != 0.0 {
            slack[place.index()] += mass[i];
        }
    }
    slack
}
