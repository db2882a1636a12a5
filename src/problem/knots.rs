//! The spline view of a measure (mathematics, section 13): knots, orientations, delta-slopes.

use super::error::check_values;
use super::{Measure, Neurons, ProblemError};

/// A neuron whose slope `|a|` is at most this share of `|w|` has no knot: the neuron is a constant
/// over any range in which numbers mean something.
pub const FLAT: f64 = 1e-12;
/// Knots beyond this are told: no sample is likely to be there.
const FAR: f64 = 1e6;
/// Largest knot or delta-slope accepted.
const LIMIT: f64 = 1e50;

/// A piecewise linear function as a sum of hinges, one for each particle that has a slope:
///
/// ```text
/// f(x) = Sum_i mu_i (x - beta_i) 1{s_i (x - beta_i) > 0} + constants
/// beta = b / a,   s = sign(a),   mu = kappa mass c a   (S eq. 2)
/// ```
///
/// At the knot `beta_i` the slope changes by `s_i mu_i` from left to right. A particle with
/// `a = 0`, or so little of it that it is rounding, has no knot and is kept apart, as a [`Flat`]:
/// nothing is divided by it.
///
/// ```
/// use reluflow::problem::{Knots, Neurons};
/// // 3 [2 x - 1]_+ of mass 1/2, and the constant 5 [0 x + 2]_+ of mass 1/2.
/// let neurons = Neurons::uniform(vec![3.0, 5.0], vec![2.0, 0.0], vec![1.0, -2.0])?;
/// let knots = Knots::of_neurons(&neurons, 1.0);
/// assert_eq!((knots.knot(), knots.orientation(), knots.delta_slope()), (&[0.5][..], &[1][..], &[3.0][..]));
/// assert_eq!((knots.flat()[0].particle, knots.flat()[0].value), (1, 5.0));
/// assert_eq!(knots.value_at(1.5), neurons.value_at(1.0, 1.5)); // 3 + 5
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Knots {
    particle: Vec<usize>,
    knot: Vec<f64>,
    orientation: Vec<i8>,
    delta_slope: Vec<f64>,
    mass: Vec<f64>,
    flat: Vec<Flat>,
}

/// The knot `b / a = -tan theta` of a direction (rad), where its neuron switches; `None` where
/// `|cos theta|` is at most [`FLAT`].
///
/// ```
/// use reluflow::problem::knot_of;
/// use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
/// assert!((knot_of(-FRAC_PI_4).unwrap() - 1.0).abs() < 1e-15);
/// assert_eq!(knot_of(FRAC_PI_2), None);
/// ```
pub fn knot_of(theta: f64) -> Option<f64> {
    let (sin, cos) = libm::sincos(theta);
    (cos.abs() > FLAT).then_some(-sin / cos)
}

/// A particle without a knot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flat {
    /// Its number.
    pub particle: usize,
    /// What it adds to the function everywhere near the origin: `kappa mass c [-b]_+`.
    pub value: f64,
}

impl Knots {
    /// The hinges of neurons, `kappa` the factor before their mean.
    pub fn of_neurons(neurons: &Neurons, kappa: f64) -> Knots {
        Knots::from_parts((0..neurons.len()).map(|i| {
            let mass = neurons.mass()[i];
            (kappa * mass * neurons.c()[i], neurons.a()[i], neurons.b()[i], mass)
        }))
    }

    /// The hinges of canonical particles: `mass r d` in place of `kappa mass c w`.
    pub fn of_measure(measure: &Measure) -> Knots {
        Knots::from_parts((0..measure.len()).map(|i| {
            let (sin, cos) = libm::sincos(measure.theta()[i]);
            (measure.mass()[i] * measure.r()[i], cos, -sin, measure.mass()[i])
        }))
    }

    /// From `(factor, a, b, mass)` of each particle, whose function is `factor [a x - b]_+`.
    fn from_parts(parts: impl Iterator<Item = (f64, f64, f64, f64)>) -> Knots {
        let mut knots = Knots {
            particle: vec![],
            knot: vec![],
            orientation: vec![],
            delta_slope: vec![],
            mass: vec![],
            flat: vec![],
        };
        for (particle, (factor, a, b, mass)) in parts.enumerate() {
            if a.abs() <= FLAT * libm::hypot(a, b) {
                knots.flat.push(Flat { particle, value: factor * (-b).max(0.0) });
                continue;
            }
            knots.particle.push(particle);
            knots.knot.push(b / a);
            knots.orientation.push(if a > 0.0 { 1 } else { -1 });
            knots.delta_slope.push(factor * a);
            knots.mass.push(mass);
        }
        knots
    }

