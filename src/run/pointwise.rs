//! The density of the measure of a run at points, by characteristics (mathematics, section 16).

use crate::flow::{Flow, FlowError, ParticleKind, Point, ResidualPath, Source, feet};
use crate::problem::{self, DrawnLaw, Law, NoDensity, ParticleLaw, ProblemError, Samples};

use super::Description;

/// A law, and what else makes the start of a run of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartLaw {
    /// The law.
    pub law: ParticleLaw,
    /// The `m` of laws that depend on it.
    pub width: usize,
    /// `w` is multiplied by it and `c` divided.
    pub balance: f64,
}

impl StartLaw {
    /// Particles at the nodes of a quadrature; see [`ParticleLaw::quadrature`].
    ///
    /// * `x`: where functions are asked for: sums over particles are smooth between these points.
    /// * `kappa`: factor before the mean over neurons.
    ///
    /// # Errors
    /// As [`ParticleLaw::quadrature`].
    pub fn quadrature(&self, x: &[f64], nodes: usize, kappa: f64) -> Result<problem::Start, ProblemError> {
        match (self.law, self.law.drawn(self.width, self.balance)) {
            (ParticleLaw::Neurons(_), Some(drawn)) => drawn.quadrature(x, nodes).map(problem::Start::from),
            (law, _) => law.quadrature(x, nodes, false, kappa, self.width),
        }
    }
}

/// Why there is no density.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PointwiseError {
    /// The law has none.
    #[error("the start law has no density: {0}")]
    Law(#[from] NoDensity),
    /// The flow and the law do not go together.
    #[error("the flow {flow} has no density that could be followed here: {why}")]
    Flow {
        /// Its name.
        flow: &'static str,
        /// Why, and what to do.
        why: &'static str,
    },
    /// Characteristics cannot be followed.
    #[error(transparent)]
    Characteristics(#[from] FlowError),
}

const DESCENT: &str =
    "gradient descent jumps over boundaries; give flow.kind = \"lifted\", to which it converges";
const DECAY: &str =
    "weight decay moves neurons of one delta to others; give a law of (a, b, c) without delta";
const SLICE: &str = "neurons of one delta do not keep it, so that they lie on a surface that folds; give a law of (a, b, c) without delta";

/// A density at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    /// Mass per `dr dtheta`, or per `dc da db`.
    pub value: f64,
    /// Where the characteristic comes from.
    pub source: Source,
    /// Its foot: `(r, theta, 0)`, or `(c, a, b)`; where it met a line, the point there.
    pub foot: [f64; 3],
}

/// The pointwise density of the free part of the measure of a run.
///
/// ```text
/// f(t, z) = f_0(foot) exp(log_factor),     see the module flow::characteristics
/// ```
///
/// * Canonical flow: with respect to `dr dtheta`.
/// * Lifted flow whose neurons have one `delta = c^2 - |w|^2`: that of the slice, with respect to
///   `dr dtheta`. Since `dc dw = |w| / (2 kappa (c^2 + |w|^2)) d(delta) dr dtheta`, and `dc dw` and `delta` are
///   conserved, `f (c^2 + |w|^2) / |w|` is what moves along. At `r = 0` it is the limit from above.
/// * Lifted, kernel and adaptive flow of a law of `(c, a, b)`: with respect to `dc da db`.
///
/// ```
/// use reluflow::flow::{Flow, ResidualPath};
/// use reluflow::problem::{Law, LawKind, ParticleLaw, Samples};
/// use reluflow::run::{Pointwise, StartLaw};
/// use std::f64::consts::{FRAC_PI_2, PI};
/// // One sample at x = 0 whose residual stays 2, r uniform on [-1, 1]. Along d = (0, 1): r = r_0 - 2 t.
/// let samples = Samples::new(&[0.0], &[0.0])?;
/// let law = ParticleLaw::Canonical(Law { kind: LawKind::UniformUniform, scale: 1.0, antisymmetric: false });
/// let law = StartLaw { law, width: 1, balance: 1.0 };
/// let flow = Flow::Canonical { tv: 0.0 };
/// let pointwise = Pointwise::new(&samples, &flow, &law, ResidualPath::constant(vec![2.0], 1.0), 1e-6)?;
/// let density = pointwise.on_cylinder(&[[1.0, -1.5, FRAC_PI_2]])?[0];
/// // From r_0 = 0.5, and 1 = -Int r <g,d> dt.
/// assert!((density.value - 1f64.exp() / (4.0 * PI)).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pointwise {
    samples: Samples,
    flow: Flow,
    start: Start,
    path: ResidualPath,
    tolerance: f64,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    Cylinder(Law),
    Slice(Law, Slice),
    Neurons(DrawnLaw),
}

/// Characteristics are followed this many times more closely than the residuals were.
const CLOSER: f64 = 1e-4;
/// But not more closely than rounding lets.
const CLOSEST: f64 = 1e-13;

