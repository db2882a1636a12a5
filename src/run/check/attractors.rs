//! Classes of boundaries by the inequality of section 6, and mass where none can be held.

use crate::flow::Vec2;
use crate::flow::interface::{Interface, Margins};
use crate::problem::{Regions, Samples};
use crate::run::{BoundaryClass, Snapshot};

use super::field::Field;

/// Number of classes that differ from those of the inequality of section 6,
/// `-n_k^2 rho_k^2 |xt_k|^2 < n_k rho_k S < 0` with `S` over one side: the field along the normal
/// changes sign between `S` and `S + n_k rho_k |xt_k|^2`. The sign of `r` that is attracted is that
/// of `-S`; the other is repelled.
pub(super) fn misclassified(
    samples: &Samples,
    regions: &Regions,
    field: &Field,
    rho: &[f64],
    snapshot: &Snapshot,
) -> f64 {
    let (x, n, s) = (samples.x(), samples.weight(), samples.len());
    let mut wrong = 0;
    for b in 0..2 * s {
        // The region in which the boundary's own sample is inactive: its field is S.
        let (k, side) = (regions.sample(b), regions.inactive_side(b));
        let dot = field.g[side][0] * x[k] + field.g[side][1];
        let own = n[k] * rho[k] * (x[k] * x[k] + 1.0);
        // What rounding may make of either, in the sums of the run as well.
        let slack = (8.0 + s as f64) * f64::EPSILON * (field.size[side] * libm::hypot(x[k], 1.0) + own.abs());
        for (column, sign) in [1.0, -1.0].into_iter().enumerate() {
            let class = snapshot.attractor[[b, column]];
            let allowed = |dot: f64, all: f64| class == class_of(sign * dot, sign * all) as i8;
            let ends = [-slack, 0.0, slack];
            let edge = b == 0 || b == 2 * s - 1;
            let right = match edge {
                true => class == BoundaryClass::DeadEdge as i8,
                false => ends.iter().any(|d| ends.iter().any(|a| allowed(dot + d, dot + own + a))),
            };
            wrong += usize::from(!right);
        }
    }
    wrong as f64
}

/// The class for one sign of `r` from the field along `xt_k` without and with the own sample.
fn class_of(without: f64, with: f64) -> BoundaryClass {
    match (without, with) {
        (without, with) if without < 0.0 && with > 0.0 => BoundaryClass::Attractor,
        (without, with) if without > 0.0 && with < 0.0 => BoundaryClass::Repulsor,
        _ => BoundaryClass::Passthrough,
    }
}

/// Mass pinned where the field drives it away faster than the margin of section 15 and than `share`
/// of the field.
pub(super) fn pinned_elsewhere(
    regions: &Regions,
    g: &[Vec2],
    snapshot: &Snapshot,
    share: f64,
    margins: &Margins,
) -> f64 {
    let mut mass = 0.0;
    for ((b, side), &pinned) in snapshot.pinned_mass.indexed_iter() {
        let (sign, above) = (if side == 0 { 1.0 } else { -1.0 }, regions.above(b));
        let seen = Interface::new(regions, b, sign, |k| g[k], |k| 10.0 * margins.of(k));
        let [low, high] = seen.outward();
        let speed = libm::hypot(g[b][0], g[b][1]) + libm::hypot(g[above][0], g[above][1]);
        // What is not a number is another law's.
        if pinned > 0.0 && low.max(high) > share * speed {
            mass += pinned;
        }
    }
    mass
}
