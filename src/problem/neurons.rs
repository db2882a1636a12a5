//! Weighted neurons with all their parameters: the start of the lifted flows and of gradient
//! descent (mathematics, section 2).

use super::error::check_values;
use super::{Measure, ProblemError};

/// Largest `|a|`, `|b|`, `|c|` accepted: moments hold products of four of them.
const LIMIT: f64 = 1e25;

/// A weighted empirical measure of neurons `x -> c [a x - b]_+`: `Sum_i mass_i delta_(c_i, w_i)`
/// with `w = (a, -b)`.
///
/// * `c`, `a`, `b` (dimensionless): output weight, slope and offset; the knot is at `b / a`.
/// * `mass`: non-negative, sums to 1 and never changes.
///
/// ```
/// use reluflow::problem::Neurons;
/// // One neuron 2 [3 x - 1]_+ of mass 1.
/// let neurons = Neurons::uniform(vec![2.0], vec![3.0], vec![1.0])?;
/// assert_eq!(neurons.value_at(1.0, 1.0), 4.0);
/// let measure = neurons.canonical(1.0)?; // r = c |w|, theta = atan2(-b, a)
/// assert!((measure.r()[0] - 2.0 * 10f64.sqrt()).abs() < 1e-15);
/// assert!((measure.value_at(1.0) - 4.0).abs() < 1e-14);
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Neurons {
    c: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    mass: Vec<f64>,
}

impl Neurons {
    /// Neurons with given masses.
    ///
    /// # Errors
    /// No neurons, unequal lengths, values that are not finite, negative masses, or masses whose
    /// sum differs from 1 by more than 1e-6 (within that they are divided by their sum).
    pub fn new(c: Vec<f64>, a: Vec<f64>, b: Vec<f64>, mass: Vec<f64>) -> Result<Neurons, ProblemError> {
        for (what, found) in [("a", a.len()), ("b", b.len())] {
            if found != c.len() {
                return Err(ProblemError::Length { what, found, expected: c.len() });
            }
        }
        check_values("c", &c, LIMIT)?;
        check_values("a", &a, LIMIT)?;
        check_values("b", &b, LIMIT)?;
        // The rules for masses and lengths are those of the canonical measure.
        let angles = vec![0.0; c.len()];
        let (c, _, mass) = Measure::new(c, angles, mass)?.into_columns();
        Ok(Neurons { c, a, b, mass })
    }

    /// Neurons of equal mass `1 / m`.
    ///
    /// # Errors
    /// As [`Neurons::new`].
    pub fn uniform(c: Vec<f64>, a: Vec<f64>, b: Vec<f64>) -> Result<Neurons, ProblemError> {
        let mass = vec![1.0 / c.len().max(1) as f64; c.len()];
        Neurons::new(c, a, b, mass)
    }

    /// The lift of a canonical measure in which every neuron has the invariant
    /// `c^2 - |w|^2 = delta` (section 2):
    ///
    /// ```text
    /// c^2 = (delta + sqrt(delta^2 + 4 r^2 / kappa^2)) / 2,    |w|^2 = c^2 - delta,    sign c = sign r
    /// ```
    ///
    /// # Errors
    /// Values that overflow.
    pub fn lifted(measure: &Measure, kappa: f64, delta: f64) -> Result<Neurons, ProblemError> {
        let (mut c, mut a, mut b) = (vec![], vec![], vec![]);
        for (&r, &theta) in measure.r().iter().zip(measure.theta()) {
            let product = r / kappa;
            let root = libm::hypot(delta, 2.0 * product);
            // The larger of c^2 and |w|^2 by a sum, the smaller from their product: no cancellation.
            let larger = 0.5 * (delta.abs() + root);
            let smaller = if larger > 0.0 { product * product / larger } else { 0.0 };
            let (cc, ww) = if delta >= 0.0 { (larger, smaller) } else { (smaller, larger) };
            let (sin, cos) = libm::sincos(theta);
            let w = ww.sqrt();
            c.push(cc.sqrt().copysign(r));
            a.push(w * cos);
            b.push(-w * sin);
        }
        Neurons::new(c, a, b, measure.mass().to_vec())
    }

