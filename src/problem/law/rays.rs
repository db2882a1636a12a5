//! A law of `(c, a, b)` as what its neurons conserve: how `c` and `|w|` are distributed in a direction.
//!
//! In a direction `theta` the law of `(c, |w|)` is a product. In coordinates `c = s C(q)`, `|w| = s N(q)` of which
//! `C dN - N dC = +-dq`, as `sinh` and `cosh` are, `dc d|w| = s ds dq`: a ray `q` has the density
//!
//! ```text
//! p(c) p(|w|) s ds
//! ```

use crate::math::normal;
use crate::math::quadrature::gauss_legendre;

use super::amplitude::Variable;
use super::neurons::DrawnLaw;
use super::polar::{Curve, Output, Polar, Radius};

/// Mass of a law beyond its ends.
const TAIL: f64 = 1e-12;
/// Nodes per panel of a ray, where densities are polynomials, and where they are not.
const NODES: [usize; 2] = [3, 6];
/// Panels of a ray.
const PANELS: [usize; 2] = [1, 8];

/// Neurons of one direction: their share of the mass, and how long `w` may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bundle {
    /// Mass.
    pub mass: f64,
    /// `hidden_scale |p|`: the factor before the radius of the law.
    pub norm: f64,
}

/// A ray `(c, |w|) = s (C, N)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// `C`.
    pub c: f64,
    /// `N > 0`.
    pub w: f64,
}

impl DrawnLaw {
    /// Nodes of a Gauss rule for the directions between two angles (rad) less than half a turn apart.
    pub fn bundles(&self, from: f64, to: f64) -> Vec<Bundle> {
        let directions = Polar::of(self.kind).curve.directions_between(from, to);
        directions.into_iter().map(|(mass, norm)| Bundle { mass, norm: self.hidden_scale * norm }).collect()
    }

    /// Nodes `|c|` and weights of the Gauss rule of `|c|`; the weights sum to 1.
    pub fn outputs(&self, nodes: usize) -> Vec<[f64; 2]> {
        let (c, weight) = Variable::Square.rule(&Polar::of(self.kind).output.fine(), nodes);
        c.into_iter().zip(weight).map(|(c, weight)| [self.output_scale * c, weight]).collect()
    }

    /// Probability that `|c|` exceeds a number.
    ///
    /// ```
    /// use reluflow::problem::{DrawnLaw, LawKind};
    /// let law = DrawnLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 2.0 };
    /// assert_eq!(law.output_beyond(0.5), 0.75); // |c| ~ U[0, 2]
    /// ```
    pub fn output_beyond(&self, c: f64) -> f64 {
        Polar::of(self.kind).output.beyond(c / self.output_scale)
    }

    /// Probability that `|w|` exceeds a number, in a bundle.
    pub fn length_beyond(&self, bundle: Bundle, w: f64) -> f64 {
        Polar::of(self.kind).radius.beyond(w / bundle.norm)
    }

    /// `Int f(|w|)` of the law of `|w|` in a bundle, by Gauss rules between the edges, which ascend.
    pub fn over_lengths(&self, bundle: Bundle, edges: &[f64], mut add: impl FnMut(f64, f64)) {
        let radius = Polar::of(self.kind).radius;
        if radius == Radius::One {
            return add(bundle.norm, 1.0);
        }
        let end = bundle.norm * radius.end();
        let panels = panels(edges, end, PANELS[usize::from(!radius.is_polynomial())]);
        on_panels(&panels, NODES[usize::from(!radius.is_polynomial())], |w, weight| {
            add(w, weight * radius.density(w / bundle.norm) / bundle.norm);
        });
    }

    /// Largest `|c|`, and largest `|w|` of a bundle, but for a tail without weight.
    pub fn ends(&self, norm: f64) -> [f64; 2] {
        let polar = Polar::of(self.kind);
        [self.output_scale * polar.output.end(), norm * polar.radius.end()]
    }

    /// Largest and least `hidden_scale |p|` of all directions.
    pub fn norms(&self) -> [f64; 2] {
        let curve = Polar::of(self.kind).curve;
        let least = match curve {
            Curve::Circle | Curve::Lines { .. } => 1.0,
            Curve::Rectangle { a, b } => a.min(b),
        };
        [curve.farthest(), least].map(|norm| self.hidden_scale * norm)
    }

