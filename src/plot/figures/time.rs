//! Axes of time.

use super::super::axis::{Axis, Scale};
use super::super::ticks::number;

const LABEL: &str = "t (mean-field time)";

/// Logarithmic if snapshots crowd at the start, with a place for `t = 0`; else linear.
pub(super) fn time_axis(times: &[f64]) -> Axis {
    let last = times.last().copied().unwrap_or(1.0);
    match times.iter().copied().find(|&t| t > 0.0) {
        Some(first) if first < last / 200.0 => log_time_axis(times),
        _ => Axis::new(LABEL),
    }
}

/// Logarithmic, with a place for `t = 0`.
pub(super) fn log_time_axis(times: &[f64]) -> Axis {
    let axis = Axis::new(LABEL);
    match (times.first(), times.iter().copied().find(|&t| t > 0.0)) {
        (Some(&0.0), Some(first)) => axis.log_with_zero(first / 3.0),
        (Some(_), Some(_)) => axis.log(),
        _ => axis,
    }
}

/// Edges of cells around times, as the axis sees them: halfway, or at geometric means.
pub(super) fn time_edges(times: &[f64], axis: &Axis) -> Vec<f64> {
    match axis.scale {
        Scale::Linear | Scale::Symmetric { .. } => super::super::raster::edges(times),
        Scale::Log { zero } => {
            let along = |t: f64| if t > 0.0 { t.ln() } else { zero.unwrap_or(f64::MIN_POSITIVE).ln() };
            let times: Vec<f64> = times.iter().map(|&t| along(t)).collect();
            super::super::raster::edges(&times).into_iter().map(f64::exp).collect()
        }
    }
}

/// The axis from the first of these times, or edges, to the last.
pub(super) fn over(axis: &Axis, edges: &[f64]) -> Axis {
    axis.clone().range(edges[0], edges[edges.len() - 1])
}

/// `t = 0.5`, as a title or an entry of a legend.
pub(super) fn moment(time: f64) -> String {
    format!("t = {}", number(time))
}
