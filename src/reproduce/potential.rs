//! The potential that a particle feels, by which attractors and repulsors can be told without any
//! of the formulas that classify them; and the factor of the motion of knots (S eq. 6).

use crate::problem::Samples;

/// Angle (rad) to either side of a boundary at which the potential is looked at.
const STEP: f64 = 1e-7;

/// `U(theta) = Sum_j n_j rho_j <xt_j, d(theta)>_+`: a particle `(r, theta)` has the potential
/// `r U(theta)`, and moves to where it is lower.
///
/// ```
/// use reluflow::problem::Samples;
/// use reluflow::reproduce::potential;
/// let samples = Samples::new(&[0.0, 1.0], &[0.0, 0.0])?;
/// // Straight up, d = (0, 1): both samples are active with <xt, d> = 1.
/// assert_eq!(potential(&samples, &[2.0, -3.0], std::f64::consts::FRAC_PI_2), -1.0);
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
pub fn potential(samples: &Samples, rho: &[f64], theta: f64) -> f64 {
    let (sin, cos) = theta.sin_cos();
    let part = |j: usize| samples.weight()[j] * rho[j] * (samples.x()[j] * cos + sin).max(0.0);
    (0..samples.len()).map(part).sum()
}

/// What the angle `theta` is for particles of positive `r`, from the potential to either side: 1 for
/// a minimum (attractor), -1 for a maximum (repulsor), 0 for neither; those of negative `r` see the
/// opposite.
pub fn extremum(samples: &Samples, rho: &[f64], theta: f64) -> i8 {
    let here = potential(samples, rho, theta);
    let [low, high] = [-STEP, STEP].map(|step| potential(samples, rho, theta + step) - here);
    match (low > 0.0, high > 0.0, low < 0.0, high < 0.0) {
        (true, true, ..) => 1,
        (.., true, true) => -1,
        _ => 0,
    }
}

/// `psi_+(beta) = Sum_(x_n > beta) rho_n (1 + beta x_n)`: the knot of a right-facing neuron moves with
/// `d beta/dt = kappa (c / a) psi_+` (S eq. 6, with residuals `f - y`).
///
/// ```
/// use reluflow::reproduce::psi;
/// assert_eq!(psi(&[0.0, 1.0, 2.0], &[5.0, 1.0, -1.0], 0.5), 1.5 - 2.0);
/// ```
pub fn psi(x: &[f64], rho: &[f64], beta: f64) -> f64 {
    x.iter().zip(rho).filter(|(x, _)| **x > beta).map(|(x, rho)| rho * (1.0 + beta * x)).sum()
}
