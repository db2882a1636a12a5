//! What the schema says of one variable.

use std::ops::Range;

use crate::flow::Densities;
use crate::run::{Description, Snapshot, StepRecord};

use super::super::piece::Piece;
use super::dimensions::{Dim, Group};
use super::kind::Kind;

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
    /// When the path of the residuals was asked for.
    Path,
    /// When the density is solved for.
    Density,
    /// When its error is estimated.
    EstimatedDensity,
    /// When it is known what the samples were taken from.
    Truth,
    /// When the function was asked for.
    Function,
    /// When something may end the run before its end.
    Until,
    /// When the network has an output bias.
    OutputBias,
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
    /// Fixed before the run; the values of a range of its elements, along the first dimension.
    Fixed(fn(&Description, Range<usize>) -> Piece),
    /// One row per snapshot.
    Snapshot(fn(&Snapshot) -> Piece),
    /// One row per snapshot, from the particles.
    Particles(Field),
    /// One row per snapshot, from the cells of a density.
    Density(fn(&Densities) -> Piece),
    /// One row per step.
    Step(fn(&[StepRecord], usize) -> Piece),
    /// The number of the row's counters called like the variable.
    Counter,
    /// CRC-32 of a row.
    Checksum,
    /// A column of the state.
    Column,
    /// The headers of the checkpoint's slots.
    Header,
    /// How much of the columns that have room for more counts.
    Used,
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
    /// Of a coordinate, the variable that holds the ends of its cells; empty if there is none.
    pub bounds: &'static str,
    /// Whether values may be missing, which are then NaN.
    pub gaps: bool,
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
