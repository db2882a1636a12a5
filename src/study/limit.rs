//! The limit of infinite width, as well as it can be had.

use super::StudyError;
use super::plan::Base;

/// How the start measure of the limit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// Gauss nodes (`measure.sampling = "quadrature"`): exact moments at the start.
    Quadrature,
    /// Low-discrepancy points (`measure.sampling = "sobol"`).
    Sobol,
    /// Independent draws, as many as can be borne.
    Iid,
}

impl LimitKind {
    /// From the best.
    pub const ALL: [LimitKind; 3] = [LimitKind::Quadrature, LimitKind::Sobol, LimitKind::Iid];

    /// As on the command line and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            LimitKind::Quadrature => "quadrature",
            LimitKind::Sobol => "sobol",
            LimitKind::Iid => "iid",
        }
    }

    /// Overrides that make a run with about this many particles of the scenario, in the order in
    /// which ways to say so are tried.
    fn ways(self, particles: u64) -> Vec<Vec<(String, String)>> {
        let set = |key: &str, value: String| (key.to_string(), value);
        let count = set("measure.particles", particles.to_string());
        let sampling = set("measure.sampling", format!("\"{}\"", self.name()));
        let mut ways = vec![vec![sampling, count.clone()]];
        if self == LimitKind::Iid {
            // What scenarios that say nothing are sampled by.
            ways.push(vec![count]);
        }
        ways
    }

    /// Overrides for about this many particles sampled so, if the scenario can be.
    pub(crate) fn set(self, base: &Base, particles: u64) -> Option<Vec<(String, String)>> {
        self.ways(particles).into_iter().find(|set| base.with(set).is_ok())
    }

    /// The best kind that the scenario can be sampled by.
    ///
    /// # Errors
    /// None at all: a start measure from a file has no width.
    pub(crate) fn best(base: &Base) -> Result<LimitKind, StudyError> {
        let found = LimitKind::ALL.into_iter().find(|kind| kind.set(base, 1 << 10).is_some());
        found.ok_or_else(|| StudyError::Request {
            problem: format!(
                "{}: the start measure is not drawn, so that there is no width to vary",
                base.path.display()
            ),
            remedy: "give a scenario with measure.particles and a law".to_string(),
        })
    }
}
