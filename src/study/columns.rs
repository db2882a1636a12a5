//! A measure of particles as distances see it: knots, angles, points of the cylinder in space.

use crate::io::Particles;
use crate::math::random::{Purpose, Stream};
use crate::problem::{FLAT, PlaceKind, Regions};

/// The range in which knots are told apart: that of the samples and half as much on either side (of
/// a single sample: 1 on either side).
///
/// A neuron whose knot lies beyond is a straight line wherever the data are, and how far beyond says
/// nothing about `f` there. Worse, knots of isotropic laws are Cauchy distributed: they have no
/// mean, and the distance between two networks would be that of their farthest knots, at any width.
pub(crate) fn window(x: &[f64]) -> [f64; 2] {
    let (low, high) = (x[0], x[x.len() - 1]);
    let half = if high > low { 0.5 * (high - low) } else { 1.0 };
    [low - half, high + half]
}

/// Knots, angles, and points `(r, cos theta, sin theta)` of all particles, with their masses.
pub(crate) struct Columns {
    /// Knots `b / a = -tan theta`, those beyond the window at its ends; NaN of neurons without one.
    pub knots: Vec<f64>,
    pub theta: Vec<f64>,
    pub space: Vec<[f64; 3]>,
    pub mass: Vec<f64>,
    window: [f64; 2],
}

/// The knot of a direction, in the window; `None` if it has none. Only knots within are divided for:
/// there `|cos|` is at least that of the window's farther end.
fn knot(sin: f64, cos: f64, [low, high]: [f64; 2]) -> Option<f64> {
    if cos.abs() <= FLAT {
        return None;
    }
    // -sin / cos against the ends, multiplied by |cos|.
    let (minus_sin, length) = (-sin * cos.signum(), cos.abs());
    Some(if minus_sin <= low * length {
        low
    } else if minus_sin >= high * length {
        high
    } else {
        minus_sin / length
    })
}

impl Columns {
    /// Of particles; those pinned to the line of a sample have their knot there.
    pub fn of(particles: &Particles, mass: &[f64], regions: &Regions, x: &[f64]) -> Columns {
        let window = window(x);
        let m = mass.len();
        let (mut knots, mut space) = (Vec::with_capacity(m), Vec::with_capacity(m));
        for i in 0..m {
            let (sin, cos) = libm::sincos(particles.theta[i]);
            let place = particles.place[i];
            let pinned = matches!(place.kind(), PlaceKind::Pinned | PlaceKind::StuckPinned);
            knots.push(match pinned {
                true => x[regions.sample(place.index())],
                false => knot(sin, cos, window).unwrap_or(f64::NAN),
            });
            space.push([particles.r[i], cos, sin]);
        }
        Columns { knots, theta: particles.theta.clone(), space, mass: mass.to_vec(), window }
    }

    /// Shares of the mass whose knot lies at the ends of the window or beyond, and that has none.
    pub fn shares(&self) -> [f64; 2] {
        let mut shares = [0.0; 2];
        let mut total = 0.0;
        for (knot, mass) in self.knots.iter().zip(&self.mass) {
            total += mass;
            if knot.is_nan() {
                shares[1] += mass;
            } else if self.window.contains(knot) {
                shares[0] += mass;
            }
        }
        shares.map(|share| share / total)
    }
}

/// Independent draws from a measure.
pub(crate) struct Draws<'a> {
    columns: &'a Columns,
    /// Mass up to and with each particle.
    cumulative: Vec<f64>,
    /// The mass in as many equal parts as there are particles: the particle in which each begins.
    begins: Vec<u32>,
}

