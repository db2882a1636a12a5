//! How the end of a push answers to a change of its path, where particles relax within the step (mathematics,
//! section 9).
//!
//! [`Implicit`](super::implicit::Implicit) takes the tangent kernel to stand still: a particle turns by what the
//! path adds to the field. But a canonical particle that has aligned with `-g` relaxes: it turns back at the rate
//! `l = -r <g, d>`, and over a step that is long against `1 / l` its direction is a function of the field at the
//! end alone. To first order, with `z = h l`, a change `v(u)` of the path, and `g(v)` the field of the residuals `v`,
//!
//! ```text
//! dr(1) = -h Int <g(v), d> du,      dtheta(1) = -h r Int exp(-z (1 - u)) <g(v), t> du
//! ```
//!
//! (the second is the solution of `d(dtheta)/du = -z dtheta - h r <g(v), t>`), so that each particle enters with its own
//! weights. The path is the quadratic of the stiff rule,
//! `v(u) = y (2u - u^2) + w (u^2 - u)` for a change `y` of the end and `w` of its rate (times `h`), and Newton's
//! method solves
//!
//! ```text
//! y + h [A] y + h [B] w = Y - y_guess
//! w + h [1 - z A] y - h [z B] w = W - w_guess
//! ```
//!
//! where `[.]` is `K N` with the angular part `r^2 t t^T` of each particle multiplied by its weight, and the radial part
//! by that of `z = 0`; `Y`, `W` are what a push found, `A = Int exp(-z (1 - u)) (2u - u^2) du` and
//! `B = Int exp(-z (1 - u)) (u^2 - u) du`. For `z = 0` that is `S = I + 2 h K N / 3 + (h K N)^2 / 6` of the frozen kernel.
//! Products are `O(s)`, and as only few modes are fast a Krylov method needs few of them.

use crate::math::gmres;
use crate::problem::Samples;

use super::field::{Vec2, apply, gradients, project};
use super::tangent_kernel::trace;

/// The weights, as indices.
const END: usize = 0;
const SLOPE: usize = 1;
const RATE_END: usize = 2;
const RATE_SLOPE: usize = 3;
const ERROR: usize = 4;
const RATE_ERROR: usize = 5;
/// How many there are.
pub const WEIGHTS: usize = 6;
/// `(xx, xy, yy)` with each of the weights.
pub type Turning = [[f64; 3]; WEIGHTS];

/// The weights for `z = 0`, of particles that do not relax.
const STILL: [f64; WEIGHTS] = [2.0 / 3.0, -1.0 / 6.0, 1.0, 0.0, 1.0 / 12.0, 0.0];

/// A particle with a smaller `|z|` counts as one that does not relax.
pub const TURNS_BACK: f64 = 0.01;
/// Products of one solution: each fast mode takes up to two.
const MOST_PRODUCTS: usize = 80;

/// The weights of a particle with this `z` less those of `z = 0`: of the end of the path in the end (`A`) and of its
/// slope in the end (`B`), the same two in the rate (`1 - z A`, `-z B`), and of an error `u (1 - u)^2` of the path in the
/// end and in the rate.
pub fn weights(z: f64) -> [f64; WEIGHTS] {
    let [_, one, two, three] = moments(z);
    let (end, slope, error) = (2.0 * one - two, two - one, one - 2.0 * two + three);
    let weights = [end, slope, 1.0 - z * end, -z * slope, error, -z * error];
    std::array::from_fn(|i| weights[i] - STILL[i])
}

/// By how much (per time) the trace of `K N`, as it acts on the end of a path, is less because particles relax.
pub fn turning_strength(samples: &Samples, turning: &[Turning]) -> f64 {
    let less: Vec<[f64; 3]> = turning.iter().map(|weights| weights[END].map(|value| -value)).collect();
    trace(samples, &less)
}

