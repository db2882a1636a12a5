//! What gradient flow does, step by step in time, in linear time.

use ndarray::{Array2, parallel::prelude::*};

use crate::math::sum::sum;

use super::KernelError;
use super::approach::{Approach, Within};
use super::curvature::{Bending, Bent, Curvature, ramps};
use super::curve::{Curve, Places, bending_in, variation_of_slopes};
use super::flow::Flow;
use super::kernels::Regime;
use super::line::Motion;
use super::linear_flow::LinearFlow;
use super::linear_limit::LinearLimit;
use super::merged::Merged;
use super::regime::{RegimeReport, Values, limit_name};
use super::request::Request;
use super::scan::scan;

/// Crossings of the bound are enclosed to this in `ln t`, and found to its cube: they are printed to four digits.
const WIDTH: f64 = 0.03;
/// A path has arrived where this share of the way to its limit is left.
const ARRIVED: f64 = 1e-3;

/// What is kept of a time.
struct Moment {
    residual: Option<Vec<f64>>,
    loss: f64,
    on_grid: Vec<f64>,
    distances: Vec<f64>,
    bent: Option<Bent>,
}

/// As [`follow`](super::regime::follow); residuals are kept at times that are asked for alone. Other times are chosen where
/// the path moves, until it has arrived.
pub(super) fn follow(
    places: Places,
    regime: Regime,
    start: &Values,
    targets: &[&Curve],
    request: &Request,
) -> Result<RegimeReport, KernelError> {
    let (samples, kernel) = (places.samples, places.kernel);
    let speed = request.kappa * request.kappa;
    let merged = Merged::new(places.function_norm.points(), places.grid);
    let flow = LinearFlow::new(kernel, regime, samples, merged.points())?;
    let rho: Vec<f64> = start[0].iter().zip(samples.y()).map(|(f, y)| f - y).collect();
    let function = |motion: &Motion| -> Values {
        let [at_nodes, on_grid] = merged.split(&motion.at_points);
        let minus = |start: &[f64], by: &[f64]| start.iter().zip(by).map(|(f, by)| f - by).collect();
        [minus(&start[0], &motion.at_samples), minus(&start[1], &at_nodes), minus(&start[2], &on_grid)]
    };
    let (limit, motion, extremes, random_starts) = {
        let solver = LinearLimit::new(&flow)?;
        let motion = solver.of(&rho);
        let (name, title) = limit_name(regime);
        let mut limit = places.curve_of_values(name, title.to_string(), function(&motion));
        limit.norm = Some(flow.norm(kernel, &motion));
        if start[0].iter().chain(&start[1]).all(|&f| f == request.output_bias) {
            bend(&mut limit, places, &motion, regime);
        }
        let weights = |k: &[f64], t: f64| match t {
            f64::INFINITY => solver.of(k).coefficients,
            t => flow.at(k, t).coefficients,
        };
        let random_starts = places.starts.map(|starts| starts.trained(regime, request, weights));
        (limit, motion, solver.extremes(), random_starts)
    };
    // All of them at the merged points; those of the grid weigh nothing.
    let weights = merged.join(places.function_norm.weights(), &vec![0.0; places.grid.len()]);
    let from = merged.join(&start[1], &start[2]);
    let compared: Vec<Vec<f64>> = std::iter::once(&limit)
        .chain(targets.iter().copied())
        .map(|curve| merged.join(&curve.at_nodes, &curve.on_grid))
        .collect();
    let rms = |by: Option<&[f64]>| -> Vec<f64> {
        let mut squares = vec![0.0; compared.len()];
        for (i, weight) in weights.iter().enumerate() {
            let f = from[i] - by.map_or(0.0, |by| by[i]);
            for (square, target) in squares.iter_mut().zip(&compared) {
                *square += weight * (f - target[i]) * (f - target[i]);
            }
        }
        squares.iter().map(|square: &f64| square.sqrt()).collect()
    };
    let whole = rms(None);
    let distances = |motion: &Motion| -> Vec<f64> {
        let share = |(rms, &whole): (f64, &f64)| if whole == 0.0 { rms } else { rms / whole };
        rms(Some(&motion.at_points)).into_iter().zip(&whole).map(share).collect()
    };
    let bending = match regime {
        Regime::RandomFeatures => Bending::new(kernel, samples.x(), places.grid, flow.diagonal_of_samples()),
        Regime::Tangent => None,
    };
    let moment = |motion: &Motion, keep: bool| {
        let rho_at = |(rho, by): (&f64, &f64)| rho - by;
        let residual = || rho.iter().zip(&motion.at_samples).map(rho_at);
        let loss = residual().zip(samples.weight()).map(|(rho, n)| 0.5 * n * rho * rho).sum();
        let by = merged.on_grid(&motion.at_points);
        let bent =
            bending.as_ref().map(|bending| bending.at(&motion.coefficients, &motion.at_samples, &by, keep));
        Moment {
            bent,
            residual: keep.then(|| residual().collect()),
            loss,
            on_grid: start[2].iter().zip(&by).map(|(start, by)| start - by).collect(),
            distances: distances(motion),
        }
    };
    let limit_distances = distances(&motion);
    // From there on no distance can cross the bound again.
    let arrived = |moment: &Moment| {
        let left = moment.distances[0];
        let far = |k: usize| left * whole[0] < 0.5 * (limit_distances[k] - request.bound).abs() * whole[k];
        left < ARRIVED && (0..compared.len()).all(|k| whole[k] == 0.0 || far(k))
    };
    // Distances move by less than a tenth of the way or of themselves, and the path by less than a third of the way.
    let still = |a: &Moment, b: &Moment| {
        let [left, next] = [a, b].map(|moment| moment.distances[0]);
        left * left - next * next < 0.1
            && a.distances.iter().zip(&b.distances).all(|(a, b)| (a - b).abs() < 0.1 * a.max(1.0))
    };
    let path = flow.rough_path(&rho);
    let (times, moments) = scan(
        [1e-2 / extremes.largest, 40.0 / extremes.least],
        |times| path.at(times, |motion| moment(motion, false)),
        arrived,
        still,
    );
    let passed = moments.iter().map(|moment| moment.distances.clone()).collect();
    let within = Approach::new(times.clone(), passed, limit_distances.clone())
        .within(request.bound, WIDTH, |times| path.at(times, distances))
        .into_iter()
        .map(|within: Within| within.at_pace(speed))
        .collect();
    let (times, moments) = match &request.times {
        Some(times) => {
            let times: Vec<f64> = times.iter().map(|t| t * speed).collect();
            let moments = times.par_iter().map(|&t| moment(&flow.at(&rho, t), true)).collect();
            (times, moments)
        }
        None => (times, moments),
    };
    let table = |columns: usize, of: &dyn Fn(&Moment) -> Vec<f64>| {
        let rows: Vec<f64> = moments.iter().flat_map(of).collect();
        Array2::from_shape_vec((moments.len(), columns), rows).expect("rows are of one length")
    };
    let bent: Option<Vec<Bent>> = moments.iter().map(|moment| moment.bent.clone()).collect();
    let kept = moments.iter().all(|moment| moment.residual.is_some());
    let of_residual = |moment: &Moment| moment.residual.clone().unwrap_or_default();
    Ok(RegimeReport {
        regime,
        loss: moments.iter().map(|moment| moment.loss).collect(),
        residual: kept.then(|| table(samples.len(), &of_residual)),
        on_grid: table(places.grid.len(), &|moment| moment.on_grid.clone()),
        targets: std::iter::once("limit").chain(targets.iter().map(|curve| curve.name)).collect(),
        distances: table(compared.len(), &|moment| moment.distances.clone()),
        flow: Flow::Linear(extremes),
        alpha: motion.coefficients,
        limit,
        kappa: request.kappa,
        times: times.iter().map(|t| t / speed).collect(),
        limit_distances,
        random_starts,
        within,
        curvature: bent.map(|bent| Curvature::of(&bent)),
    })
}

