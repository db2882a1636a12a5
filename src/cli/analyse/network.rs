//! A network from elsewhere, and what is measured of it.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::io::{LandscapeMoment, LandscapeTable, Particles};
use crate::kernel::{
    Cluster, FunctionNorm, Kernel, NormFit, Particles as KernelParticles, Report, Request, SplineView,
    StartLaw, WeightLaw, norm_fits,
};
use crate::landscape::{Around, Landscape, Neuron};
use crate::math::cubic_spline::CubicSpline;
use crate::math::linear_spline::LinearSpline;
use crate::problem::{Neurons, Regions, Samples, Start};
use crate::run::{Description, Losses, Simulation, Snapshot};
use crate::scenario::Scenario;
use crate::system::text;

/// Knots closer than this share of the samples' range are one, and those that change the slope by less than this share
/// of all changes are left out.
const TOGETHER: f64 = 1e-3;
/// The spectra of more samples take minutes.
const MOST_SAMPLES: usize = 1000;

/// Neurons and samples.
pub struct Network {
    pub description: Description,
    pub neurons: Neurons,
    pub notices: Vec<String>,
}

impl Network {
    /// Reads both tables.
    pub fn read(
        weights: &Path,
        samples: &Path,
        scaling: &str,
        bias: Option<f64>,
    ) -> Result<Network, Failure> {
        let bias = bias.map_or(String::new(), |bias| format!("output_bias = {bias:?}\n"));
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let (w, s) = (weights.to_string_lossy(), samples.to_string_lossy());
        let scenario = format!(
            "title = {}\n[samples]\nfile = {}\n[measure]\nfile = {}\n{bias}[flow]\nkind = \"lifted\"\nscaling = \"{scaling}\"\n\
             [time]\nend = 1.0\n[output]\nsnapshots = {{ count = 2 }}\ntangent_kernel = true\n",
            quoted(&format!("{} on {}", text::path(weights), text::path(samples))),
            quoted(&s),
            quoted(&w),
        );
        // File names are relative to where the command runs.
        let Scenario { description, start, notices, .. } =
            Scenario::parse(&scenario, Path::new("analyse.toml"))?;
        if description.samples.len() > MOST_SAMPLES {
            return Err(Failure::usage(format!(
                "{}: {} samples; at most {MOST_SAMPLES} are looked at",
                text::path(samples),
                description.samples.len()
            ))
            .help("thin the samples out"));
        }
        let Start::Lifted(neurons) = start else { unreachable!("a lifted flow moves neurons") };
        Ok(Network { description, neurons, notices })
    }

    /// The network as a state of gradient flow.
    pub fn simulation(&self) -> Result<Simulation, Failure> {
        Simulation::new(&self.description, self.neurons.clone()).map_err(Failure::computation)
    }

    /// Number of neurons.
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    fn spline(&self) -> Result<SplineView, Failure> {
        let measure = self.neurons.canonical(self.description.flow.kappa()).map_err(Failure::computation)?;
        let spline = SplineView::new(measure.r(), measure.theta(), measure.mass());
        Ok(spline.with_output_bias(self.output_bias()))
    }

    fn output_bias(&self) -> f64 {
        self.description.output_bias.start
    }
}

/// What is found.
pub struct Analysis {
    pub snapshot: Snapshot,
    pub losses: Losses,
    /// Largest `|rho_j|`.
    pub worst: f64,
    /// Root mean square and largest distance to the linear interpolant, and to the natural cubic spline.
    pub to_linear: [f64; 2],
    pub to_cubic: [f64; 2],
    /// `Int |f''|` over the range of the samples, and over the whole line.
    pub variation: [f64; 2],
    /// Knots of the function among the samples.
    pub clusters: Vec<Cluster>,
    /// Share of the mass with a knot among the samples; of that, within a thousandth of the range of one of them.
    pub inside: f64,
    pub at_samples: f64,
    pub without_knot: usize,
    pub roughness: f64,
    /// `Int |r| mu`, and `1/2 Sum (c^2 + a^2 + b^2)` of the weights as they are, over alpha: the least that it can be
    /// for this function and these directions is the former.
    pub neuron_norm: f64,
    pub half_square: f64,
    /// Least, middle and largest `c^2 - |w|^2`.
    pub delta: [f64; 3],
    /// Rates of the tangent kernel of `Sum` over weights, ascending.
    pub rates: Vec<f64>,
    /// Interpolants of least cost: that of `Int |f''|`, its sparsest, that of `Int |r| mu`.
    pub least: Vec<NormFit>,
    pub landscape: LandscapeTable,
    pub since: Option<Since>,
}

