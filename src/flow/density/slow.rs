//! Boundaries behind which what crosses them soon comes back.
//!
//! Before a boundary becomes an attractor, the velocity beyond it falls to 0 while mass still arrives. That mass lies in a
//! layer behind the boundary which is thinner than any column, and it is the first that the attractor catches. Spread over
//! a column it would come late: an error that halves with the columns at best. So it is carried as particles.

use crate::flow::field::Vec2;
use crate::flow::interface::Interface;
use crate::problem::Regions;

use super::crossing::Crosses;
use super::grid::Grid;

/// Mass that crosses a boundary slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// Which boundary.
    pub boundary: usize,
    /// Whether it comes from the clockwise side.
    pub upward: bool,
    /// 0 of `r > 0`, 1 of `r < 0`.
    pub side: usize,
}

impl Slow {
    /// The region beyond.
    pub fn beyond(&self, regions: &Regions) -> usize {
        if self.upward { regions.above(self.boundary) } else { self.boundary }
    }
}

/// All crossings after which rows with `A` up to 2 turn back within a column.
///
/// ```text
/// v^2 / (-dv/dt) < width of the column,    v: velocity beyond the boundary per unit of A
/// ```
///
/// * `field`: `h g_k` at the start and at the end of a step, and its mean.
/// * `crosses`: of every boundary, for both signs of `r`.
pub fn slow_crossings(
    grid: &Grid,
    regions: &Regions,
    [start, end, mean]: [&[Vec2]; 3],
    crosses: &[[Crosses; 2]],
) -> Vec<Slow> {
    let mut slow = vec![];
    for (boundary, sides) in crosses.iter().enumerate() {
        for (side, crosses) in sides.iter().enumerate() {
            for (upward, goes_on) in [(true, crosses.upward), (false, crosses.downward)] {
                let one = Slow { boundary, upward, side };
                let beyond = one.beyond(regions);
                if !goes_on || beyond == 0 {
                    continue;
                }
                let velocity = |field: &[Vec2]| {
                    let sign = if side == 0 { 1.0 } else { -1.0 };
                    let [low, high] = Interface::new(regions, boundary, sign, |k| field[k], |_| 0.0).velocity;
                    if upward { high } else { -low }
                };
                let slows = velocity(start) - velocity(end);
                if slows > 0.0 && velocity(mean).powi(2) < slows * grid.width(beyond) {
                    slow.push(one);
                }
            }
        }
    }
    slow
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Samples;

    #[test]
    fn what_comes_back_within_a_column_is_slow() {
        let samples = Samples::new(&[-1.0, 0.0, 1.0], &[0.0; 3]).unwrap();
        let regions = Regions::new(&samples);
        let grid = Grid::new(&regions, 64);
        // Boundary 1 has the normal (0, 1): v = -g_y with r > 0, upward with g_y < 0 on both sides.
        assert!((regions.normal(1)[1] - 1.0).abs() < 1e-15);
        let field =
            |beyond: f64| (0..6).map(|k| [0.0, if k == 2 { beyond } else { -1.0 }]).collect::<Vec<_>>();
        let crosses = vec![[Crosses { upward: true, downward: false }; 2]; 6];
        let found =
            |start: f64, end: f64| {
                let fields = [field(start), field(end), field(0.5 * (start + end))];
                slow_crossings(&grid, &regions, fields.each_ref().map(Vec::as_slice), &crosses)
                    .contains(&Slow { boundary: 1, upward: true, side: 0 })
            };
        // A column is pi / 4 / 8 = 0.098 wide. From 0.05 to 0.03 in a step: 0.04^2 / 0.02 = 0.08.
        assert!(found(-0.05, -0.03));
        // 0.05^2 / 0.02 = 0.125; and what gets faster does not come back.
        assert!(!found(-0.06, -0.04) && !found(-0.03, -0.05));
    }
}
