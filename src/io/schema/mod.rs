//! The run file's schema: one table that the writer, the reader, recovery, validation and the
//! documentation all follow.
//!
//! The file is netCDF-4 compatible HDF5. Every dimension has a coordinate variable of its own
//! name; two dimensions are unlimited, `time` (one row per snapshot) and `steps/step` (one row
//! per accepted step). Rows are only ever appended. What a restart needs is in `checkpoint`, in
//! two slots that are overwritten in turn. What is written once has a checksum, as rows have:
//! variables the attribute `checksum` (CRC-32 of their little-endian bytes; of texts each with a
//! NUL), root attributes together `attributes_checksum`.

mod attributes;
mod dimensions;
mod entry;
mod grid;
mod kind;
mod variable;
mod variables;

pub use attributes::{ATTRIBUTES, Attribute};
pub use dimensions::{Dim, Group};
pub use kind::Kind;
pub(crate) use variable::Source;
pub use variable::{Field, Variable, When};
pub(crate) use variables::RISKS;
pub use variables::VARIABLES;

/// Version of the schema, stored as the root attribute `format_version`. It rises when a reader
/// of the older version would misread the newer file.
pub const FORMAT_VERSION: u32 = 8;

/// The variable called `name` in `group`.
///
/// # Panics
/// If the schema has none: names in the code are not data.
pub(crate) fn variable(group: Group, name: &str) -> &'static Variable {
    VARIABLES
        .iter()
        .find(|variable| variable.group == group && variable.name == name)
        .unwrap_or_else(|| panic!("the schema has no {name} in {group:?}"))
}
