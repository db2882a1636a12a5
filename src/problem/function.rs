//! The network's function at many points.

use crate::math::chunks;

use super::{Regions, Samples};

/// `f(x) = Sum_i mass_i r_i <(x, 1), d(theta_i)>_+` at `points`, in any order, in `O(m log p + p log p)`.
///
/// The points cut the circle into regions as samples do (section 3): particles of one region are
/// one vector `F_k = Int_(region k) r d mu`, and running sums give all values (section 4).
/// Summed in chunks that are added in order: bits do not depend on threads.
///
/// * `r`, `theta` (rad), `mass`: columns of equal length; without particles `f` is 0.
///
/// ```
/// use reluflow::problem::function_values;
/// use std::f64::consts::PI;
/// // [x]_+ / 2 - [-x]_+
/// let f = function_values(&[3.0, -3.0], &[1.0, -2.0], &[0.0, PI], &[0.5, 0.5]);
/// assert!((f[0] - 1.5).abs() < 1e-15 && (f[1] + 3.0).abs() < 1e-15);
/// ```
///
/// # Panics
/// Points that are not finite, or beyond 1e50.
pub fn function_values(points: &[f64], r: &[f64], theta: &[f64], mass: &[f64]) -> Vec<f64> {
    if points.is_empty() {
        return vec![];
    }
    let cuts = Samples::new(points, &vec![0.0; points.len()]).expect("points are finite");
    let (regions, p) = (Regions::new(&cuts), cuts.len());
    let parts = chunks::parts(mass.len(), 2 * p, |range| {
        let mut sums = vec![[0.0; 2]; 2 * p];
        for i in range {
            let (sin, cos) = libm::sincos(theta[i]);
            let sum = &mut sums[regions.region_of(theta[i])];
            sum[0] += mass[i] * r[i] * cos;
            sum[1] += mass[i] * r[i] * sin;
        }
        sums
    });
    // Entry k: regions 1 ..= k.
    let mut running = vec![[0.0; 2]; 2 * p];
    for k in 1..2 * p {
        running[k] =
            std::array::from_fn(|q| running[k - 1][q] + parts.iter().map(|part| part[k][q]).sum::<f64>());
    }
    // Point j is active in the regions p-j ..= 2p-1-j.
    let value = |x: &f64| {
        let j = cuts.x().partition_point(|cut| cut < x);
        let [a, b]: [f64; 2] = std::array::from_fn(|q| running[2 * p - 1 - j][q] - running[p - 1 - j][q]);
        x * a + b
    };
    points.iter().map(value).collect()
}

/// Adds an output bias to the values of a function.
pub(crate) fn add_bias(values: &mut [f64], bias: f64) {
    if bias != 0.0 {
        values.iter_mut().for_each(|value| *value += bias);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Law, LawKind};

    #[test]
    fn values_are_those_of_the_definition() {
        let law = Law { kind: LawKind::Pytorch, scale: 1.0, antisymmetric: false };
        let measure = law.draw(5000, 3).unwrap();
        // Not in order, one of them twice.
        let mut points: Vec<f64> = (0..41).map(|i| -4.0 + 0.2 * f64::from(i)).rev().collect();
        points.push(points[7]);
        let values = function_values(&points, measure.r(), measure.theta(), measure.mass());
        for (x, value) in points.iter().zip(values) {
            assert!((value - measure.value_at(*x)).abs() < 1e-14, "{x}: {value}");
        }
        assert_eq!(function_values(&[1.0, 2.0], &[], &[], &[]), [0.0, 0.0]);
        assert_eq!(function_values(&[], measure.r(), measure.theta(), measure.mass()), [0.0; 0]);
    }
}
