//! What `reluflow kernel --json` prints.

use serde_json::{Value, json};

use crate::kernel::{Curvature, Curve, Report, Within};

use super::run::RunView;

/// Numbers, names and times; the functions themselves are in the file.
pub(super) fn report(report: &Report, bound: f64) -> Value {
    let curves: Vec<&Curve> = std::iter::once(&report.start).chain(report.curves()).collect();
    let functions: Vec<Value> = curves
        .iter()
        .map(|curve| {
            let distance = |k: usize| -> Value {
                let to = |other: &&Curve| {
                    let found = report.function_norm.distance(&curve.at_nodes, &other.at_nodes)[k];
                    (other.name.to_string(), number(found))
                };
                Value::Object(curves.iter().map(to).collect())
            };
            json!({
                "name": curve.name,
                "title": curve.title,
                "remark": curve.remark,
                "loss": number(curve.loss),
                "roughness": number(curve.roughness),
                "slope_variation": number(curve.slope_variation),
                "curvature": curve.curvature.map(number),
                "norm_square": curve.norm.map(|norm| number(norm.square)),
                "norm_rounding": curve.norm.map(|norm| number(norm.rounding)),
                "norm_parts": curve.norm.and_then(|norm| norm.parts),
                "affine_share": curve.norm.and_then(|norm| norm.affine_share()).map(number),
                "rms_distance": distance(0),
                "max_distance": distance(1),
            })
        })
        .collect();
    let regimes: Vec<Value> = report
        .regimes
        .iter()
        .map(|regime| {
            let within = (0..regime.targets.len()).map(|k| {
                let mut found = arrival(regime.within[k]);
                found["target"] = regime.targets[k].into();
                found["limit_distance"] = number(regime.limit_distances[k]);
                found
            });
            json!({
                "name": regime.regime.name(),
                "condition_number": number(regime.flow.condition_number()),
                "kappa": regime.kappa,
                "least_rate": number(regime.kappa * regime.kappa * regime.flow.least_rate()),
                "largest_rate": number(regime.kappa * regime.kappa * regime.flow.largest_rate()),
                "modes_dropped": regime.flow.dropped(),
                "within": within.collect::<Vec<_>>(),
                "random_starts": regime.random_starts.as_ref().map(|starts| {
                    let [low, high] = report.range();
                    let at = |time: usize| {
                        let [rms, most] = starts.deviation_between(time, low, high);
                        json!({
                            "time": number(starts.times[time]),
                            "rms_deviation": number(rms),
                            "max_deviation": number(most),
                        })
                    };
                    (0..starts.times.len()).map(at).collect::<Vec<_>>()
                }),
            })
        })
        .collect();
    let knot_range: Vec<Value> = report
        .knot_range
        .iter()
        .map(|wide| {
            json!({
                "factor": wide.factor,
                "max_distance": number(wide.distance),
                "affine_share": number(wide.affine_share),
                "condition_number": number(wide.condition_number),
                "modes_dropped": wide.dropped,
            })
        })
        .collect();
    let pieces = report.pieces.as_ref().map(|[best, greedy]| {
        let losses = |fits: &[crate::math::segments::Segments]| -> Vec<f64> {
            fits.iter().map(|fit| 0.5 * fit.error).collect()
        };
        json!({ "best_loss": losses(best), "greedy_loss": losses(greedy) })
    });
    json!({
        "samples": report.samples.len(),
        "bound": bound,
        "smoothing": report.smoothing,
        "starts_width": report.width,
        "functions": functions,
        "regimes": regimes,
        "curvature": report.curvature().map(curvature),
        "knot_range": knot_range,
        "pieces": pieces,
    })
}

/// A particle run beside it.
pub(super) fn run(report: &Report, view: &RunView, bound: f64) -> Value {
    let rows: Vec<Value> = view
        .rows
        .iter()
        .map(|row| {
            let names = report.curves().map(|curve| curve.name.to_string());
            let rms: serde_json::Map<String, Value> = names.zip(row.rms.iter().map(|&d| number(d))).collect();
            json!({
                "time": row.time,
                "loss": number(row.loss),
                "slope_variation": number(row.slope_variation),
                "neuron_norm": number(row.neuron_norm),
                "roughness": row.roughness.map(number),
                "clusters": row.clusters,
                "pieces": row.pieces,
                "best_loss": number(row.best_loss),
                "rms_distance": rms,
                "rms_distance_to_path": {
                    "random_features": number(row.to_path[0]),
                    "tangent": number(row.to_path[1]),
                },
            })
        })
        .collect();
    let within: serde_json::Map<String, Value> = report
        .curves()
        .enumerate()
        .map(|(k, curve)| (curve.name.to_string(), view.within(k, bound).into()))
        .collect();
    json!({
        "particles": view.particles,
        "particles_without_knot": view.without_knot,
        "flow": view.flow,
        "tv": view.tv,
        "energy": number(view.energy),
        "least_energy": view.least.as_ref().map(|least| number(least.energy)),
        "least_particles": view.least.as_ref().map(|least| least.particles.len()),
        "snapshots": rows,
        "within_from": within,
    })
}

/// JSON has no infinity: a text instead.
pub(super) fn number(value: f64) -> Value {
    match value {
        f64::INFINITY => "inf".into(),
        value if value.is_nan() => Value::Null,
        value => value.into(),
    }
}

fn arrival(within: Within) -> Value {
    match within {
        Within::From(t) => json!({ "from": t }),
        Within::Between(from, until) => json!({ "from": from, "until": number(until) }),
        Within::Never { closest, at } => json!({ "closest": closest, "at": number(at) }),
    }
}

/// How far the function is from one cubic between samples, at worst over the stored times.
fn curvature(curvature: &Curvature) -> Value {
    let [off, rounding] = curvature.worst();
    json!({ "off_cubic": number(off), "rounding": number(rounding) })
}
