//! Everything that `reluflow kernel` tells, computed.

use ndarray::{Array2, Array3};

use crate::math::cross_validation::smoothing_parameter;
use crate::math::cubic_spline::CubicSpline;
use crate::math::linear_spline::LinearSpline;
use crate::math::segments::{self, Segments};
use crate::math::smoothing_process::SmoothingProcess;
use crate::math::trend_filter::trend_filter;
use crate::problem::{Samples, add_bias, function_values};

use super::KernelError;
use super::curvature::Curvature;
use super::curve::{Curve, Places};
use super::flow::Flow;
use super::function_norm::FunctionNorm;
use super::gradient_flow::GradientFlow;
use super::kernels::{Kernel, Regime};
use super::limit::KernelFunction;
use super::linear_flow::LinearFlow;
use super::linear_limit::LinearLimit;
use super::monte_carlo::MonteCarlo;
use super::random_starts::Starts;
use super::regime::{RegimeReport, follow};
use super::regime_linear;
use super::request::Request;
use super::ridge::ridges;

/// Mean and deviation over random starts are told at so many points of the grid at most; in linear time at so many divided
/// by the number of samples.
const MOST_STARTS: usize = 401;
const STARTS: usize = 10_000_000;

/// The random-features limit when the knots spread over a wider range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnotRange {
    /// By which factor.
    pub factor: f64,
    /// Largest distance to the natural cubic spline over the range of the samples.
    pub distance: f64,
    /// Share of the squared norm that the affine part costs.
    pub affine_share: f64,
    /// Of the kernel matrix.
    pub condition_number: f64,
    /// Directions lost in rounding.
    pub dropped: usize,
}

/// The kernel regime of a start law on samples, beside splines.
#[derive(Debug, Clone)]
pub struct Report {
    /// The samples.
    pub samples: Samples,
    /// The kernels.
    pub kernel: Kernel,
    /// Where functions are compared.
    pub function_norm: FunctionNorm,
    /// Where functions are stored: equally spaced, a quarter beyond the samples on either side.
    pub grid: Vec<f64>,
    /// The start function.
    pub start: Curve,
    /// Random features, then tangent kernel.
    pub regimes: Vec<RegimeReport>,
    /// Splines.
    pub splines: Vec<Curve>,
    /// `lambda` of the smoothing spline, if there is one.
    pub smoothing: Option<f64>,
    /// Widened ranges of knots.
    pub knot_range: Vec<KnotRange>,
    /// Neurons of the random starts; 0 if none are told of.
    pub width: usize,
    /// Positions of the slices.
    pub slices: Vec<f64>,
    /// `K_RF(x0, .)`, the second term of the tangent kernel, and their sum: shape
    /// `(3, slices, grid)`.
    pub slice_values: Array3<f64>,
    /// The kernels from random draws.
    pub monte_carlo: Option<MonteCarlo>,
    /// Best and greedy fits by straight pieces that need not meet.
    pub pieces: Option<[Vec<Segments>; 2]>,
}

