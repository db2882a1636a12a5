//! Gauss rules of the amplitudes of a law: of `|c|`, of the radius, of their product.

use crate::math::gauss;
use crate::math::normal;
use crate::math::quadrature::gauss_legendre;
use crate::math::special::bessel_k0_scaled;

use super::polar::{Output, Polar, Radius};

/// A rule: nodes and weights.
pub(super) type Rule = (Vec<f64>, Vec<f64>);

/// Points per panel of the fine rules.
const FINE: usize = 20;
/// Panels of the fine rules begin at this part of 1 and double: square roots of amplitudes, which
/// lifts with `delta` bring, are resolved.
const FIRST: i32 = -30;
/// Of densities with a logarithmic peak at 0: what is missed of it has a mass of rounding.
const PEAK: i32 = -60;
/// Panels beyond grow up to this width, then in proportion to their place.
const WIDEST: f64 = 0.25;
/// Most nodes of one Gauss rule; more are several rules side by side.
const TOGETHER: usize = 4;

/// A rule so fine that it stands for the law with this density on `[0, end]`; masses sum to 1.
fn fine(density: impl Fn(f64) -> f64, end: f64) -> Rule {
    fine_from(FIRST, density, end)
}

/// The same with panels that begin at this power of 2.
fn fine_from(first: i32, density: impl Fn(f64) -> f64, end: f64) -> Rule {
    let mut edges = vec![0.0];
    let mut edge = 2f64.powi(first);
    while edge < end {
        edges.push(edge);
        edge += edge.min(WIDEST).max(edge / 16.0);
    }
    edges.push(end);
    let (nodes, weights) = gauss_legendre(FINE);
    let (mut points, mut masses) = (vec![], vec![]);
    for panel in edges.windows(2) {
        let (middle, half) = (0.5 * (panel[0] + panel[1]), 0.5 * (panel[1] - panel[0]));
        for (z, w) in nodes.iter().zip(&weights) {
            points.push(middle + half * z);
            masses.push(half * w * density(middle + half * z));
        }
    }
    let total: f64 = masses.iter().sum();
    masses.iter_mut().for_each(|mass| *mass /= total);
    (points, masses)
}

/// The normal density is below `1e-340` of its peak beyond this.
const NORMAL_END: f64 = 40.0;
/// The exponential one is below `1e-260`.
const EXPONENTIAL_END: f64 = 600.0;

impl Polar {
    /// A fine rule of `|c| radius`, the factor of `scale |p(t)|` in `|r|`.
    pub fn product(&self) -> Rule {
        match (self.radius, self.output) {
            (Radius::One, output) => output.fine(),
            // A normal variable times a Rayleigh one has Laplace's law.
            (Radius::Rayleigh(s), Output::Normal(c)) => {
                scaled(fine(|q| libm::exp(-q), EXPONENTIAL_END), s * c)
            }
            // Two normal variables: (2 / pi) K_0(q), with a logarithmic peak at 0.
            (Radius::Normal(s), Output::Normal(c)) => {
                scaled(fine_from(PEAK, |q| bessel_k0_scaled(q) * libm::exp(-q), EXPONENTIAL_END), s * c)
            }
            // Int_q^1 2 u du / u
            (Radius::Linear, Output::Uniform) => fine(|q| 1.0 - q, 1.0),
            (Radius::Linear, Output::Sign) => fine(|q| q, 1.0),
            // Int_0^1 phi(q / u) du = phi(q) - q (1 - Phi(q))
            (Radius::Linear, Output::Normal(c)) => {
                let density = |q: f64| (normal::density(q) - q * normal::below(-q)).max(0.0);
                scaled(fine(density, NORMAL_END), c)
            }
            (Radius::Rayleigh(_) | Radius::Normal(_), _) => unreachable!("these laws have normal outputs"),
        }
    }
}

impl Output {
    /// A fine rule of `|c|`.
    pub fn fine(&self) -> Rule {
        match *self {
            Output::Uniform => fine(|_| 1.0, 1.0),
            Output::Normal(c) => scaled(fine(normal::density, NORMAL_END), c),
            Output::Sign => (vec![1.0], vec![1.0]),
        }
    }
}

