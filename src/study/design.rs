//! What a width study is made of, beside its runs.

use serde::{Deserialize, Serialize};

use super::limit::LimitKind;
use super::views;

/// What a width study is made of, beside its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Design {
    pub widths: Vec<u64>,
    pub seeds: usize,
    pub kind: LimitKind,
    /// What stands for the final measure of the limit, if it is another.
    pub measures: Option<LimitKind>,
    /// Both in words.
    pub words: [String; 2],
    pub notes: Vec<String>,
    pub antisymmetric: bool,
}

impl Design {
    /// Runs before those of the ensembles: fine and coarse limits.
    pub fn limits(&self) -> usize {
        if self.measures.is_some() { 4 } else { 2 }
    }

    /// Numbers of the runs that stand for the limit of functions and of measures: both must be
    /// known before anything is compared with them.
    pub fn fine(&self) -> [usize; 2] {
        if self.measures.is_some() { [0, 2] } else { [0, 0] }
    }

    pub fn cells(&self) -> usize {
        views::cells(self.widths.iter().copied().max().unwrap_or(1))
    }
}
