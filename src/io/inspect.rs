//! The structure of a run file, checked before a value is read.
//!
//! Every reader of run files comes through here, so that what follows can rely on it: all
//! attributes and variables that the schema asks for are there, with their types, ranks and
//! shapes; shapes agree with each other, and none claims more than the file can hold. Nothing here
//! reads more than a root attribute.

use std::collections::BTreeMap;

use hdf5::types::TypeDescriptor;
use hdf5::{Dataset, File};

use crate::flow::{Flow, ParticleKind};
use crate::problem::Sampling;

use super::attributes::{read_text, read_value};
use super::finding::Findings;
use super::layout::Layout;
use super::metadata;
use super::schema::{ATTRIBUTES, Attribute, Dim, Kind, Variable};
use super::text;

/// Deflate makes data at most this many times smaller.
const MOST_COMPRESSION: u128 = 1100;
/// Larger chunks than this program writes, but not so large that one of them fills the memory.
const MOST_CHUNK: usize = 1 << 26;

/// Checks the structure; `None`, and findings, if there is no layout to speak of.
pub(crate) fn inspect(file: &File, findings: &mut Findings) -> Option<Layout> {
    attributes(file, findings);
    if !findings.is_empty() {
        return None;
    }
    let options = metadata::read_options(file)
        .map_err(|error| findings.add("the output_ attributes", format!("cannot be read ({error})")))
        .ok()?;
    let lengths = lengths(file, findings)?;
    let kappa = read_value(file, "kappa").unwrap_or(f64::NAN);
    let estimated = metadata::read_sampling(file).is_ok_and(Sampling::estimates_error);
    let until = metadata::read_until(file).is_ok_and(|until| until.is_some());
    let bias = metadata::read_output_bias(file).is_ok_and(|bias| bias.is_some());
    let layout = Layout::from_lengths(lengths, options, kappa, (estimated, until, bias));
    dimensions(file, &layout, findings);
    if !findings.is_empty() {
        return None;
    }
    for variable in layout.variables() {
        match file.dataset(&variable.path()) {
            Ok(dataset) => check(file, &layout, variable, &dataset, findings),
            Err(_) => findings.add(variable.path(), "is missing"),
        }
    }
    Some(layout)
}

fn attributes(file: &File, findings: &mut Findings) {
    let names = file.attr_names().unwrap_or_default();
    for attribute in ATTRIBUTES.iter() {
        let is_there = names.iter().any(|name| name == attribute.name);
        match (is_there, attribute.required) {
            (true, _) => {
                if let Err(error) = readable(file, attribute) {
                    findings.add(attribute.name, format!("cannot be read: {error}"));
                }
            }
            (false, true) => {
                findings.add(attribute.name, format!("the attribute is missing: {}", attribute.about));
            }
            (false, false) => {}
        }
    }
}

/// Whether a root attribute has its type and is a single value.
fn readable(file: &File, attribute: &Attribute) -> hdf5::Result<()> {
    let name = attribute.name;
    match attribute.kind {
        Kind::Text => read_text(file, name).map(|_| ()),
        Kind::F64 | Kind::Particle => read_value::<f64>(file, name).map(|_| ()),
        Kind::F32 => read_value::<f32>(file, name).map(|_| ()),
        Kind::I8 => read_value::<i8>(file, name).map(|_| ()),
        Kind::I32 => read_value::<i32>(file, name).map(|_| ()),
        Kind::I64 => read_value::<i64>(file, name).map(|_| ()),
        Kind::U32 => read_value::<u32>(file, name).map(|_| ()),
        Kind::U64 => read_value::<u64>(file, name).map(|_| ()),
    }
}

/// The lengths of all dimensions, from their coordinates; `None` if one is not a list.
fn lengths(file: &File, findings: &mut Findings) -> Option<BTreeMap<Dim, usize>> {
    let mut lengths = BTreeMap::new();
    // Of particles `theta` is no dimension.
    let density = is_density(file);
    for dim in Dim::ALL.into_iter().filter(|dim| !dim.is_unlimited() && (density || *dim != Dim::Theta)) {
        let path = dim.group().path(dim.name());
        let Ok(dataset) = file.dataset(&path) else { continue };
        match dataset.shape()[..] {
            [len] if len > 0 => {
                lengths.insert(dim, len);
            }
            ref shape => findings.add(path, format!("has shape {shape:?}, which is not that of a dimension")),
        }
    }
    // The same dimension where all particles are stored, and no particles where none are.
    if !lengths.contains_key(&Dim::AllParticles) {
        let stored = lengths.get(&Dim::Particle).copied().unwrap_or(0);
        lengths.insert(Dim::AllParticles, stored);
    }
    let samples = lengths.get(&Dim::Sample).copied().unwrap_or(0);
    lengths.entry(Dim::SampleColumn).or_insert(samples);
    lengths.entry(Dim::Eigenvalue).or_insert(samples);
    findings.is_empty().then_some(lengths)
}

/// Whether a file is of a run that solves for its density.
fn is_density(file: &File) -> bool {
    metadata::read_sampling(file).is_ok_and(|sampling| matches!(sampling, Sampling::Density { .. }))
}

