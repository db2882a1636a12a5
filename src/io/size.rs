//! What a run file will hold, from the schema.

use crate::run::Description;

use super::layout::Layout;
use super::schema::{Kind, Variable};

/// Bytes that a run file may grow to, before compression: all snapshots, what is fixed, and two
/// checkpoints. The rows of steps come on top.
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
    let stored = layout.variables().filter(|variable| variable.group == super::schema::Group::Root);
    let checkpoints = 2 * CHECKPOINT * (description.mass.len() + description.samples.len()) as u64;
    stored.map(bytes).fold(checkpoints, u64::saturating_add)
}

/// Bytes of a particle, or of a sample, in a checkpoint.
const CHECKPOINT: u64 = 64;

fn size(kind: Kind) -> u64 {
    match kind {
        Kind::I8 => 1,
        Kind::F32 | Kind::I32 | Kind::U32 => 4,
        _ => 8,
    }
}
