//! Deterministic start measures: Gauss rules aligned with the regions of the samples.

use crate::problem::{Measure, Neurons, ProblemError};

use super::amplitude::{Rule, Variable};
use super::canonical::Law;
use super::directions::Direction;
use super::neurons::{DrawnLaw, NeuronLaw};
use super::polar::{Output, Polar, Radius};

impl Law {
    /// The law as weighted particles at the nodes of a quadrature rule: `nodes` in every piece of
    /// direction and `nodes` in `r`.
    ///
    /// Directions have Gauss-Legendre nodes on pieces that no boundary of a sample crosses and none
    /// longer than half a radian; amplitudes, which are independent of them up to a factor, have
    /// Gauss rules of their own law (Hermite's for normal ones, and so on), beyond eight nodes
    /// several side by side. So the moments `F_k` and `Sigma_k` of every region, and with them the
    /// residuals at the start, are those of the law to rounding from eight nodes on. Nodes are pairs
    /// `+-r`: the start function is 0, as it is in the limit, and the measure is antisymmetric
    /// whether that was asked for or not.
    ///
    /// * `x`: positions of the samples.
    /// * `kink`: whether the flow tells the signs of `r` apart (a total-variation term); the rule is
    ///   then one for each sign.
    ///
    /// ```
    /// use reluflow::problem::{Regions, Samples};
    /// use reluflow::problem::{Law, LawKind};
    /// let law = Law { kind: LawKind::NormalUniform, scale: 2.0, antisymmetric: false };
    /// let measure = law.quadrature(&[-1.0, 0.5], 8, false)?;
    /// // E r^2 = 4, and E r^2 sin(theta)^2 = 2.
    /// let mean: f64 = (0..measure.len())
    ///     .map(|i| measure.mass()[i] * (measure.r()[i] * measure.theta()[i].sin()).powi(2))
    ///     .sum();
    /// assert!((mean - 2.0).abs() < 1e-13);
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    ///
    /// # Errors
    /// Values that [`Measure`] cannot hold.
    pub fn quadrature(&self, x: &[f64], nodes: usize, kink: bool) -> Result<Measure, ProblemError> {
        let polar = Polar::of(self.kind);
        let variable = if kink { Variable::Absolute } else { Variable::Square };
        let rule = variable.rule(&polar.product(), pairs(nodes));
        self.at(&polar.curve.directions(x, nodes), |_| rule.clone())
    }

    /// The same for the lift with the invariant `c^2 - |w|^2 = delta` (section 2): `E c^2` and
    /// `E w w^T` are exact, too.
    ///
    /// * `kappa`: factor before the mean over neurons.
    ///
    /// # Errors
    /// Values that [`Neurons`] cannot hold.
    pub fn quadrature_lifted(
        &self,
        x: &[f64],
        nodes: usize,
        kappa: f64,
        delta: f64,
    ) -> Result<Neurons, ProblemError> {
        let polar = Polar::of(self.kind);
        let fine = polar.product();
        let rule =
            |norm: f64| Variable::Lift { delta, factor: self.scale * norm / kappa }.rule(&fine, pairs(nodes));
        // Directions of one norm share a rule.
        let mut last: Option<(f64, Rule)> = None;
        let measure = self.at(&polar.curve.directions(x, nodes), |norm| match &last {
            Some((known, rule)) if *known == norm => rule.clone(),
            _ => last.insert((norm, rule(norm))).1.clone(),
        })?;
        Neurons::lifted(&measure, kappa, delta)
    }