impl Pointwise {
    /// * `tolerance`: of the run.
    ///
    /// # Errors
    /// The law has no density, or the flow does not keep it one.
    pub fn new(
        samples: &Samples,
        flow: &Flow,
        start: &StartLaw,
        path: ResidualPath,
        tolerance: f64,
    ) -> Result<Pointwise, PointwiseError> {
        let refused = |why| Err(PointwiseError::Flow { flow: flow.name(), why });
        let start = match (start.law, flow) {
            (_, Flow::Descent { .. }) => return refused(DESCENT),
            (ParticleLaw::Canonical(law), _) => Start::Cylinder(law),
            (ParticleLaw::Lift { law, delta }, Flow::Lifted { kappa, decay: 0.0 }) => {
                Start::Slice(law, Slice { delta, kappa: *kappa })
            }
            (ParticleLaw::Lift { .. }, Flow::Lifted { .. }) => return refused(DECAY),
            (ParticleLaw::Lift { .. }, _) => return refused(SLICE),
            (ParticleLaw::Neurons(_), _) => {
                let drawn = start.law.drawn(start.width, start.balance);
                Start::Neurons(drawn.expect("only a lift draws no neurons"))
            }
        };
        match start {
            Start::Cylinder(law) | Start::Slice(law, _) => law.density(0.0, 0.0)?,
            Start::Neurons(law) => law.density(0.0, 0.0, 0.0)?,
        };
        let tolerance = (CLOSER * tolerance).max(CLOSEST);
        Ok(Pointwise { samples: samples.clone(), flow: *flow, start, path, tolerance })
    }

    /// The same of a described run.
    ///
    /// # Errors
    /// As [`Pointwise::new`].
    pub fn of_run(
        description: &Description,
        start: &StartLaw,
        path: ResidualPath,
    ) -> Result<Pointwise, PointwiseError> {
        Pointwise::new(&description.samples, &description.flow, start, path, description.tolerance)
    }

    /// Time up to which it is known.
    pub fn end(&self) -> f64 {
        self.path.end()
    }

    /// What the points are.
    pub fn space(&self) -> ParticleKind {
        match self.start {
            Start::Neurons(_) => ParticleKind::Neuron,
            _ => ParticleKind::Canonical,
        }
    }

    /// Densities at `(time, r, theta)`, in parallel.
    ///
    /// # Errors
    /// The start is a law of `(c, a, b)`; as [`feet`].
    pub fn on_cylinder(&self, points: &[[f64; 3]]) -> Result<Vec<Density>, PointwiseError> {
        let (law, slice) = match self.start {
            Start::Cylinder(law) => (law, None),
            Start::Slice(law, slice) => (law, Some(slice)),
            Start::Neurons(_) => {
                let why = "the start is a law of (c, a, b), and so are the points";
                return Err(PointwiseError::Flow { flow: self.flow.name(), why });
            }
        };
        let at: Vec<Point> = points
            .iter()
            .map(|&[time, r, theta]| match slice {
                None => {
                    let (sin, cos) = libm::sincos(theta);
                    Point { time, amplitude: r, vector: [cos, sin] }
                }
                Some(slice) => slice.lift(time, r, theta),
            })
            .collect();
        let feet = feet(&self.samples, &self.flow, &self.path, self.tolerance, &at)?;
        let mut densities = vec![];
        for (point, foot) in at.iter().zip(feet) {
            let [x, y] = foot.vector;
            let theta = libm::atan2(y, x).rem_euclid(std::f64::consts::TAU);
            let (r, measure) = match slice {
                None => (foot.amplitude, 1.0),
                Some(slice) => (
                    slice.kappa * foot.amplitude * libm::hypot(x, y),
                    element(point.amplitude, point.vector) / element(foot.amplitude, foot.vector),
                ),
            };
            let value = match foot.source {
                Source::Start => law.density(r, theta)? * measure * libm::exp(foot.log_factor),
                Source::Line(_) => 0.0,
            };
            densities.push(Density { value, source: foot.source, foot: [r, theta, 0.0] });
        }
        Ok(densities)
    }

    /// Densities at `(time, c, a, b)`, in parallel.
    ///
    /// # Errors
    /// The start is a law of `(r, theta)`; as [`feet`].
    pub fn of_neurons(&self, points: &[[f64; 4]]) -> Result<Vec<Density>, PointwiseError> {
        let Start::Neurons(law) = self.start else {
            let why = "the start is a law of (r, theta), and so are the points";
            return Err(PointwiseError::Flow { flow: self.flow.name(), why });
        };
        let at: Vec<Point> = points
            .iter()
            .map(|&[time, c, a, b]| Point { time, amplitude: c, vector: [a, 0.0 - b] })
            .collect();
        let feet = feet(&self.samples, &self.flow, &self.path, self.tolerance, &at)?;
        let mut densities = vec![];
        for foot in feet {
            let at = [foot.amplitude, foot.vector[0], 0.0 - foot.vector[1]];
            let value = match foot.source {
                Source::Start => law.density(at[0], at[1], at[2])? * libm::exp(foot.log_factor),
                Source::Line(_) => 0.0,
            };
            densities.push(Density { value, source: foot.source, foot: at });
        }
        Ok(densities)
    }
}

/// Neurons of one `delta`.
#[derive(Debug, Clone, Copy)]
struct Slice {
    delta: f64,
    kappa: f64,
}

impl Slice {
    /// The neuron of `(r, theta)` (section 2).
    fn lift(self, time: f64, r: f64, theta: f64) -> Point {
        // At r = 0 either layer may be 0, and with it sign or direction.
        let product = if r == 0.0 { f64::MIN_POSITIVE.sqrt() } else { r / self.kappa };
        let larger = 0.5 * (self.delta.abs() + libm::hypot(self.delta, 2.0 * product));
        let smaller = product / larger * product;
        let (cc, ww) = if self.delta >= 0.0 { (larger, smaller) } else { (smaller, larger) };
        let (w, (sin, cos)) = (ww.sqrt(), libm::sincos(theta));
        Point { time, amplitude: cc.sqrt().copysign(product), vector: [w * cos, w * sin] }
    }
}

/// `|w| / (c^2 + |w|^2)`, of `dc dw` in `(delta, r, theta)` but for a constant.
fn element(c: f64, [x, y]: [f64; 2]) -> f64 {
    let w = libm::hypot(x, y);
    w / (c * c + w * w)
}
