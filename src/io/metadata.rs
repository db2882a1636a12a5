//! The description of a run in its file: root attributes and the fixed variables.

use std::time::{SystemTime, UNIX_EPOCH};

use hdf5::File;

use crate::flow::{DensityGrid, OutputBias};
use crate::problem::{Affine, Regions, Samples, Sampling, Truth};
use crate::run::{Description, OutputOptions, ParticleOutput, Schedule, Until};

use super::attributes::{number, read_text, read_value, write_text, write_value};
use super::fixed;
use super::flow_attributes;
use super::piece::PIECE;
use super::piece::Piece;
use super::schema::{Dim, FORMAT_VERSION, Group, Kind, Variable};
use super::sets::Sets;

/// Which program made a file, and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Provenance {
    source: String,
    git_commit: String,
    threads: u32,
    history: String,
}

/// Program and version.
pub(crate) fn program() -> String {
    format!("reluflow {}", env!("CARGO_PKG_VERSION"))
}

/// The commit that the program was built from.
pub(crate) fn git_commit() -> &'static str {
    option_env!("RELUFLOW_GIT_COMMIT").unwrap_or("unknown")
}

/// That this program does something now.
pub(crate) fn history_line(what: &str) -> String {
    format!("{} {}: {what}", utc(SystemTime::now()), program())
}

impl Provenance {
    /// Of a file that this program begins.
    pub(crate) fn new() -> Provenance {
        Provenance {
            source: program(),
            git_commit: git_commit().to_owned(),
            threads: rayon::current_num_threads() as u32,
            history: history_line("run"),
        }
    }

    /// Of an existing file.
    pub(crate) fn read(file: &File) -> hdf5::Result<Provenance> {
        Ok(Provenance {
            source: read_text(file, "source")?,
            git_commit: read_text(file, "git_commit")?,
            threads: read_value(file, "threads")?,
            history: read_text(file, "history")?,
        })
    }

    /// With one more line of history.
    pub(crate) fn and(mut self, what: &str) -> Provenance {
        self.history = format!("{}\n{}", self.history, history_line(what));
        self
    }
}

/// Writes all root attributes, in the order of [`ATTRIBUTES`](super::schema::ATTRIBUTES).
pub(crate) fn write(file: &File, d: &Description, provenance: &Provenance) -> hdf5::Result<()> {
    write_text(file, "Conventions", "CF-1.10")?;
    write_text(file, "title", &d.title)?;
    write_text(file, "source", &provenance.source)?;
    write_text(file, "history", &provenance.history)?;
    write_value(file, "format_version", &FORMAT_VERSION)?;
    write_text(file, "git_commit", &provenance.git_commit)?;
    write_value(file, "threads", &provenance.threads)?;
    write_text(file, "scenario", &d.scenario)?;
    write_text(file, "measure_source", &d.measure_source)?;
    if let Some(seed) = d.seed {
        write_value(file, "seed", &seed)?;
    }
    write_text(file, "sampling", d.sampling.name())?;
    if let Sampling::Quadrature { nodes, estimate_error } = d.sampling {
        write_value(file, "quadrature_nodes", &(nodes as u64))?;
        write_value(file, "quadrature_estimate", &i8::from(estimate_error))?;
    }
    if let (Sampling::Density { estimate_error }, Some(density)) = (d.sampling, &d.density) {
        let [per_turn, across] = density.cells.map(|cells| cells as u64);
        write_value(file, "density_cells_theta", &per_turn)?;
        write_value(file, "density_cells_amplitude", &across)?;
        write_value(file, "density_slices", &(density.slices as u64))?;
        write_value(file, "density_amplitude", &density.limit)?;
        write_value(file, "density_estimate", &i8::from(estimate_error))?;
    }
    flow_attributes::write(file, &d.flow)?;
    if d.output_bias.is_some() {
        write_value(file, "output_bias_start", &d.output_bias.start)?;
        write_value(file, "output_bias_rate", &d.output_bias.rate)?;
    }
    write_value(file, "end", &d.end)?;
    write_until(file, &d.until)?;
    write_value(file, "tolerance", &d.tolerance)?;
    write_value(file, "merged_loss", &d.samples.merged_loss())?;
    write_value(file, "x_offset", &d.x_map.offset)?;
    write_value(file, "x_scale", &d.x_map.scale)?;
    write_value(file, "y_offset", &d.y_map.offset)?;
    write_value(file, "y_scale", &d.y_map.scale)?;
    let particles = match d.output.particles {
        ParticleOutput::All => "all".to_owned(),
        ParticleOutput::None => "none".to_owned(),
        ParticleOutput::Count(n) => n.to_string(),
    };
    write_text(file, "output_particles", &particles)?;
    write_value(file, "output_single_precision", &i8::from(d.output.single_precision))?;
    write_value(file, "output_tangent_kernel", &i8::from(d.output.tangent_kernel))?;
    if d.output.path {
        write_value(file, "output_path", &1i8)?;
    }
    if d.output.function > 0 {
        write_value(file, "output_function", &(d.output.function as u64))?;
    }
    write_value(file, "output_compression", &(d.output.compression as i8))?;
    fixed::seal_attributes(file)
}

