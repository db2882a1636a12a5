//! Which part of a study this process does.

use std::env;

/// `--shard`: told, or taken from what a scheduler or a launcher has put into the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shard {
    /// `3/16`: the third of sixteen.
    Told(usize, usize),
    /// `auto`, which is the same from the environment; the process that finishes last merges.
    Auto(usize, usize),
}

impl Shard {
    /// Number, from 1, and count.
    pub fn numbers(self) -> (usize, usize) {
        match self {
            Shard::Told(which, of) | Shard::Auto(which, of) => (which, of),
        }
    }
}

/// `3/16` or `auto`.
pub fn shard(text: &str) -> Result<Shard, String> {
    if text == "auto" {
        let (which, of) = of_environment(|name| env::var(name).ok()?.trim().parse().ok())?;
        return Ok(Shard::Auto(which, of));
    }
    let parts = text.split_once('/').and_then(|(which, of)| Some((which.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((which, of)) if (1..=of).contains(&which) => Ok(Shard::Told(which, of)),
        _ => Err("give which shard of how many, counted from 1: 3/16; or auto, on a cluster".to_string()),
    }
}

/// A job of an array: its number, the first and the last number, and the step between numbers, which may be absent.
const ARRAYS: [[&str; 4]; 3] = [
    ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"],
    ["LSB_JOBINDEX", "", "LSB_JOBINDEX_END", "LSB_JOBINDEX_STEP"],
    ["SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE"],
];
/// A process of a parallel job: its number, from 0, and how many there are. `srun`, Open MPI, MPICH and Intel MPI.
const PROCESSES: [[&str; 2]; 3] = [
    ["OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"],
    ["PMI_RANK", "PMI_SIZE"],
    ["SLURM_PROCID", "SLURM_STEP_NUM_TASKS"],
];
/// Jobs of arrays whose length is not told.
const WITHOUT_LENGTH: [&str; 2] = ["PBS_ARRAY_INDEX", "PBS_ARRAYID"];

/// Which shard of how many: processes within jobs of an array.
///
/// * `number`: of a variable of the environment.
fn of_environment(number: impl Fn(&str) -> Option<usize>) -> Result<(usize, usize), String> {
    let array = ARRAYS.iter().find_map(|&[id, first, last, step]| {
        // LSF sets the index of jobs that are of no array to 0.
        let id = number(id).filter(|&id| id > 0 || !first.is_empty())?;
        let (first, step) = (number(first).unwrap_or(1), number(step).unwrap_or(1).max(1));
        let last = number(last)?;
        (first <= id && id <= last).then(|| ((id - first) / step, (last - first) / step + 1))
    });
    let process = PROCESSES.iter().find_map(|&[rank, size]| {
        let (rank, size) = (number(rank)?, number(size)?);
        (rank < size).then_some((rank, size))
    });
    if array.is_none() && process.is_none() {
        if let Some(name) = WITHOUT_LENGTH.iter().find(|name| number(name).is_some()) {
            return Err(format!(
                "the scheduler does not say how many jobs the array has: give --shard ${name}/16 for one of 1 to 16"
            ));
        }
        return Err("this is no job of an array (Slurm, LSF, Grid Engine) and no process of srun, Open MPI or MPICH: \
                    give which shard of how many, for example 3/16"
            .to_string());
    }
    let ((job, jobs), (rank, size)) = (array.unwrap_or((0, 1)), process.unwrap_or((0, 1)));
    Ok((job * size + rank + 1, jobs * size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, usize)]) -> Result<(usize, usize), String> {
        of_environment(|name| variables.iter().find(|(known, _)| *known == name).map(|&(_, value)| value))
    }

    #[test]
    fn schedulers_say_which_shard_it_is() {
        let slurm = [("SLURM_ARRAY_TASK_ID", 7), ("SLURM_ARRAY_TASK_MIN", 1), ("SLURM_ARRAY_TASK_MAX", 9)];
        assert_eq!(of(&slurm), Ok((7, 9)));
        let from_0 = [("SLURM_ARRAY_TASK_ID", 0), ("SLURM_ARRAY_TASK_MIN", 0), ("SLURM_ARRAY_TASK_MAX", 3)];
        assert_eq!(of(&from_0), Ok((1, 4)));
        // --array=1-9:2
        let stepped = [slurm.to_vec(), vec![("SLURM_ARRAY_TASK_STEP", 2)]].concat();
        assert_eq!(of(&stepped), Ok((4, 5)));
        // Of each job srun starts three processes.
        let both = [slurm.to_vec(), vec![("SLURM_PROCID", 2), ("SLURM_STEP_NUM_TASKS", 3)]].concat();
        assert_eq!(of(&both), Ok((21, 27)));
        // The script of a job has a SLURM_PROCID, too, but is no step.
        assert_eq!(of(&[slurm.to_vec(), vec![("SLURM_PROCID", 0)]].concat()), Ok((7, 9)));
        assert_eq!(of(&[("LSB_JOBINDEX", 3), ("LSB_JOBINDEX_END", 8)]), Ok((3, 8)));
        assert_eq!(of(&[("OMPI_COMM_WORLD_RANK", 0), ("OMPI_COMM_WORLD_SIZE", 4)]), Ok((1, 4)));
        assert_eq!(of(&[("PMI_RANK", 3), ("PMI_SIZE", 4)]), Ok((4, 4)));
        assert!(of(&[("PBS_ARRAY_INDEX", 3)]).unwrap_err().contains("--shard $PBS_ARRAY_INDEX/16"));
        assert!(of(&[("LSB_JOBINDEX", 0)]).unwrap_err().contains("no job of an array"));
    }

    #[test]
    fn a_shard_is_told() {
        assert_eq!(shard("3/16"), Ok(Shard::Told(3, 16)));
        for wrong in ["0/4", "5/4", "3", "a/b"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
