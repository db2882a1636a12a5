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
mod variables;

use crate::flow::Counters;
use crate::run::{Description, Snapshot, StepRecord};

use super::layout::Layout;
use super::piece::Piece;

pub use attributes::{ATTRIBUTES, Attribute};
pub use dimensions::Dim;
pub use variables::VARIABLES;

/// Version of the schema, stored as the root attribute `format_version`. It rises when a reader
/// of the older version would misread the newer file.
pub const FORMAT_VERSION: u32 = 4;

/// The groups of a run file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What a run computed: fixed values and one row per snapshot.
    Root,
    /// One row per accepted step.
    Steps,
    /// What a restart needs.
    Checkpoint,
}

impl Group {
    /// All groups.
    pub const ALL: [Group; 3] = [Group::Root, Group::Steps, Group::Checkpoint];

    /// The name in the file; the root has none.
    pub fn name(self) -> &'static str {
        match self {
            Group::Root => "",
            Group::Steps => "steps",
            Group::Checkpoint => "checkpoint",
        }
    }

    /// The path of an object of the group.
    pub fn path(self, name: &str) -> String {
        match self {
            Group::Root => name.to_owned(),
            group => format!("{}/{name}", group.name()),
        }
    }

    /// The unlimited dimension of the group's rows, if it has rows.
    pub fn row_dim(self) -> Option<Dim> {
        match self {
            Group::Root => Some(Dim::Time),
            Group::Steps => Some(Dim::Step),
            Group::Checkpoint => None,
        }
    }
}

/// Types of stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IEEE double.
    F64,
    /// IEEE single.
    F32,
    /// IEEE double, or single when particles are stored in single precision.
    Particle,
    /// Signed byte.
    I8,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// UTF-8 text of fixed length, padded with NUL.
    Text,
}

/// When a variable is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// When particles are stored.
    Stored,
    /// When particles are neurons `(c, a, b)`.
    Neurons,
    /// When they are neurons and stored.
    StoredNeurons,
    /// When not all particles are stored.
    Thinned,
    /// When the tangent kernel was asked for.
    Kernel,
    /// When the error of a quadrature is estimated.
    Estimated,
}

/// A column of the particles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `r`.
    R,
    /// `theta`, brought into `[0, 2 pi)`.
    Theta,
    /// `c`.
    C,
    /// `a`, the first component of `w`.
    A,
    /// `b`, minus the second component of `w`.
    B,
    /// The code of the place's kind.
    Place,
    /// The region or boundary of the place.
    PlaceIndex,
}

/// Where a variable's values come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// 0, 1, 2, ...
    Index,
    /// Fixed texts.
    Text(&'static [&'static str]),
    /// Fixed before the run; the values of a range of its elements.
    Fixed(fn(&Description, &Layout, std::ops::Range<usize>) -> Piece),
    /// One row per snapshot.
    Snapshot(fn(&Snapshot) -> Piece),
    /// One row per snapshot, from the particles.
    Particles(Field),
    /// One number per step.
    Step(fn(&[StepRecord], usize) -> Piece),
    /// The number of the row's counters called like the variable.
    Counter,
    /// CRC-32 of a row.
    Checksum,
    /// A column of the state.
    Column,
    /// The headers of the checkpoint's slots.
    Header,
}

/// One variable of the file.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The group it is in.
    pub group: Group,
    /// Its name.
    pub name: &'static str,
    /// Its dimensions.
    pub dims: &'static [Dim],
    /// Its type.
    pub kind: Kind,
    /// Its `units` attribute.
    pub units: &'static str,
    /// Its `long_name` attribute.
    pub long_name: &'static str,
    /// Its `equation` attribute: where the formula stands. Empty if there is none.
    pub equation: &'static str,
    /// Codes and their meanings (`flag_values`, `flag_meanings`).
    pub flags: &'static [(i8, &'static str)],
    /// When it is in the file.
    pub when: When,
    pub(crate) source: Source,
}

impl Variable {
    /// The path in the file.
    pub fn path(&self) -> String {
        self.group.path(self.name)
    }

    /// Whether it is the coordinate of a dimension.
    pub fn is_coordinate(&self) -> bool {
        self.dims.len() == 1 && self.dims[0].name() == self.name && self.dims[0].group() == self.group
    }

    /// Whether rows are appended to it while the run goes on.
    pub fn is_series(&self) -> bool {
        self.group.row_dim().is_some_and(|dim| self.dims.first() == Some(&dim))
    }

    /// Whether it is written once, before the first row, with a checksum.
    pub fn is_fixed(&self) -> bool {
        matches!(self.source, Source::Index | Source::Text(_) | Source::Fixed(_))
    }

    /// Whether one row is a single number.
    pub fn is_scalar_series(&self) -> bool {
        self.is_series() && self.dims.len() == 1
    }
}

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

/// The counter called `name`, or the ambiguous mass.
pub(crate) fn counter(counters: &Counters, name: &str) -> Piece {
    if name == "ambiguous_mass" {
        return Piece::F64(vec![counters.ambiguous_mass]);
    }
    let (_, count) = counters
        .counts()
        .into_iter()
        .find(|(counter, _)| *counter == name)
        .unwrap_or_else(|| panic!("there is no counter {name}"));
    Piece::I64(vec![count as i64])
}
