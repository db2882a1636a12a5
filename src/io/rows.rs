//! Rows: one per snapshot in the root, one per step in `steps`.
//!
//! Rows are only appended. Within one, the coordinate (`time` or `step`) is written last, after a
//! checksum of all the rest, so that a row that was cut short by a crash is known for what it is.

use std::ops::Range;

use crc32fast::Hasher;
use hdf5::Dataset;

use crate::flow::{Counters, Particles, View};
use crate::run::{Snapshot, State, StepRecord};

use super::columns::particles;
use super::layout::Layout;
use super::piece::{PIECE, Piece};
use super::schema::{Group, Source, Variable};
use super::sets::Sets;

/// Appends a snapshot as row `row`.
///
/// * `view`: of a density.
pub(crate) fn append_snapshot(
    sets: &Sets,
    row: usize,
    snapshot: &Snapshot,
    (state, view): (&State, Option<&View>),
) -> hdf5::Result<()> {
    let densities = match (view, &state.particles) {
        (Some(view), Particles::Density(columns)) => Some(view.densities(columns)),
        _ => None,
    };
    append_row(sets, row, |variable, start, count| {
        Ok(match variable.source {
            Source::Snapshot(values) => values(snapshot),
            Source::Counter => counter(&snapshot.counters, variable.name),
            Source::Density(values) => {
                let densities = densities.as_ref().expect("a file with densities has a view of them");
                values(densities).into_kind(sets.layout.kind(variable))
            }
            Source::Particles(field) => particles(&sets.layout, state, field, start[0], count[0]),
            _ => panic!("{} has no values in a snapshot", variable.name),
        })
    })
    .map(|_| ())
}

/// Appends row `row` of the root; `piece` gives the values of a block of a variable's row.
/// Returns the row's checksum.
fn append_row(
    sets: &Sets,
    row: usize,
    mut piece: impl FnMut(&Variable, &[usize], &[usize]) -> hdf5::Result<Piece>,
) -> hdf5::Result<u32> {
    let mut hasher = Hasher::new();
    for (variable, dataset) in sets.data_series(Group::Root) {
        extend(dataset, row + 1)?;
        for (start, count) in blocks(variable, &sets.layout) {
            let values = piece(variable, &start, &count)?;
            values.add_to(&mut hasher);
            values.write(dataset, &in_row(row, &start), &in_row(1, &count))?;
        }
    }
    let time = piece(super::schema::variable(Group::Root, "time"), &[], &[])?;
    time.add_to(&mut hasher);
    let checksum = hasher.finalize();
    for (name, values) in [("row_checksum", Piece::U32(vec![checksum])), ("time", time)] {
        let dataset = sets.get(Group::Root, name);
        extend(dataset, row + 1)?;
        values.write(dataset, &[row], &[1])?;
    }
    Ok(checksum)
}

/// The checksum of row `row` of the root as it should be, and as it is stored.
pub(crate) fn row_checksums(sets: &Sets, row: usize) -> hdf5::Result<(u32, u32)> {
    let mut hasher = Hasher::new();
    for (variable, dataset) in sets.data_series(Group::Root) {
        for (start, count) in blocks(variable, &sets.layout) {
            read(sets, variable, dataset, row, &start, &count)?.add_to(&mut hasher);
        }
    }
    let time = super::schema::variable(Group::Root, "time");
    read(sets, time, sets.get(Group::Root, "time"), row, &[], &[])?.add_to(&mut hasher);
    Ok((hasher.finalize(), stored_checksum(sets, row)?))
}

fn stored_checksum(sets: &Sets, row: usize) -> hdf5::Result<u32> {
    let variable = super::schema::variable(Group::Root, "row_checksum");
    match read(sets, variable, sets.get(Group::Root, "row_checksum"), row, &[], &[])? {
        Piece::U32(values) => Ok(values[0]),
        other => panic!("a checksum is not {other:?}"),
    }
}

/// Reads a block of a variable's row.
pub(crate) fn read(
    sets: &Sets,
    variable: &Variable,
    dataset: &Dataset,
    row: usize,
    start: &[usize],
    count: &[usize],
) -> hdf5::Result<Piece> {
    Piece::read(sets.layout.kind(variable), dataset, &in_row(row, start), &in_row(1, count))
}