    /// The canonical measure of hinges given as columns, with masses that sum to 1:
    ///
    /// ```text
    /// theta = atan2(-s beta, s),    r = s mu sqrt(1 + beta^2) / mass
    /// ```
    ///
    /// ```
    /// use reluflow::problem::Knots;
    /// // -|x| = x 1{x < 0} - x 1{x > 0}
    /// let measure = Knots::measure(&[0.0, 0.0], &[-1, 1], &[1.0, -1.0], vec![0.5, 0.5])?;
    /// assert_eq!((measure.value_at(2.0), measure.value_at(-3.0)), (-2.0, -3.0));
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Measure::new`]; an orientation that is neither 1 nor -1; a particle without mass that
    /// has a slope.
    pub fn measure(
        knot: &[f64],
        orientation: &[i8],
        delta_slope: &[f64],
        mass: Vec<f64>,
    ) -> Result<Measure, ProblemError> {
        for (what, found) in
            [("orientation", orientation.len()), ("delta_slope", delta_slope.len()), ("mass", mass.len())]
        {
            if found != knot.len() {
                return Err(ProblemError::Length { what, found, expected: knot.len() });
            }
        }
        check_values("knot", knot, LIMIT)?;
        check_values("delta_slope", delta_slope, LIMIT)?;
        if let Some(index) = orientation.iter().position(|s| s.abs() != 1) {
            return Err(ProblemError::Orientation { index, value: orientation[index].into() });
        }
        let (mut r, mut theta) = (vec![], vec![]);
        for i in 0..knot.len() {
            let s = f64::from(orientation[i]);
            let slope = s * delta_slope[i] * libm::hypot(knot[i], 1.0);
            // Without mass and slope: nothing, rather than 0 / 0.
            r.push(if slope == 0.0 { 0.0 } else { slope / mass[i] });
            theta.push(libm::atan2(-s * knot[i], s));
        }
        Measure::new(r, theta, mass)
    }

    /// Numbers of the particles that have knots.
    pub fn particle(&self) -> &[usize] {
        &self.particle
    }

    /// `beta = b / a`, where they switch.
    pub fn knot(&self) -> &[f64] {
        &self.knot
    }

    /// `s = sign(a)`: 1 for those active to the right of their knot, -1 to the left.
    pub fn orientation(&self) -> &[i8] {
        &self.orientation
    }

    /// `mu = kappa mass c a`, the slope of the particle's own function where it is active.
    pub fn delta_slope(&self) -> &[f64] {
        &self.delta_slope
    }

    /// Their masses.
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// Particles without a knot.
    pub fn flat(&self) -> &[Flat] {
        &self.flat
    }

    /// How many knots are so far out that no sample is likely to be there.
    pub fn far(&self) -> usize {
        self.knot.iter().filter(|knot| knot.abs() > FAR).count()
    }

    /// The function, in `O(m)`.
    pub fn value_at(&self, x: f64) -> f64 {
        let hinge = |i: usize| {
            let beyond = x - self.knot[i];
            if f64::from(self.orientation[i]) * beyond > 0.0 { self.delta_slope[i] * beyond } else { 0.0 }
        };
        let hinges: f64 = (0..self.knot.len()).map(hinge).sum();
        hinges + self.flat.iter().map(|flat| flat.value).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_divided_by_a_slope_that_is_rounding() {
        // cos(pi / 2) is 6e-17 in floating point; w = 0 has neither slope nor offset.
        let quarter = std::f64::consts::FRAC_PI_2;
        let measure = Measure::uniform(vec![3.0, -1.0], vec![quarter, 3.0 * quarter]).unwrap();
        let knots = Knots::of_measure(&measure);
        assert_eq!(knots.knot(), [0.0; 0]);
        assert_eq!(knots.flat(), [Flat { particle: 0, value: 1.5 }, Flat { particle: 1, value: 0.0 }]);
        let nothing = Neurons::uniform(vec![7.0], vec![0.0], vec![0.0]).unwrap();
        assert_eq!(Knots::of_neurons(&nothing, 1.0).flat(), [Flat { particle: 0, value: 0.0 }]);
        // Tiny but real slopes keep their knots, and are told.
        let far = Neurons::uniform(vec![1.0, 1.0], vec![2f64.powi(-30), 1.0], vec![1.0, 1.0]).unwrap();
        let knots = Knots::of_neurons(&far, 1.0);
        assert_eq!((knots.knot()[0], knots.far()), (2f64.powi(30), 1));
    }

    #[test]
    fn bad_columns_are_refused() {
        let measure = |s: i8, mu: f64, mass: Vec<f64>| Knots::measure(&[0.5], &[s], &[mu], mass);
        assert!(matches!(
            measure(0, 1.0, vec![1.0]),
            Err(ProblemError::Orientation { index: 0, value: 0.0 })
        ));
        assert!(matches!(measure(1, f64::NAN, vec![1.0]), Err(ProblemError::NonFinite { .. })));
        assert!(matches!(measure(1, 1.0, vec![]), Err(ProblemError::Length { .. })));
        let weightless = Knots::measure(&[0.5, 1.0], &[1, 1], &[1.0, 1.0], vec![0.0, 1.0]);
        assert!(matches!(weightless, Err(ProblemError::NonFinite { what: "r", index: 0, .. })));
        assert!(Knots::measure(&[0.5, 1.0], &[1, 1], &[0.0, 1.0], vec![0.0, 1.0]).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_three_views_are_one_function(
            weights in prop::collection::vec((-2.0..2.0f64, -2.0..2.0f64, -2.0..2.0f64, 0.1..1.0f64), 1..20),
            kappa in 0.1..10.0f64, delta in -3.0..3.0f64, x in -4.0..4.0f64,
        ) {
            let column = |f: fn(&(f64, f64, f64, f64)) -> f64| weights.iter().map(f).collect::<Vec<_>>();
            let total: f64 = column(|w| w.3).iter().sum();
            let mass: Vec<f64> = column(|w| w.3).iter().map(|mass| mass / total).collect();
            let neurons = Neurons::new(column(|w| w.0), column(|w| w.1), column(|w| w.2), mass.clone()).unwrap();
            let size: f64 = (0..neurons.len())
                .map(|i| kappa * (neurons.c()[i] * neurons.a()[i].hypot(neurons.b()[i])).abs() * x.hypot(1.0))
                .sum();
            let f = neurons.value_at(kappa, x);
            let knots = Knots::of_neurons(&neurons, kappa);
            prop_assert!((knots.value_at(x) - f).abs() <= 1e-14 * size);
            // Knots back to canonical particles, and those to neurons: the same function, and the
            // same particles.
            prop_assume!(knots.flat().is_empty() && knots.far() == 0);
            let back = Knots::measure(knots.knot(), knots.orientation(), knots.delta_slope(), mass).unwrap();
            prop_assert!((back.value_at(x) - f).abs() <= 1e-13 * size);
            let canonical = neurons.canonical(kappa).unwrap();
            for i in 0..neurons.len() {
                let turned = (back.theta()[i] - canonical.theta()[i]).sin().abs();
                prop_assert!(turned < 1e-14, "{turned}");
                prop_assert!((back.r()[i] - canonical.r()[i]).abs() <= 1e-13 * canonical.r()[i].abs());
            }
            let lifted = Neurons::lifted(&back, kappa, delta).unwrap();
            let again = Knots::of_neurons(&lifted, kappa);
            for i in 0..neurons.len() {
                prop_assert_eq!(again.orientation()[i], knots.orientation()[i]);
                let bound = 1e-13 * knots.knot()[i].hypot(1.0).powi(2);
                prop_assert!((again.knot()[i] - knots.knot()[i]).abs() <= bound);
                // The slope carries cos(theta), small where the knot is far.
                let steep = kappa * neurons.c()[i].abs() * neurons.a()[i].hypot(neurons.b()[i]);
                prop_assert!((again.delta_slope()[i] - knots.delta_slope()[i]).abs() <= 1e-13 * steep);
            }
        }

        #[test]
        fn slopes_change_by_orientation_times_delta_slope(a in 0.1..2.0f64, b in -2.0..2.0, c in -2.0..2.0, left: bool) {
            let a = if left { -a } else { a };
            let neurons = Neurons::uniform(vec![c], vec![a], vec![b]).unwrap();
            let knots = Knots::of_neurons(&neurons, 1.0);
            let (beta, h) = (knots.knot()[0], 0.5);
            let f = |x: f64| neurons.value_at(1.0, x);
            let change = (f(beta + h) - 2.0 * f(beta) + f(beta - h)) / h;
            let expected = f64::from(knots.orientation()[0]) * knots.delta_slope()[0];
            prop_assert!((change - expected).abs() < 1e-12);
            prop_assert!((expected - c * a.abs()).abs() < 1e-14);
        }
    }
}
