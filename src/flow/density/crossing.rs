//! What goes on over each boundary.

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface};
use crate::problem::Regions;

/// What arrives at a boundary from either side goes on into the region beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crosses {
    /// What comes from the clockwise side.
    pub upward: bool,
    /// What comes from the anticlockwise side.
    pub downward: bool,
}

/// What crosses boundary `b`, of rows with `r > 0` and of rows with `r < 0` (`A < 0`, `A > 0`).
///
/// * `field`, `margin`: of each region, in one unit.
pub fn crosses(regions: &Regions, b: usize, field: &[Vec2], margin: impl Fn(usize) -> f64) -> [Crosses; 2] {
    [1.0, -1.0].map(|sign| {
        let boundary = Interface::new(regions, b, sign, |k| field[k], &margin);
        let [low, high] = boundary.velocity;
        let goes_on = |upward| matches!(boundary.on_arrival(upward), Fate::Enters { .. });
        // What is dead does not move: its velocity is 0.
        Crosses { upward: low > 0.0 && goes_on(true), downward: high < 0.0 && goes_on(false) }
    })
}

/// What crosses each boundary.
///
/// * `margin`: how far `field` may be from the truth.
pub fn all_crosses(regions: &Regions, field: &[Vec2], margin: &[f64]) -> Vec<[Crosses; 2]> {
    (0..regions.boundaries()).map(|b| crosses(regions, b, field, |k| margin[k])).collect()
}
