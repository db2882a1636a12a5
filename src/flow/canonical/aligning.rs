//! Canonical particles that relax towards `-g` within a step, and how they answer to its path
//! ([`response`](crate::flow::response)).

use std::ops::Range;

use crate::flow::field::{Vec2, gradients};
use crate::flow::response::{TURNS_BACK, Turning, WEIGHTS, weights};
use crate::math::chunks::parts;
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
    let strongest = g.iter().map(|g| g[0].hypot(g[1])).fold(0.0, f64::max);
    let most = |chunk: Range<usize>| columns.r[chunk].iter().fold(0.0, |most: f64, r| most.max(r.abs()));
    let largest = parts(mass.len(), count, most).into_iter().fold(0.0, f64::max);
    if h * strongest * largest < least {
        return None;
    }
    g.iter_mut().for_each(|g| *g = [h * g[0], h * g[1]]);
    let chunks = parts(mass.len(), count, |chunk| sums(&g, mass, columns, chunk));
    chunks.into_iter().flatten().reduce(|mut sum, part| {
        for (sum, part) in
            sum.as_flattened_mut().as_flattened_mut().iter_mut().zip(part.as_flattened().as_flattened())
        {
            *sum += part;
        }
        sum
    })
}

/// The sums of some particles; `None` if none of them relaxes.
fn sums(hg: &[Vec2], mass: &[f64], columns: &Canonical, range: Range<usize>) -> Option<Vec<Turning>> {
    let mut sums: Option<Vec<Turning>> = None;
    for i in range {
        if columns.place[i].kind() != PlaceKind::Free {
            continue;
        }
        let (k, r) = (columns.place[i].index(), columns.r[i]);
        let (sin, cos) = sin_cos(columns.theta[i]);
        let z = -r * (hg[k][0] * cos + hg[k][1] * sin);
        if z.abs() < TURNS_BACK {
            continue;
        }
        let sums = sums.get_or_insert_with(|| vec![[[0.0; 3]; WEIGHTS]; hg.len()]);
        let strength = mass[i] * r * r;
        for (sum, weight) in sums[k].iter_mut().zip(weights(z.max(LEAVES))) {
            let share = weight * strength;
            *sum = [sum[0] + share * sin * sin, sum[1] - share * sin * cos, sum[2] + share * cos * cos];
        }
    }
    sums
}