/// Dimensions that are missing, or do not agree with each other and the attributes.
fn dimensions(file: &File, layout: &Layout, findings: &mut Findings) {
    let (s, m) = (layout.len(Dim::Sample), layout.len(Dim::AllParticles));
    let flow = read_text(file, "flow").ok().and_then(|name| Flow::named(&name));
    let canonical = flow.is_some_and(|flow| flow.particles() == ParticleKind::Canonical);
    let density = is_density(file);
    let expected = [
        (Dim::SampleColumn, s),
        (Dim::Eigenvalue, s),
        (Dim::Region, 2 * s),
        (Dim::Boundary, 2 * s),
        (Dim::Sign, 2),
        (Dim::Component, 3),
        (Dim::Particle, layout.options().particles.count(m)),
        (Dim::Slot, 2),
        (Dim::HeaderField, 6),
        (Dim::Number, if layout.has_output_bias() { 7 } else { 4 }),
        (Dim::Count, 11),
        (Dim::CanonicalParticle, if canonical { m } else { 0 }),
        (Dim::Neuron, if canonical { 0 } else { m }),
        (Dim::Bound, if density { 2 } else { 0 }),
        (Dim::Edge, if density { 2 } else { 0 }),
        (Dim::UsedEntry, if density { 2 } else { 0 }),
    ];
    let mut needed = vec![Dim::Sample, Dim::Schedule];
    needed.extend(match density {
        true => &[Dim::Amplitude, Dim::Theta, Dim::LayoutEntry, Dim::Cell, Dim::ReleasedEntry][..],
        false => &[Dim::AllParticles],
    });
    for dim in needed {
        if layout.len(dim) == 0 {
            findings.add(dim.group().path(dim.name()), "is missing");
        }
    }
    for (dim, expected) in expected {
        let found = layout.len(dim);
        if found == 0 && expected > 0 {
            findings.add(dim.group().path(dim.name()), "is missing");
        } else if found != expected {
            let problem =
                format!("has {found} entries; with {s} samples and {m} particles it has {expected}");
            findings.add(dim.group().path(dim.name()), problem);
        }
    }
}

/// Type, rank, shape and size of a variable.
fn check(file: &File, layout: &Layout, variable: &Variable, dataset: &Dataset, findings: &mut Findings) {
    let path = variable.path();
    let expected = layout.descriptor(variable);
    match dataset.dtype().and_then(|dtype| dtype.to_descriptor()) {
        Ok(found) if found == expected => {}
        // Older files have their texts as UTF-8.
        Ok(TypeDescriptor::FixedUnicode(length)) if expected == TypeDescriptor::FixedAscii(length) => {}
        Ok(found) => findings.add(&path, format!("has type {found}; the schema says {expected}")),
        Err(error) => findings.add(&path, format!("has no readable type ({error})")),
    }
    let shape = dataset.shape();
    let row = layout.row_shape(variable);
    let fits = match variable.is_series() {
        true => shape.len() == row.len() + 1 && shape[1..] == row,
        false => shape == row,
    };
    if !fits {
        let dims: Vec<&str> = variable.dims.iter().map(|dim| dim.name()).collect();
        findings.add(&path, format!("has shape {shape:?}, which does not fit ({})", dims.join(", ")));
        return;
    }
    let bytes_each = text::length(dataset).unwrap_or(expected.size());
    if let Some(problem) = claims_too_much(file.size(), dataset, &shape, bytes_each, variable.is_series()) {
        findings.add(&path, problem);
    }
}

/// Whether a dataset claims more values than the file can hold.
///
/// * `grows`: rows are appended to it, so that its last chunk may be under way.
pub(crate) fn claims_too_much(
    file_bytes: u64,
    dataset: &Dataset,
    shape: &[usize],
    bytes_each: usize,
    grows: bool,
) -> Option<String> {
    let product = |factors: &[usize]| {
        factors.iter().try_fold(bytes_each as u128, |product, &n| product.checked_mul(n as u128))
    };
    let claimed = product(shape).unwrap_or(u128::MAX);
    let too_much = || format!("claims shape {shape:?}, more than the file of {file_bytes} bytes can hold");
    let Some(chunk) = dataset.chunk() else {
        // Data in other files, or made up of other datasets, has no storage here.
        let stored = u128::from(dataset.storage_size());
        return (claimed > stored || claimed > file_bytes.into()).then(too_much);
    };
    let chunk_bytes = product(&chunk).unwrap_or(u128::MAX);
    if chunk_bytes > MOST_CHUNK as u128 {
        return Some(format!("has chunks of shape {chunk:?}, larger than this program writes"));
    }
    let most = match dataset.filters().is_empty() {
        true => u128::from(file_bytes),
        false => MOST_COMPRESSION * u128::from(file_bytes),
    };
    if claimed > most + chunk_bytes {
        return Some(too_much());
    }
    // Values of chunks that are not there would be made up.
    let chunks: u128 = shape.iter().zip(&chunk).map(|(n, size)| n.div_ceil(*size) as u128).product();
    let found = dataset.num_chunks();
    (!grows && found.map(|found| found as u128) != Some(chunks))
        .then(|| format!("holds {} of its {chunks} chunks", found.unwrap_or(0)))
}
