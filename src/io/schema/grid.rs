//! The grid of a density, as variables have it.

use std::ops::Range;

use crate::problem::Regions;
use crate::run::Description;

/// Middles of the rows.
pub(super) fn amplitudes(d: &Description, range: Range<usize>) -> Vec<f64> {
    middles(&amplitude_faces(d), range)
}

/// Middles of the columns.
pub(super) fn directions(d: &Description, range: Range<usize>) -> Vec<f64> {
    middles(&theta_faces(d), range)
}

/// Both ends of the rows.
pub(super) fn amplitude_bounds(d: &Description, range: Range<usize>) -> Vec<f64> {
    ends(&amplitude_faces(d), range)
}

/// Both ends of the columns.
pub(super) fn direction_bounds(d: &Description, range: Range<usize>) -> Vec<f64> {
    ends(&theta_faces(d), range)
}

/// The boundaries of the dead region.
pub(super) fn edges(d: &Description, range: Range<usize>) -> Vec<i32> {
    [0, 2 * d.samples.len() as i32 - 1][range].to_vec()
}

fn amplitude_faces(d: &Description) -> Vec<f64> {
    d.density.map_or(vec![], |density| density.amplitude_faces())
}

fn theta_faces(d: &Description) -> Vec<f64> {
    d.density.map_or(vec![], |density| density.theta_faces(&Regions::new(&d.samples)))
}

fn middles(faces: &[f64], range: Range<usize>) -> Vec<f64> {
    range.map(|i| 0.5 * (faces[i] + faces[i + 1])).collect()
}

fn ends(faces: &[f64], range: Range<usize>) -> Vec<f64> {
    range.flat_map(|i| [faces[i], faces[i + 1]]).collect()
}
