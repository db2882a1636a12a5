//! Places of neurons at the start of a run.

use crate::flow::field::Vec2;
use crate::flow::interface::{self, Fate, Interface, Margins, Way};
use crate::problem::{Place, PlaceKind, Regions};

use super::frame::Neuron;
use super::kind::Kind;

/// A neuron nearer to a line than this, relative to `|w|`, starts on it.
const STARTS_ON_LINE: f64 = 4e-16;

/// The region of a neuron that is not at the origin, or the boundary that it is on.
pub fn locate(regions: &Regions, [_, x, y]: Neuron) -> Result<usize, usize> {
    let theta = libm::atan2(y, x);
    let k = regions.region_of(theta);
    // The lines on both sides; region 0 lies between the last and the first.
    let count = regions.boundaries();
    let near = [if k == 0 { count - 1 } else { k - 1 }, k];
    let on = near.into_iter().find(|&b| {
        let (n, d) = (regions.normal(b), regions.direction(b));
        (n[0] * x + n[1] * y).abs() <= STARTS_ON_LINE * libm::hypot(x, y) && d[0] * x + d[1] * y > 0.0
    });
    on.map_or(Ok(k), Err)
}

/// Where a neuron at the origin starts whose `c` has this sign; also whether that is ambiguous. It sets
/// off at once in the direction of steepest descent ([`interface::from_origin`]), and counts as one that
/// has: its rate, which grows from `w = 0`, is that of the place where it goes. It rests if nothing is
/// downhill.
pub fn from_origin(regions: &Regions, kind: Kind, g: &[Vec2], margins: &Margins, sign: f64) -> (Place, bool) {
    let rest = (Place::new(PlaceKind::Stuck, 0), false);
    if kind.beta == 0.0 {
        return rest;
    }
    match interface::from_origin(regions, sign, |k| g[k], |k| margins.of(k)) {
        Some(Way::Along(b)) => on_line(regions, g, margins, b, sign),
        Some(Way::Into(k)) => (Place::in_region(k), false),
        None => rest,
    }
}

/// The place of a neuron on boundary `b` with this sign of `c`, and whether that is ambiguous.
fn on_line(regions: &Regions, g: &[Vec2], margins: &Margins, b: usize, sign: f64) -> (Place, bool) {
    match Interface::new(regions, b, sign, |k| g[k], |k| margins.of(k)).on_line() {
        Fate::Enters { upward, ambiguous } => {
            (Place::in_region(if upward { regions.above(b) } else { b }), ambiguous)
        }
        Fate::Pinned => (Place::in_cluster(b, sign < 0.0), false),
        Fate::Dies => (Place::DEAD, false),
    }
}

/// Where a neuron starts; also whether that was ambiguous. A neuron on a boundary is put exactly on
/// its line, and where `c = 0` there gets the sign of `c` with which it sets off.
///
/// * `origin`: what [`from_origin`] says for `c > 0` and for `c < 0`.
pub fn start_of(
    regions: &Regions,
    kind: Kind,
    g: &[Vec2],
    margins: &Margins,
    origin: &[(Place, bool); 2],
    z: &mut Neuron,
) -> (Place, bool) {
    if z[1] == 0.0 && z[2] == 0.0 {
        return match z[0] {
            0.0 => (Place::new(PlaceKind::Stuck, 0), false),
            c => origin[usize::from(c < 0.0)],
        };
    }
    let b = match locate(regions, *z) {
        Ok(k) => return (Place::in_region(k), false),
        Err(b) => b,
    };
    let side = regions.inactive_side(b);
    if kind.beta == 0.0 {
        // It stays on the line, where its sample does not see it.
        return (Place::in_region(side), false);
    }
    let [dx, dy] = regions.direction(b);
    let l = z[1] * dx + z[2] * dy;
    (z[1], z[2]) = (l * dx, l * dy);
    let pull = g[side][0] * dx + g[side][1] * dy;
    if z[0] == 0.0 && kind.alpha > 0.0 && pull != 0.0 {
        z[0] = 0f64.copysign(-pull);
    }
    on_line(regions, g, margins, b, 1f64.copysign(z[0]))
}