    /// `sqrt(E |w|^2)` in a bundle.
    pub fn mean_length(&self, norm: f64) -> f64 {
        norm * match Polar::of(self.kind).radius {
            Radius::One => 1.0,
            Radius::Linear => std::f64::consts::FRAC_1_SQRT_2,
            Radius::Rayleigh(s) => std::f64::consts::SQRT_2 * s,
            Radius::Normal(s) => s,
        }
    }

    /// `sqrt(E c^2)`.
    pub fn mean_output(&self) -> f64 {
        self.output_scale
            * match Polar::of(self.kind).output {
                Output::Uniform => 3f64.sqrt().recip(),
                Output::Normal(s) => s,
                Output::Sign => 1.0,
            }
    }

    /// `E (c^2 - |w|^2)`.
    ///
    /// ```
    /// use reluflow::problem::{DrawnLaw, LawKind};
    /// let law = DrawnLaw { kind: LawKind::Normal, hidden_scale: 1.0, output_scale: 2.0 };
    /// assert!((law.mean_delta() - 2.0).abs() < 1e-14); // 4 - (1 + 1)
    /// ```
    pub fn mean_delta(&self) -> f64 {
        let square = match Polar::of(self.kind).curve {
            Curve::Circle => 1.0,
            // Twice the mean of |p|^2 weighted with areas: E (a^2 + b^2) = (A^2 + B^2) / 3.
            Curve::Rectangle { a, b } => 2.0 * (a * a + b * b) / 3.0,
            Curve::Lines { b } => 1.0 + b * b / 3.0,
        };
        self.mean_output().powi(2) - square * self.mean_length(self.hidden_scale).powi(2)
    }

    /// Whether all `|w|` of a bundle are equal.
    pub fn has_one_length(&self) -> bool {
        Polar::of(self.kind).radius == Radius::One
    }

    /// `|c|` and `|w|` of a bundle, if there is only one of each.
    pub fn atom(&self, bundle: Bundle) -> Option<[f64; 2]> {
        let polar = Polar::of(self.kind);
        let single = polar.radius == Radius::One && polar.output == Output::Sign;
        single.then_some([self.output_scale, bundle.norm])
    }

    /// The neurons of a bundle on a ray, of both signs of `c` if `C` is the one: `add(s, mass per dq)`, whose sum over a
    /// smooth function of `s` is its integral. Nothing of an atom.
    ///
    /// * `edges`: at which the function of `s` may have kinks, ascending.
    pub fn on_ray(&self, norm: f64, ray: Ray, edges: &[f64], mut add: impl FnMut(f64, f64)) {
        let Polar { radius, output, .. } = Polar::of(self.kind);
        let scale = self.output_scale;
        let c_density = |c: f64| 0.5 * output.density(c.abs() / scale) / scale;
        let w_density = |w: f64| radius.density(w / norm) / norm;
        match (radius, output) {
            (Radius::One, Output::Sign) => {}
            (Radius::One, _) => {
                let s = norm / ray.w;
                add(s, c_density(s * ray.c) * norm / (ray.w * ray.w));
            }
            (_, Output::Sign) => {
                let s = scale / ray.c.abs();
                add(s, 0.5 * w_density(s * ray.w) * scale / (ray.c * ray.c));
            }
            _ => {
                let [c_end, w_end] = self.ends(norm);
                let end = (w_end / ray.w).min(c_end / ray.c.abs());
                let fine = usize::from(!(radius.is_polynomial() && output == Output::Uniform));
                on_panels(&panels(edges, end, PANELS[fine]), NODES[fine], |s, weight| {
                    add(s, weight * s * c_density(s * ray.c) * w_density(s * ray.w));
                });
            }
        }
    }
}

/// `[0, end]` cut at the edges within and into at least `count` parts.
fn panels(edges: &[f64], end: f64, count: usize) -> Vec<f64> {
    let equal = (0..=count).map(|i| end * i as f64 / count as f64);
    let mut panels: Vec<f64> =
        edges.iter().copied().filter(|edge| (0.0..end).contains(edge)).chain(equal).collect();
    panels.sort_by(f64::total_cmp);
    panels.dedup();
    panels
}

/// The nodes of Gauss rules on panels, with their weights.
fn on_panels(panels: &[f64], nodes: usize, mut add: impl FnMut(f64, f64)) {
    let (z, w) = gauss_legendre(nodes);
    for pair in panels.windows(2) {
        let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
        z.iter().zip(&w).for_each(|(z, w)| add(middle + half * z, half * w));
    }
}

