//! Where small neurons turn to: the extremal directions of the field.
//!
//! A neuron with the sign `s` of `r` grows at the rate `h_s(theta)`,
//!
//! ```text
//! h_s(theta) = -s Sum_j n_j rho_j <xt_j, d(theta)>_+ = -s <g_k, d(theta)>
//! ```
//!
//! and turns uphill in it. While all neurons are small the residuals, and with them `h_s`, stand still: neurons turn to
//! the local maxima of `h_s` before any residual moves, which is called early alignment. `h_s` is continuous, a piece of
//! a sine in each region, so that its maxima lie
//!
//! * inside region `k` at the direction `-s g_k`, if that is in the region, or
//! * on a boundary to which both sides turn (an attractor, section 6), where neurons are pinned.

use std::f64::consts::{PI, TAU};

use crate::flow::gradients;
use crate::problem::{PlaceKind, Regions, Samples};

use super::Columns;

/// A local maximum of `h_s` where it is positive: a direction to which neurons of one sign turn, and along which they
/// grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremal {
    /// The sign of `r` of the neurons that turn there: 1 or -1.
    pub sign: f64,
    /// The direction (rad, in `[0, 2 pi)`).
    pub theta: f64,
    /// `h_s` there, before the factor `kappa`: the logarithm of small neurons grows at this rate.
    pub growth: f64,
    /// The boundary that it lies on, if it does.
    pub boundary: Option<usize>,
}

/// All extremal directions for residuals `rho`, in `O(s)`: those of positive `r` first, anticlockwise from boundary 0.
///
/// ```
/// use reluflow::{problem::Samples, run::extremal_directions};
/// // One sample at 0 above the function: neurons with r > 0 turn upright, and nothing attracts others.
/// let found = extremal_directions(&Samples::new(&[0.0], &[2.0])?, &[-2.0]);
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].sign, found[0].growth, found[0].boundary), (1.0, 2.0, None));
/// assert!((found[0].theta - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn extremal_directions(samples: &Samples, rho: &[f64]) -> Vec<Extremal> {
    let regions = Regions::new(samples);
    let count = regions.boundaries();
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, rho, &mut g);
    let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
    let mut found = vec![];
    for sign in [1.0, -1.0] {
        for k in 1..count {
            let uphill = [-sign * g[k][0], -sign * g[k][1]];
            let (low, high) = (regions.normal(k - 1), regions.normal(k));
            let growth = libm::hypot(uphill[0], uphill[1]);
            // The one live region of a single sample is a half-plane, whose two normals are one condition.
            if growth > 0.0 && dot(uphill, low) > 0.0 && dot(uphill, high) < 0.0 {
                let theta = libm::atan2(uphill[1], uphill[0]).rem_euclid(TAU);
                found.push(Extremal { sign, theta, growth, boundary: None });
            }
            // The boundary after the region, if both its sides are live.
            if k + 1 == count {
                continue;
            }
            let (b, n, d) = (k, regions.normal(k), regions.direction(k));
            let turns = [k, regions.above(b)].map(|k| -sign * dot(g[k], n));
            let growth = -sign * dot(g[regions.inactive_side(b)], d);
            if turns[0] > 0.0 && turns[1] < 0.0 && growth > 0.0 {
                let theta = regions.angle(b).rem_euclid(TAU);
                found.push(Extremal { sign, theta, growth, boundary: Some(b) });
            }
        }
    }
    found
}

/// How the mass of a snapshot lies to its extremal directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The directions, each with the share of the live mass that has its sign of `r` and lies within the angle of it.
    pub directions: Vec<(Extremal, f64)>,
    /// Share of the live mass within the angle of some direction of its sign.
    pub share: f64,
    /// Mass that is not dead, of the particles given; `r = 0` has no sign and counts as dead.
    pub live_mass: f64,
}

