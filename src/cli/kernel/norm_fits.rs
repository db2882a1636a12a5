//! The functions that fit at least cost, beside the kernel regime.

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::table::table;
use crate::kernel::{FitNorm, NormFit, Report, norm_fits};
use crate::problem::Samples;

use super::json::number;
use super::run::RunView;
use super::text::figure;

/// Knots that are printed of each; the file and JSON have all.
const KNOTS: usize = 12;

/// The fits, and their values where functions are compared.
pub(super) struct Fits<'a> {
    report: &'a Report,
    pub fits: Vec<NormFit>,
    at_nodes: Vec<Vec<f64>>,
}

/// Those of these weights, of what a fixed output bias leaves of the samples.
pub(super) fn fits<'a>(
    samples: &Samples,
    lambdas: &[f64],
    bias: f64,
    report: &'a Report,
) -> Result<Fits<'a>, Failure> {
    let fits = norm_fits(&samples.less(bias), lambdas)?;
    let points = report.function_norm.points();
    let at_nodes = fits.iter().map(|fit| points.iter().map(|&x| fit.value(x) + bias).collect()).collect();
    Ok(Fits { report, fits, at_nodes })
}

impl Fits<'_> {
    /// Root mean square distance of the last snapshot of a run to each.
    fn distances(&self, view: &RunView) -> Vec<f64> {
        let Some(last) = view.rows.last() else { return vec![] };
        let distance = |nodes: &Vec<f64>| self.report.function_norm.distance(&last.at_nodes, nodes)[0];
        self.at_nodes.iter().map(distance).collect()
    }
}

fn title(fit: &NormFit) -> String {
    match (fit.norm, fit.sparsest) {
        (FitNorm::Slope, false) => "least Int |f''|, bends at samples",
        (FitNorm::Slope, true) => "least Int |f''|, fewest knots",
        (FitNorm::Neurons, _) => "least Int |r| mu",
    }
    .to_string()
}

/// A table of them, which norm is which, and their knots.
pub(super) fn text(fits: &Fits<'_>, view: Option<&RunView>) -> String {
    if fits.fits.is_empty() {
        return String::new();
    }
    let head = ["fit at least cost", "lambda", "loss", "norm", "Int |f''|", "weighted", "knots"];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    let distances = view.map(|view| fits.distances(view));
    if distances.is_some() {
        rows[0].push("rms to run".to_string());
    }
    for (i, fit) in fits.fits.iter().enumerate() {
        let mut cells = vec![title(fit), figure(fit.lambda), figure(fit.loss), figure(fit.cost)];
        cells.extend([fit.slope_variation(), fit.weighted_variation()].map(figure));
        cells.push(fit.knots.len().to_string());
        cells.extend(distances.as_ref().map(|distances| figure(distances[i])));
        rows.push(cells);
    }
    let mut text = "\n".to_string() + &table(&rows, &(1..rows[0].len()).collect::<Vec<_>>());
    text += "weighted: Int |f''| sqrt(1 + x^2)\n";
    for norm in [FitNorm::Slope, FitNorm::Neurons] {
        text += &format!("norm of {}: {}\n", norm.name(), norm.words());
    }
    for fit in &fits.fits {
        text += &format!("{}, lambda {}: knots (change of slope)\n", title(fit), figure(fit.lambda));
        let shown: Vec<String> = fit
            .knots
            .iter()
            .take(KNOTS)
            .map(|(x, change)| format!("{} ({})", figure(*x), figure(*change)))
            .collect();
        for line in shown.chunks(4) {
            text += &format!("  {}\n", line.join(", "));
        }
        match fit.knots.len() {
            0 => text += "  none\n",
            knots if knots > KNOTS => text += &format!("  and {} more\n", knots - KNOTS),
            _ => {}
        }
    }
    if let Some(row) = view.and_then(|view| view.rows.last()) {
        text += &format!(
            "the run at t = {}: Int |f''| {} over the range of the samples, Int |r| mu {}\n",
            figure(row.time),
            figure(row.slope_variation),
            figure(row.neuron_norm)
        );
    }
    text
}

/// All of it.
pub(super) fn json(fits: &Fits<'_>, view: Option<&RunView>) -> Value {
    let distances = view.map(|view| fits.distances(view));
    let each = fits.fits.iter().enumerate().map(|(i, fit)| {
        json!({
            "norm": fit.norm.name(),
            "norm_is": fit.norm.words(),
            "lambda": fit.lambda,
            "sparsest": fit.sparsest,
            "loss": number(fit.loss),
            "cost": number(fit.cost),
            "energy": number(fit.energy()),
            "slope_variation": number(fit.slope_variation()),
            "weighted_variation": number(fit.weighted_variation()),
            "knots": fit.knots.iter().map(|(x, _)| *x).collect::<Vec<f64>>(),
            "slope_changes": fit.knots.iter().map(|(_, change)| *change).collect::<Vec<f64>>(),
            "run_rms_distance": distances.as_ref().map(|distances| number(distances[i])),
        })
    });
    Value::Array(each.collect())
}
