//! The transport in `q` of a whole slice.

use rayon::prelude::*;

use crate::flow::interface::leaves_zero;

use super::grid::Grid;
use super::parabola::{LANES, Lanes};
use super::shift::{Displacement, TOGETHER, shift};
use super::slice::Slice;
use super::split::{Scratch, Split, place, transport};

/// What moves the columns of a slice along `q`.
#[derive(Debug, Clone, Copy)]
pub struct Motion<'a> {
    /// How far each column moves, in rows: those of the grid, then lines.
    pub rows: &'a [f64],
    /// How far the total-variation term pushes towards `r = 0`, in rows; 0 where there is none.
    pub towards_zero: f64,
    /// How far what is stuck at `r = 0` would have to move to be free of it beyond doubt, in rows.
    pub margin: f64,
}

/// Moves all columns; what is caught at `r = 0` is added to `stuck`, what is set free there taken from it.
///
/// * `columns`: scratch.
pub fn move_all(
    grid: &Grid,
    (slice, from): (&Slice, &[Lanes]),
    motion: Motion<'_>,
    stuck: &mut [f64],
    columns: &mut Vec<f64>,
    to: &mut [Lanes],
) {
    let all = grid.all();
    if motion.towards_zero == 0.0 && !slice.coordinate.has_origin() {
        let moves: Vec<Displacement> = motion.rows.iter().map(|rows| Displacement::new(*rows)).collect();
        to.par_chunks_mut(TOGETHER * all)
            .enumerate()
            .for_each(|(chunk, to)| shift(from, TOGETHER * chunk, &moves, to));
        return;
    }
    let rows = slice.blocks * LANES;
    columns.resize(all * rows, 0.0);
    let read = |column: usize, into: &mut [f64]| {
        for (block, into) in into.chunks_mut(LANES).enumerate() {
            into.copy_from_slice(&from[block * all + column]);
        }
    };
    if slice.coordinate.has_origin() {
        through_origin(grid, rows, motion, read, columns);
    } else {
        let zero = slice.zero();
        let tv = motion.towards_zero;
        columns.par_chunks_mut(rows).zip(stuck).enumerate().for_each_init(
            || (vec![0.0; rows], Scratch::default()),
            |(mass, scratch), (column, (to, stuck))| {
                read(column, mass);
                if grid.is_dead(column) {
                    to.copy_from_slice(mass);
                    return;
                }
                let split = Split { below: motion.rows[column] + tv, above: motion.rows[column] - tv };
                let caught = transport(mass, zero, split, scratch, to);
                let free = std::mem::take(stuck);
                match leaves_zero(split.below, split.above, motion.margin) {
                    0.0 => *stuck = free,
                    side if side > 0.0 => place(to, zero as f64 + split.above, free, zero..rows),
                    _ => place(to, zero as f64 + split.below, free, 0..zero),
                }
                *stuck += caught[0] + caught[1];
            },
        );
    }
    to.par_chunks_mut(all).enumerate().for_each(|(block, to)| {
        for (column, to) in to.iter_mut().enumerate() {
            let at = column * rows + block * LANES;
            to.copy_from_slice(&columns[at..at + LANES]);
        }
    });
}

/// Directions in pairs: what passes `w = 0` goes on in the opposite one.
fn through_origin(
    grid: &Grid,
    rows: usize,
    motion: Motion<'_>,
    read: impl Fn(usize, &mut [f64]) + Sync,
    columns: &mut [f64],
) {
    let (count, all) = (grid.regions(), grid.all());
    let half = count / 2;
    let pairs: Vec<[usize; 2]> = (1..=half)
        .flat_map(|k| grid.of(k).zip(grid.of((k + half) % count)))
        .map(|(here, there)| [here, there])
        .chain((0..half).map(|b| [grid.columns() + b, grid.columns() + b + half]))
        .collect();
    let moved: Vec<Vec<f64>> = pairs
        .par_iter()
        .map_init(
            || (vec![0.0; 2 * rows], Scratch::default()),
            |(mass, scratch), [here, there]| {
                read(*there, &mut mass[..rows]);
                mass[..rows].reverse();
                read(*here, &mut mass[rows..]);
                let split = Split { below: -motion.rows[*there], above: motion.rows[*here] };
                let mut to = vec![0.0; 2 * rows];
                let caught = transport(mass, rows, split, scratch, &mut to);
                to[rows - 1] += caught[0];
                // Beyond is nothing that moves: there it rests.
                to[if grid.is_dead(*there) { rows - 1 } else { rows }] += caught[1];
                to[..rows].reverse();
                to
            },
        )
        .collect();
    for ([here, there], moved) in pairs.iter().zip(&moved) {
        columns[there * rows..(there + 1) * rows].copy_from_slice(&moved[..rows]);
        columns[here * rows..(here + 1) * rows].copy_from_slice(&moved[rows..]);
    }
    for edge in all - 2..all {
        read(edge, &mut columns[edge * rows..(edge + 1) * rows]);
    }
}