/// What has happened since the start.
pub struct Since {
    pub kernel_change: f64,
    /// Root mean square angle (rad) that neurons have turned by.
    pub turned: f64,
    /// Median distance that knots have moved, of those that were among the samples, over the range.
    pub knots_moved: f64,
    pub loss: f64,
    /// Root mean square distances to the limits of gradient flow from the same start with features that stand still
    /// (the output layer alone) and with the tangent kernel of the start, over the change of the function.
    pub to_limits: [f64; 2],
}

impl Analysis {
    pub fn of(network: &Network, start: Option<&Network>) -> Result<Analysis, Failure> {
        let (simulation, d) = (network.simulation()?, &network.description);
        let (snapshot, samples, kappa) = (simulation.snapshot(), &d.samples, d.flow.kappa());
        let (x, y) = (samples.x(), samples.y());
        let (low, high) = (x[0], x[x.len() - 1]);
        let spline = network.spline()?;
        let norm = FunctionNorm::new(x);
        let f = spline.values(norm.points());
        let distance = |g: &dyn Fn(f64) -> f64| {
            norm.distance(&f, &norm.points().iter().map(|&x| g(x)).collect::<Vec<f64>>())
        };
        let (linear, cubic) = (LinearSpline::new(x.to_vec(), y.to_vec()), CubicSpline::natural(x, y));
        let variation = spline.slope_variation(low, high);
        let within = TOGETHER * (high - low);
        let mass = |knot: &dyn Fn(f64) -> bool| -> f64 {
            spline.knots().iter().filter(|k| knot(k.at)).map(|k| k.mass).sum()
        };
        let inside = mass(&|at| (low..=high).contains(&at));
        let near = |at: f64| x.iter().any(|x| (x - at).abs() <= within);
        let at_samples = mass(&|at| (low..=high).contains(&at) && near(at));
        let mut delta = network.neurons.delta();
        delta.sort_by(f64::total_cmp);
        let weights = &network.neurons;
        let square = |i: usize| {
            let [c, a, b] = [weights.c()[i], weights.a()[i], weights.b()[i]];
            weights.mass()[i] * (c * c + a * a + b * b)
        };
        let rates = snapshot.tangent_kernel_eigenvalues.as_ref();
        Ok(Analysis {
            losses: Losses::of(samples),
            worst: snapshot.residual.iter().fold(0.0, |most: f64, rho| most.max(rho.abs())),
            to_linear: distance(&|x| linear.value(x)),
            to_cubic: distance(&|x| cubic.value(x)),
            variation: [variation, spline.slope_variation(f64::NEG_INFINITY, f64::INFINITY)],
            clusters: spline.clusters(low, high, within, TOGETHER * variation),
            inside,
            at_samples: if inside > 0.0 { at_samples / inside } else { 0.0 },
            without_knot: spline.without_knot(),
            roughness: spline.roughness(),
            neuron_norm: spline.neuron_norm(),
            half_square: 0.5 * kappa * (0..network.len()).map(square).sum::<f64>(),
            delta: [0, delta.len() / 2, delta.len() - 1].map(|i| delta[i]),
            // A weight's gradient is 1/m of that of its neuron in mean-field time.
            rates: rates
                .map_or(vec![], |rates| rates.iter().map(|rate| rate / network.len() as f64).collect()),
            least: norm_fits(&samples.less(network.output_bias()), &[0.0])?,
            landscape: landscape(&simulation, network, &snapshot)?,
            since: start.map(|start| Since::of(network, start, &spline, &norm, &snapshot)).transpose()?,
            snapshot,
        })
    }

    /// Whether the network fits, if it does anything that has a name.
    pub fn verdict(&self) -> &'static str {
        let share = self.snapshot.loss / self.losses.zero;
        let near = |loss: f64| (self.snapshot.loss - loss).abs() <= CLOSE * self.losses.zero;
        match share {
            share if share <= INTERPOLATES => "interpolates",
            _ if near(self.losses.line) => "at the loss of the least-squares line",
            _ if near(self.losses.zero) => "at the loss of a network that is zero",
            _ => "does not interpolate",
        }
    }
}