/// Writes what the run may end by, as far as it may.
fn write_until(file: &File, until: &Until) -> hdf5::Result<()> {
    if until.rest {
        write_value(file, "until_rest", &1i8)?;
    }
    if let Some(loss) = until.loss {
        write_value(file, "until_loss", &loss)?;
    }
    if let Some(speed) = until.speed {
        write_value(file, "until_speed", &speed)?;
    }
    Ok(())
}

/// Reads what [`write_until`] wrote. Values that no run can have are refused.
pub(crate) fn read_until(file: &File) -> hdf5::Result<Until> {
    let names = file.attr_names()?;
    let given = |name: &str| names.iter().any(|found| found == name);
    let optional = |name: &str, allowed: fn(f64) -> bool| match given(name) {
        true => number(file, name, allowed).map(Some),
        false => Ok(None),
    };
    Ok(Until {
        rest: given("until_rest") && read_value::<i8>(file, "until_rest")? != 0,
        loss: optional("until_loss", |loss| loss >= 0.0)?,
        speed: optional("until_speed", |speed| speed > 0.0)?,
    })
}

/// Reads the output bias, if there is one.
pub(crate) fn read_output_bias(file: &File) -> hdf5::Result<OutputBias> {
    if !file.attr_names()?.iter().any(|name| name == "output_bias_start") {
        return Ok(OutputBias::default());
    }
    Ok(OutputBias {
        start: number(file, "output_bias_start", |_| true)?,
        rate: number(file, "output_bias_rate", |rate| rate >= 0.0)?,
    })
}

/// Reads what is stored.
pub(crate) fn read_options(file: &File) -> hdf5::Result<OutputOptions> {
    let particles = match read_text(file, "output_particles")?.as_str() {
        "all" => ParticleOutput::All,
        "none" => ParticleOutput::None,
        count => ParticleOutput::Count(
            count.parse().map_err(|_| hdf5::Error::from(format!("output_particles is {count:?}")))?,
        ),
    };
    Ok(OutputOptions {
        particles,
        single_precision: read_value::<i8>(file, "output_single_precision")? != 0,
        tangent_kernel: read_value::<i8>(file, "output_tangent_kernel")? != 0,
        path: read_value::<i8>(file, "output_path").is_ok_and(|path| path != 0),
        function: read_value::<u64>(file, "output_function")
            .map_or(0, |points| points.min(u32::MAX.into()) as usize),
        compression: read_value::<i8>(file, "output_compression")?.clamp(0, 9) as u8,
    })
}

/// Reads how the start measure was sampled.
pub(crate) fn read_sampling(file: &File) -> hdf5::Result<Sampling> {
    Ok(match read_text(file, "sampling")?.as_str() {
        "file" => Sampling::File,
        "iid" => Sampling::Iid,
        "sobol" => Sampling::Sobol,
        "quadrature" => Sampling::Quadrature {
            nodes: read_value::<u64>(file, "quadrature_nodes")? as usize,
            estimate_error: read_value::<i8>(file, "quadrature_estimate")? != 0,
        },
        "density" => Sampling::Density { estimate_error: read_value::<i8>(file, "density_estimate")? != 0 },
        other => return Err(format!("unknown sampling {other:?}").into()),
    })
}

/// Reads the whole description; nothing of it is returned unless its checksums are right.
pub(crate) fn read(sets: &Sets) -> hdf5::Result<Description> {
    verify(sets, |_| true)?;
    read_unverified(sets)
}

/// As [`read`], but variables that follow from the description may be damaged: they can be made
/// again.
pub(crate) fn read_stored(sets: &Sets) -> hdf5::Result<Description> {
    verify(sets, |variable| STORED.contains(&variable.name))?;
    read_unverified(sets)
}

/// The variables that [`read_unverified`] reads; those without rows that are not among them follow
/// from the description.
const STORED: [&str; 8] = ["x", "y", "sample_weight", "mass", "delta", "schedule", "risk_x", "truth"];

/// Compares the root attributes and some of the variables without rows with their checksums.
fn verify(sets: &Sets, which: impl Fn(&Variable) -> bool) -> hdf5::Result<()> {
    if !fixed::attributes_are_good(&sets.file)? {
        return Err("the root attributes are not as their checksum says".into());
    }
    for (variable, dataset) in sets.all().filter(|(variable, _)| variable.is_fixed() && which(variable)) {
        if !fixed::is_good(sets, variable, dataset)? {
            return Err(format!("{} is not as its checksum says", variable.path()).into());
        }
    }
    Ok(())
}

