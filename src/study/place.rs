//! Where a study goes.

use std::path::PathBuf;

use super::plan::{Plan, Run};

/// Where a study goes, and which part of it is to be done.
#[derive(Debug, Clone)]
pub struct Place {
    /// The study file.
    pub study: PathBuf,
    /// Replace it if it exists.
    pub force: bool,
    /// `(3, 16)`: the third of sixteen shards.
    pub shard: Option<(usize, usize)>,
}

impl Place {
    /// The runs that are to be done here, with their numbers.
    pub fn runs<'p>(&self, plan: &'p Plan) -> impl Iterator<Item = (usize, &'p Run)> + Clone {
        let shard = self.shard;
        let here = move |number: usize| shard.is_none_or(|(which, of)| number % of == which - 1);
        plan.runs.iter().enumerate().filter(move |(number, _)| here(*number))
    }
}