/// `Int_0^1 exp(-z (1 - u)) u^k du`, `k = 0 ..= 3`.
fn moments(z: f64) -> [f64; 4] {
    let mut out = [0.0; 4];
    if z < 2.0 {
        // Sum_n (-z)^n 3! / (n + 4)!, and downward from there.
        let (mut term, mut n) = (0.25, 0.0);
        while f64::abs(term) > 1e-17 {
            out[3] += term;
            term *= -z / (n + 5.0);
            n += 1.0;
        }
        for k in (0..3).rev() {
            out[k] = (1.0 - z * out[k + 1]) / (k + 1) as f64;
        }
    } else {
        out[0] = -libm::expm1(-z) / z;
        for k in 1..4 {
            out[k] = (1.0 - k as f64 * out[k - 1]) / z;
        }
    }
    out
}

/// The linear map from changes of the path to changes of its end.
pub struct Response {
    h: f64,
    /// `Sigma_k` with each of the weights.
    sigma: [Vec<[f64; 3]>; WEIGHTS],
}

impl Response {
    /// * `sigma`: `Sigma_k` of all particles, with pinned mass.
    /// * `turning`: `Sum mass r^2 t t^T` of those that relax, with each of the [`weights`]. Both must be of the same
    ///   instant: their sum cancels.
    pub fn new(h: f64, sigma: &[[f64; 3]], turning: &[Turning]) -> Response {
        let weighted = |i: usize| {
            let pairs = sigma.iter().zip(turning);
            pairs.map(|(all, turning)| std::array::from_fn(|q| STILL[i] * all[q] + turning[i][q])).collect()
        };
        Response { h, sigma: std::array::from_fn(weighted) }
    }

    /// `h` times the tangent kernel with these weights, each on a field of its own, summed, into `out`.
    ///
    /// * `flow`: scratch.
    fn apply<const N: usize>(
        &self,
        samples: &Samples,
        weights: [usize; N],
        fields: [&[Vec2]; N],
        flow: &mut [Vec2],
        out: &mut [f64],
    ) {
        flow.fill([0.0; 2]);
        for (weight, field) in weights.into_iter().zip(fields) {
            for ((flow, sigma), field) in flow.iter_mut().zip(&self.sigma[weight]).zip(field) {
                let part = apply(*sigma, *field);
                *flow = [flow[0] + part[0], flow[1] + part[1]];
            }
        }
        project(samples, flow, out);
        out.iter_mut().for_each(|value| *value *= self.h);
    }

    /// The left side of Newton's equation, for `y` and then `w` in one list, into `out`.
    fn image(&self, samples: &Samples, v: &[f64], scratch: &mut Scratch, out: &mut [f64]) {
        let [of_y, of_w, flow] = scratch;
        let (y, w) = v.split_at(samples.len());
        gradients(samples, y, of_y);
        gradients(samples, w, of_w);
        let (end, rate) = out.split_at_mut(y.len());
        self.apply(samples, [END, SLOPE], [of_y, of_w], flow, end);
        self.apply(samples, [RATE_END, RATE_SLOPE], [of_y, of_w], flow, rate);
        out.iter_mut().zip(v).for_each(|(out, own)| *out += own);
    }

    /// The solution of Newton's equation.
    fn solve(&self, samples: &Samples, right: &[f64]) -> Vec<f64> {
        let mut scratch = scratch(samples);
        gmres::solve(|v, out| self.image(samples, v, &mut scratch, out), right, MOST_PRODUCTS)
    }

    /// By how much the end of the path, and `h` times its rate there, must change where a push along it ended at
    /// `found` and it itself at `guess`; values, then `h` times rates. The rate that was found is that of the
    /// particles at the end if the residuals were those of `guess`.
    pub fn correction(&self, samples: &Samples, found: &[f64], guess: &[f64]) -> Vec<f64> {
        let difference: Vec<f64> = found.iter().zip(guess).map(|(found, guess)| found - guess).collect();
        self.solve(samples, &difference)
    }

