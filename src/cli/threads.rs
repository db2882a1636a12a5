//! `--threads`, and threads that limits of the process leave no room for.

use std::num::NonZero;
use std::os::unix::process::CommandExt;

use crate::system::{memory, text};

use super::failure::Failure;
use super::output::note;

/// How many threads compute.
#[derive(Debug, Default, clap::Args)]
pub struct Threads {
    /// Threads to compute with [default: RELUFLOW_THREADS or one per core, and at most that]; results do
    /// not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST))]
    threads: Option<u16>,
    /// Take more threads than there are cores where --threads says so
    #[arg(long)]
    oversubscribe: bool,
}

/// More threads than this are a slip.
const MOST: i64 = 4096;
/// The variable that says `--threads` once for all commands.
const OWN: &str = "RELUFLOW_THREADS";
/// The variable that rayon, the library behind the threads, reads where nothing is said.
const RAYON: &str = "RAYON_NUM_THREADS";
/// The variable that OpenBLAS reads when it is loaded.
const OPENBLAS: &str = "OPENBLAS_NUM_THREADS";

/// Address space that the program needs besides its data (bytes): buffers of OpenBLAS and HDF5.
const BASE: u64 = 192 << 20;
/// Address space that each thread needs (bytes): its stack, its heap, its buffer in OpenBLAS, which
/// waits for ever where it gets none.
const PER_THREAD: u64 = 160 << 20;

impl Threads {
    /// Makes it so, for the rest of the process.
    ///
    /// # Errors
    /// The limits of the process leave too little for one thread, or the system starts no more.
    pub fn apply(&self, quiet: bool) -> Result<(), Failure> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let own = if self.threads.is_none() { of_environment()? } else { None };
        let (asked, by) = match (self.threads, own) {
            (Some(threads), _) => (Some(threads.into()), "--threads"),
            (None, Some(threads)) => (Some(threads), OWN),
            (None, None) => (std::env::var(RAYON).ok().and_then(|n| n.parse::<usize>().ok()), RAYON),
        };
        // Rayon takes 0 for "as many as there are cores".
        let asked = asked.filter(|&threads| threads > 0);
        let mut threads = asked.unwrap_or(cores);
        if threads > cores && !self.oversubscribe {
            if !quiet {
                note(&format!(
                    "note: {by} {threads}: there {} here, and more threads only get in each other's way: \
                     {cores} compute; --oversubscribe takes more",
                    if cores == 1 { "is 1 core".to_string() } else { format!("are {cores} cores") }
                ));
            }
            threads = cores;
        }
        if let Some(left) = memory::left_by_process_limits() {
            let fit = left.saturating_sub(BASE) / PER_THREAD;
            if fit == 0 {
                return Err(too_tight(left));
            }
            threads = threads.min(usize::try_from(fit).unwrap_or(usize::MAX));
        }
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| {
            Failure::usage(format!("{threads} threads cannot be started: {error}"))
                .help("lower --threads, or raise the limits of the process (ulimit -u, ulimit -v)")
        })
    }
}

/// What [`OWN`] says; an empty one says nothing.
fn of_environment() -> Result<Option<usize>, Failure> {
    let Some(said) = std::env::var_os(OWN).filter(|said| !said.is_empty()) else { return Ok(None) };
    let said = said.to_string_lossy();
    match said.trim().parse::<i64>() {
        Ok(threads) if (1..=MOST).contains(&threads) => Ok(Some(threads as usize)),
        _ => Err(Failure::usage(format!("the environment has {OWN} = {}", text::line(&said)))
            .help(format!("set it to a whole number from 1 to {MOST}, or unset it"))),
    }
}

fn too_tight(left: u64) -> Failure {
    Failure::usage(format!(
        "the limit of this process on its memory (ulimit -v, ulimit -d) leaves {}, and {} are needed before any data",
        text::bytes(left),
        text::bytes(BASE + PER_THREAD)
    ))
    .help("raise the limit")
}

/// Starts the program again with one thread in OpenBLAS, where a limit of the process leaves little
/// room; to be called first.
///
/// OpenBLAS starts a thread for each core when it is loaded, before any code of this program, and
/// each asks for its buffer again and again until it gets one: it would burn a core, and the
/// program would wait for it at its end. The decompositions that use OpenBLAS are then slower.
pub fn spare_blas_threads() {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let tight = |left: u64| left < (1 << 30) + cores * PER_THREAD;
    let alone = std::env::var_os(OPENBLAS).is_some_and(|threads| threads == "1");
    if alone || !memory::left_by_process_limits().is_some_and(tight) {
        return;
    }
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    // Where that fails, the program goes on as it is.
    let _ = std::process::Command::new("/proc/self/exe").arg0(name).args(arguments).env(OPENBLAS, "1").exec();
}