impl<'a> Draws<'a> {
    pub fn new(columns: &'a Columns) -> Draws<'a> {
        let mut sum = 0.0;
        let cumulative: Vec<f64> = columns
            .mass
            .iter()
            .map(|mass| {
                sum += mass;
                sum
            })
            .collect();
        let count = cumulative.len();
        let part = sum / count as f64;
        let mut ends = cumulative.iter();
        let begins = (0..count)
            .map(|k| {
                let before = part * k as f64;
                while ends.as_slice().first().is_some_and(|&end| end <= before) {
                    ends.next();
                }
                (count - ends.len()) as u32
            })
            .collect();
        Draws { columns, cumulative, begins }
    }

    /// `m` of them, of equal mass.
    ///
    /// * `repetition`: other draws for other numbers.
    pub fn drawn(&self, m: u64, repetition: u64) -> Columns {
        let mut stream = Stream::new(m, Purpose::Resampling, repetition);
        let last = self.cumulative.len() - 1;
        let (sum, part) = (self.cumulative[last], self.cumulative[last] / self.cumulative.len() as f64);
        let picked: Vec<usize> = (0..m)
            .map(|_| {
                let u = sum * stream.unit();
                // From the part before, lest rounding of the division has gone too far.
                let begin = self.begins[((u / part) as usize).min(last).saturating_sub(1)] as usize;
                (begin + self.cumulative[begin..].iter().take_while(|&&end| end <= u).count()).min(last)
            })
            .collect();
        let Columns { knots, theta, space, window, .. } = self.columns;
        Columns {
            knots: picked.iter().map(|&i| knots[i]).collect(),
            theta: picked.iter().map(|&i| theta[i]).collect(),
            space: picked.iter().map(|&i| space[i]).collect(),
            mass: vec![1.0 / m as f64; m as usize],
            window: *window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Place, Samples};
    use std::f64::consts::{FRAC_PI_2, PI};

    fn columns(theta: &[f64], mass: &[f64], place: Place) -> Columns {
        let samples = Samples::new(&[-1.0, 1.0], &[0.0; 2]).unwrap();
        let particles = Particles {
            index: (0..theta.len()).collect(),
            r: vec![2.0; theta.len()],
            theta: theta.to_vec(),
            c: vec![],
            a: vec![],
            b: vec![],
            place: vec![place; theta.len()],
        };
        Columns::of(&particles, mass, &Regions::new(&samples), samples.x())
    }

    #[test]
    fn knots_by_hand() {
        assert_eq!(window(&[-1.0, 3.0]), [-3.0, 5.0]);
        assert_eq!(window(&[7.0]), [6.0, 8.0]);
        let at = |knot: f64, a: f64| (-knot * a).atan2(a);
        // f = [x - 0.5]_+ and [0.5 - x]_+; knots beyond either end, facing either way; a = 0.
        let theta = [at(0.5, 1.0), at(0.5, -1.0), at(9.0, 1.0), at(-9.0, -1.0), FRAC_PI_2, FRAC_PI_2 + 1e-9];
        let found = columns(&theta, &[0.1, 0.2, 0.3, 0.1, 0.2, 0.1], Place::in_region(1));
        assert!((found.knots[0] - 0.5).abs() < 1e-15 && (found.knots[1] - 0.5).abs() < 1e-15);
        assert_eq!(found.knots[2..4], [2.0, -2.0]);
        assert!(found.knots[4].is_nan());
        // cos = -1e-9: the knot is at sin / 1e-9.
        assert_eq!(found.knots[5], 2.0);
        let shares = found.shares();
        assert!((shares[0] - 0.5).abs() < 1e-15 && (shares[1] - 0.2).abs() < 1e-15, "{shares:?}");
        assert_eq!(found.space[0][0], 2.0);
        // Pinned: at the sample, whatever the angle's last bits say.
        let samples = Samples::new(&[-1.0, 1.0], &[0.0; 2]).unwrap();
        let regions = Regions::new(&samples);
        let b = (0..4).find(|&b| samples.x()[regions.sample(b)] == 1.0).unwrap();
        assert_eq!(columns(&[PI], &[1.0], Place::pinned(b)).knots, [1.0]);
    }

    /// Each draw is the first whose mass, with all before it, is beyond the random number.
    #[test]
    fn draws_are_found_from_their_part_of_the_mass() {
        let mass: Vec<f64> =
            (0..1000).map(|i| if i % 7 < 3 { 0.0 } else { f64::from(i % 11) + 1e-3 }).collect();
        let theta: Vec<f64> = (0..1000).map(f64::from).collect();
        let drawn = Draws::new(&columns(&theta, &mass, Place::in_region(1))).drawn(5000, 0);
        let (mut stream, total) = (Stream::new(5000, Purpose::Resampling, 0), mass.iter().sum::<f64>());
        for found in drawn.theta {
            let (u, mut sum) = (total * stream.unit(), 0.0);
            let expected = mass.iter().position(|mass| {
                sum += mass;
                sum > u
            });
            assert_eq!(Some(found as usize), expected);
        }
    }

    /// Draws have the weights of what they are drawn from: within four standard errors.
    #[test]
    fn draws_follow_the_masses() {
        let all = columns(&[0.1, 0.2, 0.3], &[0.125, 0.0, 0.875], Place::in_region(1));
        let draws = Draws::new(&all);
        let drawn = draws.drawn(40_000, 3);
        let share = drawn.theta.iter().filter(|&&theta| theta == 0.1).count() as f64 / 40_000.0;
        assert!((share - 0.125).abs() < 4.0 * (0.125f64 * 0.875 / 40_000.0).sqrt(), "{share}");
        assert!(drawn.theta.iter().all(|&theta| theta != 0.2), "drawn without mass");
        // A sum of so many terms rounds.
        assert!((drawn.mass.iter().sum::<f64>() - 1.0).abs() < 1e-10);
        assert_ne!(drawn.theta, draws.drawn(40_000, 4).theta);
    }
}