impl Alignment {
    /// Of these particles.
    ///
    /// * `mass`: of all particles, by their numbers.
    /// * `angle`: how near counts as aligned (rad).
    pub fn new(
        samples: &Samples,
        rho: &[f64],
        mass: &[f64],
        particles: &Columns<'_>,
        angle: f64,
    ) -> Alignment {
        let mut directions: Vec<(Extremal, f64)> =
            extremal_directions(samples, rho).into_iter().map(|found| (found, 0.0)).collect();
        let (mut live, mut aligned) = (0.0, 0.0);
        for (at, &i) in particles.index.iter().enumerate() {
            let (r, theta) = (particles.r[at], particles.theta[at]);
            if particles.place[at].kind() == PlaceKind::Dead || r == 0.0 {
                continue;
            }
            live += mass[i];
            let away = |to: f64| ((theta - to + PI).rem_euclid(TAU) - PI).abs();
            let own = directions.iter_mut().filter(|(to, _)| to.sign == r.signum());
            let nearest = own.min_by(|(a, _), (b, _)| away(a.theta).total_cmp(&away(b.theta)));
            if let Some((_, share)) = nearest.filter(|(to, _)| away(to.theta) <= angle) {
                *share += mass[i];
                aligned += mass[i];
            }
        }
        let of_live = |mass: f64| if live > 0.0 { mass / live } else { 0.0 };
        directions.iter_mut().for_each(|(_, share)| *share = of_live(*share));
        Alignment { directions, share: of_live(aligned), live_mass: live }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Place;

    /// Against a scan of `Sum_j n_j rho_j <xt_j, d>_+` itself.
    #[test]
    fn directions_are_the_maxima_of_the_growth() {
        let mut pinned = 0;
        for seed in 0..40 {
            let s = 1 + seed % 6;
            let draw = |i: usize| ((seed * 37 + i * 101) as f64 * 0.618_034).fract() * 2.0 - 1.0;
            let x: Vec<f64> = (0..s).map(|j| j as f64 + 0.4 * draw(j)).collect();
            let rho: Vec<f64> = (0..s).map(|j| draw(20 + j)).collect();
            let samples = Samples::new(&x, &vec![0.0; s]).unwrap();
            let growth = |sign: f64, theta: f64| -> f64 {
                let (sin, cos) = theta.sin_cos();
                -sign * (0..s).map(|j| rho[j] * (x[j] * cos + sin).max(0.0)).sum::<f64>()
            };
            let found = extremal_directions(&samples, &rho);
            const STEPS: usize = 40_000;
            let at = |i: usize| TAU * (i % STEPS) as f64 / STEPS as f64;
            let mut expected = vec![];
            for sign in [1.0, -1.0] {
                for i in 0..STEPS {
                    let [before, here, after] = [i + STEPS - 1, i, i + 1].map(|i| growth(sign, at(i)));
                    if here > 1e-12 && here > before && here >= after {
                        expected.push((sign, at(i), here));
                    }
                }
            }
            assert_eq!(found.len(), expected.len(), "seed {seed}: {found:?} {expected:?}");
            for (sign, theta, height) in expected {
                let near = |e: &&Extremal| {
                    e.sign == sign
                        && ((e.theta - theta + PI).rem_euclid(TAU) - PI).abs() < 2.0 * TAU / STEPS as f64
                };
                let match_ =
                    found.iter().find(near).unwrap_or_else(|| panic!("seed {seed}: {theta} {found:?}"));
                assert!(
                    (match_.growth - height).abs() < 1e-3
                        && (growth(sign, match_.theta) - match_.growth).abs() < 1e-12
                );
                pinned += usize::from(match_.boundary.is_some());
            }
        }
        assert!(pinned > 10, "{pinned}");
    }

    #[test]
    fn shares_are_of_the_live_mass_of_the_same_sign() {
        let samples = Samples::new(&[0.0], &[2.0]).unwrap();
        let up = std::f64::consts::FRAC_PI_2;
        let place =
            [Place::in_region(1), Place::in_region(1), Place::in_region(1), Place::DEAD, Place::in_region(1)];
        let columns = Columns {
            index: &[0, 1, 2, 3, 4],
            r: &[1.0, 1.0, -1.0, 1.0, 0.0],
            theta: &[up + 0.05, up + 0.3, up, -up, up],
            c: &[],
            a: &[],
            b: &[],
            place: &place,
        };
        let found = Alignment::new(&samples, &[-2.0], &[0.1, 0.2, 0.1, 0.4, 0.2], &columns, 0.1);
        assert!((found.live_mass - 0.4).abs() < 1e-15 && (found.share - 0.25).abs() < 1e-15);
        assert_eq!(found.directions.len(), 1);
    }
}