    /// The canonical measure with the same function: `r = kappa c |w|`, `theta = atan2(-b, a)`.
    ///
    /// # Errors
    /// Amplitudes that the canonical measure cannot hold.
    pub fn canonical(&self, kappa: f64) -> Result<Measure, ProblemError> {
        let r = (0..self.len()).map(|i| kappa * self.c[i] * libm::hypot(self.a[i], self.b[i])).collect();
        let theta = (0..self.len()).map(|i| libm::atan2(-self.b[i], self.a[i])).collect();
        Measure::new(r, theta, self.mass.clone())
    }

    /// The same function shared otherwise by the layers: `w` multiplied by `balance`, `c` divided.
    ///
    /// ```
    /// use reluflow::problem::Neurons;
    /// let neurons = Neurons::uniform(vec![2.0], vec![3.0], vec![1.0])?.balanced(4.0)?;
    /// assert_eq!((neurons.c()[0], neurons.a()[0], neurons.b()[0]), (0.5, 12.0, 4.0));
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    ///
    /// # Errors
    /// Values that overflow.
    pub fn balanced(&self, balance: f64) -> Result<Neurons, ProblemError> {
        let scale = |values: &[f64], factor: f64| values.iter().map(|v| v * factor).collect();
        let c = self.c.iter().map(|c| c / balance).collect();
        Neurons::new(c, scale(&self.a, balance), scale(&self.b, balance), self.mass.clone())
    }

    /// Each neuron beside one of opposite `c`, both of half its mass: `2 m` neurons with `f = 0`.
    ///
    /// # Errors
    /// More neurons than can be counted.
    pub fn antisymmetric(&self) -> Result<Neurons, ProblemError> {
        let twice = |values: &[f64]| values.iter().flat_map(|&v| [v, v]).collect();
        let c = self.c.iter().flat_map(|&c| [c, -c]).collect();
        let mass = self.mass.iter().flat_map(|&mass| [0.5 * mass, 0.5 * mass]).collect();
        Neurons::new(c, twice(&self.a), twice(&self.b), mass)
    }

    /// Number of neurons, `m`.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.c.len()
    }

    /// Output weights.
    pub fn c(&self) -> &[f64] {
        &self.c
    }

    /// Slopes, the first component of `w`.
    pub fn a(&self) -> &[f64] {
        &self.a
    }

    /// Offsets, minus the second component of `w`.
    pub fn b(&self) -> &[f64] {
        &self.b
    }

    /// Masses.
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// The invariants `delta = c^2 - |w|^2` of the lifted flow (section 2).
    pub fn delta(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.c[i].powi(2) - self.a[i].powi(2) - self.b[i].powi(2)).collect()
    }

    /// The four columns `(c, a, b, mass)`.
    pub fn into_columns(self) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
        (self.c, self.a, self.b, self.mass)
    }

    /// The network function `f(x) = kappa Int c [a x - b]_+ mu` (section 2), in `O(m)`.
    pub fn value_at(&self, kappa: f64, x: f64) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.len() {
            sum += self.mass[i] * self.c[i] * (self.a[i] * x - self.b[i]).max(0.0);
        }
        kappa * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_have_the_invariant_and_the_function() {
        let measure = Measure::uniform(vec![0.7, -1.3, 0.0, 2e-5], vec![0.3, 2.0, 4.0, 5.5]).unwrap();
        for delta in [-100.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 100.0] {
            let neurons = Neurons::lifted(&measure, 3.0, delta).unwrap();
            for i in 0..4 {
                let (c, w) = (neurons.c()[i], neurons.a()[i].hypot(neurons.b()[i]));
                assert!((c * c - w * w - delta).abs() <= 1e-14 * (c * c + w * w));
            }
            for x in [-2.0, 0.0, 1.5] {
                assert!((neurons.value_at(3.0, x) - measure.value_at(x)).abs() < 1e-14);
            }
            let back = neurons.canonical(3.0).unwrap();
            for i in 0..4 {
                assert!((back.r()[i] - measure.r()[i]).abs() < 1e-14);
            }
        }
    }
}
