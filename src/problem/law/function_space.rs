//! Start laws in function space: knots and delta-slopes of a neuron (S Thm 1, Cor. 1, Thm 2; mathematics,
//! section 18).
//!
//! Both are functions of `(r, theta)`: the knot is `beta = -tan theta`, the delta-slope `mu = mass r cos theta`.
//! So the density of `(r, theta)` of any law, also of one that is lifted with an invariant, gives theirs; all
//! laws are even in `r` and in `w`, so that both facings count alike.

use std::f64::consts::{PI, TAU};

use crate::math::normal;
use crate::math::special::{bessel_k0_scaled, exponential_integral};

use super::canonical::Law;
use super::density::NoDensity;
use super::kind::LawKind;
use super::particles::ParticleLaw;
use super::polar::{Curve, Output, Polar, Radius};

/// The law of the knot `beta = b / a` and the delta-slope `mu = kappa mass c a` of a neuron of a start.
///
/// ```
/// use reluflow::problem::{FunctionLaw, Law, LawKind, ParticleLaw};
/// let law = Law { kind: LawKind::Normal, scale: 1.0, antisymmetric: false };
/// let law = FunctionLaw::new(&ParticleLaw::Canonical(law), 1.0, 10);
/// // Knots are Cauchy: half of them lie in [-1, 1].
/// assert!((law.knot_below(1.0) - law.knot_below(-1.0) - 0.5).abs() < 1e-15);
/// // E mu^2 = 1 / m^2, ten of them.
/// assert!((law.roughness_mean() - 0.1).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FunctionLaw {
    pub(super) law: Law,
    pub(super) width: usize,
}

impl FunctionLaw {
    /// * `kappa`: factor before the mean over neurons.
    /// * `width`: the `m` of laws that depend on it; each neuron has the mass `1 / m`. With 1, delta-slopes are those
    ///   of neurons of mass 1.
    pub fn new(law: &ParticleLaw, kappa: f64, width: usize) -> FunctionLaw {
        let law = match law {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => *law,
            ParticleLaw::Neurons(law) => {
                let [h, o] = law.factors(width as f64);
                Law { kind: law.kind, scale: kappa * h * o, antisymmetric: law.antisymmetric }
            }
        };
        FunctionLaw { law, width }
    }

    /// The joint density of `(beta, mu)`, with respect to `dbeta dmu`.
    ///
    /// ```text
    /// p(beta, mu) = 2 m p(r, theta) / sqrt(1 + beta^2),   r = m mu sqrt(1 + beta^2),  theta = -atan beta
    /// ```
    ///
    /// # Errors
    /// The law has none: `two-sided` with `c = +-1` draws `|mu|` of one size, `he-zero-bias` all knots at 0.
    pub fn density(&self, knot: f64, delta_slope: f64) -> Result<f64, NoDensity> {
        let (m, root) = (self.width as f64, libm::hypot(knot, 1.0));
        Ok(2.0 * m * self.law.density(m * delta_slope * root, -libm::atan(knot))? / root)
    }

    /// Whether knots have a density: those of `he-zero-bias` all lie at 0.
    pub fn has_knot_density(&self) -> bool {
        !Polar::of(self.law.kind).curve.is_two_points()
    }

    /// The density of knots; infinite at 0 and 0 elsewhere if all lie there.
    pub fn knot_density(&self, knot: f64) -> f64 {
        let (angular, _) = Polar::of(self.law.kind).curve.direction(-libm::atan(knot));
        2.0 * angular / (1.0 + knot * knot)
    }

    /// The probability that a knot is below `x`.
    pub fn knot_below(&self, x: f64) -> f64 {
        match Polar::of(self.law.kind).curve {
            Curve::Circle if x < -1.0 => -libm::atan(1.0 / x) / PI,
            Curve::Circle => 0.5 + libm::atan(x) / PI,
            Curve::Rectangle { a, b } => {
                let half =
                    if x.abs() * a <= b { 0.25 * x.abs() * a / b } else { 0.5 - 0.25 * b / (a * x.abs()) };
                0.5 + half.copysign(x)
            }
            Curve::Lines { b: 0.0 } => f64::from(x > 0.0),
            Curve::Lines { b } => (0.5 + 0.5 * x / b).clamp(0.0, 1.0),
        }
    }

    /// The probability that a knot is in `[low, high]`.
    pub fn knots_within(&self, low: f64, high: f64) -> f64 {
        match self.has_knot_density() {
            true => self.knot_below(high) - self.knot_below(low),
            false => f64::from((low..=high).contains(&0.0)),
        }
    }