impl Report {
    /// Computes everything.
    ///
    /// # Errors
    /// The kernel is zero or not finite at the samples, or a solver gives up.
    pub fn new(samples: &Samples, kernel: Kernel, request: &Request) -> Result<Report, KernelError> {
        let x = samples.x();
        let function_norm = FunctionNorm::new(x);
        let grid = grid(x, request.points);
        let start_points = some_of(&grid, if request.linear { STARTS / x.len() } else { MOST_STARTS });
        let places = Places {
            samples,
            function_norm: &function_norm,
            grid: &grid,
            kernel: &kernel,
            starts: (request.width > 0).then(|| Starts {
                kernel: &kernel,
                variance: request.kappa.powi(2) * kernel.law().output_second_moment / request.width as f64,
                x,
                y: samples.y(),
                bias: request.output_bias,
                points: &start_points,
            }),
            linear: request.linear,
        };
        let at = |points: &[f64]| {
            let mut values = match &request.start {
                Some(measure) => function_values(points, measure.r(), measure.theta(), measure.mass()),
                None => vec![0.0; points.len()],
            };
            add_bias(&mut values, request.output_bias);
            values
        };
        let start = [at(x), at(function_norm.points()), at(&grid)];
        let (mut splines, smoothing) = splines(places, request)?;
        if let Some(lambda) = request.ridge {
            splines.extend(ridges(places, &start, lambda)?);
        }
        let targets: Vec<&Curve> = splines.iter().collect();
        let regimes = if request.linear {
            // Both at once: what one of them does step by step does not keep other threads waiting.
            let of = |regime: Regime| regime_linear::follow(places, regime, &start, &targets, request);
            let [one, other] = Regime::ALL;
            let (one, other) = rayon::join(|| of(one), || of(other));
            vec![one?, other?]
        } else {
            let of = |regime: Regime| follow(places, regime, &start, &targets, request);
            Regime::ALL.into_iter().map(of).collect::<Result<_, _>>()?
        };
        let rho: Vec<f64> = start[0].iter().zip(samples.y()).map(|(f, y)| f - y).collect();
        let natural = &splines[0].at_nodes;
        let mut knot_range = vec![];
        for &factor in &request.knot_factors {
            let Some(weights) = kernel.law().weights.with_knots_spread(factor) else { break };
            let law = super::StartLaw { weights, ..kernel.law().clone() };
            let wide = (factor, Kernel::new(law).with_output_bias(kernel.output_bias()));
            knot_range.push(widened(places, &wide, &rho, &start[1], natural)?);
        }
        let slice_values = Array3::from_shape_fn((3, request.slices.len(), grid.len()), |(term, i, k)| {
            let (x0, x) = (request.slices[i], grid[k]);
            [Kernel::features, Kernel::activation_term, Kernel::tangent][term](&kernel, x0, x)
        });
        let monte_carlo = (request.draws > 0 && !request.linear)
            .then(|| MonteCarlo::new(&kernel, x, request.draws, request.seed))
            .flatten();
        let pieces = (request.pieces > 0).then(|| {
            [segments::optimal, segments::greedy]
                .map(|fit| fit(x, samples.y(), samples.weight(), request.pieces))
        });
        let start = places.curve_of_values("start", "start".to_string(), start);
        Ok(Report {
            samples: samples.clone(),
            start,
            regimes,
            splines,
            smoothing,
            knot_range,
            width: request.width,
            slices: request.slices.clone(),
            slice_values,
            monte_carlo,
            pieces,
            function_norm,
            grid,
            kernel,
        })
    }

    /// The function of infinitely many neurons at these times, at the points of the norm: shape
    /// `(times, points)`.
    ///
    /// * `times`: mean-field times.
    ///
    /// # Errors
    /// The kernel is not what it was when the report was made.
    pub fn path_at(&self, regime: &RegimeReport, times: &[f64]) -> Result<Array2<f64>, KernelError> {
        let y = self.samples.y();
        let rho: Vec<f64> = self.start.at_samples.iter().zip(y).map(|(f, y)| f - y).collect();
        let own: Vec<f64> = times.iter().map(|t| t * regime.kappa * regime.kappa).collect();
        let flow = match &regime.flow {
            Flow::Dense(flow) => flow,
            Flow::Linear(_) => {
                let points = self.function_norm.points();
                let flow = LinearFlow::new(&self.kernel, regime.regime, &self.samples, points)?;
                let mut path = Array2::zeros((times.len(), points.len()));
                for (mut row, t) in path.outer_iter_mut().zip(own) {
                    let by = flow.at(&rho, t).at_points;
                    row.iter_mut()
                        .zip(&self.start.at_nodes)
                        .zip(by)
                        .for_each(|((f, start), by)| *f = start - by);
                }
                return Ok(path);
            }
        };
        let matrix = self.kernel.matrix(regime.regime, self.function_norm.points(), self.samples.x());
        let moved = matrix.dot(&flow.coefficients_at(&rho, &own));
        Ok(Array2::from_shape_fn((times.len(), self.function_norm.points().len()), |(i, k)| {
            self.start.at_nodes[k] - moved[[k, i]]
        }))
    }

    /// How random features bend the function over time.
    pub fn curvature(&self) -> Option<&Curvature> {
        self.regimes[0].curvature.as_ref()
    }

    /// The first and the last of the samples' positions.
    pub fn range(&self) -> [f64; 2] {
        let x = self.samples.x();
        [x[0], x[x.len() - 1]]
    }

    /// All functions that are set beside each other: limits, then splines.
    pub fn curves(&self) -> impl Iterator<Item = &Curve> {
        self.regimes.iter().map(|regime| &regime.limit).chain(&self.splines)
    }
}

