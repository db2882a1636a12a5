//! The particle run that is set beside the kernel regime.

use std::path::Path;

use crate::cli::failure::{Failure, quoted};
use crate::cli::info::warn_unless_ordinary;
use crate::cli::probe::guard;
use crate::io::{Particles, RunFile};
use crate::kernel::{Report, RunRow, SplineView, TvMeasure};
use crate::problem::Regions;
use crate::run::LeastEnergy;
use crate::system::text;

/// A run beside the kernel regime.
pub(super) struct RunView {
    pub rows: Vec<RunRow>,
    pub particles: usize,
    /// Of a density, instead of particles.
    pub cells: Option<[usize; 2]>,
    pub flow: &'static str,
    pub tv: f64,
    /// Loss and penalty at the end.
    pub energy: f64,
    /// The least energy that a run with this total-variation term can reach; not told where an output bias moves.
    pub least: Option<TvMeasure>,
    /// Particles without a knot at the end.
    pub without_knot: usize,
    /// What could not be read.
    pub remark: Option<String>,
}

/// Reads the snapshots of a run; only the last, from the checkpoint, if not all particles are
/// stored.
pub(super) fn view(path: &Path, report: &Report, quiet: bool) -> Result<RunView, Failure> {
    guard(path)?;
    let file = RunFile::open(path)?;
    warn_unless_ordinary(&file, quiet);
    let description = file.description()?;
    if description.samples != report.samples {
        return Err(Failure::usage(format!(
            "{} is a run on other samples than the scenario's: give the scenario that it was run from",
            quoted(path)
        ))
        .help(format!("reluflow info {} --scenario prints it", quoted(path))));
    }
    let mass = &description.mass;
    let mut rows: Vec<RunRow> = vec![];
    let mut without_knot = 0;
    let regions = Regions::new(&description.samples);
    let mut add = |time: f64, bias: f64, r: &[f64], theta: &[f64], mass: &[f64]| {
        let view = SplineView::new(r, theta, mass).with_output_bias(bias);
        without_knot = view.without_knot();
        let mut row = RunRow::new(report, time, &view, rows.first());
        if description.density.is_some() {
            (row.roughness, row.clusters) = (None, None);
        }
        rows.push(row);
    };
    let mut remark = None;
    for index in 0..file.len() {
        if let (Some(densities), Some(grid)) = (file.densities(index)?, &description.density) {
            let (nodes, mass) = Particles::of_nodes(densities.nodes(grid, &regions));
            let snapshot = file.snapshot(index)?;
            add(snapshot.time, snapshot.output_bias, &nodes.r, &nodes.theta, &mass);
            continue;
        }
        match file.particles(index)?.filter(|stored| stored.index.len() == mass.len()) {
            Some(stored) => {
                let snapshot = file.snapshot(index)?;
                add(snapshot.time, snapshot.output_bias, &stored.r, &stored.theta, mass);
            }
            None => {
                let state = file.checkpoint()?;
                let Some(all) = Particles::of_state(&state, description.flow.kappa()) else { break };
                add(state.time, state.output_bias.unwrap_or(0.0), &all.r, &all.theta, mass);
                remark = Some(format!(
                    "{} does not store all particles: only its last state could be looked at \
                     (output.particles = \"all\" stores them)",
                    text::path(path)
                ));
                break;
            }
        }
    }
    RunRow::set_beside_paths(report, &mut rows)?;
    let last = file.snapshot(file.len() - 1)?;
    let energy = last.loss + last.penalty;
    let tv = LeastEnergy::weight(&description.flow).unwrap_or(0.0);
    let least = LeastEnergy::measure(&report.samples, &description.flow, description.output_bias)?;
    let flow = description.flow.name();
    let cells = description.density.map(|density| density.cells);
    Ok(RunView { rows, particles: mass.len(), cells, flow, tv, energy, least, without_knot, remark })
}

impl RunView {
    /// The first of the times from which on the run is within `bound` of curve `k`.
    pub fn within(&self, k: usize, bound: f64) -> Option<f64> {
        let outside = self.rows.iter().rposition(|row| row.distances[k] > bound);
        match outside {
            None => self.rows.first().map(|row| row.time),
            Some(last) => self.rows.get(last + 1).map(|row| row.time),
        }
    }

    /// About `count` rows, first and last among them.
    pub fn some(&self, count: usize) -> Vec<&RunRow> {
        let last = self.rows.len() - 1;
        let mut chosen: Vec<usize> = (0..count).map(|i| i * last / (count - 1)).collect();
        chosen.dedup();
        chosen.into_iter().map(|i| &self.rows[i]).collect()
    }
}