    /// Particles at these directions, with the amplitudes of a rule that depends on their norm.
    fn at(
        &self,
        directions: &[Direction],
        mut rule: impl FnMut(f64) -> Rule,
    ) -> Result<Measure, ProblemError> {
        let (mut r, mut theta, mut mass) = (vec![], vec![], vec![]);
        for direction in directions {
            let angle = libm::atan2(direction.point[1], direction.point[0]);
            let (amplitudes, weights) = rule(direction.norm);
            for (q, weight) in amplitudes.iter().zip(&weights) {
                // Partners are neighbours: their contributions cancel as they are summed.
                for sign in [1.0, -1.0] {
                    r.push(sign * self.scale * direction.norm * q);
                    theta.push(angle);
                    mass.push(0.5 * weight * direction.mass);
                }
            }
        }
        Measure::new(r, theta, mass)
    }

    /// How many particles [`Law::quadrature`] makes of samples at `x`.
    pub fn quadrature_size(&self, x: &[f64], nodes: usize) -> usize {
        let polar = Polar::of(self.kind);
        let single = polar.radius == Radius::One && polar.output == Output::Sign;
        polar.curve.count(x, nodes) * 2 * if single { 1 } else { pairs(nodes) }
    }
}

impl NeuronLaw {
    /// The law as weighted neurons at the nodes of a quadrature rule: `nodes` in every piece of
    /// direction, in `c`, and in `|w|` where that is not fixed by the direction. See
    /// [`Law::quadrature`].
    ///
    /// * `x`: positions of the samples.
    /// * `width`: the `m` of the initialisations that depend on it.
    ///
    /// # Errors
    /// Values that [`Neurons`] cannot hold.
    ///
    /// # Panics
    /// If the kind is a law of `(r, theta)`, which says nothing about the layers.
    pub fn quadrature(&self, x: &[f64], nodes: usize, width: usize) -> Result<Neurons, ProblemError> {
        let [hidden_scale, output_scale] = self.factors(width as f64);
        DrawnLaw { kind: self.kind, hidden_scale, output_scale }.quadrature(x, nodes)
    }

    /// How many neurons [`NeuronLaw::quadrature`] makes of samples at `x`.
    pub fn quadrature_size(&self, x: &[f64], nodes: usize) -> usize {
        let polar = Polar::of(self.kind);
        let radii = if polar.radius == Radius::One { 1 } else { nodes };
        let outputs = if polar.output == Output::Sign { 1 } else { pairs(nodes) };
        polar.curve.count(x, nodes) * radii * 2 * outputs
    }

    /// Whether the law depends on the width.
    pub(super) fn depends_on_width(&self) -> bool {
        self.factors(1.0) != self.factors(2.0)
    }
}

impl DrawnLaw {
    /// As [`NeuronLaw::quadrature`], with all factors applied.
    ///
    /// # Errors
    /// Values that [`Neurons`] cannot hold.
    ///
    /// # Panics
    /// As [`NeuronLaw::quadrature`].
    pub fn quadrature(&self, x: &[f64], nodes: usize) -> Result<Neurons, ProblemError> {
        assert!(!self.kind.is_canonical(), "{:?} is no law of (c, a, b)", self.kind);
        let (hidden, output) = (self.hidden_scale, self.output_scale);
        let polar = Polar::of(self.kind);
        let outputs = Variable::Square.rule(&polar.output.fine(), pairs(nodes));
        let radii = polar.radius.rule(nodes);
        let (mut c, mut a, mut b, mut mass) = (vec![], vec![], vec![], vec![]);
        for direction in polar.curve.directions(x, nodes) {
            let [x, y] = direction.point.map(|w| hidden * w);
            for (radius, radius_weight) in radii.0.iter().zip(&radii.1) {
                for (q, weight) in outputs.0.iter().zip(&outputs.1) {
                    for sign in [1.0, -1.0] {
                        c.push(sign * output * q);
                        a.push(radius * x);
                        b.push(0.0 - radius * y);
                        mass.push(0.5 * weight * radius_weight * direction.mass);
                    }
                }
            }
        }
        Neurons::new(c, a, b, mass)
    }
}

/// Pairs `+-q` that make `nodes` nodes, at least.
fn pairs(nodes: usize) -> usize {
    nodes.div_ceil(2)
}