impl Radius {
    /// The Gauss rule of the radius with `n` nodes.
    pub fn rule(&self, n: usize) -> Rule {
        let (points, weights) = match *self {
            Radius::One => (vec![1.0], vec![1.0]),
            Radius::Linear => fine(|u| u, 1.0),
            Radius::Normal(s) => scaled(fine(normal::density, NORMAL_END), s),
            Radius::Rayleigh(s) => scaled(fine(|u| u * libm::exp(-0.5 * u * u), NORMAL_END), s),
        };
        composite(&points, &points, &weights, n)
    }
}

/// `n` nodes for the law of an amplitude `q`: Gauss rules in `values`, each on a part of the law.
///
/// A single Gauss rule puts most of its nodes where there is hardly any mass (of 64 for a normal law,
/// 45 are beyond three standard deviations), which is of use only to integrands that are smooth far
/// out. Once mass has met boundaries, the flow has kinks; then nodes belong where mass is. The parts
/// have equal shares of the density's cube root, with which the error of a kink, mass times distance
/// squared, is least. Polynomials that each rule integrates exactly are exact as a whole.
fn composite(q: &[f64], values: &[f64], masses: &[f64], n: usize) -> Rule {
    let parts = n.div_ceil(TOGETHER).max(1);
    let len = q.len();
    let spacing = |i: usize| 0.5 * (q[(i + 1).min(len - 1)] - q[i.saturating_sub(1)]);
    let share: Vec<f64> = (0..len).map(|i| libm::cbrt(masses[i] * spacing(i).powi(2))).collect();
    let total: f64 = share.iter().sum();
    let (mut nodes, mut weights) = (vec![], vec![]);
    let (mut from, mut to, mut sum) = (0, 0, 0.0);
    for part in 0..parts {
        // The last part takes all that is left.
        let until = if part + 1 == parts { f64::INFINITY } else { total * (part + 1) as f64 / parts as f64 };
        while to < len && sum < until {
            sum += share[to];
            to += 1;
        }
        let count = n * (part + 1) / parts - n * part / parts;
        if from < to {
            let (v, w) = gauss::rule(&values[from..to], &masses[from..to], count);
            nodes.extend(v);
            weights.extend(w);
        }
        from = to;
    }
    (nodes, weights)
}

fn scaled((mut points, weights): Rule, factor: f64) -> Rule {
    points.iter_mut().for_each(|point| *point *= factor);
    (points, weights)
}

/// In which variable of the amplitude `q >= 0` the rule is a Gauss rule. Nodes come as pairs `+-q`,
/// so that odd functions integrate to 0 and what is left is even.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Variable {
    /// `q^2`: the symmetric Gauss rule, for what is smooth through 0.
    Square,
    /// `q`: for what has a kink at 0, as the flow with a total-variation term.
    Absolute,
    /// Of neurons with the invariant `delta` and `|c| |w| = factor q`: `c^2` if `delta < 0`, for what
    /// is smooth in `c` through 0; else `|w|`, for a neuron with little `w` is one of two, with
    /// `c = +-sqrt(delta)`, and smooth in `|w|` but not in its square. `c^2`, `|w|^2` and `r^2` are
    /// polynomials in either.
    Lift {
        /// `c^2 - |w|^2`.
        delta: f64,
        /// `c |w| / q`.
        factor: f64,
    },
}

