//! What a computation needs of memory, estimated before anything is allocated, and set against what
//! [`system::memory`](crate::system::memory) says there is.
//!
//! The constants are the most that was measured (resident memory of whole runs on two threads, by
//! differences between sizes), and a little more: a run that is let in should not die of it.

use crate::flow::Flow;
use crate::run::Description;
use crate::system::memory::{self, Available};
use crate::system::text;

/// What is estimated, and what to lower where it does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Bytes.
    pub bytes: u64,
    /// Bytes of these that go with the samples.
    of_samples: u64,
    particles: usize,
    cells: u64,
    samples: usize,
}

/// Bytes of a particle while a run goes on (a bound the benches hold the program to).
const PARTICLE: u64 = 120;
/// Bytes of a cell of a density: its mass now, at the end of a step and between, all of it once more where the range
/// of amplitudes grows, and what is stored.
const CELL: u64 = 120;
/// Empty rows around those of the start.
const ROWS: u64 = 64;
/// Columns that a sample adds at most: three for each of its regions, and one for each of its boundaries.
const COLUMNS: u64 = 8;
/// Bytes of a number.
const NUMBER: u64 = 8;
/// Square matrices of numbers at once where the tangent kernel is stored: it, the first one, their
/// difference, a copy that the decomposition destroys, and its work space.
const TANGENT_MATRICES: u64 = 6;
/// Square matrices at once in the kernel regime: kernel and modes of both regimes, the symmetric
/// matrix, what its decomposition works in, and kernels at the points at which functions are compared.
const KERNEL_MATRICES: u64 = 10;
/// Bytes of a sample there in linear time: a bound on the chains of both regimes with factors and functions between the
/// samples, ...
const LINEAR_KERNEL: u64 = 1500;
/// ... and on what is kept in each regime for each thread that looks at two times, of so many threads.
const LINEAR_KERNEL_THREAD: u64 = 280;
const LINEAR_KERNEL_THREADS: u64 = 16;
/// Numbers there for each sample and each point at which functions are stored.
const AT_POINTS: u64 = 2;

impl Need {
    /// Of a run.
    ///
    /// * `kernel`: whether the tangent kernel is stored.
    pub fn of_run(particles: usize, samples: usize, flow: &Flow, kernel: bool) -> Need {
        let s = samples as u64;
        let matrices = if kernel { TANGENT_MATRICES * NUMBER * s.saturating_mul(s) } else { 0 };
        Need::new(
            particles,
            samples,
            s.saturating_mul(flow.descriptor().bytes_per_sample).saturating_add(matrices),
        )
    }

    /// Of a run that solves for its density.
    ///
    /// * `cells`: per turn of the circle, and across the amplitudes; of each of so many `slices`.
    /// * `kernel`: whether the tangent kernel is stored.
    pub fn of_density(
        (cells, slices): ([usize; 2], usize),
        samples: usize,
        flow: &Flow,
        kernel: bool,
    ) -> Need {
        let columns = (cells[0] as u64).saturating_add(COLUMNS.saturating_mul(samples as u64));
        // Of a law of (c, a, b), c^2 - |w|^2 has either sign.
        let families = if slices > 1 { 2 * slices as u64 } else { 1 };
        let cells = columns.saturating_mul(cells[1] as u64 + ROWS).saturating_mul(families);
        let of_run = Need::of_run(0, samples, flow, kernel);
        Need { bytes: of_run.bytes.saturating_add(cells.saturating_mul(CELL)), cells, ..of_run }
    }

    /// Of the run of this description.
    pub fn of(description: &Description) -> Need {
        let (samples, flow) = (description.samples.len(), &description.flow);
        let kernel = description.output.tangent_kernel;
        match &description.density {
            Some(density) => Need::of_density((density.cells, density.slices), samples, flow, kernel),
            None => Need::of_run(description.mass.len(), samples, flow, kernel),
        }
    }

    /// Of `reluflow kernel`, functions stored at `points`.
    pub fn of_kernel(samples: usize, points: usize) -> Need {
        let (s, points) = (samples as u64, points as u64);
        let rows = KERNEL_MATRICES * s + AT_POINTS * points;
        Need::new(0, samples, s.saturating_mul(rows).saturating_mul(NUMBER))
    }

    /// Of `reluflow kernel` in linear time, residuals stored at so many times.
    pub fn of_linear_kernel(samples: usize, times: usize) -> Need {
        let threads = (rayon::current_num_threads() as u64).min(LINEAR_KERNEL_THREADS);
        // Residuals of both regimes, as they are and as they are written.
        let each = LINEAR_KERNEL + LINEAR_KERNEL_THREAD * threads + 4 * NUMBER * times as u64;
        Need::new(0, samples, (samples as u64).saturating_mul(each))
    }

    fn new(particles: usize, samples: usize, of_samples: u64) -> Need {
        let of_particles = (particles as u64).saturating_mul(PARTICLE);
        Need { bytes: of_samples.saturating_add(of_particles), of_samples, particles, cells: 0, samples }
    }

    /// What is wrong and what to do, if this machine does not have that much.
    ///
    /// # Errors
    /// Problem and remedy.
    pub fn check(self) -> Result<(), (String, String)> {
        self.against(memory::available())
    }

    /// As [`Need::check`], beside what is there.
    pub(super) fn against(self, available: Option<Available>) -> Result<(), (String, String)> {
        let Some(available) = available.filter(|available| available.bytes < self.bytes) else {
            return Ok(());
        };
        let Need { bytes, of_samples, particles, cells, samples } = self;
        let what = match (particles, cells) {
            (0, 0) => format!("{samples} samples"),
            (0, _) => format!("{cells} cells and {samples} samples"),
            (_, _) if samples == 0 => format!("{particles} particles"),
            _ => format!("{particles} particles and {samples} samples"),
        };
        let left = available.bytes.saturating_sub(of_samples) / PARTICLE;
        let remedy = match (particles, left) {
            (0, _) if cells > 0 && of_samples < available.bytes => "give fewer measure.cells".to_string(),
            (0, _) | (_, 0) => {
                "give fewer samples: thin the data, or merge rows with nearly equal x".to_string()
            }
            _ => format!("lower measure.particles to {left} or fewer"),
        };
        Err((format!("{what} need {} of memory, and {available}", text::bytes(bytes)), remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::memory::Bound;

    #[test]
    fn what_does_not_fit_is_refused_with_numbers() {
        let there = |bytes| Some(Available { bytes, bound: Bound::Process });
        let run = |particles| Need::of_run(particles, 10, &Flow::Canonical { tv: 0.0 }, false);
        assert_eq!(run(1000).against(there(176_000)), Ok(()));
        assert_eq!(run(usize::MAX).against(None), Ok(()));
        let (problem, remedy) = run(1001).against(there(176_000)).unwrap_err();
        assert_eq!(
            problem,
            "1001 particles and 10 samples need 176.1 kB of memory, and 176.0 kB of memory are available \
             under the limit of this process (ulimit -v, ulimit -d)"
        );
        assert_eq!(remedy, "lower measure.particles to 1000 or fewer");
        let (problem, remedy) = Need::of_kernel(100_000, 401).against(there(8 << 30)).unwrap_err();
        assert!(problem.starts_with("100000 samples need 800.6 GB of memory"), "{problem}");
        assert!(remedy.starts_with("give fewer samples"));
    }
}
