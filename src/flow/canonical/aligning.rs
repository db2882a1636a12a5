//! Canonical particles that relax towards `-g` within a step, and how they answer to its path
//! ([`response`](crate::flow::response)).

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::flow::field::gradients;
use crate::flow::moments::add;
use crate::flow::response::{TURNS_BACK, Turning, weights};
use crate::math::chunks::{SMALLEST, scatter};
use crate::math::trig::sin_cos;
use crate::problem::{PlaceKind, Samples};

use super::columns::Canonical;

/// Weights are taken at no smaller `z`: near the unstable direction `+g` it is negative, and they grow like `exp(-z)`. How
/// long steps are there is limited by the growth itself.
const LEAVES: f64 = -1.0;

/// `Sum mass r^2 t t^T` per region with the weights of `z = -h r <g, d>`; `None` if no particle has a `|z|` above
/// [`TURNS_BACK`], or if a bound on all of them is below `least`.
pub fn aligning(
    samples: &Samples,
    mass: &[f64],
    columns: &Canonical,
    rho: &[f64],
    h: f64,
    least: f64,
) -> Option<Vec<Turning>> {
    let count = 2 * samples.len();
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, rho, &mut g);
    let strongest = g.iter().map(|g| libm::hypot(g[0], g[1])).fold(0.0, f64::max);
    let largest = columns.r.par_iter().with_min_len(SMALLEST).map(|r| r.abs()).reduce(|| 0.0, f64::max);
    if h * strongest * largest < least {
        return None;
    }
    g.iter_mut().for_each(|g| *g = [h * g[0], h * g[1]]);
    let any = AtomicBool::new(false);
    let free = |i: usize| (columns.place[i].kind() == PlaceKind::Free).then(|| columns.place[i].index());
    let add_one = |sums: &mut Turning, i: usize| {
        let (hg, r) = (g[columns.place[i].index()], columns.r[i]);
        let (sin, cos) = sin_cos(columns.theta[i]);
        let z = -r * (hg[0] * cos + hg[1] * sin);
        if z.abs() < TURNS_BACK {
            return;
        }
        any.store(true, Ordering::Relaxed);
        let strength = mass[i] * r * r;
        for (sum, weight) in sums.iter_mut().zip(weights(z.max(LEAVES))) {
            let share = weight * strength;
            *sum = [sum[0] + share * sin * sin, sum[1] - share * sin * cos, sum[2] + share * cos * cos];
        }
    };
    let add_all = |sum: &mut Turning, part: &Turning| {
        sum.iter_mut().zip(part).for_each(|(sum, part)| add(sum, part));
    };
    let sums = scatter(mass.len(), count, free, add_one, add_all);
    any.into_inner().then_some(sums)
}