/// Whether row `row` of the root can be read and is as its checksum says.
pub(crate) fn is_good(sets: &Sets, row: usize) -> bool {
    matches!(row_checksums(sets, row), Ok((computed, stored)) if computed == stored)
}

/// The time that stands in row `row` of the root.
pub(crate) fn time(sets: &Sets, row: usize) -> Option<f64> {
    let (variable, dataset) = (super::schema::variable(Group::Root, "time"), sets.get(Group::Root, "time"));
    if row >= dataset.shape()[0] {
        return None;
    }
    Some(read(sets, variable, dataset, row, &[], &[]).ok()?.into_f64()[0])
}

/// Appends a copy of row `row` of another file with the same layout as row `at`.
///
/// Returns false, having written it all the same, if the row is not as its checksum says.
pub(crate) fn copy_row(from: &Sets, row: usize, to: &Sets, at: usize) -> hdf5::Result<bool> {
    let checksum = append_row(to, at, |variable, start, count| {
        read(from, variable, from.get(variable.group, variable.name), row, start, count)
    })?;
    Ok(checksum == stored_checksum(from, row)?)
}

/// Appends steps from row `row` on.
///
/// * `taken`: steps taken before them, which is more than `row` where rows were lost.
pub(crate) fn append_steps(sets: &Sets, row: usize, taken: usize, steps: &[StepRecord]) -> hdf5::Result<()> {
    let size = sets.layout.step_batch();
    for (i, batch) in steps.chunks(size).enumerate() {
        let (row, taken) = (row + i * size, taken + i * size);
        append_batch(sets, row, batch.len(), |variable| {
            Ok(match variable.source {
                Source::Step(values) => values(batch, taken),
                Source::Counter => counters(batch, variable.name),
                _ => panic!("{} has no values in a step", variable.name),
            })
        })?;
    }
    Ok(())
}

fn counters(steps: &[StepRecord], name: &str) -> Piece {
    let mut pieces = steps.iter().map(|step| counter(&step.counters, name));
    let mut all = pieces.next().expect("a batch is not empty");
    pieces.for_each(|piece| all.append(piece));
    all
}

fn append_batch(
    sets: &Sets,
    first: usize,
    len: usize,
    mut piece: impl FnMut(&Variable) -> hdf5::Result<Piece>,
) -> hdf5::Result<Vec<u32>> {
    let mut hashers = vec![Hasher::new(); len];
    let mut hash = |values: &Piece| {
        hashers.iter_mut().enumerate().for_each(|(i, hasher)| values.add_row_to(i, len, hasher));
    };
    let put = |dataset: &Dataset, values: &Piece| {
        extend(dataset, first + len)?;
        let row = &dataset.shape()[1..];
        values.write(dataset, &[&[first], &vec![0; row.len()][..]].concat(), &[&[len], row].concat())
    };
    for (variable, dataset) in sets.data_series(Group::Steps) {
        let values = piece(variable)?;
        hash(&values);
        put(dataset, &values)?;
    }
    let step = piece(super::schema::variable(Group::Steps, "step"))?;
    hash(&step);
    let checksums: Vec<u32> = hashers.into_iter().map(Hasher::finalize).collect();
    put(sets.get(Group::Steps, "row_checksum"), &Piece::U32(checksums.clone()))?;
    put(sets.get(Group::Steps, "step"), &step)?;
    Ok(checksums)
}

/// Reads `len` rows of a step variable.
pub(crate) fn read_batch(sets: &Sets, name: &str, first: usize, len: usize) -> hdf5::Result<Piece> {
    let variable = super::schema::variable(Group::Steps, name);
    let row = sets.layout.row_shape(variable);
    let (start, count) = ([&[first], &vec![0; row.len()][..]].concat(), [&[len], &row[..]].concat());
    Piece::read(sets.layout.kind(variable), sets.get(Group::Steps, name), &start, &count)
}

