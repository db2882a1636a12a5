//! What a width study is made of, beside its runs.

use serde::{Deserialize, Serialize};

use super::limit::LimitKind;
use super::views;

/// What a width study is made of, beside its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Design {
    pub widths: Vec<u64>,
    pub seeds: usize,
    /// Limits, with two runs of each, fine and coarse, before those of the ensembles; the first stands for residuals,
    /// functions, kernels.
    pub limits: Vec<OneLimit>,
    /// Which of them stands for the final measure.
    pub measures: usize,
    pub notes: Vec<String>,
    pub antisymmetric: bool,
    /// Whether law or scaling depend on the width, so that there is no limit.
    #[serde(default)]
    pub depends_on_width: bool,
}

/// One limit of a width study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneLimit {
    pub kind: LimitKind,
    pub words: String,
}

impl Design {
    /// Runs before those of the ensembles: fine and coarse limits.
    pub fn runs_of_limits(&self) -> usize {
        2 * self.limits.len()
    }

    /// Numbers of the runs that stand for the limit of functions and of measures, which may be one: both must be
    /// known before anything is compared with them.
    pub fn fine(&self) -> [usize; 2] {
        [0, 2 * self.measures]
    }

    pub fn cells(&self) -> usize {
        views::cells(self.widths.iter().copied().max().unwrap_or(1))
    }
}