/// Share of the loss of a zero network below which a network interpolates, and within which it is at a loss.
const INTERPOLATES: f64 = 1e-6;
const CLOSE: f64 = 1e-3;

/// The loss around the network.
fn landscape(
    simulation: &Simulation,
    network: &Network,
    snapshot: &Snapshot,
) -> Result<LandscapeTable, Failure> {
    let (d, rho) = (&network.description, snapshot.residual.to_vec());
    let regions = Regions::new(&d.samples);
    let around = Around {
        samples: &d.samples,
        regions: &regions,
        rho: &rho,
        kappa: d.flow.kappa(),
        layers: d.flow.descriptor().trains,
        output_bias_rate: 0.0,
        uncertainty: 0.0,
        directions: true,
    };
    let all = Particles::of_state(simulation.state(), d.flow.kappa()).expect("they are neurons");
    let neuron =
        |i: usize| Neuron { c: all.c[i], w: [all.a[i], -all.b[i]], mass: d.mass[i], place: all.place[i] };
    let landscape = Landscape::new(&around, network.len(), neuron)
        .map_err(|error| Failure::computation(format!("LAPACK: {error}")))?;
    let moment =
        LandscapeMoment { time: 0.0, loss: snapshot.loss, residual: rho, landscape, has_hessian: true };
    Ok(LandscapeTable { x: d.samples.x().to_vec(), moments: vec![moment], slice: None })
}

impl Since {
    fn of(
        network: &Network,
        start: &Network,
        spline: &SplineView,
        norm: &FunctionNorm,
        now: &Snapshot,
    ) -> Result<Since, Failure> {
        if start.len() != network.len() {
            return Err(Failure::usage(format!(
                "--start holds {} neurons, the weights {}",
                start.len(),
                network.len()
            ))
            .help("give the same neurons in the same order"));
        }
        let then = start.simulation()?.snapshot();
        let (before, after) = (&then.tangent_kernel, &now.tangent_kernel);
        let kernel_change = match (before, after) {
            (Some(before), Some(after)) => {
                let size = |k: &ndarray::Array2<f64>| k.iter().map(|v| v * v).sum::<f64>().sqrt();
                size(&(after - before)) / size(before)
            }
            _ => f64::NAN,
        };
        let samples = &network.description.samples;
        let kappa = network.description.flow.kappa();
        let measure = start.neurons.canonical(kappa).map_err(Failure::computation)?;
        let (f, first) = (spline.values(norm.points()), start.spline()?.values(norm.points()));
        let request = Request {
            kappa,
            output_bias: start.output_bias(),
            start: Some(measure),
            points: 2,
            ..Request::default()
        };
        let law = StartLaw {
            weights: WeightLaw::Particles(KernelParticles::neurons(&start.neurons)),
            output_second_moment: 0.0,
        };
        let report = Report::new(samples, Kernel::new(law), &request)?;
        let way = norm.distance(&f, &first)[0];
        let to = |name: &str| {
            let curve = report.curves().find(|curve| curve.name == name);
            curve.map_or(f64::NAN, |curve| norm.distance(&f, &curve.at_nodes)[0] / way)
        };
        let to_limits = [to("limit_random_features"), to("limit_tangent")];
        let (turned, knots_moved) = moved(&start.neurons, &network.neurons, samples);
        Ok(Since { kernel_change, turned, knots_moved, loss: then.loss, to_limits })
    }
}

/// Root mean square angle, and the median way of knots that were among the samples, over their range.
fn moved(before: &Neurons, after: &Neurons, samples: &Samples) -> (f64, f64) {
    let x = samples.x();
    let (low, high) = (x[0], x[x.len() - 1]);
    let (mut square, mut ways) = (0.0, vec![]);
    for i in 0..before.len() {
        let [from, to] = [before, after].map(|neurons| [neurons.a()[i], -neurons.b()[i]]);
        let angle = (from[0] * to[1] - from[1] * to[0]).atan2(from[0] * to[0] + from[1] * to[1]);
        square += before.mass()[i] * angle * angle;
        let [knot, new] = [from, to].map(|w| -w[1] / w[0]);
        if (low..=high).contains(&knot) && new.is_finite() {
            ways.push((new - knot).abs() / (high - low));
        }
    }
    ways.sort_by(f64::total_cmp);
    (square.sqrt(), ways.get(ways.len() / 2).copied().unwrap_or(f64::NAN))
}
