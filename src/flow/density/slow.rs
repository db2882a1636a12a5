//! Boundaries behind which what crosses them soon comes back.
//!
//! Before a boundary becomes an attractor, the velocity beyond it falls to 0 while mass still arrives. That mass lies in a
//! layer behind the boundary which is thinner than any column, and it is the first that the attractor catches. Spread over
//! a column it would come late: an error that halves with the columns at best. So it is carried as particles. In the step
//! in which the boundary turns, what comes late is back by its end, and is caught at once.

use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::flow::interface::Interface;
use crate::math::poly;
use crate::problem::Regions;

use super::crossing::Crosses;
use super::grid::Grid;

/// Mass that crosses a boundary slowly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slow {
    /// Which boundary.
    pub boundary: usize,
    /// Whether it comes from the clockwise side.
    pub upward: bool,
    /// 0 of `r > 0`, 1 of `r < 0`.
    pub side: usize,
    /// What arrives before this part of the step is beyond at its end, what arrives later has come back.
    pub passes: f64,
}

impl Slow {
    /// The region beyond.
    pub fn beyond(&self, regions: &Regions) -> usize {
        if self.upward { regions.above(self.boundary) } else { self.boundary }
    }

    /// `Int h g_k(u) min(1, u / passes) du`: how the field moves, on average, what has arrived at a constant rate.
    pub fn carries(&self, field: &[FieldCubic]) -> Vec<Vec2> {
        let t = self.passes;
        // Int_0^t u^p u / t du + Int_t^1 u^p du
        let weights: [f64; 4] = std::array::from_fn(|p| {
            let power = t.powi(p as i32 + 1);
            power / (p as f64 + 2.0) + (1.0 - power) / (p as f64 + 1.0)
        });
        let one = |cubic: &[f64; 4]| cubic.iter().zip(weights).map(|(c, weight)| c * weight).sum();
        field.iter().map(|field| [one(&field.x), one(&field.y)]).collect()
    }
}

/// All crossings after which rows with `A` up to 2 turn back within the step or within a column.
///
/// ```text
/// v(1) < 0   or   v^2 / (-dv/dt) < width of the column,    v: velocity beyond the boundary per unit of A
/// ```
///
/// * `field`: `h g_k` along the step.
/// * `crosses`: of every boundary, for both signs of `r`.
pub fn slow_crossings(
    grid: &Grid,
    regions: &Regions,
    field: &[FieldCubic],
    crosses: &[[Crosses; 2]],
) -> Vec<Slow> {
    let mut slow = vec![];
    for (boundary, sides) in crosses.iter().enumerate() {
        for (side, crosses) in sides.iter().enumerate() {
            for (upward, goes_on) in [(true, crosses.upward), (false, crosses.downward)] {
                let mut one = Slow { boundary, upward, side, passes: 1.0 };
                let beyond = one.beyond(regions);
                if !goes_on || beyond == 0 {
                    continue;
                }
                let velocity: [f64; 4] = std::array::from_fn(|power| {
                    let sign = if side == 0 { 1.0 } else { -1.0 };
                    let field = |k: usize| [field[k].x[power], field[k].y[power]];
                    let [low, high] = Interface::new(regions, boundary, sign, field, |_| 0.0).velocity;
                    if upward { high } else { -low }
                });
                let slows = velocity[0] - poly::value(&velocity, 1.0);
                if slows > 0.0 {
                    one.passes = passes(&velocity);
                    if one.passes < 1.0 || mean(&velocity, 0.0).powi(2) < slows * grid.width(beyond) {
                        slow.push(one);
                    }
                }
            }
        }
    }
    slow
}

/// The last instant from which a velocity leads on until the end of the step: `Int_t^1 v du = 0`; 1 if it leads on at the
/// end.
fn passes(velocity: &[f64; 4]) -> f64 {
    if poly::value(velocity, 1.0) >= 0.0 {
        return 1.0;
    }
    let [mut low, mut high] = [0.0, 1.0];
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        *if mean(velocity, middle) > 0.0 { &mut low } else { &mut high } = middle;
    }
    low
}

/// The mean of a cubic over `[from, 1]`.
fn mean(cubic: &[f64; 4], from: f64) -> f64 {
    // (1 - t^(p+1)) / (1 - t) = 1 + t + .. + t^p
    let mut sum = 0.0;
    (0..4)
        .map(|p| {
            sum = 1.0 + from * sum;
            cubic[p] * sum / (p as f64 + 1.0)
        })
        .sum()
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
        // h g_y = start + (end - start) u beyond.
        let field = |start: f64, end: f64| {
            let one = |k: usize| if k == 2 { [start, end - start, 0.0, 0.0] } else { [-1.0, 0.0, 0.0, 0.0] };
            (0..6).map(|k| FieldCubic { x: [0.0; 4], y: one(k) }).collect::<Vec<_>>()
        };
        let crosses = vec![[Crosses { upward: true, downward: false }; 2]; 6];
        let found = |start: f64, end: f64| {
            let slow = slow_crossings(&grid, &regions, &field(start, end), &crosses);
            slow.into_iter().find(|one| (one.boundary, one.upward, one.side) == (1, true, 0))
        };
        // A column is pi / 4 / 8 = 0.098 wide. From 0.05 to 0.03 in a step: 0.04^2 / 0.02 = 0.08.
        assert_eq!(found(-0.05, -0.03).unwrap().passes, 1.0);
        // 0.05^2 / 0.02 = 0.125; and what gets faster does not come back.
        assert!(found(-0.06, -0.04).is_none() && found(-0.03, -0.05).is_none());
        // v = 3 - 4 u turns at 3/4: what arrives before 1/2 is beyond at the end.
        let turns = found(-3.0, 1.0).unwrap();
        assert!((turns.passes - 0.5).abs() < 1e-12);
        // Int_0^1/2 2 u (-3 + 4 u) du + Int_1/2^1 (-3 + 4 u) du = -5/12 + 0.
        let carried = turns.carries(&field(-3.0, 1.0))[2];
        assert!((carried[1] + 5.0 / 12.0).abs() < 1e-12, "{carried:?}");
    }
}
