//! The checkpoint: the whole state, in two slots that are overwritten in turn.
//!
//! The slot that was written last is never touched while the next one is written, and a slot
//! counts only if the checksums of its header and of its columns are right. So at every moment at
//! least one slot is valid, once the first has been written.

use std::os::unix::fs::FileExt;
use std::path::Path;

use crc32fast::Hasher;
use hdf5::Dataset;

use crate::flow::Particles;
use crate::problem::Place;
use crate::run::{Column, ColumnMut, State};

use super::piece::{PIECE, Piece};
use super::schema::{self, Dim, Group, Kind, Source};
use super::sets::Sets;

/// What a slot belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Counts checkpoints, from 1.
    pub(crate) sequence: u64,
    /// Snapshots in the file when it was written.
    pub(crate) rows: u64,
    /// How many of them were due: one less when the last was taken because the run was
    /// interrupted.
    pub(crate) scheduled_rows: u64,
    /// Steps in the file when it was written.
    pub(crate) steps: u64,
}

const FIELDS: usize = 6;
/// Stands in a header for the checksum of the columns, which has 32 bits, where there are none.
const NO_STATE: u64 = u64::MAX;

/// Overwrites the columns of a slot; returns their checksum.
pub(crate) fn write_columns(sets: &Sets, slot: usize, state: &State) -> hdf5::Result<u32> {
    let mut hasher = Hasher::new();
    if let Particles::Density(columns) = &state.particles {
        let used = Piece::U64(vec![columns.cells.len() as u64, columns.released.len() as u64]);
        used.add_to(&mut hasher);
        used.write(sets.get(Group::Checkpoint, "used"), &[slot, 0], &[1, 2])?;
    }
    state.columns(|name, column| {
        let len = column.len();
        for start in (0..len).step_by(PIECE) {
            let range = start..len.min(start + PIECE);
            let count = range.len();
            let piece = match column {
                Column::F64(values) => Piece::F64(values[range].to_vec()),
                Column::U32(values) => Piece::U32(values[range].to_vec()),
                Column::U64(values) => Piece::U64(values[range].to_vec()),
                Column::Place(values) => Piece::U32(values[range].iter().map(|place| place.bits()).collect()),
            };
            piece.add_to(&mut hasher);
            piece.write(sets.get(Group::Checkpoint, name), &[slot, start], &[1, count])?;
        }
        Ok::<(), hdf5::Error>(())
    })?;
    Ok(hasher.finalize())
}

/// Overwrites the header of a slot, which makes the slot valid. Returns where it stands among the
/// bytes of all headers, and its bytes.
pub(crate) fn write_header(
    sets: &Sets,
    slot: usize,
    header: Header,
    columns: u32,
) -> hdf5::Result<(usize, Vec<u8>)> {
    let fields = vec![header.sequence, header.rows, header.scheduled_rows, header.steps, columns.into()];
    let fields = write_fields(sets, slot, fields)?;
    Ok((slot * FIELDS * 8, fields.into_iter().flat_map(u64::to_le_bytes).collect()))
}

/// Writes a header without a state to the first slot: it vouches for rows, and the run cannot be
/// resumed.
pub(crate) fn write_header_without_state(sets: &Sets, header: Header) -> hdf5::Result<()> {
    let fields = vec![header.sequence, header.rows, header.scheduled_rows, header.steps, NO_STATE];
    write_fields(sets, 0, fields).map(|_| ())
}

/// Writes the fields of a header with their checksum; returns all of them.
fn write_fields(sets: &Sets, slot: usize, mut fields: Vec<u64>) -> hdf5::Result<Vec<u64>> {
    fields.push(checksum(&fields).into());
    let piece = Piece::U64(fields.clone());
    piece.write(sets.get(Group::Checkpoint, "header"), &[slot, 0], &[1, FIELDS])?;
    Ok(fields)
}

fn checksum(fields: &[u64]) -> u32 {
    let mut hasher = Hasher::new();
    fields.iter().for_each(|field| hasher.update(&field.to_le_bytes()));
    hasher.finalize()
}

/// A slot whose header is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    number: usize,
    pub(crate) header: Header,
    columns: u64,
}

impl Slot {
    /// Whether it never held a state, as in files that were recovered without one.
    pub(crate) fn has_no_state(self) -> bool {
        self.columns == NO_STATE
    }
}

/// The slots whose headers are valid, newest first.
pub(crate) fn slots(sets: &Sets) -> hdf5::Result<Vec<Slot>> {
    let mut slots = vec![];
    for number in 0..sets.layout.len(Dim::Slot) {
        let header = sets.get(Group::Checkpoint, "header");
        let Piece::U64(fields) = Piece::read(Kind::U64, header, &[number, 0], &[1, FIELDS])? else {
            panic!("headers are 64-bit numbers")
        };
        slots.extend(slot_of(number, &fields));
    }
    slots.sort_by_key(|slot| std::cmp::Reverse(slot.header.sequence));
    Ok(slots)
}

