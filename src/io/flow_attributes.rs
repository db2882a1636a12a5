//! The flow of a run in its file: root attributes.

use hdf5::File;

use crate::flow::{Descent, Flow, Layers};

use super::attributes::{read_text, read_value, write_text, write_value};
use super::metadata::number;

const LAYERS: [(&str, Layers); 3] =
    [("both", Layers::Both), ("output", Layers::Output), ("hidden", Layers::Hidden)];

/// Writes which flow, and its settings.
pub(crate) fn write(file: &File, flow: &Flow) -> hdf5::Result<()> {
    write_text(file, "flow", flow.name())?;
    write_value(file, "tv", &flow.tv())?;
    write_value(file, "kappa", &flow.kappa())?;
    let Flow::Descent { descent, .. } = flow else { return Ok(()) };
    write_value(file, "learning_rate", &descent.learning_rate)?;
    write_value(file, "momentum", &descent.momentum)?;
    if let Some(batch) = descent.batch {
        write_value(file, "batch", &(batch as u64))?;
        write_value(file, "batch_seed", &descent.seed)?;
    }
    let (name, _) = LAYERS.iter().find(|(_, layers)| *layers == descent.layers).expect("all are listed");
    write_text(file, "layers", name)
}

/// Reads what [`write`] wrote.
pub(crate) fn read(file: &File) -> hdf5::Result<Flow> {
    let kappa = number(file, "kappa", |kappa| kappa > 0.0)?;
    Ok(match read_text(file, "flow")?.as_str() {
        "canonical" => Flow::Canonical { tv: number(file, "tv", |tv| tv >= 0.0)? },
        "lifted" => Flow::Lifted { kappa },
        "kernel" => Flow::Kernel { kappa },
        "adaptive" => Flow::Adaptive { kappa },
        "gd" => Flow::Descent { kappa, descent: descent(file)? },
        other => return Err(format!("unknown flow {other:?}").into()),
    })
}

fn descent(file: &File) -> hdf5::Result<Descent> {
    let layers = read_text(file, "layers")?;
    let known = LAYERS.iter().find(|(name, _)| *name == layers);
    let (_, layers) = known.ok_or_else(|| hdf5::Error::from(format!("unknown layers {layers:?}")))?;
    let batch: Option<u64> = read_value(file, "batch").ok();
    Ok(Descent {
        learning_rate: number(file, "learning_rate", |rate| rate > 0.0)?,
        momentum: number(file, "momentum", |momentum| (0.0..1.0).contains(&momentum))?,
        batch: batch.map(|batch| batch as usize),
        seed: if batch.is_some() { read_value(file, "batch_seed")? } else { 0 },
        layers: *layers,
    })
}
