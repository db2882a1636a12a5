//! A piece of a dataset in memory, in the type in which it is stored.
//!
//! Everything that goes to or comes from a file passes through a piece of at most about one
//! megabyte, so that files larger than memory can be written, copied and checked.

use crc32fast::Hasher;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use hdf5::{Dataset, H5Type, Hyperslab, Selection, SliceOrIndex};
use ndarray::{ArrayView, IxDyn};

use super::schema::Kind;

/// Elements in a piece of a long row: one mebibyte of doubles.
pub(crate) const PIECE: usize = 1 << 17;

/// Values of one type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

/// Runs an expression on the values, whatever their type.
macro_rules! values {
    ($piece:expr, $values:ident => $body:expr) => {
        match $piece {
            Piece::F64($values) => $body,
            Piece::F32($values) => $body,
            Piece::I8($values) => $body,
            Piece::I32($values) => $body,
            Piece::I64($values) => $body,
            Piece::U32($values) => $body,
            Piece::U64($values) => $body,
        }
    };
}

impl Piece {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        values!(self, values => values.len())
    }

    /// Adds the little-endian bytes of all values to a checksum.
    pub(crate) fn add_to(&self, hasher: &mut Hasher) {
        let mut bytes = Vec::with_capacity(8 * self.len());
        values!(self, values => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())));
        hasher.update(&bytes);
    }

    /// Adds the bytes of row `i` of `rows` equal ones to a checksum.
    pub(crate) fn add_row_to(&self, i: usize, rows: usize, hasher: &mut Hasher) {
        let width = self.len() / rows;
        values!(self, values => {
            values[i * width..(i + 1) * width].iter().for_each(|value| hasher.update(&value.to_le_bytes()));
        });
    }

    /// The first value whose bits differ from those of another piece of the same type.
    pub(crate) fn first_difference(&self, other: &Piece) -> Option<usize> {
        fn first<T: Copy, B: AsRef<[u8]>>(a: &[T], b: &[T], bits: impl Fn(T) -> B) -> Option<usize> {
            (0..a.len().max(b.len())).find(|&i| match (a.get(i), b.get(i)) {
                (Some(&a), Some(&b)) => bits(a).as_ref() != bits(b).as_ref(),
                _ => true,
            })
        }
        match (self, other) {
            (Piece::F64(a), Piece::F64(b)) => first(a, b, f64::to_le_bytes),
            (Piece::F32(a), Piece::F32(b)) => first(a, b, f32::to_le_bytes),
            (Piece::I8(a), Piece::I8(b)) => first(a, b, i8::to_le_bytes),
            (Piece::I32(a), Piece::I32(b)) => first(a, b, i32::to_le_bytes),
            (Piece::I64(a), Piece::I64(b)) => first(a, b, i64::to_le_bytes),
            (Piece::U32(a), Piece::U32(b)) => first(a, b, u32::to_le_bytes),
            (Piece::U64(a), Piece::U64(b)) => first(a, b, u64::to_le_bytes),
            _ => Some(0),
        }
    }

    /// Appends another piece of the same type.
    pub(crate) fn append(&mut self, other: Piece) {
        match (self, other) {
            (Piece::F64(all), Piece::F64(more)) => all.extend(more),
            (Piece::I64(all), Piece::I64(more)) => all.extend(more),
            (all, more) => panic!("pieces of different types: {all:?} and {more:?}"),
        }
    }

    /// Writes the values to the block of `dataset` at `start` with the extent `count`.
    pub(crate) fn write(&self, dataset: &Dataset, start: &[usize], count: &[usize]) -> hdf5::Result<()> {
        fn typed<T: H5Type>(
            values: &[T],
            dataset: &Dataset,
            start: &[usize],
            count: &[usize],
        ) -> hdf5::Result<()> {
            let view = ArrayView::<T, IxDyn>::from_shape(count, values)
                .unwrap_or_else(|error| panic!("{} values for {count:?}: {error}", values.len()));
            dataset.as_writer().no_convert().write_slice(view, block(start, count))
        }
        values!(self, values => typed(values, dataset, start, count))
    }

    /// Reads the block of `dataset` at `start` with the extent `count`.
    pub(crate) fn read(
        kind: Kind,
        dataset: &Dataset,
        start: &[usize],
        count: &[usize],
    ) -> hdf5::Result<Piece> {
        fn typed<T: H5Type>(dataset: &Dataset, start: &[usize], count: &[usize]) -> hdf5::Result<Vec<T>> {
            let reader = dataset.as_reader().no_convert();
            let values = reader.read_slice::<T, _, IxDyn>(block(start, count))?;
            Ok(values.into_raw_vec_and_offset().0)
        }
        Ok(match kind {
            Kind::F64 | Kind::Particle => Piece::F64(typed(dataset, start, count)?),
            Kind::F32 => Piece::F32(typed(dataset, start, count)?),
            Kind::I8 => Piece::I8(typed(dataset, start, count)?),
            Kind::I32 => Piece::I32(typed(dataset, start, count)?),
            Kind::I64 => Piece::I64(typed(dataset, start, count)?),
            Kind::U32 => Piece::U32(typed(dataset, start, count)?),
            Kind::U64 => Piece::U64(typed(dataset, start, count)?),
            Kind::Text => panic!("texts are not read in pieces"),
        })
    }

    /// The values as doubles, when they are floating-point numbers.
    pub(crate) fn into_f64(self) -> Vec<f64> {
        match self {
            Piece::F64(values) => values,
            Piece::F32(values) => values.into_iter().map(f64::from).collect(),
            other => panic!("not floating-point: {other:?}"),
        }
    }

    /// Doubles as `f32`, if that is how they are stored.
    pub(crate) fn into_kind(self, kind: Kind) -> Piece {
        match (kind, self) {
            (Kind::F32, Piece::F64(values)) => {
                Piece::F32(values.into_iter().map(|value| value as f32).collect())
            }
            (_, piece) => piece,
        }
    }

    /// The first value of those that are not finite.
    pub(crate) fn first_non_finite(&self) -> Option<(usize, f64)> {
        let find = |mut values: Box<dyn Iterator<Item = f64> + '_>| {
            let mut i = 0;
            values.find_map(|value| {
                i += 1;
                (!value.is_finite()).then_some((i - 1, value))
            })
        };
        match self {
            Piece::F64(values) => find(Box::new(values.iter().copied())),
            Piece::F32(values) => find(Box::new(values.iter().map(|&value| value.into()))),
            _ => None,
        }
    }
}

fn block(start: &[usize], count: &[usize]) -> Selection {
    let axes: Vec<SliceOrIndex> = start
        .iter()
        .zip(count)
        .map(|(&start, &count)| SliceOrIndex::SliceTo { start, step: 1, end: start + count, block: 1 })
        .collect();
    Hyperslab::from(axes).into()
}

impl Kind {
    /// The HDF5 type of a number.
    ///
    /// # Panics
    /// For texts, whose type depends on their length.
    pub(crate) fn descriptor(self) -> TypeDescriptor {
        match self {
            Kind::F64 | Kind::Particle => TypeDescriptor::Float(FloatSize::U8),
            Kind::F32 => TypeDescriptor::Float(FloatSize::U4),
            Kind::I8 => TypeDescriptor::Integer(IntSize::U1),
            Kind::I32 => TypeDescriptor::Integer(IntSize::U4),
            Kind::I64 => TypeDescriptor::Integer(IntSize::U8),
            Kind::U32 => TypeDescriptor::Unsigned(IntSize::U4),
            Kind::U64 => TypeDescriptor::Unsigned(IntSize::U8),
            Kind::Text => panic!("texts have types of their own"),
        }
    }
}
