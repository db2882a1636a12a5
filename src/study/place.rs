//! Where a study goes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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
    /// Whether the shard that finishes last writes the study file.
    pub merges: bool,
}

impl Place {
    /// The runs that are to be done here, with their numbers.
    pub fn runs<'p>(&self, plan: &'p Plan) -> Vec<(usize, &'p Run)> {
        let all = plan.runs.iter().enumerate();
        match self.shard {
            None => all.collect(),
            Some((which, of)) => {
                let shards = shards(plan, of);
                all.filter(|(number, _)| shards[*number] == which - 1).collect()
            }
        }
    }
}

/// Which of the shards, from 0, does each run: the dearest goes to the shard that has least to do, and so on, so that
/// shards end together. Runs of one cost are dealt out in turn. The cost of a run is taken to be its particles.
pub(super) fn shards(plan: &Plan, of: usize) -> Vec<usize> {
    let cost = |number: usize| plan.runs[number].particles.max(1);
    let mut order: Vec<usize> = (0..plan.runs.len()).collect();
    order.sort_by_key(|&number| Reverse(cost(number)));
    let mut loads: BinaryHeap<Reverse<(u64, usize)>> = (0..of).map(|shard| Reverse((0, shard))).collect();
    let mut shards = vec![0; order.len()];
    for number in order {
        let Some(mut least) = loads.peek_mut() else { break };
        let Reverse((load, shard)) = *least;
        shards[number] = shard;
        *least = Reverse((load.saturating_add(cost(number)), shard));
    }
    shards
}

#[cfg(test)]
mod tests {
    use super::super::base::Base;
    use super::*;

    #[test]
    fn shards_have_the_same_to_do() {
        let base = Base {
            path: "a.toml".into(),
            text: String::new(),
            title: String::new(),
            seed: 0,
            particles: None,
        };
        let plan = |particles: &[u64]| {
            let run =
                |&particles: &u64| Run { at: vec![], set: vec![], fingerprint: String::new(), particles };
            let runs = particles.iter().map(run).collect();
            Plan {
                kind: "sweep".into(),
                base: base.clone(),
                axes: vec![],
                runs,
                keep_runs: false,
                width: None,
            }
        };
        assert_eq!(shards(&plan(&[5; 7]), 3), [0, 1, 2, 0, 1, 2, 0]);
        // 100 alone, 60 + 30, 40 + 50.
        assert_eq!(shards(&plan(&[30, 100, 60, 50, 40]), 3), [1, 0, 1, 2, 2]);
        assert!(shards(&plan(&[]), 3).is_empty());
    }
}
