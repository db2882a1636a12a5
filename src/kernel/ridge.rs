//! Kernel ridge regression as curves beside others.

use super::KernelError;
use super::curve::{Curve, Places};
use super::kernels::Regime;
use super::linear_flow::LinearFlow;
use super::merged::Merged;

/// The minimisers of `1/2 Sum_j n_j rho_j^2 + lambda/2 |f - f_0|^2` in the spaces of both kernels.
pub(super) fn ridges(places: Places, start: &[Vec<f64>; 3], lambda: f64) -> Result<Vec<Curve>, KernelError> {
    let names =
        [("ridge_random_features", "ridge, random features"), ("ridge_tangent", "ridge, tangent kernel")];
    let samples = places.samples;
    let rho: Vec<f64> = start[0].iter().zip(samples.y()).map(|(f, y)| f - y).collect();
    let merged = Merged::new(places.function_norm.points(), places.grid);
    let mut curves = vec![];
    for (regime, (name, title)) in Regime::ALL.into_iter().zip(names) {
        let flow = LinearFlow::new(places.kernel, regime, samples, merged.points())?;
        let ridge = flow.ridge(&rho, lambda);
        let [at_nodes, on_grid] = merged.split(&ridge.motion.at_points);
        let minus =
            |start: &[f64], by: &[f64]| start.iter().zip(by).map(|(f, by)| f - by).collect::<Vec<f64>>();
        let values = [
            minus(&start[0], &ridge.motion.at_samples),
            minus(&start[1], &at_nodes),
            minus(&start[2], &on_grid),
        ];
        let mut curve = places.curve_of_values(name, title.to_string(), values);
        curve.norm = Some(flow.norm(places.kernel, &ridge.motion));
        let s = samples.len() as f64;
        let score = 2.0 * s * curve.loss / (s - ridge.parameters).powi(2);
        curve.remark = format!(
            "lambda = {lambda:.3e}, uses {:.4} parameters, cross-validation score {score:.4e}",
            ridge.parameters
        );
        curves.push(curve);
    }
    Ok(curves)
}
