//! What is stored once, not row by row: root attributes, and variables without rows. Each has a
//! checksum, and what follows from the rest of the file is compared with it.

use std::ops::Range;

use crc32fast::Hasher;
use hdf5::{Dataset, File};

use crate::run::Description;

use super::attributes::{read_text, read_value, write_value};
use super::finding::Findings;
use super::layout::Layout;
use super::piece::{PIECE, Piece};
use super::schema::{ATTRIBUTES, Kind, Source, Variable};
use super::sets::Sets;
use super::text;

/// The attribute of a variable without rows that holds its checksum.
const CHECKSUM: &str = "checksum";
/// The root attribute that holds the checksum of the others.
const ATTRIBUTES_CHECKSUM: &str = "attributes_checksum";

/// Values of a range of a variable without rows, from the description; `None` for texts and for
/// variables with rows.
pub(crate) fn expected(variable: &Variable, description: &Description, range: Range<usize>) -> Option<Piece> {
    match variable.source {
        Source::Index => Some(Piece::I32(range.map(|i| i as i32).collect())),
        Source::Fixed(values) => Some(values(description, range)),
        _ => None,
    }
}

/// Stores the checksum of a variable that has just been written.
pub(crate) fn seal(dataset: &Dataset, layout: &Layout, variable: &Variable) -> hdf5::Result<()> {
    write_value(dataset, CHECKSUM, &checksum(dataset, layout, variable, |_, _| ())?)
}

/// Stores the checksum of the root attributes that have just been written.
pub(crate) fn seal_attributes(file: &File) -> hdf5::Result<()> {
    write_value(file, ATTRIBUTES_CHECKSUM, &attributes_checksum(file)?)
}

/// The checksum of a variable without rows as it should be; `see` gets every piece and which entries of the first
/// dimension it holds.
fn checksum(
    dataset: &Dataset,
    layout: &Layout,
    variable: &Variable,
    mut see: impl FnMut(Range<usize>, &Piece),
) -> hdf5::Result<u32> {
    let mut hasher = Hasher::new();
    if let Source::Text(_) = variable.source {
        for text in text::read_array(dataset)? {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        return Ok(hasher.finalize());
    }
    let len = layout.row_shape(variable).first().copied().unwrap_or(0);
    for start in (0..len).step_by(PIECE) {
        let count = PIECE.min(len - start);
        let [at, extent] = layout.block(variable, start, count);
        let piece = Piece::read(layout.kind(variable), dataset, &at, &extent)?;
        piece.add_to(&mut hasher);
        see(start..start + count, &piece);
    }
    Ok(hasher.finalize())
}

fn attributes_checksum(file: &File) -> hdf5::Result<u32> {
    let names = file.attr_names()?;
    let mut hasher = Hasher::new();
    let stored = ATTRIBUTES.iter().filter(|a| a.name != ATTRIBUTES_CHECKSUM);
    for attribute in stored.filter(|a| names.iter().any(|name| name == a.name)) {
        let name = attribute.name;
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        match attribute.kind {
            Kind::Text => {
                hasher.update(read_text(file, name)?.as_bytes());
                hasher.update(&[0]);
            }
            Kind::F64 | Kind::Particle => hasher.update(&read_value::<f64>(file, name)?.to_le_bytes()),
            Kind::F32 => hasher.update(&read_value::<f32>(file, name)?.to_le_bytes()),
            Kind::I8 => hasher.update(&read_value::<i8>(file, name)?.to_le_bytes()),
            Kind::I32 => hasher.update(&read_value::<i32>(file, name)?.to_le_bytes()),
            Kind::I64 => hasher.update(&read_value::<i64>(file, name)?.to_le_bytes()),
            Kind::U32 => hasher.update(&read_value::<u32>(file, name)?.to_le_bytes()),
            Kind::U64 => hasher.update(&read_value::<u64>(file, name)?.to_le_bytes()),
        }
    }
    Ok(hasher.finalize())
}

/// Whether the root attributes are as their checksum says.
pub(crate) fn attributes_are_good(file: &File) -> hdf5::Result<bool> {
    Ok(read_value::<u32>(file, ATTRIBUTES_CHECKSUM)? == attributes_checksum(file)?)
}

/// Whether a variable without rows is as its checksum says.
pub(crate) fn is_good(sets: &Sets, variable: &Variable, dataset: &Dataset) -> hdf5::Result<bool> {
    let stored: u32 = read_value(dataset, CHECKSUM)?;
    Ok(checksum(dataset, &sets.layout, variable, |_, _| ())? == stored)
}

/// Checks everything stored once: checksums, and, where the description can be read, values that
/// follow from it.
pub(crate) fn check(sets: &Sets, description: Option<&Description>, findings: &mut Findings) {
    match attributes_are_good(&sets.file) {
        Ok(true) => {}
        Ok(false) => findings.add("the root attributes", "are not as their checksum says"),
        Err(error) => findings.add("the root attributes", format!("cannot be read ({error})")),
    }
    for (variable, dataset) in sets.all().filter(|(variable, _)| variable.is_fixed()) {
        let mut wrong = None;
        let mut compare = |range: Range<usize>, piece: &Piece| {
            if wrong.is_some() {
                return;
            }
            let start = range.start;
            let derived = description.and_then(|d| expected(variable, d, range));
            wrong = match (piece.first_non_finite(), derived.and_then(|d| piece.first_difference(&d))) {
                (Some((i, value)), _) => Some(format!("value {} is {value}, not finite", start + i)),
                (None, Some(i)) => {
                    Some(format!("value {} does not follow from the other variables", start + i))
                }
                (None, None) => None,
            };
        };
        let computed = checksum(dataset, &sets.layout, variable, &mut compare);
        if let Some(wrong) = wrong {
            findings.add(variable.path(), wrong);
        }
        match computed.and_then(|computed| Ok(read_value::<u32>(dataset, CHECKSUM)? == computed)) {
            Ok(true) => {}
            Ok(false) => findings.add(variable.path(), "is not as its checksum says"),
            Err(error) => findings.add(variable.path(), format!("cannot be read ({error})")),
        }
        if let Source::Text(texts) = variable.source
            && text::read_array(dataset).is_ok_and(|found| found != texts)
        {
            findings.add(variable.path(), format!("is not {texts:?}"));
        }
    }
}
