//! `--threads`.

use super::failure::Failure;

/// How many threads compute.
#[derive(Debug, clap::Args)]
pub struct Threads {
    /// Threads to compute with [default: one per core]; results do not depend on it
    #[arg(long, value_name = "N", env = "RELUFLOW_THREADS", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

impl Threads {
    /// Makes it so, for the rest of the process.
    ///
    /// # Errors
    /// When the system does not give that many.
    pub fn apply(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else { return Ok(()) };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .map_err(|error| Failure::usage(format!("--threads {threads}: {error}")))
    }
}
