//! What gradient flow in one of the two regimes does, step by step in time.

use ndarray::{Array2, s};

use super::KernelError;
use super::approach::{Approach, Within};
use super::curvature::{Bending, Curvature};
use super::curve::{Curve, Places};
use super::flow::Flow;
use super::gradient_flow::GradientFlow;
use super::kernels::Regime;
use super::limit::KernelFunction;
use super::random_starts::RandomStarts;
use super::request::Request;

/// Default times: this many in a factor of ten.
const PER_DECADE: f64 = 10.0;
/// Crossings of the bound are enclosed to this in `ln t`, and found to its cube.
const WIDTH: f64 = 1e-3;

/// Gradient flow in one regime.
#[derive(Debug, Clone)]
pub struct RegimeReport {
    /// Which.
    pub regime: Regime,
    /// The rates of the flow.
    pub flow: Flow,
    /// `K^-1 rho(0)`: the limit is `f_0(x) - Sum_j alpha_j K(x, x_j)`.
    pub alpha: Vec<f64>,
    /// The limit.
    pub limit: Curve,
    /// `m / alpha(m)`: residuals obey `d rho/dt = -kappa^2 K N rho`.
    pub kappa: f64,
    /// Mean-field times, ascending.
    pub times: Vec<f64>,
    /// `rho(t)`, shape `(times, samples)`; in linear time only at times that were asked for.
    pub residual: Option<Array2<f64>>,
    /// `1/2 Sum_j n_j rho_j(t)^2`.
    pub loss: Vec<f64>,
    /// The function on the grid, shape `(times, grid)`.
    pub on_grid: Array2<f64>,
    /// Names of what distances are measured to; the first is the limit.
    pub targets: Vec<&'static str>,
    /// `|f(t) - target| / |f(0) - target|`, root mean squares over the range of the samples, shape
    /// `(times, targets)`.
    pub distances: Array2<f64>,
    /// The same in the limit of long times.
    pub limit_distances: Vec<f64>,
    /// The function over random starts, if that is asked for.
    pub random_starts: Option<RandomStarts>,
    /// When the distance to each target is within the bound that was asked for.
    pub within: Vec<Within>,
    /// How neurons of either facing bend the function over time: of random features whose knots have a density.
    pub curvature: Option<Curvature>,
}

/// A function on the samples, the points of the norm and the grid.
pub(super) type Values = [Vec<f64>; 3];

impl RegimeReport {
    /// Rates of the modes in mean-field time, ascending: `kappa^2` times those of the flow; the least and the largest
    /// where no others are known.
    pub fn rates(&self) -> Vec<f64> {
        let rates = match &self.flow {
            Flow::Dense(flow) => flow.rates().to_vec(),
            Flow::Linear(extremes) => vec![extremes.least, extremes.largest],
        };
        rates.iter().map(|rate| self.kappa * self.kappa * rate).collect()
    }
}