    /// The law of knots in words.
    pub fn knots_in_words(&self) -> String {
        let number = crate::system::text::number;
        match Polar::of(self.law.kind).curve {
            Curve::Circle => "Cauchy with scale 1".to_string(),
            Curve::Rectangle { a, b } => {
                format!("ratio of uniforms, flat up to {} and falling as its square beyond", number(b / a))
            }
            Curve::Lines { b: 0.0 } => "all at 0".to_string(),
            Curve::Lines { b } => format!("uniform on [-{0}, {0}]", number(b)),
        }
    }

    /// The density of delta-slopes, in closed form; infinite at 0 where it has a logarithmic peak.
    ///
    /// With `z = abs(mu)` in units of `mass scale`:
    ///
    /// | law | density of `z`, both signs |
    /// |---|---|
    /// | normal weights of deviation `s` and `s_c` | `K_0(z / (s s_c)) / (pi s s_c)` |
    /// | `r` normal, `theta` uniform | `K_0(z^2 / 4) exp(-z^2 / 4) / (pi sqrt(2 pi))` |
    /// | `r` and `theta` uniform | `arcosh(1 / z) / pi` |
    /// | `a` uniform up to `A`, `c` uniform | `ln(A / z) / (2 A)` |
    /// | `a` uniform, `c` normal | `E_1(z^2 / (2 A^2)) / (2 A sqrt(2 pi))` |
    /// | `a` uniform, `c = +-1` | `1 / (2 A)` up to `A` |
    /// | `a = +-1` | that of `c` |
    ///
    /// # Errors
    /// `a = +-1` and `c = +-1`: `mu` has two values.
    pub fn delta_slope_density(&self, delta_slope: f64) -> Result<f64, NoDensity> {
        let unit = self.law.scale / self.width as f64;
        let z = delta_slope.abs() / unit;
        let polar = Polar::of(self.law.kind);
        let root = TAU.sqrt();
        let below = |end: f64, value: f64| if z <= end { value } else { 0.0 };
        let density = match (polar.curve, polar.radius, polar.output) {
            (Curve::Lines { .. }, _, Output::Uniform) => below(1.0, 0.5),
            (Curve::Circle, Radius::Rayleigh(s), Output::Normal(c))
            | (Curve::Lines { .. }, Radius::Normal(s), Output::Normal(c)) => {
                let z = z / (s * c);
                bessel_k0_scaled(z) * libm::exp(-z) / (PI * s * c)
            }
            (Curve::Lines { .. }, _, Output::Normal(c)) => normal::density(z / c) / c,
            (Curve::Lines { .. }, _, Output::Sign) | (Curve::Circle, _, Output::Sign) => {
                // Refused by the joint density in its own words.
                return self.density(0.0, delta_slope);
            }
            (Curve::Circle, _, Output::Normal(c)) => {
                let q = 0.25 * (z / c).powi(2);
                bessel_k0_scaled(q) * libm::exp(-2.0 * q) / (PI * root * c)
            }
            (Curve::Circle, _, Output::Uniform) => below(1.0, libm::acosh((1.0 / z).max(1.0)) / PI),
            (Curve::Rectangle { a, .. }, _, Output::Uniform) => libm::log(a / z).max(0.0) / (2.0 * a),
            (Curve::Rectangle { a, .. }, _, Output::Normal(c)) => {
                exponential_integral(0.5 * (z / (a * c)).powi(2)) / (2.0 * a * root * c)
            }
            (Curve::Rectangle { a, .. }, _, Output::Sign) => below(a, 0.5 / a),
        };
        Ok(if z == 0.0 && density.is_nan() { f64::INFINITY } else { density / unit })
    }

    /// Knot and delta-slope of drawn neurons, those that independent sampling with this seed starts from. A knot is
    /// infinite where `a = 0`.
    pub fn drawn(&self, count: usize, seed: u64) -> [Vec<f64>; 2] {
        let of = |i: usize| {
            let (r, theta) = self.law.particle(seed, i as u64);
            [-libm::tan(theta), r * libm::cos(theta) / self.width as f64]
        };
        let pairs: Vec<[f64; 2]> = (0..count).map(of).collect();
        [0, 1].map(|k| pairs.iter().map(|pair| pair[k]).collect())
    }

