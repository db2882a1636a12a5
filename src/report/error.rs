//! Why a report could not be made.

use std::path::PathBuf;

use thiserror::Error;

use crate::io::IoError;
use crate::system::text;

/// Why a report was refused; every text names the file, what was found and the remedy.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The file cannot be read or the report cannot be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The file is one of the kernel regime.
    #[error(
        "{} is a file of reluflow kernel: reports are made of runs and studies; `reluflow plot` draws it",
        text::path(.path)
    )]
    Kernel {
        /// The file.
        path: PathBuf,
    },
    /// The file is one of a pointwise density.
    #[error("{} is a file of reluflow density: reports are made of runs and studies", text::path(.path))]
    Density {
        /// The file.
        path: PathBuf,
    },
    /// The file is one of a start law or a loss landscape.
    #[error(
        "{} is a file of reluflow law or landscape: reports are made of runs and studies; `reluflow plot` draws it",
        text::path(.path)
    )]
    Arrays {
        /// The file.
        path: PathBuf,
    },
    /// The run stores no particles.
    #[error(
        "{} stores no particles, of which a report draws the network: run the scenario again with \
         output.particles = \"all\", or a number",
        text::path(.path)
    )]
    NoParticles {
        /// The run file.
        path: PathBuf,
    },
    /// A film is asked for of a density.
    #[error(
        "{} solves for the density of the measure, and --gif films neurons: leave it out; `reluflow plot --figure density --time T` draws single moments",
        text::path(.path)
    )]
    NoNeurons {
        /// The run file.
        path: PathBuf,
    },
    /// The run has no snapshot yet.
    #[error("{} holds no snapshot yet: wait for the first, or run the scenario again", text::path(.path))]
    NoSnapshot {
        /// The run file.
        path: PathBuf,
    },
    /// A film is asked for of something that does not move.
    #[error("{} is a study: --gif films a run; leave it out, or give a run file", text::path(.path))]
    NoFilm {
        /// The study file.
        path: PathBuf,
    },
    /// A study file lacks something that every study has.
    #[error("{} is damaged: {found}; make it again with reluflow study", text::path(.path))]
    Damaged {
        /// The study file.
        path: PathBuf,
        /// What is broken.
        found: String,
    },
    /// A picture could not be drawn, or the film not be encoded.
    #[error("the film could not be made: {found}; report this as a bug")]
    Film {
        /// What drawing or encoding says.
        found: String,
    },
}
