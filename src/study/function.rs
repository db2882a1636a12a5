//! The function of many particles at many points, and its bends.

use rayon::prelude::*;

use crate::flow::chunk_size;
use crate::io::Particles;
use crate::math::sum::sum;
use crate::problem::{PlaceKind, Regions, Samples};

/// `f` at ascending, distinct `points`, in `O(m log p + p)`.
///
/// The points cut the circle into regions as samples do (section 3): particles of one region are
/// one vector `F_k = Int_(region k) r d mu`, and running sums give all values (section 4).
/// Summed in chunks that are added in order: bits do not depend on threads.
pub(crate) fn values(points: &[f64], particles: &Particles, mass: &[f64]) -> Vec<f64> {
    let cuts = Samples::new(points, &vec![0.0; points.len()]).expect("points are finite");
    let (regions, p) = (Regions::new(&cuts), cuts.len());
    let size = chunk_size(mass.len(), 2 * p);
    let parts: Vec<Vec<[f64; 2]>> = (0..mass.len().div_ceil(size))
        .into_par_iter()
        .map(|chunk| {
            let mut sums = vec![[0.0; 2]; 2 * p];
            for i in chunk * size..((chunk + 1) * size).min(mass.len()) {
                let (sin, cos) = particles.theta[i].sin_cos();
                let sum = &mut sums[regions.region_of(particles.theta[i])];
                sum[0] += mass[i] * particles.r[i] * cos;
                sum[1] += mass[i] * particles.r[i] * sin;
            }
            sums
        })
        .collect();
    // Entry k: regions 1 ..= k.
    let mut running = vec![[0.0; 2]; 2 * p];
    for k in 1..2 * p {
        running[k] =
            std::array::from_fn(|q| running[k - 1][q] + parts.iter().map(|part| part[k][q]).sum::<f64>());
    }
    // Point j is active in the regions p-j ..= 2p-1-j.
    let value = |j: usize| {
        let [a, b]: [f64; 2] = std::array::from_fn(|q| running[2 * p - 1 - j][q] - running[p - 1 - j][q]);
        points[j] * a + b
    };
    (0..p).map(value).collect()
}

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

/// Directions whose `|cos|` is below this have no knot: the neuron is a constant over any range in
/// which numbers mean something.
pub(crate) const FLAT: f64 = 1e-12;

/// `(Int |f''|, Sum_i mu_i^2)` over the whole line (section 13): the total variation of `f'`, in
/// which knots that coincide are added first, and S's roughness, in which they are not.
///
/// Particles pinned to the line of a sample have their knot there.
pub(crate) fn bends(particles: &Particles, mass: &[f64], regions: &Regions, x: &[f64]) -> (f64, f64) {
    let mut roughness = 0.0;
    let mut knots: Vec<(f64, f64)> = Vec::with_capacity(mass.len());
    for i in 0..mass.len() {
        let (sin, cos) = particles.theta[i].sin_cos();
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
    use crate::problem::{Law, LawKind, Measure, Place};

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
    fn values_are_those_of_the_definition() {
        let law = Law { kind: LawKind::Pytorch, scale: 1.0, antisymmetric: false };
        let measure = law.draw(5000, 3).unwrap();
        let points: Vec<f64> = (0..41).map(|i| -4.0 + 0.2 * f64::from(i)).collect();
        let particles = particles(&measure, vec![Place::in_region(1); 5000]);
        for (x, value) in points.iter().zip(values(&points, &particles, measure.mass())) {
            assert!((value - measure.value_at(*x)).abs() < 1e-14, "{x}: {value}");
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
