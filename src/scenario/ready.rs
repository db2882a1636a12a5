//! What a scenario is turned into.

use std::path::PathBuf;

use crate::problem::{DrawnLaw, Start};
use crate::run::Description;

/// A run that can start: what it is, and the measure it starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Everything that is fixed before the run starts.
    pub description: Description,
    /// The start measure.
    pub start: Start,
    /// The law from which its neurons are drawn; `None` if they come from a file, or are lifted from
    /// canonical particles with a given invariant.
    pub law: Option<DrawnLaw>,
    /// The start measure of a quadrature with twice the nodes, or of a density with half as many cells, when its
    /// error is to be estimated.
    pub beside: Option<Start>,
    /// Whether the scenario says when snapshots are taken; otherwise they are eleven, equally spaced, and another schedule may
    /// show more ([`StartRates::log_times`](crate::run::StartRates::log_times)).
    pub scheduled: bool,
    /// What the user should know: defaults taken, samples merged, much output.
    pub notices: Vec<String>,
    /// The file this came from.
    pub input: PathBuf,
}

/// What a scenario is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// A run, for which there must be memory.
    Run,
    /// Its samples and its law.
    Law,
}
