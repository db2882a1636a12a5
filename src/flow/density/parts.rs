//! What boundaries have released of one slice, in a step: it takes the same shifts and turns as the cells.

use std::collections::HashMap;

use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::problem::Regions;

use super::grid::Grid;
use super::housekeeping::{LEAST, MOST};
use super::parabola::{LANES, Lanes};
use super::released::{Arrival, Released};
use super::slice::Slice;
use super::slow::Slow;
use super::split::rows_at;

/// Mass that crosses slowly joins what is within this part of a column of the boundary.
const NEAR: f64 = 0.125;

/// The released lines of one slice.
pub struct Parts<'a> {
    /// Columns.
    pub grid: &'a Grid,
    /// Regions.
    pub regions: &'a Regions,
    /// Of the slice.
    pub index: usize,
    /// The slice.
    pub slice: &'a Slice,
    /// How far the total-variation term pushes in half a step.
    pub tv: f64,
}

impl Parts<'_> {
    /// Half a shift; what now is stuck at `r = 0` is added to its column.
    pub fn shift(&self, released: &mut Vec<Released>, field: &[Vec2], stuck: &mut [f64]) {
        released.retain_mut(|part| {
            let sticks =
                part.slice == self.index && part.shift(self.slice.coordinate, self.regions, field, self.tv);
            if sticks {
                stuck[self.column(part)] += part.mass;
            }
            !sticks
        });
    }

    /// The turn; what a boundary holds is added to its line, or to the edge of the dead region.
    pub fn turn(&self, released: &mut Vec<Released>, field: &[Vec2], margin: &[f64], cells: &mut [Lanes]) {
        let (columns, count) = (self.grid.columns(), self.grid.regions());
        released.retain_mut(|part| {
            if part.slice != self.index {
                return true;
            }
            let turn = self.slice.coordinate.row(part.q).turn;
            let line = match part.turn(turn, self.regions, field, margin) {
                Arrival::Free if part.region == 0 => self.column(part),
                Arrival::Free => return true,
                Arrival::Pinned(b) => columns + b,
                Arrival::Dead(b) => columns + count + usize::from(b > 0),
            };
            let first = self.slice.first as f64;
            for (row, share) in rows_at(part.q / self.slice.width - first, self.slice) {
                cells[row / LANES * self.grid.all() + line][row % LANES] += part.mass * share;
            }
            false
        });
    }

    /// What has come to a boundary in a turn and crosses it slowly is taken from its line and carried on, but for what is
    /// back by the end of the step. What is near the boundary already, in the same row, takes it in.
    ///
    /// * `before`: cells before the turn.
    /// * `field`: `h g_k` along the step; `margin`: how far its integral may be from the truth.
    pub fn let_through(
        &self,
        slow: &[Slow],
        before: &[Lanes],
        (field, margin): (&[FieldCubic], &[f64]),
        cells: &mut [Lanes],
        released: &mut Vec<Released>,
    ) {
        let all = self.grid.all();
        for one in slow {
            let (sign, region) = ([1.0, -1.0][one.side], one.beyond(self.regions));
            let (edge, width) = (self.regions.angle(one.boundary), self.grid.width(region));
            let row = |q: f64| (q / self.slice.width).floor() as i64;
            let near = |part: &Released| {
                part.slice == self.index && part.region == region && (part.theta - edge).abs() < NEAR * width
            };
            let mut beside: HashMap<i64, usize> = HashMap::new();
            for (i, part) in released.iter().enumerate().filter(|(_, part)| near(part)) {
                beside.entry(row(part.q)).or_insert(i);
            }
            let line = self.grid.columns() + one.boundary;
            let carries = one.carries(field);
            for block in (0..self.slice.blocks).filter(|&block| self.slice.sign(block) == sign) {
                for i in 0..LANES {
                    let at = block * all + line;
                    let arrived = cells[at][i] - before[at][i];
                    let mass = one.passes * arrived;
                    if mass <= LEAST / (self.slice.blocks * LANES) as f64 {
                        continue;
                    }
                    let q = self.slice.middle(block * LANES + i);
                    let mut part = Released { slice: self.index, region, q, theta: edge, mass };
                    let turn = self.slice.coordinate.row(q).turn;
                    if part.turn(turn, self.regions, &carries, margin) != Arrival::Free
                        || part.region != region
                    {
                        continue;
                    }
                    match beside.get(&row(q)) {
                        Some(&other) if near(&part) => released[other].take_in(&part),
                        _ if released.len() < MOST => released.push(part),
                        _ => continue,
                    }
                    cells[at][i] = before[at][i] + (arrived - mass);
                }
            }
        }
    }

    fn column(&self, part: &Released) -> usize {
        self.grid.column_at(part.region, part.theta)
    }
}