/// Whether each of these steps is as its checksum says.
pub(crate) fn steps_are_good(sets: &Sets, first: usize, len: usize) -> hdf5::Result<Vec<bool>> {
    let mut hashers = vec![Hasher::new(); len];
    let names = sets.data_series(Group::Steps).map(|(variable, _)| variable.name);
    for name in names.chain(["step"]) {
        let values = read_batch(sets, name, first, len)?;
        hashers.iter_mut().enumerate().for_each(|(i, hasher)| values.add_row_to(i, len, hasher));
    }
    let Piece::U32(stored) = read_batch(sets, "row_checksum", first, len)? else {
        panic!("checksums are 32-bit numbers")
    };
    Ok(hashers.into_iter().zip(stored).map(|(hasher, stored)| hasher.finalize() == stored).collect())
}

/// Appends copies of these steps of another file from row `at` on.
///
/// Returns false if one is not as its checksum says.
pub(crate) fn copy_steps(from: &Sets, steps: Range<usize>, to: &Sets, at: usize) -> hdf5::Result<bool> {
    let mut good = true;
    let size = from.layout.step_batch();
    for first in steps.clone().step_by(size) {
        let count = size.min(steps.end - first);
        let checksums = append_batch(to, at + first - steps.start, count, |variable| {
            read_batch(from, variable.name, first, count)
        })?;
        good &= read_batch(from, "row_checksum", first, count)? == Piece::U32(checksums);
    }
    Ok(good)
}

/// Row, number and time of those of these steps that can be read and are as their checksums say.
pub(crate) fn good_steps(sets: &Sets, first: usize, len: usize) -> Vec<(usize, i64, f64)> {
    let read = || -> hdf5::Result<Vec<(usize, i64, f64)>> {
        let good = steps_are_good(sets, first, len)?;
        let times = read_batch(sets, "time", first, len)?.into_f64();
        let Piece::I64(numbers) = read_batch(sets, "step", first, len)? else {
            panic!("numbers of steps are 64-bit numbers")
        };
        Ok((0..len).filter(|&i| good[i]).map(|i| (first + i, numbers[i], times[i])).collect())
    };
    match read() {
        Ok(good) => good,
        // Where a chunk is lost, the others may be good; they are read apart.
        Err(_) if len > sets.layout.step_chunk() => {
            let half = (len / 2).next_multiple_of(sets.layout.step_chunk());
            let mut good = good_steps(sets, first, half);
            good.extend(good_steps(sets, first + half, len - half));
            good
        }
        Err(_) => vec![],
    }
}

/// How many of the first `len` steps were taken up to step `number`.
pub(crate) fn steps_until(sets: &Sets, len: usize, number: u64) -> hdf5::Result<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match read_batch(sets, "step", middle, 1)? {
            Piece::I64(found) if found[0] <= number as i64 => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn extend(dataset: &Dataset, rows: usize) -> hdf5::Result<()> {
    let mut shape = dataset.shape();
    shape[0] = rows;
    dataset.resize(shape)
}

/// The blocks of a row that are moved at once: particles in pieces, everything else whole.
pub(crate) fn blocks(variable: &Variable, layout: &Layout) -> Vec<(Vec<usize>, Vec<usize>)> {
    let shape = layout.row_shape(variable);
    match variable.source {
        Source::Particles(_) => {
            let len = shape[0];
            (0..len).step_by(PIECE).map(|start| (vec![start], vec![PIECE.min(len - start)])).collect()
        }
        _ => vec![(vec![0; shape.len()], shape)],
    }
}

fn in_row(row: usize, rest: &[usize]) -> Vec<usize> {
    std::iter::once(row).chain(rest.iter().copied()).collect()
}

/// The counter called `name`, or the ambiguous mass.
fn counter(counters: &Counters, name: &str) -> Piece {
    if name == "ambiguous_mass" {
        return Piece::F64(vec![counters.ambiguous_mass]);
    }
    let (_, count) = counters
        .counts()
        .into_iter()
        .find(|(counter, _)| *counter == name)
        .unwrap_or_else(|| panic!("there is no counter {name}"));
    Piece::I64(vec![count as i64])
}
