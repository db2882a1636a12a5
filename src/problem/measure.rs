//! The weighted empirical measure on the cylinder (mathematics, section 2).

use std::f64::consts::TAU;

use crate::math::sum::sum;

use super::ProblemError;
use super::error::check_values;

/// Largest `|r|` accepted: moments hold its squares.
const LIMIT: f64 = 1e50;
/// Angles beyond this have lost all digits of their position on the circle.
const ANGLE_LIMIT: f64 = 1e6;
/// Particles are counted in 32 bits.
const MAX_PARTICLES: usize = u32::MAX as usize;

/// A weighted empirical measure on the cylinder `R x S^1`: `Sum_i mass_i delta_(r_i, theta_i)`.
///
/// * `r` (dimensionless): signed amplitude `kappa c |w|`.
/// * `theta` (rad), kept in `[0, 2 pi)`: direction `atan2(-b, a)`.
/// * `mass`: non-negative, sums to 1 and never changes.
///
/// ```
/// use reluflow::problem::Measure;
/// // Two neurons facing apart: f(x) = 1/2 [x]_+ - [-x]_+
/// let measure = Measure::uniform(vec![1.0, -2.0], vec![0.0, std::f64::consts::PI])?;
/// assert_eq!(measure.mass(), &[0.5, 0.5]);
/// assert!((measure.value_at(3.0) - 1.5).abs() < 1e-15);
/// assert!((measure.value_at(-3.0) + 3.0).abs() < 1e-15);
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    r: Vec<f64>,
    theta: Vec<f64>,
    mass: Vec<f64>,
}

impl Measure {
    /// Particles with given masses; angles are brought into `[0, 2 pi)`.
    ///
    /// # Errors
    /// No particles, unequal lengths, values that are not finite, negative masses, or masses
    /// whose sum differs from 1 by more than 1e-6 (within that they are divided by their sum).
    pub fn new(r: Vec<f64>, theta: Vec<f64>, mass: Vec<f64>) -> Result<Measure, ProblemError> {
        let mut measure = Measure::checked(r, theta, mass)?;
        let sum = sum(measure.mass.iter().copied());
        if (sum - 1.0).abs() > 1e-6 {
            return Err(ProblemError::TotalMass { sum });
        }
        // Sums that differ from 1 by rounding alone are left as they are: dividing would change
        // the bits of a measure that was written out and read back.
        if (sum - 1.0).abs() > 5e-13 {
            measure.mass.iter_mut().for_each(|mass| *mass /= sum);
        }
        Ok(measure)
    }

    /// Particles of equal mass `1 / m`.
    ///
    /// # Errors
    /// As [`Measure::new`].
    pub fn uniform(r: Vec<f64>, theta: Vec<f64>) -> Result<Measure, ProblemError> {
        let mass = vec![1.0 / r.len().max(1) as f64; r.len()];
        Measure::checked(r, theta, mass)
    }

    /// Each particle beside one of opposite `r`, both of half its mass: `2 m` particles with `f = 0`.
    ///
    /// # Errors
    /// More particles than can be counted.
    pub fn antisymmetric(&self) -> Result<Measure, ProblemError> {
        let r = self.r.iter().flat_map(|&r| [r, -r]).collect();
        let theta = self.theta.iter().flat_map(|&theta| [theta, theta]).collect();
        let mass = self.mass.iter().flat_map(|&mass| [0.5 * mass, 0.5 * mass]).collect();
        Measure::new(r, theta, mass)
    }

    fn checked(r: Vec<f64>, mut theta: Vec<f64>, mass: Vec<f64>) -> Result<Measure, ProblemError> {
        if r.is_empty() {
            return Err(ProblemError::Empty { what: "particles" });
        }
        if r.len() > MAX_PARTICLES {
            return Err(ProblemError::TooMany { what: "particles", count: r.len(), limit: MAX_PARTICLES });
        }
        for (what, found) in [("theta", theta.len()), ("mass", mass.len())] {
            if found != r.len() {
                return Err(ProblemError::Length { what, found, expected: r.len() });
            }
        }
        check_values("r", &r, LIMIT)?;
        check_values("theta", &theta, ANGLE_LIMIT)?;
        check_values("mass", &mass, 2.0)?;
        if let Some(index) = mass.iter().position(|&mass| mass < 0.0) {
            return Err(ProblemError::NegativeMass { index, value: mass[index] });
        }
        theta.iter_mut().for_each(|theta| *theta = wrap(*theta));
        Ok(Measure { r, theta, mass })
    }

    /// Number of particles, `m`.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.r.len()
    }

    /// Signed amplitudes.
    pub fn r(&self) -> &[f64] {
        &self.r
    }

    /// Directions (rad), in `[0, 2 pi)`.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Masses.
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// The three columns `(r, theta, mass)`.
    pub fn into_columns(self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        (self.r, self.theta, self.mass)
    }

    /// The network function `f(x) = Int r <(x, 1), d(theta)>_+ mu` (section 2), summed in
    /// particle order in `O(m)`.
    pub fn value_at(&self, x: f64) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.len() {
            let (sin, cos) = libm::sincos(self.theta[i]);
            sum += self.mass[i] * self.r[i] * (x * cos + sin).max(0.0);
        }
        sum
    }
}

/// Brings an angle into `[0, 2 pi)`.
///
/// An angle already there keeps its bits.
pub(crate) fn wrap(theta: f64) -> f64 {
    if (0.0..TAU).contains(&theta) {
        return theta;
    }
    let wrapped = theta.rem_euclid(TAU);
    // rem_euclid rounds a tiny negative angle up to 2 pi itself.
    if wrapped >= TAU { 0.0 } else { wrapped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_wrap() {
        assert_eq!(wrap(-1e-300), 0.0);
        assert_eq!(wrap(TAU), 0.0);
        assert_eq!(wrap(6.0), 6.0);
        assert!((wrap(-1.0) - (TAU - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn masses_are_checked() {
        let with = |mass: Vec<f64>| Measure::new(vec![1.0; 2], vec![0.0; 2], mass);
        assert!(matches!(with(vec![0.4, 0.4]), Err(ProblemError::TotalMass { .. })));
        assert!(matches!(with(vec![1.5, -0.5]), Err(ProblemError::NegativeMass { index: 1, .. })));
        assert!(matches!(with(vec![f64::NAN, 0.5]), Err(ProblemError::NonFinite { .. })));
        assert!(matches!(with(vec![1.0]), Err(ProblemError::Length { .. })));
        assert!(with(vec![0.25, 0.75]).is_ok());
    }
}