/// How much a function of the kernel bends.
fn bend(curve: &mut Curve, places: Places, motion: &Motion, regime: Regime) {
    let (x, kernel) = (places.samples.x(), places.kernel);
    if regime == Regime::Tangent || kernel.knot_density(0.0).is_none() {
        curve.roughness = f64::INFINITY;
        curve.slope_variation = variation_of_slopes(places.function_norm.points(), &curve.at_nodes);
        return;
    }
    let [right, left] = ramps(x, &motion.coefficients);
    let of_gap = |i: usize| {
        let second = |at: f64| {
            let u = (at - x[i]) / (x[i + 1] - x[i]);
            let within = |ends: &[f64]| (1.0 - u) * ends[i] + u * ends[i + 1];
            let [nu_right, nu_left] = kernel.knot_density(at).expect("asked above");
            -(nu_right * within(&right) + nu_left * within(&left))
        };
        bending_in(&second, x[i], x[i + 1], places.is_long(i))
    };
    let gaps: Vec<[f64; 2]> = (0..x.len() - 1).into_par_iter().map(of_gap).collect();
    [curve.roughness, curve.slope_variation] = [0, 1].map(|k| sum(gaps.iter().map(|gap| gap[k])));
    curve.curvature = curve.norm.and_then(|norm| norm.curvature());
}
