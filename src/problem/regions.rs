//! Boundaries and activation regions on the circle (mathematics, section 3).

use std::f64::consts::{PI, TAU};

use super::Samples;
use super::measure::wrap;

/// The `2 s` boundaries and `2 s` activation regions that `s` samples cut the circle into.
///
/// Sample `j` is active, `<xt_j, d(theta)> > 0`, exactly for `theta` in
/// `(-atan x_j, pi - atan x_j)`. Boundaries are counted anticlockwise:
///
/// * boundary `b < s`: sample `s-1-b` switches on, at `-atan x_j`;
/// * boundary `b >= s`: sample `2s-1-b` switches off, at `pi - atan x_j`;
/// * region `k` lies between boundary `k-1` and boundary `k`; region 0 has no active sample.
///
/// Angles here are *unwrapped*: region `k >= 1` is `[angle(k-1), angle(k)]` with
/// `-pi/2 < angle(0) < ... < angle(2s-1) < 3 pi/2`, so that no live region contains a jump of
/// `2 pi`. Samples closer than an angle resolves give regions of width 0, which particles pass
/// through in no time.
///
/// ```
/// use reluflow::problem::{Regions, Samples};
/// use std::f64::consts::PI;
/// let regions = Regions::new(&Samples::new(&[0.0, 1.0], &[0.0, 0.0])?);
/// assert_eq!(regions.boundaries(), 4);
/// assert_eq!(regions.angle(0), -PI / 4.0);     // sample 1 switches on
/// assert_eq!(regions.angle(2), 3.0 * PI / 4.0); // and off
/// assert_eq!(regions.sample(0), 1);
/// assert_eq!(regions.region_of(0.1), 2);       // both active
/// assert_eq!(regions.region_of(4.0), 0);       // dead
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Regions {
    samples: usize,
    angle: Vec<f64>,
    direction: Vec<[f64; 2]>,
    normal: Vec<[f64; 2]>,
}

impl Regions {
    /// Boundaries and regions of these samples.
    pub fn new(samples: &Samples) -> Regions {
        let s = samples.len();
        let mut regions = Regions { samples: s, angle: vec![], direction: vec![], normal: vec![] };
        for b in 0..2 * s {
            let x = samples.x()[regions.sample(b)];
            let side = if b < s { 1.0 } else { -1.0 };
            let norm = libm::hypot(x, 1.0);
            regions.angle.push(if b < s { -libm::atan(x) } else { PI - libm::atan(x) });
            regions.direction.push([side / norm, -side * x / norm]);
            regions.normal.push([side * x / norm, side / norm]);
        }
        regions
    }

    /// Number of boundaries, which is also the number of regions: `2 s`.
    pub fn boundaries(&self) -> usize {
        2 * self.samples
    }

    /// Number of samples, `s`.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The sample that switches at boundary `b`.
    pub fn sample(&self, b: usize) -> usize {
        if b < self.samples { self.samples - 1 - b } else { 2 * self.samples - 1 - b }
    }

    /// Whether the sample of boundary `b` switches on there (anticlockwise).
    pub fn switches_on(&self, b: usize) -> bool {
        b < self.samples
    }

    /// Unwrapped angle of boundary `b` (rad), ascending in `b`, in `(-pi/2, 3 pi/2)`.
    pub fn angle(&self, b: usize) -> f64 {
        self.angle[b]
    }

    /// Unit vector `d` along boundary `b`: `+-(1, -x_j) / sqrt(1 + x_j^2)`.
    pub fn direction(&self, b: usize) -> [f64; 2] {
        self.direction[b]
    }

    /// Unit normal of boundary `b`, pointing anticlockwise: `+-(x_j, 1) / sqrt(1 + x_j^2)`.
    pub fn normal(&self, b: usize) -> [f64; 2] {
        self.normal[b]
    }

    /// The region just anticlockwise of boundary `b` (the one just clockwise is `b` itself).
    pub fn above(&self, b: usize) -> usize {
        if b + 1 == self.boundaries() { 0 } else { b + 1 }
    }