impl Variable {
    /// The rule with `n` nodes of the law that `fine` stands for; nodes are amplitudes.
    pub fn rule(self, fine: &Rule, n: usize) -> Rule {
        let to = |q: f64| match self {
            Variable::Square => q * q,
            Variable::Absolute => q,
            Variable::Lift { delta, factor } => {
                // The smaller of c^2 and |w|^2, in which nothing cancels.
                let b = 2.0 * factor * q;
                let least = 0.5 * b * b / (delta.abs() + libm::hypot(delta, b)).max(f64::MIN_POSITIVE);
                if delta < 0.0 { least } else { least.sqrt() }
            }
        };
        let back = |v: f64| match self {
            Variable::Square => v.max(0.0).sqrt(),
            Variable::Absolute => v.max(0.0),
            Variable::Lift { delta, factor } => {
                let least = if delta < 0.0 { v.max(0.0) } else { v * v };
                (least * (least + delta.abs())).sqrt() / factor
            }
        };
        let points: Vec<f64> = fine.0.iter().map(|&q| to(q)).collect();
        let (nodes, weights) = composite(&fine.0, &points, &fine.1, n);
        (nodes.into_iter().map(back).collect(), weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(rule: &Rule, degree: i32) -> f64 {
        rule.0.iter().zip(&rule.1).map(|(q, w)| w * q.powi(degree)).sum()
    }

    #[test]
    fn products_have_their_moments() {
        // E |c|^k E radius^k.
        let polar = |radius, output| Polar { curve: super::super::polar::Curve::Circle, radius, output };
        let normal = |k: i32| {
            [1.0, (2.0 / std::f64::consts::PI).sqrt(), 1.0, 1.595_769_121_605_730_7, 3.0][k as usize]
        };
        let rayleigh = |k: i32| [1.0, 1.253_314_137_315_500_3, 2.0, 3.759_942_411_946_501, 8.0][k as usize];
        let uniform = |k: i32| 1.0 / f64::from(k + 1);
        let linear = |k: i32| 2.0 / f64::from(k + 2);
        for k in 0..5 {
            let cases = [
                (polar(Radius::One, Output::Normal(2.0)), normal(k) * 2f64.powi(k)),
                (polar(Radius::One, Output::Uniform), uniform(k)),
                (polar(Radius::One, Output::Sign), 1.0),
                (polar(Radius::Rayleigh(1.5), Output::Normal(2.0)), normal(k) * rayleigh(k) * 3f64.powi(k)),
                (polar(Radius::Normal(1.5), Output::Normal(2.0)), normal(k) * normal(k) * 3f64.powi(k)),
                (polar(Radius::Linear, Output::Uniform), uniform(k) * linear(k)),
                (polar(Radius::Linear, Output::Sign), linear(k)),
                (polar(Radius::Linear, Output::Normal(3.0)), normal(k) * linear(k) * 3f64.powi(k)),
            ];
            for (polar, expected) in cases {
                let fine = polar.product();
                let found = moment(&fine, k);
                assert!((found / expected - 1.0).abs() < 1e-13, "{polar:?}, degree {k}: {found} {expected}");
                if k <= 3 {
                    let rule = Variable::Absolute.rule(&fine, 2);
                    assert!((moment(&rule, k) / expected - 1.0).abs() < 1e-13, "{polar:?}, degree {k}");
                }
                if k % 2 == 0 {
                    let rule = Variable::Square.rule(&fine, 3);
                    assert!((moment(&rule, k) / expected - 1.0).abs() < 1e-13, "{polar:?}, degree {k}");
                }
            }
        }
        for n in [2, 9] {
            assert!((moment(&Radius::Rayleigh(1.5).rule(n), 2) - 4.5).abs() < 1e-13);
            assert!((moment(&Radius::Linear.rule(n), 2) - 0.5).abs() < 1e-14);
        }
    }

    /// `E c^2` of the lift: against the fine rule itself, for invariants over many decades.
    #[test]
    fn lifts_have_their_layers() {
        let fine = Polar {
            curve: super::super::polar::Curve::Circle,
            radius: Radius::Rayleigh(1.0),
            output: Output::Normal(1.0),
        }
        .product();
        for delta in [0.0, 1e-6, -1e-3, 0.3, -2.0, 100.0, 1e6] {
            let cc = |q: f64| 0.5 * (f64::hypot(delta, 2.0 * 0.7 * q) + delta.abs());
            let expected: f64 = fine.0.iter().zip(&fine.1).map(|(q, w)| w * cc(*q)).sum();
            for n in [2, 5, 16] {
                let rule = Variable::Lift { delta, factor: 0.7 }.rule(&fine, n);
                let found: f64 = rule.0.iter().zip(&rule.1).map(|(q, w)| w * cc(*q)).sum();
                assert!((found / expected - 1.0).abs() < 1e-13, "delta {delta}, {n}: {found} {expected}");
                // Of degree four in |w|: three nodes.
                if n > 5 || delta < 0.0 {
                    let square = moment(&rule, 2);
                    assert!((square / 2.0 - 1.0).abs() < 1e-12, "delta {delta}, {n}: {square}");
                }
            }
        }
    }
}