impl Radius {
    /// The density at `u >= 0`; 0 of a single value.
    fn density(self, u: f64) -> f64 {
        match self {
            Radius::One => 0.0,
            Radius::Linear if u <= 1.0 => 2.0 * u,
            Radius::Linear => 0.0,
            Radius::Rayleigh(s) => u / (s * s) * libm::exp(-0.5 * (u / s).powi(2)),
            Radius::Normal(s) => Output::Normal(s).density(u),
        }
    }

    /// Probability of more than `u >= 0`.
    fn beyond(self, u: f64) -> f64 {
        match self {
            Radius::One => f64::from(u < 1.0),
            Radius::Linear => (1.0 - u * u).max(0.0),
            Radius::Rayleigh(s) => libm::exp(-0.5 * (u / s).powi(2)),
            Radius::Normal(s) => Output::Normal(s).beyond(u),
        }
    }

    /// The largest, but for a tail.
    fn end(self) -> f64 {
        match self {
            Radius::One | Radius::Linear => 1.0,
            Radius::Rayleigh(s) => s * (-2.0 * libm::log(TAIL)).sqrt(),
            Radius::Normal(s) => Output::Normal(s).end(),
        }
    }

    fn is_polynomial(self) -> bool {
        !matches!(self, Radius::Rayleigh(_) | Radius::Normal(_))
    }
}

impl Output {
    /// The density of `|c|` at `c >= 0`; 0 of a single value.
    fn density(self, c: f64) -> f64 {
        match self {
            Output::Uniform => f64::from(c <= 1.0),
            Output::Normal(s) => 2.0 * normal::density(c / s) / s,
            Output::Sign => 0.0,
        }
    }

    /// Probability that `|c|` exceeds `c >= 0`.
    fn beyond(self, c: f64) -> f64 {
        match self {
            Output::Uniform => (1.0 - c).max(0.0),
            Output::Normal(s) => 2.0 * normal::below(-c / s),
            Output::Sign => f64::from(c < 1.0),
        }
    }

    /// The largest `|c|`, but for a tail.
    fn end(self) -> f64 {
        match self {
            Output::Uniform | Output::Sign => 1.0,
            Output::Normal(s) => -s * normal::quantile(0.5 * TAIL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{LawKind, OutputLaw};

    fn all() -> Vec<DrawnLaw> {
        let boxed = |c| LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c };
        let kinds = [
            LawKind::Normal,
            LawKind::He,
            LawKind::Pytorch,
            boxed(OutputLaw::Normal),
            boxed(OutputLaw::Sign),
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform },
        ];
        kinds.map(|kind| DrawnLaw { kind, hidden_scale: 0.7, output_scale: 1.3 }).to_vec()
    }

    /// `E c^2` and `E |w|^2` of one bundle, over all rays of both kinds: the closed forms.
    #[test]
    fn rays_have_the_moments_of_the_law() {
        for law in all() {
            let norm = law.norms()[0];
            let [c_end, w_end] = law.ends(norm);
            let mut found = [0.0; 3];
            // Fine panels in q, with an edge where both ends meet.
            let kink = (c_end / w_end).min(w_end / c_end).atanh();
            let mut faces: Vec<f64> = (0..=600).map(|i| 0.02 * f64::from(i)).chain([kink]).collect();
            faces.retain(|q| *q <= 12.0);
            faces.sort_by(f64::total_cmp);
            for inner in [true, false] {
                on_panels(&faces, 4, |q, dq| {
                    let (sinh, cosh) = (q.sinh(), q.cosh());
                    for sign in [1.0, -1.0] {
                        let ray = if inner {
                            Ray { c: sign * sinh, w: cosh }
                        } else {
                            Ray { c: sign * cosh, w: sinh }
                        };
                        law.on_ray(norm, ray, &[], |s, mass| {
                            let mass = mass * dq;
                            found[0] += mass;
                            found[1] += mass * (s * ray.c).powi(2);
                            found[2] += mass * (s * ray.w).powi(2);
                        });
                    }
                });
            }
            let expected = [1.0, law.mean_output().powi(2), law.mean_length(norm).powi(2)];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found / expected - 1.0).abs() < 1e-8, "{law:?}: {found} {expected}");
            }
        }
    }
}