/// The newest valid header that is on the disk now, whatever the library has of it in memory;
/// `None` if it cannot be found there.
pub(crate) fn header_on_disk(path: &Path, header: &Dataset) -> Option<Header> {
    let at = header.offset()?;
    let mut bytes = [0; 2 * FIELDS * 8];
    std::fs::File::open(path).ok()?.read_exact_at(&mut bytes, at).ok()?;
    let headers = bytes.chunks(FIELDS * 8).enumerate().filter_map(|(number, slot)| {
        let field = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
        slot_of(number, &slot.chunks(8).map(field).collect::<Vec<_>>())
    });
    headers.map(|slot| slot.header).max_by_key(|header| header.sequence)
}

/// A slot, if its header is valid.
fn slot_of(number: usize, fields: &[u64]) -> Option<Slot> {
    let header = Header { sequence: fields[0], rows: fields[1], scheduled_rows: fields[2], steps: fields[3] };
    let valid = fields[0] > 0 && fields[5] == u64::from(checksum(&fields[..5]));
    valid.then_some(Slot { number, header, columns: fields[4] })
}

/// How many slots were never written.
pub(crate) fn empty_slots(sets: &Sets) -> hdf5::Result<usize> {
    let header = sets.get(Group::Checkpoint, "header");
    let mut empty = 0;
    for number in 0..sets.layout.len(Dim::Slot) {
        let fields = Piece::read(Kind::U64, header, &[number, 0], &[1, FIELDS])?;
        empty += usize::from(fields == Piece::U64(vec![0; FIELDS]));
    }
    Ok(empty)
}

/// The newest valid checkpoint.
pub(crate) fn newest(sets: &Sets) -> hdf5::Result<Option<(Header, State)>> {
    for slot in slots(sets)? {
        if let Some(state) = read_state(sets, slot)? {
            return Ok(Some((slot.header, state)));
        }
    }
    Ok(None)
}

/// How many entries of `cells` and of `released` count; none where there is no density.
fn read_used(sets: &Sets, slot: Slot, hasher: &mut Hasher) -> hdf5::Result<[usize; 2]> {
    let Some(used) = sets.find(Group::Checkpoint, "used") else { return Ok([0; 2]) };
    let piece = Piece::read(Kind::U64, used, &[slot.number, 0], &[1, 2])?;
    piece.add_to(hasher);
    match piece {
        Piece::U64(used) => Ok([used[0] as usize, used[1] as usize]),
        other => panic!("counts are not {other:?}"),
    }
}

/// The state in a slot, if its checksum is right.
pub(crate) fn read_state(sets: &Sets, slot: Slot) -> hdf5::Result<Option<State>> {
    // The two columns that `State::from_columns` insists on.
    let numbers = if sets.layout.has_output_bias() { 7 } else { 4 };
    if (sets.layout.len(Dim::Number), sets.layout.len(Dim::Count)) != (numbers, 11) {
        return Ok(None);
    }
    let mut hasher = Hasher::new();
    let variable = |name: &str| schema::variable(Group::Checkpoint, name);
    let particles = Particles::with(|name| sets.layout.len(variable(name).dims[1]) > 0);
    let [cells, released] = read_used(sets, slot, &mut hasher)?;
    let state = State::from_columns(particles, |name, mut column| {
        let variable = variable(name);
        assert!(matches!(variable.source, Source::Column));
        let room = sets.layout.len(variable.dims[1]);
        let len = match name {
            "cells" => room.min(cells),
            "released" => room.min(released),
            _ => room,
        };
        column.reserve_exact(len);
        for start in (0..len).step_by(PIECE) {
            let count = PIECE.min(len - start);
            let dataset = sets.get(Group::Checkpoint, name);
            let piece = Piece::read(variable.kind, dataset, &[slot.number, start], &[1, count])?;
            piece.add_to(&mut hasher);
            match (&mut column, piece) {
                (ColumnMut::F64(all), Piece::F64(values)) => all.extend(values),
                (ColumnMut::U32(all), Piece::U32(values)) => all.extend(values),
                (ColumnMut::U64(all), Piece::U64(values)) => all.extend(values),
                (ColumnMut::Place(all), Piece::U32(bits)) => {
                    all.extend(bits.into_iter().map(Place::from_bits))
                }
                (column, piece) => panic!("{name} is {column:?} in the state, {piece:?} in the schema"),
            }
        }
        Ok::<(), hdf5::Error>(())
    })?;
    Ok((u64::from(hasher.finalize()) == slot.columns).then_some(state))
}