    /// What is drawn.
    pub fn kind(&self) -> LawKind {
        self.law.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::quadrature::integrate;
    use crate::problem::{NeuronLaw, OutputLaw};

    fn all() -> Vec<FunctionLaw> {
        let boxed = |c| LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c };
        let kinds = [
            LawKind::NormalUniform,
            LawKind::UniformUniform,
            LawKind::Normal,
            LawKind::He,
            LawKind::Pytorch,
            boxed(OutputLaw::Uniform),
            boxed(OutputLaw::Normal),
            boxed(OutputLaw::Sign),
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform },
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Normal },
        ];
        let law = |kind| ParticleLaw::Canonical(Law { kind, scale: 1.3, antisymmetric: false });
        kinds.map(|kind| FunctionLaw::new(&law(kind), 1.0, 3)).to_vec()
    }

    /// A neuron of width `m`, with the exact factors of its layers.
    fn neurons(kind: LawKind, m: usize) -> FunctionLaw {
        let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
        FunctionLaw::new(&ParticleLaw::Neurons(law), m as f64, m)
    }

    /// S Thm 1 and Cor. 1 as section 18 has them.
    #[test]
    fn the_closed_forms_are_those_of_the_paper() {
        let he = neurons(LawKind::He, 50);
        let [s_a, s_b, s_c] = [2f64.sqrt(), 2f64.sqrt(), (2.0f64 / 50.0).sqrt()];
        let uniform = neurons(LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Uniform }, 1);
        let [a, b, c]: [f64; 3] = [2.0, 0.5, 1.0];
        for knot in [0.0f64, 0.1, -0.3, 2.0, -40.0] {
            for mu in [1e-3f64, -0.02, 0.4, -1.7] {
                let d = (s_b * s_b + (s_a * knot).powi(2)).sqrt();
                let expected = (-mu.abs() * d / (s_a * s_b * s_c)).exp() / (TAU * s_c * d);
                let found = he.density(knot, mu).unwrap();
                assert!((found - expected).abs() <= 1e-13 * expected, "{knot} {mu}: {found} {expected}");
                let reach = a.min(b / knot.abs());
                let expected = (reach - mu.abs() / c).max(0.0) / (4.0 * a * b * c);
                let found = uniform.density(knot, mu).unwrap();
                assert!((found - expected).abs() < 1e-14, "{knot} {mu}: {found} {expected}");
            }
            let cauchy = 1.0 / (PI * (1.0 + knot * knot));
            assert!((he.knot_density(knot) / cauchy - 1.0).abs() < 1e-13);
            let ratio = a.min(b / knot.abs()).powi(2) / (4.0 * a * b);
            assert!((uniform.knot_density(knot) / ratio - 1.0).abs() < 1e-13);
        }
    }

    /// `Int f(x) dx` over the line, with `x = tan t`.
    fn over_line(f: impl Fn(f64) -> f64, breaks: &[f64]) -> f64 {
        let half = 0.5 * PI;
        let breaks: Vec<f64> = breaks.iter().flat_map(|x| [x.atan(), -x.atan()]).chain([0.0]).collect();
        let at = |t: f64| {
            let x = t.tan();
            f(x) * (1.0 + x * x)
        };
        integrate(at, -half, half, &breaks, 0.0, 1e-13).value
    }

    /// `2 Int_0^end f`, of what may have a logarithmic peak at 0, with `x = end exp(-t)`.
    fn from_peak(f: impl Fn(f64) -> f64, end: f64) -> f64 {
        let at = |t: f64| {
            let x = end * (-t).exp();
            f(x) * x
        };
        let breaks: Vec<f64> = (1..80).map(f64::from).collect();
        2.0 * integrate(at, 0.0, 80.0, &breaks, 0.0, 1e-13).value
    }

    #[test]
    fn marginals_integrate_to_one_and_are_those_of_the_joint_density() {
        for law in all() {
            let breaks = [0.25, 1.5];
            let total = over_line(|knot| law.knot_density(knot), &breaks);
            assert!((total - 1.0).abs() < 1e-10, "{law:?}: knots {total}");
            let unit = 1.3 / 3.0;
            let end = unit * if matches!(law.kind(), LawKind::He) { 60.0 } else { 30.0 };
            let ends: Vec<f64> = [1.0, 2.0].iter().map(|z| z * unit).collect();
            let mut total = 0.0;
            let slope = |mu: f64| law.delta_slope_density(mu).unwrap();
            for pair in [&[0.0][..], &ends, &[end]].concat().windows(2) {
                total += if pair[0] == 0.0 {
                    from_peak(slope, pair[1])
                } else {
                    2.0 * integrate(slope, pair[0], pair[1], &[2.0 * pair[0], 5.0 * pair[0]], 0.0, 1e-13)
                        .value
                };
            }
            assert!((total - 1.0).abs() < 1e-10, "{law:?}: delta-slopes {total}");
            for z in [0.01, 0.2, 0.7, 1.6] {
                let mu = z * unit;
                // Where the uniform laws end in knots, for this delta-slope.
                let edge = (1.0 / (z * z) - 1.0f64).max(0.0).sqrt();
                let breaks = [0.25, 1.5, edge, 0.5 / z, 1.0 / z, 2.0 / z, 5.0 / z];
                let found = over_line(|knot| law.density(knot, mu).unwrap(), &breaks);
                let expected = slope(mu);
                assert!(
                    (found - expected).abs() < 1e-9 * expected.max(1e-3),
                    "{law:?} {z}: {found} {expected}"
                );
            }
            for knot in [0.0, 0.2, -0.7, 1.2, 30.0] {
                let end =
                    end / f64::hypot(1.0, knot) * if law.kind() == LawKind::Pytorch { 0.2 } else { 1.0 };
                let breaks: Vec<f64> =
                    (0..40).flat_map(|k| [0.5f64.powi(k) * end, unit * 0.1 * f64::from(k)]).collect();
                let joint = |mu: f64| law.density(knot, mu).unwrap();
                let found = 2.0 * integrate(joint, 0.0, end, &breaks, 1e-13, 1e-12).value;
                let expected = law.knot_density(knot);
                assert!((found - expected).abs() < 1e-9, "{law:?} at {knot}: {found} {expected}");
                // The derivative of the probability.
                let (h, below) = (1e-4, |x| law.knot_below(x));
                let slope = (below(knot + h) - below(knot - h)) / (2.0 * h);
                assert!((slope - expected).abs() < 1e-7 * (1.0 + expected), "{law:?} at {knot}");
            }
        }
    }

    /// A million draws: cells of knots and delta-slopes, the marginals, the moments, within 4 standard errors.
    #[test]
    fn draws_have_the_law() {
        let count = 1_000_000;
        for law in all() {
            let [knots, slopes] = law.drawn(count, 5);
            let within = |share: f64, expected: f64, what: &str| {
                let error = (expected * (1.0 - expected) / count as f64).sqrt();
                assert!(
                    (share - expected).abs() <= 4.0 * error,
                    "{law:?}, {what}: {share} {expected} +- {error}"
                );
            };
            let share = |inside: &dyn Fn(f64, f64) -> bool| {
                let found = knots.iter().zip(&slopes).filter(|(knot, mu)| inside(**knot, **mu)).count();
                found as f64 / count as f64
            };
            for x in [-3.0, -0.2, 0.0, 0.6, 1.4] {
                within(share(&|knot, _| knot < x), law.knot_below(x), "knots");
            }
            let unit = 1.3 / 3.0;
            for (low, high) in [(0.05, 0.3), (0.3, 0.9)] {
                let (low, high) = (low * unit, high * unit);
                let f = |mu: f64| law.delta_slope_density(mu).unwrap();
                let expected = integrate(f, low, high, &[], 0.0, 1e-9).value;
                within(share(&|_, mu| (low..high).contains(&mu)), expected, "delta-slopes");
                for (from, to) in [(-0.4, 0.1), (0.2, 0.3), (1.0, 2.5)] {
                    let inner = |knot: f64| {
                        integrate(|mu| law.density(knot, mu).unwrap(), low, high, &[], 1e-7, 1e-6).value
                    };
                    let expected = integrate(inner, from, to, &[0.25, 1.5], 1e-7, 1e-5).value;
                    let inside = |knot: f64, mu: f64| (from..to).contains(&knot) && (low..high).contains(&mu);
                    within(share(&inside), expected, "both");
                }
            }
            let [second, fourth] = law.delta_slope_moments();
            let mean = slopes.iter().map(|mu| mu * mu).sum::<f64>() / count as f64;
            let error = ((fourth - second * second) / count as f64).sqrt();
            assert!((mean - second).abs() <= 4.0 * error, "{law:?}: {mean} {second}");
        }
    }

    #[test]
    fn atoms_have_no_density() {
        let kind = LawKind::TwoSided { b_bound: 1.0, c: OutputLaw::Sign };
        let law =
            FunctionLaw::new(&ParticleLaw::Canonical(Law { kind, scale: 2.0, antisymmetric: false }), 1.0, 4);
        assert!(law.density(0.1, 0.1).is_err() && law.delta_slope_density(0.1).is_err());
        assert_eq!(law.delta_slope_moments(), [0.25, 0.0625]);
        assert_eq!(law.roughness_variance(), 0.0);
    }
}
