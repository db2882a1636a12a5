//! Whether two run files hold the same bits.

use super::attributes::read_any;
use super::error::IoError;
use super::piece::{PIECE, Piece};
use super::reader::RunFile;
use super::rows;
use super::schema::{ATTRIBUTES, Group, Source, Variable};
use super::sets::Sets;

/// Attributes that say where a file comes from, not what was computed, and their checksum.
const PROVENANCE: [&str; 10] = [
    "Conventions",
    "title",
    "source",
    "history",
    "format_version",
    "git_commit",
    "threads",
    "scenario",
    "measure_source",
    "attributes_checksum",
];

/// A variable or attribute in which two files differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its path, or `@name` of an attribute.
    pub what: String,
    /// How.
    pub how: String,
    /// Row (snapshot or step, from 0) of the first difference, where there are rows.
    pub row: Option<usize>,
}

impl RunFile {
    /// Everything in the root and in `steps` that differs from another file by a bit: variables, and
    /// attributes but those of provenance. Checkpoints and checksums follow from the rest.
    ///
    /// # Errors
    /// Reading fails.
    pub fn differences(&self, other: &RunFile) -> Result<Vec<Difference>, IoError> {
        let mut found = vec![];
        let names = ATTRIBUTES.iter().map(|attribute| attribute.name);
        for name in names.filter(|name| !PROVENANCE.contains(name)) {
            let value = |file: &RunFile| read_any(&file.sets().file, name).ok();
            let (a, b) = (value(self), value(other));
            if a != b {
                let text = |value: Option<String>| value.unwrap_or("missing".to_string());
                let how = format!("{} and {}", text(a), text(b));
                found.push(Difference { what: format!("@{name}"), how, row: None });
            }
        }
        for group in [Group::Root, Group::Steps] {
            let (a, b) = (self.sets(), other.sets());
            for variable in super::schema::VARIABLES.iter().filter(|variable| variable.group == group) {
                if matches!(variable.source, Source::Text(_) | Source::Checksum) {
                    continue;
                }
                let difference = differ(a, b, variable, [self.step_len(), other.step_len()])
                    .map_err(|error| IoError::read(self.path(), &variable.path(), &error))?;
                found.extend(difference);
            }
        }
        Ok(found)
    }
}

/// The first difference of a variable.
///
/// * `steps`: complete steps of each file.
fn differ(a: &Sets, b: &Sets, variable: &Variable, steps: [usize; 2]) -> hdf5::Result<Option<Difference>> {
    let difference = |how: String, row| Some(Difference { what: variable.path(), how, row });
    let (x, y) = match [a, b].map(|sets| sets.find(variable.group, variable.name)) {
        [Some(x), Some(y)] => (x, y),
        [None, None] => return Ok(None),
        [one, _] => {
            let which = if one.is_some() { "first" } else { "second" };
            return Ok(difference(format!("only in the {which}"), None));
        }
    };
    let shape = a.layout.row_shape(variable);
    let (kind, other) = (a.layout.kind(variable), b.layout.kind(variable));
    if shape != b.layout.row_shape(variable) || kind != other {
        return Ok(difference(format!("{:?} and {:?} values", x.shape(), y.shape()), None));
    }
    if !variable.is_series() {
        let len = shape[0];
        for start in (0..len).step_by(PIECE) {
            let [at, extent] = a.layout.block(variable, start, PIECE.min(len - start));
            let [p, q] = [x, y].map(|set| Piece::read(kind, set, &at, &extent));
            if let Some(at) = p?.first_difference(&q?) {
                return Ok(difference(format!("first at value {}", start + at), None));
            }
        }
        return Ok(None);
    }
    let rows = match variable.group {
        Group::Steps => steps,
        group => [a, b].map(|sets| sets.rows(group)),
    };
    for row in 0..rows[0].min(rows[1]) {
        for (start, count) in rows::blocks(variable, &a.layout) {
            let p = rows::read(a, variable, x, row, &start, &count)?;
            let q = rows::read(b, variable, y, row, &start, &count)?;
            if let Some(at) = p.first_difference(&q) {
                let first = start.first().copied().unwrap_or(0);
                return Ok(difference(format!("first in row {row}, value {}", first + at), Some(row)));
            }
        }
    }
    if rows[0] != rows[1] {
        let first = rows[0].min(rows[1]);
        return Ok(difference(format!("{} and {} rows", rows[0], rows[1]), Some(first)));
    }
    Ok(None)
}
