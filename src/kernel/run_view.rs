//! A run of particles in spline terms, snapshot by snapshot.

use super::KernelError;
use super::report::Report;
use super::spline_view::SplineView;

/// Knots closer than this share of the samples' range are one cluster.
const TOGETHER: f64 = 1e-3;
/// Clusters that change the slope by less than this share of all changes are left out.
const NEGLIGIBLE: f64 = 1e-3;
/// Straight pieces are counted to this share of the range of the samples' `y`.
const TOLERANCE: f64 = 1e-2;

/// A snapshot of a run, over the range of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Mean-field time.
    pub time: f64,
    /// `1/2 Sum_j n_j rho_j^2`.
    pub loss: f64,
    /// `Int |f''|`.
    pub slope_variation: f64,
    /// `Int |r| mu`: what its neurons cost.
    pub neuron_norm: f64,
    /// `Sum mu_i^2` over all particles; not of a density, which has no single neurons.
    pub roughness: Option<f64>,
    /// Clusters of knots: within a thousandth of the samples' range, those with less than a
    /// thousandth of all changes of slope left out; not of a density.
    pub clusters: Option<usize>,
    /// Straight pieces to within a hundredth of the range of `y`.
    pub pieces: usize,
    /// The loss of the best fit by as many pieces that need not meet.
    pub best_loss: f64,
    /// Root mean square distances over the range of the samples to every curve of the report, as
    /// shares of those of the first row.
    pub distances: Vec<f64>,
    /// The same, absolute.
    pub rms: Vec<f64>,
    /// Root mean square distance to the path of infinitely many neurons at this time, in either
    /// regime.
    pub to_path: [f64; 2],
    /// The function at the points of the function norm.
    pub at_nodes: Vec<f64>,
    /// The function on the grid of the report.
    pub on_grid: Vec<f64>,
}

impl RunRow {
    /// What one snapshot shows beside the curves of the report.
    ///
    /// * `first`: the first row of the run, of which distances are shares.
    pub fn new(report: &Report, time: f64, view: &SplineView, first: Option<&RunRow>) -> RunRow {
        let (samples, function_norm) = (&report.samples, &report.function_norm);
        let x = samples.x();
        let (low, high) = (x[0], x[x.len() - 1]);
        let (least, most) =
            samples.y().iter().fold((f64::MAX, f64::MIN), |(least, most), &y| (least.min(y), most.max(y)));
        // One pass over the particles for all points.
        let mut at_samples = view.values(&[x, function_norm.points(), &report.grid].concat());
        let on_grid = at_samples.split_off(x.len() + function_norm.points().len());
        let at_nodes = at_samples.split_off(x.len());
        let loss = (0..samples.len())
            .map(|j| 0.5 * samples.weight()[j] * (at_samples[j] - samples.y()[j]).powi(2))
            .sum();
        let rms: Vec<f64> =
            report.curves().map(|curve| function_norm.distance(&at_nodes, &curve.at_nodes)[0]).collect();
        let whole = first.map_or(&rms, |first| &first.rms);
        let slope_variation = view.slope_variation(low, high);
        let clusters = view.clusters(low, high, TOGETHER * (high - low), NEGLIGIBLE * slope_variation);
        let pieces = view.pieces(low, high, TOLERANCE * (most - least));
        let best = report.pieces.as_ref().and_then(|[best, _]| match pieces {
            0 => None,
            pieces if pieces >= samples.len() => Some(0.0),
            pieces => best.get(pieces - 1).map(|fit| 0.5 * fit.error),
        });
        RunRow {
            time,
            loss,
            slope_variation,
            neuron_norm: view.neuron_norm(),
            roughness: Some(view.roughness()),
            clusters: Some(clusters.len()),
            pieces,
            best_loss: best.unwrap_or(f64::NAN),
            distances: rms
                .iter()
                .zip(whole)
                .map(|(d, whole)| if *whole > 0.0 { d / whole } else { *d })
                .collect(),
            rms,
            to_path: [f64::NAN; 2],
            at_nodes,
            on_grid,
        }
    }

    /// Finds how far all rows are from the paths of infinitely many neurons.
    ///
    /// # Errors
    /// As [`Report::path_at`].
    pub fn set_beside_paths(report: &Report, rows: &mut [RunRow]) -> Result<(), KernelError> {
        let times: Vec<f64> = rows.iter().map(|row| row.time).collect();
        for (k, regime) in report.regimes.iter().enumerate() {
            let path = report.path_at(regime, &times)?;
            for (row, infinite) in rows.iter_mut().zip(path.outer_iter()) {
                row.to_path[k] = report.function_norm.distance(&row.at_nodes, &infinite.to_vec())[0];
            }
        }
        Ok(())
    }
}