    /// The region next to boundary `b` in which its sample is inactive.
    pub fn inactive_side(&self, b: usize) -> usize {
        if self.switches_on(b) { b } else { self.above(b) }
    }

    /// The samples active in region `k`, a contiguous range.
    pub fn active(&self, k: usize) -> std::ops::Range<usize> {
        let s = self.samples;
        match k {
            0 => 0..0,
            k if k <= s => s - k..s,
            k => 0..2 * s - k,
        }
    }

    /// The region that contains the direction `theta` (any real angle), in `O(log s)`.
    ///
    /// On a boundary: the region that starts there.
    pub fn region_of(&self, theta: f64) -> usize {
        self.region_of_unwrapped(self.unwrapped(theta))
    }

    /// The same for an angle that [`Regions::unwrapped`] returned. Unwrapping twice could turn an
    /// angle within rounding of the first boundary once more around.
    pub(crate) fn region_of_unwrapped(&self, theta: f64) -> usize {
        // angle(0) starts region 1, angle(2s-1) starts region 0 again.
        let started = self.angle.partition_point(|&angle| angle <= theta);
        if started == self.boundaries() { 0 } else { started }
    }

    /// `theta` moved by a multiple of `2 pi` into `[angle(0), angle(0) + 2 pi)`.
    pub fn unwrapped(&self, theta: f64) -> f64 {
        if theta < self.angle[0] {
            return theta + TAU * ((self.angle[0] - theta) / TAU).ceil();
        }
        let turns = ((theta - self.angle[0]) / TAU).floor();
        if turns == 0.0 { theta } else { theta - TAU * turns }
    }

    /// The boundary exactly at `theta`, if there is one, in `O(log s)`.
    pub fn boundary_at(&self, theta: f64) -> Option<usize> {
        let theta = wrap(theta);
        // Wrapping rounds, so the neighbours of the place where theta would be sorted in are
        // compared as wrapped angles.
        let near = self.angle.partition_point(|&angle| angle < self.unwrapped(theta));
        (near.saturating_sub(1)..=near + 1)
            .map(|b| b % self.boundaries())
            .find(|&b| wrap(self.angle[b]) == theta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(x: &[f64]) -> Regions {
        Regions::new(&Samples::new(x, &vec![0.0; x.len()]).unwrap())
    }

    #[test]
    fn active_sets_are_those_of_the_inner_product() {
        let x = [-3.0, -0.5, 0.0, 0.25, 40.0];
        let regions = regions(&x);
        for step in 0..1000 {
            let theta = step as f64 * 0.0137 - 3.0;
            let (sin, cos) = theta.sin_cos();
            let expected: Vec<usize> = (0..5).filter(|&j| x[j] * cos + sin > 0.0).collect();
            let found: Vec<usize> = regions.active(regions.region_of(theta)).collect();
            assert_eq!(found, expected, "theta = {theta}");
        }
    }

    #[test]
    fn normals_point_anticlockwise() {
        let regions = regions(&[-2.0, 0.5, 3.0]);
        for b in 0..6 {
            let ([dx, dy], [nx, ny]) = (regions.direction(b), regions.normal(b));
            let (sin, cos) = regions.angle(b).sin_cos();
            assert!((dx - cos).abs() < 1e-15 && (dy - sin).abs() < 1e-15);
            assert!((nx + sin).abs() < 1e-15 && (ny - cos).abs() < 1e-15);
            assert!(b == 0 || regions.angle(b) > regions.angle(b - 1));
        }
    }

    #[test]
    fn one_sample_has_one_live_region() {
        let regions = regions(&[0.0]);
        assert_eq!(regions.boundary_at(0.0), Some(0));
        assert_eq!(regions.boundary_at(PI), Some(1));
        assert_eq!(regions.boundary_at(1.0), None);
        assert_eq!(regions.region_of(1.0), 1);
        assert_eq!(regions.region_of(-1.0), 0);
    }
}
