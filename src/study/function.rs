//! The size and the bends of a function.

use crate::io::Particles;
use crate::math::sum::sum;
use crate::problem::{FLAT, PlaceKind, Regions};

/// Root mean square over an interval of a function given at equally spaced points, both ends
/// included, by the trapezoidal rule; of one point, its magnitude.
pub(crate) fn rms_on_grid(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let last = values.len().saturating_sub(1);
    if last == 0 {
        return values.map(f64::abs).sum();
    }
    let weight = |i: usize| if i == 0 || i == last { 0.5 } else { 1.0 };
    let square = sum(values.enumerate().map(|(i, value)| weight(i) * value * value));
    (square / last as f64).sqrt()
}

/// `(Int |f''|, Sum_i mu_i^2)` over the whole line (section 13): the total variation of `f'`, in
/// which knots that coincide are added first, and S's roughness, in which they are not.
///
/// Particles pinned to the line of a sample have their knot there.
pub(crate) fn bends(particles: &Particles, mass: &[f64], regions: &Regions, x: &[f64]) -> (f64, f64) {
    let mut roughness = 0.0;
    let mut knots: Vec<(f64, f64)> = Vec::with_capacity(mass.len());
    for i in 0..mass.len() {
        let (sin, cos) = libm::sincos(particles.theta[i]);
        if cos.abs() <= FLAT {
            continue;
        }
        let place = particles.place[i];
        let pinned = matches!(place.kind(), PlaceKind::Pinned | PlaceKind::StuckPinned);
        let knot = if pinned { x[regions.sample(place.index())] } else { -sin / cos };
        let change = mass[i] * particles.r[i] * cos.abs();
        roughness += change * change;
        knots.push((knot, change));
    }
    // Stable, so that equal knots are added in the order of the particles.
    knots.sort_by(|a, b| a.0.total_cmp(&b.0));
    let together = knots.chunk_by(|a, b| a.0 == b.0);
    let variation = together.map(|same| same.iter().map(|knot| knot.1).sum::<f64>().abs()).sum();
    (variation, roughness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Measure, Place, Samples};

    fn particles(measure: &Measure, place: Vec<Place>) -> Particles {
        Particles {
            index: (0..measure.len()).collect(),
            r: measure.r().to_vec(),
            theta: measure.theta().to_vec(),
            c: vec![],
            a: vec![],
            b: vec![],
            place,
        }
    }

    #[test]
    fn a_root_mean_square_is_that_of_the_function() {
        // Of x on [0, 1] it is sqrt(1/3); a mean over points counts the end too much.
        let line = |n: u32| {
            rms_on_grid((0..=n).map(|i| f64::from(i) / f64::from(n)).collect::<Vec<_>>().into_iter())
        };
        assert!((line(200) - (1.0f64 / 3.0).sqrt()).abs() < 1e-5, "{}", line(200));
        // Second order: h^2 / 6 of the mean square.
        assert!((line(200).powi(2) - 1.0 / 3.0 - 1.0 / 240_000.0).abs() < 1e-12);
        assert_eq!(rms_on_grid([-3.0].into_iter()), 3.0);
        assert_eq!(rms_on_grid([0.5; 201].into_iter()), 0.5);
    }

    #[test]
    fn bends_by_hand() {
        // 2 [x - 1]_+ and -[1 - x]_+ share a knot: f' goes from 1 to 2. [x]_+ bends by 3 at 0.
        let theta = [(-1.0f64).atan2(1.0), 1.0f64.atan2(-1.0), 0.0];
        let root = 2f64.sqrt();
        let measure = Measure::new(vec![8.0 * root, -4.0 * root, 6.0], theta.to_vec(), vec![0.25, 0.25, 0.5]);
        let measure = measure.unwrap();
        let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
        let regions = Regions::new(&samples);
        let on = |b: usize| Place::pinned(b);
        let at = |x: f64, on: bool| {
            (0..4).find(|&b| samples.x()[regions.sample(b)] == x && regions.switches_on(b) == on).unwrap()
        };
        let places = vec![on(at(1.0, true)), on(at(1.0, false)), on(at(0.0, true))];
        let (variation, roughness) =
            bends(&particles(&measure, places), measure.mass(), &regions, samples.x());
        assert!((variation - 4.0).abs() < 1e-14, "{variation}");
        assert!((roughness - (4.0 + 1.0 + 9.0)).abs() < 1e-13, "{roughness}");
        let vertical = Measure::uniform(vec![1.0], vec![std::f64::consts::FRAC_PI_2]).unwrap();
        assert_eq!(
            bends(&particles(&vertical, vec![Place::in_region(2)]), &[1.0], &regions, samples.x()),
            (0.0, 0.0)
        );
    }
}