    /// The effect on the end of an error `c u (1 - u)^2` of the path.
    pub fn effect(&self, samples: &Samples, c: &[f64]) -> Vec<f64> {
        let [mut field, _, mut flow] = scratch(samples);
        gradients(samples, c, &mut field);
        let mut right = vec![0.0; 2 * c.len()];
        let (end, rate) = right.split_at_mut(c.len());
        self.apply(samples, [ERROR], [&field], &mut flow, end);
        self.apply(samples, [RATE_ERROR], [&field], &mut flow, rate);
        let mut effect = self.solve(samples, &right);
        effect.truncate(c.len());
        effect
    }
}

/// Two fields and a flow, which every product needs.
type Scratch = [Vec<Vec2>; 3];

fn scratch(samples: &Samples) -> Scratch {
    std::array::from_fn(|_| vec![[0.0; 2]; 2 * samples.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::implicit::{Implicit, Rule};

    /// Against the sum over 100000 midpoints.
    #[test]
    fn moments_are_integrals() {
        for z in [-1.0, 0.0, 1e-9, 0.3, 1.9, 2.1, 40.0, 1e4] {
            for (k, found) in moments(z).into_iter().enumerate() {
                let midpoints = (0..100_000).map(|i| (f64::from(i) + 0.5) / 1e5);
                let sum: f64 = midpoints.map(|u| (-z * (1.0 - u)).exp() * u.powi(k as i32)).sum();
                let error = (found * 1e5 / sum - 1.0).abs();
                assert!(error < 1e-9 + (z / 1e5).powi(2), "z {z}, power {k}: {error}");
            }
        }
        assert!(weights(0.0).iter().all(|weight| weight.abs() < 1e-15));
    }

    fn example(turning: f64) -> (Samples, Vec<[f64; 3]>, Vec<Turning>) {
        let x: Vec<f64> = (0..10).map(|j| f64::from(j) / 10.0).collect();
        let samples = Samples::new(&x, &[0.0; 10]).unwrap();
        let sigma: Vec<[f64; 3]> = (0..20).map(|k| [1.0 + f64::from(k % 7), 0.1, 1.0]).collect();
        let part =
            |k: usize| weights(turning).map(|weight| [0.3 * weight, 0.1 * weight, 0.9 * weight * k as f64]);
        (samples, sigma, (0..20).map(part).collect())
    }

    #[test]
    fn without_turning_it_is_the_frozen_kernel() {
        let (samples, sigma, turning) = example(0.0);
        let response = Response::new(2.0, &sigma, &turning);
        let implicit = Implicit::new(&samples, &sigma, 2.0, 1e9, Rule::Stiff);
        let v: Vec<f64> = (0..20).map(|j| (f64::from(j) * 1.7).sin()).collect();
        let mut at_guess = v.clone();
        at_guess[10..].iter_mut().zip(implicit.apply(&v[..10])).for_each(|(rate, z)| *rate += z);
        let found = response.correction(&samples, &at_guess, &[0.0; 20]);
        let rates: Vec<f64> = v[10..].iter().map(|rate| rate / 2.0).collect();
        // What the frozen kernel gives is from what was found, not from the guess.
        let lacking = implicit.correction((&v[..10], &rates), (&[0.0; 10], &[0.0; 10]));
        for j in 0..10 {
            assert!((found[j] - v[j] - lacking[j]).abs() < 1e-4, "{j}: {} {}", found[j], v[j] + lacking[j]);
        }
    }

    #[test]
    fn the_system_is_solved() {
        let (samples, sigma, turning) = example(30.0);
        let response = Response::new(1e3, &sigma, &turning);
        let v: Vec<f64> = (0..20).map(|j| (f64::from(j) * 1.7).sin()).collect();
        let mut image = vec![0.0; 20];
        response.image(&samples, &v, &mut scratch(&samples), &mut image);
        let back = response.correction(&samples, &image, &[0.0; 20]);
        for (v, back) in v.iter().zip(&back) {
            assert!((v - back).abs() < 1e-5, "{v} {back}");
        }
    }
}