/// Follows the flow from `start`. The flow's own time is `kappa^2` times mean-field time.
///
/// * `targets`: what the path is compared with, besides its limit.
pub(super) fn follow(
    places: Places,
    regime: Regime,
    start: &Values,
    targets: &[&Curve],
    request: &Request,
) -> Result<RegimeReport, KernelError> {
    let (samples, kernel) = (places.samples, places.kernel);
    let speed = request.kappa * request.kappa;
    let flow = GradientFlow::new(kernel.gram(regime, samples.x()), samples.weight())?;
    let rho: Vec<f64> = start[0].iter().zip(samples.y()).map(|(f, y)| f - y).collect();
    let alpha = flow.coefficients(&rho, f64::INFINITY).to_vec();
    let points = [places.function_norm.points(), places.grid].concat();
    let matrix = kernel.matrix(regime, &points, samples.x());
    let split = places.function_norm.points().len();
    let moved = |alpha: &[f64]| -> Vec<f64> {
        let move_ = matrix.dot(&ndarray::ArrayView1::from(alpha));
        start[1].iter().chain(&start[2]).zip(move_).map(|(start, by)| start - by).collect()
    };
    let at_samples = |alpha: &[f64]| -> Vec<f64> {
        let by = flow.kernel().dot(&ndarray::ArrayView1::from(alpha));
        start[0].iter().zip(by).map(|(start, by)| start - by).collect()
    };
    let (name, title) = limit_name(regime);
    let end = moved(&alpha);
    let values = [at_samples(&alpha), end[..split].to_vec(), end[split..].to_vec()];
    let mut limit = places.curve_of_values(name, title.to_string(), values);
    let function = KernelFunction::new(kernel, regime, samples.x(), &alpha);
    let norm = function.norm(flow.kernel());
    if start[0].iter().chain(&start[1]).all(|&f| f == request.output_bias) {
        limit = places.bending_of(limit, &function, norm);
    } else {
        limit.norm = Some(norm);
    }
    let random_starts =
        places.starts.map(|starts| starts.trained(regime, request, |k, t| flow.coefficients(k, t).to_vec()));
    let scan = times_between(1e-2 / flow.largest_rate(), 40.0 / flow.least_rate());
    let compared: Vec<&[f64]> =
        std::iter::once(&limit).chain(targets.iter().copied()).map(|curve| &curve.at_nodes[..]).collect();
    let rms = |f: &[f64], target: &[f64]| places.function_norm.distance(f, target)[0];
    let whole: Vec<f64> = compared.iter().map(|target| rms(&start[1], target)).collect();
    let relative = |f: &[f64], k: usize| match whole[k] {
        0.0 => rms(f, compared[k]),
        whole => rms(f, compared[k]) / whole,
    };
    let path = |times: &[f64]| {
        let mut functions = matrix.dot(&flow.coefficients_at(&rho, times)).reversed_axes();
        for mut row in functions.outer_iter_mut() {
            row.iter_mut().zip(start[1].iter().chain(&start[2])).for_each(|(f, start)| *f = start - *f);
        }
        functions.as_standard_layout().into_owned()
    };
    let measure = |functions: &Array2<f64>| {
        Array2::from_shape_fn((functions.nrows(), compared.len()), |(i, k)| {
            relative(&functions.slice(s![i, ..split]).to_vec(), k)
        })
    };
    let scanned = path(&scan);
    let scanned_distances = measure(&scanned);
    let limit_distances: Vec<f64> = (0..compared.len()).map(|k| relative(&limit.at_nodes, k)).collect();
    let rows = |distances: &Array2<f64>| distances.outer_iter().map(|row| row.to_vec()).collect();
    let within = Approach::new(scan.clone(), rows(&scanned_distances), limit_distances.clone())
        .within(request.bound, WIDTH, |times| rows(&measure(&path(times))))
        .into_iter()
        .map(|within| within.at_pace(speed))
        .collect();
    let (times, functions, distances) = match &request.times {
        Some(times) => {
            let times: Vec<f64> = times.iter().map(|t| t * speed).collect();
            let functions = path(&times);
            let distances = measure(&functions);
            (times, functions, distances)
        }
        None => (scan, scanned, scanned_distances),
    };
    let curvature = (regime == Regime::RandomFeatures).then(|| {
        let bending = Bending::new(kernel, samples.x(), places.grid, flow.kernel().diag().to_vec())?;
        let alpha = flow.coefficients_at(&rho, &times);
        let at = |time: usize| {
            let alpha = alpha.column(time).to_vec();
            let at_samples = flow.kernel().dot(&ndarray::ArrayView1::from(&alpha));
            let functions = functions.slice(s![time, split..]);
            let on_grid: Vec<f64> = functions.iter().zip(&start[2]).map(|(f, start)| start - f).collect();
            bending.at(&alpha, &at_samples.to_vec(), &on_grid, true)
        };
        Some(Curvature::of(&(0..times.len()).map(at).collect::<Vec<_>>()))
    });
    let residuals: Vec<ndarray::Array1<f64>> = times.iter().map(|&t| flow.residual(&rho, t)).collect();
    Ok(RegimeReport {
        regime,
        loss: residuals.iter().map(|rho| flow.loss(rho)).collect(),
        residual: Some(Array2::from_shape_fn((times.len(), samples.len()), |(i, j)| residuals[i][j])),
        on_grid: functions.slice(s![.., split..]).to_owned(),
        targets: std::iter::once("limit").chain(targets.iter().map(|curve| curve.name)).collect(),
        flow: Flow::Dense(flow),
        alpha,
        limit,
        kappa: request.kappa,
        times: times.iter().map(|t| t / speed).collect(),
        distances,
        limit_distances,
        random_starts,
        within,
        curvature: curvature.flatten(),
    })
}

/// The name of the limit of a regime, and its title.
pub(super) fn limit_name(regime: Regime) -> (&'static str, &'static str) {
    match regime {
        Regime::RandomFeatures => ("limit_random_features", "limit, random features"),
        Regime::Tangent => ("limit_tangent", "limit, tangent kernel"),
    }
}

/// So many times in a factor of ten between two: from long before the fastest mode moves to long after the slowest has
/// arrived.
fn times_between(first: f64, last: f64) -> Vec<f64> {
    let count = ((last / first).log10() * PER_DECADE).ceil();
    (0..=count as usize).map(|i| first * (last / first).powf(i as f64 / count)).collect()
}
