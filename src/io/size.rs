//! What a run file will hold, from the schema.

use crate::run::Description;

use super::layout::Layout;
use super::schema::{Dim, Group, Kind, Variable};

/// Bytes that a run file may grow to, before compression: all snapshots, what is fixed, and two
/// checkpoints, and the rows of steps where their number is given. Those of steps that adapt come
/// on top, [`step_size`] each.
pub fn largest_size(description: &Description) -> u64 {
    let layout = Layout::before(description);
    let snapshots = description.schedule.times().len() as u64;
    let bytes = |variable: &Variable| {
        let row = layout
            .row_shape(variable)
            .into_iter()
            .fold(size(layout.kind(variable)), |bytes, length| bytes.saturating_mul(length as u64));
        match variable.group.row_dim() {
            Some(_) if variable.is_series() => row.saturating_mul(snapshots),
            _ => row,
        }
    };
    let stored = layout.variables().filter(|variable| variable.group == Group::Root);
    let checkpoints = 2 * CHECKPOINT * (description.mass.len() + description.samples.len()) as u64;
    let cells = description.density.map_or(0, |density| {
        let columns = layout.len(Dim::Theta) + layout.len(Dim::Boundary) + layout.len(Dim::Edge);
        CELL * (columns * (density.cells[1] + ROWS)) as u64
    });
    let checkpoints = checkpoints.saturating_add(cells);
    let steps = steps(description).unwrap_or(0).saturating_mul(step_size(description));
    stored.map(bytes).fold(checkpoints.saturating_add(steps).saturating_add(STRUCTURE), u64::saturating_add)
}

/// How many steps a run takes, where their size is given.
pub fn steps(description: &Description) -> Option<u64> {
    let step = description.flow.given_step(description.mass.len())?;
    Some((description.end / step).round() as u64)
}

/// Bytes of the row of one step, before compression.
pub fn step_size(description: &Description) -> u64 {
    let layout = Layout::before(description);
    let row = |variable: &Variable| layout.row_shape(variable).iter().product::<usize>() as u64;
    let columns = layout.variables().filter(|variable| variable.group == Group::Steps);
    columns.map(|variable| size(variable.kind) * row(variable)).sum()
}

/// Bytes of a run file in which next to nothing is stored: what HDF5 needs of its own.
const STRUCTURE: u64 = 250_000;

/// Bytes of a particle, or of a sample, in a checkpoint.
const CHECKPOINT: u64 = 64;

/// Bytes of a cell of a density in two checkpoints, with room for twice as many.
const CELL: u64 = 40;
/// Empty rows around those of the start.
const ROWS: usize = 64;

fn size(kind: Kind) -> u64 {
    match kind {
        Kind::I8 => 1,
        Kind::F32 | Kind::I32 | Kind::U32 => 4,
        _ => 8,
    }
}