/// The splines, natural first, and `lambda` of the smoothing spline.
fn splines(places: Places, request: &Request) -> Result<(Vec<Curve>, Option<f64>), KernelError> {
    let samples = places.samples;
    let (x, y, weight) = (samples.x(), samples.y(), samples.weight());
    let natural = CubicSpline::natural(x, y);
    let process = (request.linear && x.len() > 2).then(|| SmoothingProcess::new(x, y, weight));
    let linear = LinearSpline::new(x.to_vec(), y.to_vec());
    let mut curves = vec![
        places.cubic("natural_spline", "natural cubic spline".to_string(), &natural),
        places.linear("linear_interpolant", "linear interpolant".to_string(), &linear),
    ];
    let best = || match &process {
        Some(process) => process.parameter(),
        None => smoothing_parameter(x, y, weight),
    };
    let chosen = request.smoothing.or_else(|| (x.len() > 4).then(best));
    if let Some(lambda) = chosen {
        let spline = match &process {
            Some(process) if lambda > 0.0 => process.fit(lambda).spline,
            _ => CubicSpline::smoothing(x, y, weight, lambda),
        };
        let how = if request.smoothing.is_some() { "as given" } else { "by cross-validation" };
        let curve = places.cubic("smoothing_spline", "smoothing spline".to_string(), &spline);
        curves.push(Curve { remark: format!("lambda = {lambda:.3e}, {how}"), ..curve });
    }
    if request.tv > 0.0 {
        let found =
            trend_filter(x, y, weight, request.tv).map_err(|status| KernelError::Convex { status })?;
        let knots = found.fit.knots().len().saturating_sub(2);
        let curve = places.linear("tv_minimiser", "TV minimiser".to_string(), &found.fit);
        let (energy, lambda) = (found.energy, request.tv);
        let remark =
            format!("lambda = {lambda}, knots at {knots} samples, loss + lambda var f' = {energy:.6e}");
        curves.push(Curve { remark, ..curve });
    }
    Ok((curves, chosen))
}

fn widened(
    places: Places,
    (factor, kernel): &(f64, Kernel),
    rho: &[f64],
    start: &[f64],
    natural: &[f64],
) -> Result<KnotRange, KernelError> {
    let (regime, x) = (Regime::RandomFeatures, places.samples.x());
    if places.linear {
        let flow = LinearFlow::new(kernel, regime, places.samples, places.function_norm.points())?;
        let limit = LinearLimit::new(&flow)?;
        let motion = limit.of(rho);
        let values: Vec<f64> = start.iter().zip(&motion.at_points).map(|(start, by)| start - by).collect();
        return Ok(KnotRange {
            factor: *factor,
            distance: places.function_norm.distance(&values, natural)[1],
            affine_share: flow.norm(kernel, &motion).affine_share().unwrap_or(f64::NAN),
            condition_number: limit.extremes().condition_number(),
            dropped: limit.extremes().lost,
        });
    }
    let flow = GradientFlow::new(kernel.gram(regime, x), places.samples.weight())?;
    let alpha = flow.coefficients(rho, f64::INFINITY).to_vec();
    let function = KernelFunction::new(kernel, regime, x, &alpha);
    let matrix = kernel.matrix(regime, places.function_norm.points(), x);
    let moved = matrix.dot(&ndarray::ArrayView1::from(&alpha));
    let values: Vec<f64> = start.iter().zip(moved).map(|(start, by)| start - by).collect();
    Ok(KnotRange {
        factor: *factor,
        distance: places.function_norm.distance(&values, natural)[1],
        affine_share: function.norm(flow.kernel()).affine_share().unwrap_or(f64::NAN),
        condition_number: flow.condition_number(),
        dropped: flow.dropped(),
    })
}

/// Equally spaced ones, about so many but no fewer than eight, the first and the last among them.
fn some_of(grid: &[f64], about: usize) -> Vec<f64> {
    let (last, count) = (grid.len() - 1, about.clamp(8, MOST_STARTS) - 1);
    if last <= count {
        return grid.to_vec();
    }
    (0..=count).map(|i| grid[i * last / count]).collect()
}

/// Equally spaced over the range of the samples and a quarter beyond on either side.
fn grid(x: &[f64], points: usize) -> Vec<f64> {
    let (low, high) = (x[0], x[x.len() - 1]);
    let margin = if high > low { 0.25 * (high - low) } else { 1.0 };
    let (low, high, last) = (low - margin, high + margin, points.max(2) - 1);
    (0..=last).map(|i| (low * (last - i) as f64 + high * i as f64) / last as f64).collect()
}
