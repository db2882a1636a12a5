//! How a variable is written down in the list.

use crate::flow::StepPath;
use crate::run::StepRecord;

use super::super::piece::Piece;
use super::dimensions::Dim::{self, Step};
use super::dimensions::Group;
use super::kind::Kind;
use super::variable::{Source, Variable, When};

pub(super) const fn root(name: &'static str, dims: &'static [Dim], kind: Kind, source: Source) -> Variable {
    Variable {
        group: Group::Root,
        name,
        dims,
        kind,
        units: "1",
        long_name: "",
        equation: "",
        flags: &[],
        bounds: "",
        gaps: false,
        when: When::Always,
        source,
    }
}

pub(super) const fn steps(name: &'static str, kind: Kind, source: Source) -> Variable {
    let mut variable = root(name, &[Step], kind, source);
    variable.group = Group::Steps;
    variable
}

pub(super) const fn path(name: &'static str, dims: &'static [Dim], kind: Kind, source: Source) -> Variable {
    let mut variable = root(name, dims, kind, source);
    (variable.group, variable.when) = (Group::Steps, When::Path);
    variable
}

pub(super) const fn index(group: Group, name: &'static str, dims: &'static [Dim]) -> Variable {
    let mut variable = root(name, dims, Kind::I32, Source::Index);
    variable.group = group;
    variable
}

pub(super) const fn column(name: &'static str, dims: &'static [Dim], kind: Kind) -> Variable {
    let mut variable = root(name, dims, kind, Source::Column);
    variable.group = Group::Checkpoint;
    variable
}

impl Variable {
    pub(super) const fn says(mut self, long_name: &'static str) -> Variable {
        self.long_name = long_name;
        self
    }
    pub(super) const fn units(mut self, units: &'static str) -> Variable {
        self.units = units;
        self
    }
    pub(super) const fn equation(mut self, equation: &'static str) -> Variable {
        self.equation = equation;
        self
    }
    pub(super) const fn flags(mut self, flags: &'static [(i8, &'static str)]) -> Variable {
        self.flags = flags;
        self
    }
    pub(super) const fn bounds(mut self, bounds: &'static str) -> Variable {
        self.bounds = bounds;
        self
    }
    pub(super) const fn with_gaps(mut self) -> Variable {
        self.gaps = true;
        self
    }
    pub(super) const fn when(mut self, when: When) -> Variable {
        self.when = when;
        self
    }
}

pub(super) fn number(steps: &[StepRecord], value: fn(&StepRecord) -> f64) -> Piece {
    Piece::F64(steps.iter().map(value).collect())
}

pub(super) fn whole(steps: &[StepRecord], value: fn(&StepRecord) -> u32) -> Piece {
    Piece::U32(steps.iter().map(value).collect())
}

/// The path of the residuals.
///
/// # Panics
/// If a step has none: it was asked for before the run.
pub(super) fn of_path(step: &StepRecord) -> &StepPath {
    step.path.as_ref().expect("the step has the path that was asked for")
}

pub(super) fn vectors(steps: &[StepRecord], values: fn(&StepPath) -> &[f64]) -> Piece {
    Piece::F64(steps.iter().flat_map(|step| values(of_path(step))).copied().collect())
}

pub(super) fn long(steps: &[StepRecord], value: fn(&StepRecord) -> u64) -> Piece {
    Piece::I64(steps.iter().map(|step| value(step) as i64).collect())
}