/// Reads the whole description, whatever its checksums say. Values that no run can have are
/// refused.
pub(crate) fn read_unverified(sets: &Sets) -> hdf5::Result<Description> {
    let file = &sets.file;
    let samples = Samples::from_merged(
        read_fixed(sets, "x")?,
        read_fixed(sets, "y")?,
        read_fixed(sets, "sample_weight")?,
        number(file, "merged_loss", |loss| loss >= 0.0)?,
    )
    .map_err(|error| hdf5::Error::from(error.to_string()))?;
    let end = number(file, "end", |end| end >= 0.0)?;
    let map = |offset, scale| -> hdf5::Result<Affine> {
        Ok(Affine {
            offset: number(file, offset, |_| true)?,
            scale: number(file, scale, |scale| scale > 0.0)?,
        })
    };
    let density = read_density(sets, &samples)?;
    let mass = match density {
        Some(_) => vec![],
        None => read_fixed(sets, "mass")?,
    };
    if let Some(i) = mass.iter().position(|mass| !(*mass >= 0.0 && mass.is_finite())) {
        return Err(format!("mass {i} is {}", mass[i]).into());
    }
    let times = read_fixed(sets, "schedule")?;
    let schedule = Schedule::times_until(end, times.iter().copied());
    if schedule.times() != times {
        return Err(format!("the schedule does not ascend from 0 to the end, {end}").into());
    }
    let truth = match sets.find(Group::Root, "truth") {
        Some(_) => {
            let (x, value) = (read_fixed(sets, "risk_x")?, read_fixed(sets, "truth")?);
            if !(x.is_sorted() && x.iter().chain(&value).all(|value| value.is_finite())) {
                return Err("risk_x does not ascend, or truth is not finite".into());
            }
            Some(Truth::with(samples.x(), x, value))
        }
        None => None,
    };
    Ok(Description {
        title: read_text(file, "title")?,
        scenario: read_text(file, "scenario")?,
        measure_source: read_text(file, "measure_source")?,
        seed: read_value(file, "seed").ok(),
        sampling: read_sampling(file)?,
        samples,
        truth,
        x_map: map("x_offset", "x_scale")?,
        y_map: map("y_offset", "y_scale")?,
        mass,
        delta: match sets.find(Group::Root, "delta") {
            Some(_) => read_fixed(sets, "delta")?,
            None => vec![],
        },
        density,
        flow: flow_attributes::read(file)?,
        output_bias: read_output_bias(file)?,
        end,
        until: read_until(file)?,
        tolerance: number(file, "tolerance", |tolerance| tolerance > 0.0)?,
        schedule,
        output: sets.layout.options(),
    })
}

/// The cells of a density, if that is what the run solves for.
fn read_density(sets: &Sets, samples: &Samples) -> hdf5::Result<Option<DensityGrid>> {
    if !sets.layout.has_density() {
        return Ok(None);
    }
    let file = &sets.file;
    let cells = ["density_cells_theta", "density_cells_amplitude"]
        .map(|name| read_value::<u64>(file, name).map(|cells| cells as usize));
    let [per_turn, across] = cells;
    let (rows, limit) =
        (sets.layout.len(Dim::Amplitude), number(file, "density_amplitude", |limit| limit > 0.0)?);
    // Files of before there were slices have one.
    let slices = match file.attr_names()?.iter().any(|name| name == "density_slices") {
        true => read_value::<u64>(file, "density_slices")?.max(1) as usize,
        false => 1,
    };
    let density = DensityGrid { cells: [per_turn?, across?], rows, limit, slices };
    let columns = sets.layout.len(Dim::Theta);
    // Before a grid of this size is made.
    let fits = density.cells[0] <= columns + 8 * samples.len()
        && density.theta_faces(&Regions::new(samples)).len() == columns + 1
        && rows == 2 * density.cells[1];
    match fits {
        true => Ok(Some(density)),
        false => Err("the cells of the density are not those of its coordinates".into()),
    }
}

fn read_fixed(sets: &Sets, name: &str) -> hdf5::Result<Vec<f64>> {
    let dataset = sets.get(Group::Root, name);
    let len = sets.layout.row_shape(super::schema::variable(Group::Root, name))[0];
    let mut values = Vec::with_capacity(len);
    for start in (0..len).step_by(PIECE) {
        let piece = Piece::read(Kind::F64, dataset, &[start], &[PIECE.min(len - start)])?;
        values.extend(piece.into_f64());
    }
    Ok(values)
}

/// A time as `2024-02-29T12:00:00Z`.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days from 0000-03-01, so that leap days end a year; 146097 days make 400 years
    // (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) =
        if month < 10 { (era * 400 + year, month + 3) } else { (era * 400 + year + 1, month - 9) };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_right() {
        let date = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(date(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(date(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
