//! What can go wrong with figures.

use std::path::PathBuf;

use thiserror::Error;

use crate::io::IoError;
use crate::system::text;

/// Why a figure cannot be drawn; every text says what is allowed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlotError {
    /// A file cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The file has no such figure.
    #[error("{}: a {kind} has no figure {figure}; it has {}", text::path(.path), .allowed.join(", "))]
    Figure {
        /// The file.
        path: PathBuf,
        /// What the file is.
        kind: &'static str,
        /// What was asked for.
        figure: String,
        /// What there is.
        allowed: Vec<&'static str>,
    },
    /// The file is one of a pointwise density.
    #[error(
        "{} is a file of reluflow density, which has no figures: xarray draws it, density.isel(time=0).plot()",
        text::path(.path)
    )]
    Density {
        /// The file.
        path: PathBuf,
    },
    /// The file lacks what the figure shows.
    #[error("{}: figure {figure} needs {needed}, which the file does not have: {remedy}", text::path(.path))]
    Lacks {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        figure: &'static str,
        /// What is missing.
        needed: String,
        /// What to do.
        remedy: String,
    },
    /// There is no snapshot at that time.
    #[error("--time {asked}: {} has no snapshot at that time; the nearest is at {}, the last, {}, is taken without --time", text::path(.path), text::time(*.nearest), text::time(*.last))]
    Time {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        asked: f64,
        /// The nearest.
        nearest: f64,
        /// The last.
        last: f64,
    },
    /// The figure shows the whole run.
    #[error("--time: figure {figure} shows the whole run; leave --time out, or choose one of {}", .allowed.join(", "))]
    NoTime {
        /// What was asked for.
        figure: &'static str,
        /// Figures of one moment.
        allowed: Vec<&'static str>,
    },
    /// The page is too low for what stands around the frames.
    #[error(
        "--height {height}: labels and legends of figure {figure} leave no room; at least {least} inches, or smaller letters (--font-size)"
    )]
    Shape {
        /// What was asked for.
        figure: String,
        /// Inches that were asked for.
        height: f64,
        /// Inches that would do.
        least: f64,
    },
    /// Several runs cannot be drawn together.
    #[error("figure {figure} shows one run; several together have the figures {}", .allowed.join(", "))]
    Several {
        /// What was asked for.
        figure: String,
        /// What there is.
        allowed: Vec<&'static str>,
    },
    /// More runs than colours.
    #[error("{count} runs in one figure: at most {most} can be told apart")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// The drawing library failed.
    #[error("figure {figure} cannot be drawn: {found}")]
    Drawing {
        /// Which figure.
        figure: String,
        /// What it says.
        found: String,
    },
    /// The picture cannot be converted.
    #[error("the picture cannot be converted: {found}")]
    Converting {
        /// What is said.
        found: String,
    },
}
