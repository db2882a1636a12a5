//! Where the mass of a density is.

use crate::flow::Flow;
use crate::math::sum::Sum;
use crate::problem::Regions;

use super::columns::Density;
use super::grid::Grid;
use super::layout::parts;
use super::parabola::Lanes;
use super::slice::weight;

/// Masses of a density by place, and its mean amplitude; compensated sums over cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Free in each region, what boundaries have released included; in region 0 all that is dead.
    pub region: Vec<f64>,
    /// What is pinned on each boundary with `r > 0` and with `r < 0`.
    pub pinned: Vec<[f64; 2]>,
    /// Stuck at `r = 0`, free of what is dead there.
    pub stuck: f64,
    /// All at `r = 0` that cannot move: `stuck`, and what the total-variation term has brought to 0 in the dead region.
    pub at_rest: f64,
    /// `Int |r| mu`.
    pub absolute: f64,
}

impl Places {
    /// Of the cells of a state.
    pub fn of(density: &Density, regions: &Regions, flow: Flow) -> Places {
        let grid = Grid::new(regions, density.layout[0] as usize);
        let (columns, count) = (grid.columns(), grid.regions());
        let mut region = vec![Sum::default(); count];
        let mut pinned = vec![[Sum::default(); 2]; count];
        let mut absolute = Sum::default();
        let all = grid.all();
        let slices = parts(&density.layout, &density.cells, flow, all);
        for (slice, cells) in &slices {
            for (block, cells) in cells.chunks(all).enumerate() {
                let (weights, side) =
                    (&slice.weights[block][weight::R], usize::from(slice.sign(block) < 0.0));
                for cell in cells {
                    (0..cell.len()).for_each(|i| absolute.add(cell[i] * weights[i].abs()));
                }
                let add = |sum: &mut Sum, cells: &[Lanes]| {
                    cells.as_flattened().iter().for_each(|mass| sum.add(*mass));
                };
                for (k, sum) in region.iter_mut().enumerate() {
                    add(sum, &cells[grid.of(k)]);
                }
                for (b, sums) in pinned.iter_mut().enumerate() {
                    add(&mut sums[side], &cells[columns + b..=columns + b]);
                }
                add(&mut region[0], &cells[columns + count..]);
            }
        }
        for [slice, k, q, _, mass] in density.released() {
            region[k as usize].add(mass);
            absolute.add(mass * slices[slice as usize].0.coordinate.row(q).r.abs());
        }
        let (mut stuck, mut at_rest) = (Sum::default(), Sum::default());
        for (column, &mass) in density.stuck.iter().enumerate() {
            at_rest.add(mass);
            if grid.is_dead(column) { region[0].add(mass) } else { stuck.add(mass) }
        }
        Places {
            stuck: stuck.value(),
            at_rest: at_rest.value(),
            region: region.iter().map(Sum::value).collect(),
            pinned: pinned.iter().map(|sums| sums.map(|sum| sum.value())).collect(),
            absolute: absolute.value(),
        }
    }
}
