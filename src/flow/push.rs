//! What a push of all particles along a path of the residuals depends on, besides the particles.

use crate::problem::{Regions, Samples};

use super::interface::Margins;
use super::moments::Moments;
use super::path::Path;

/// One push.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The samples.
    pub samples: &'a Samples,
    /// Their regions.
    pub regions: &'a Regions,
    /// The path of the residuals over the step.
    pub path: &'a Path,
    /// Moments at the start of the step.
    pub start: &'a Moments,
    /// How far the field may be from the truth.
    pub margins: &'a Margins,
    /// `lambda` of the total-variation term.
    pub lambda: f64,
    /// Largest angle of one Runge-Kutta step.
    pub turn: f64,
    /// Events that change a residual's rate by more than this (per time) are reported with their instant.
    pub significant: f64,
}
