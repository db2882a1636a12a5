//! The columns of a state: declared once by each system, and followed by whatever stores, reads, compares or
//! checks them.

use crate::problem::Place;

use super::error::FlowError;

/// A borrowed column of a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// Floating-point values.
    F64(&'a [f64]),
    /// Positions.
    U32(&'a [u32]),
    /// Whole numbers.
    U64(&'a [u64]),
    /// Places, four bytes each.
    Place(&'a [Place]),
}

impl Column<'_> {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Column::F64(values) => values.len(),
            Column::U32(values) => values.len(),
            Column::U64(values) => values.len(),
            Column::Place(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A column of a state to read into.
#[derive(Debug, PartialEq)]
pub enum ColumnMut<'a> {
    /// Floating-point values.
    F64(&'a mut Vec<f64>),
    /// Positions.
    U32(&'a mut Vec<u32>),
    /// Whole numbers.
    U64(&'a mut Vec<u64>),
    /// Places, four bytes each.
    Place(&'a mut Vec<Place>),
}

impl ColumnMut<'_> {
    /// Makes room for `count` values.
    pub fn reserve_exact(&mut self, count: usize) {
        match self {
            ColumnMut::F64(values) => values.reserve_exact(count),
            ColumnMut::U32(values) => values.reserve_exact(count),
            ColumnMut::U64(values) => values.reserve_exact(count),
            ColumnMut::Place(values) => values.reserve_exact(count),
        }
    }
}

/// What the lengths of columns depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Particles.
    pub m: usize,
    /// Samples.
    pub s: usize,
    /// Velocities of gradient descent: `m` with momentum or Adam, else 0.
    pub velocities: usize,
    /// Means of squares of gradients: `m` with Adam, else 0.
    pub squares: usize,
    /// Numbers that say where the cells of a density are.
    pub layout: usize,
    /// Cells of a density.
    pub cells: usize,
    /// Its columns, where mass may be stuck at `r = 0`.
    pub stuck: usize,
    /// Numbers of what boundaries have released.
    pub released: usize,
}

impl Sizes {
    /// Of `m` particles and `s` samples.
    pub fn of(m: usize, s: usize) -> Sizes {
        Sizes { m, s, velocities: 0, squares: 0, layout: 0, cells: 0, stuck: 0, released: 0 }
    }
}

/// Declares the columns of a system: each with its type, which is a variant of [`Column`], and its length. Their names
/// are those in run files.
macro_rules! columns {
    ($(#[$doc:meta])* pub struct $Name:ident {
        $($(#[$about:meta])* $field:ident: $kind:ident = $length:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $Name {
            $($(#[$about])* pub $field: columns!(@type $kind),)*
        }

        impl $Name {
            /// All columns with their names, in the order of run files.
            pub(crate) fn columns(&self) -> Vec<(&'static str, $crate::flow::Column<'_>)> {
                vec![$((stringify!($field), $crate::flow::Column::$kind(&self.$field)),)*]
            }

            /// The same to read into.
            pub(crate) fn columns_mut(&mut self) -> Vec<(&'static str, $crate::flow::ColumnMut<'_>)> {
                vec![$((stringify!($field), $crate::flow::ColumnMut::$kind(&mut self.$field)),)*]
            }

            /// The length of each column.
            pub(crate) fn lengths(sizes: $crate::flow::columns::Sizes) -> Vec<usize> {
                let lengths: &[fn($crate::flow::columns::Sizes) -> usize] = &[$($length,)*];
                lengths.iter().map(|length| length(sizes)).collect()
            }
        }
    };
    (@type F64) => { Vec<f64> };
    (@type U32) => { Vec<u32> };
    (@type Place) => { Vec<$crate::problem::Place> };
}
pub(crate) use columns;

/// Checks columns of particles: their lengths, that every place is one of `s` samples, and every position one of
/// the particles.
///
/// # Errors
/// [`FlowError::State`].
pub(crate) fn check(
    columns: &[(&'static str, Column<'_>)],
    lengths: &[usize],
    sizes: Sizes,
) -> Result<(), FlowError> {
    for (&(what, column), &expected) in columns.iter().zip(lengths) {
        if column.len() != expected {
            return Err(FlowError::State { what, found: column.len(), expected });
        }
        let (found, expected) = match column {
            Column::Place(places) => (places.iter().map(|place| place.index()).max(), 2 * sizes.s),
            Column::U32(positions) if what == "position" => {
                (positions.iter().map(|&position| position as usize).max(), sizes.m)
            }
            _ => continue,
        };
        if let Some(found) = found.filter(|&found| found >= expected) {
            return Err(FlowError::State { what, found, expected });
        }
    }
    Ok(())
}
