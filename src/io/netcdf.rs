//! Small netCDF-4 compatible HDF5 files, written at once.

use std::path::Path;

use crc32fast::Hasher;
use hdf5::plist::dataset_create::AttrCreationOrder;
use hdf5::plist::file_access::LibraryVersion;
use hdf5::plist::file_create::LinkCreationOrder;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use hdf5::{Dataset, File};

use super::attributes::{read_text, read_value, write_text, write_value};
use super::commit::writable;
use super::error::{IoError, LastGood};
use super::ffi;
use super::lock::Lock;
use super::partial::{Partial, sync};
use super::text;

/// The attribute with the checksum of an array's values, and of the root with that of the file's
/// structure.
pub(crate) const CHECKSUM: &str = "checksum";

/// Values of an array in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    F64(Vec<f64>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Text(Vec<String>),
}

impl Values {
    /// Texts.
    pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Values {
        Values::Text(texts.into_iter().map(str::to_string).collect())
    }
}

/// An array of a file: one variable with its dimensions.
///
/// An array whose only dimension has its own name is the coordinate of that dimension; every
/// dimension must have one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array {
    pub name: String,
    pub dims: Vec<String>,
    pub values: Values,
    /// Of numbers.
    pub units: String,
    pub long_name: String,
    /// Where the formula stands; empty if there is none.
    pub equation: String,
}

impl Array {
    fn is_coordinate(&self) -> bool {
        self.dims.len() == 1 && self.dims[0] == self.name
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::F64(values) => values.len(),
            Values::I32(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }
}

/// Writes a file: built under a hidden name, then renamed, so that no half of it is ever found.
///
/// * `attributes`: texts of the root.
///
/// # Errors
/// The output exists and `force` is not set, or cannot be written.
pub(crate) fn write(
    path: &Path,
    force: bool,
    attributes: &[(&str, String)],
    arrays: &[Array],
) -> Result<(), IoError> {
    let path = writable(path)?;
    let _lock = Lock::acquire(&path)?;
    if path.exists() && !force {
        return Err(IoError::Exists { path });
    }
    let partial = Partial::of(&path);
    build(partial.path(), attributes, arrays)
        .map_err(|error| IoError::write(&path, "the file", &error, LastGood::Unchanged))?;
    sync(partial.path()).map_err(|error| IoError::system(&path, "the file", &error, LastGood::Unchanged))?;
    partial.publish(LastGood::Unchanged)
}

fn build(path: &Path, attributes: &[(&str, String)], arrays: &[Array]) -> hdf5::Result<()> {
    let file = File::with_options()
        .with_fapl(|p| p.libver_bounds(LibraryVersion::V110, LibraryVersion::V110).file_locking(false))
        // The netCDF library wants to know in which order things were made.
        .with_fcpl(|p| {
            p.attr_creation_order(AttrCreationOrder::Indexed)
                .link_creation_order(LinkCreationOrder::Indexed)
                .obj_track_times(false)
        })
        .create(path)?;
    for (name, text) in attributes {
        write_text(&file, name, text)?;
    }
    let coordinate = |dim: &str| {
        let found = arrays.iter().position(|array| array.is_coordinate() && array.name == dim);
        found.unwrap_or_else(|| panic!("dimension {dim} has no coordinate"))
    };
    let mut datasets = vec![];
    for array in arrays {
        let shape: Vec<usize> = array.dims.iter().map(|dim| arrays[coordinate(dim)].len()).collect();
        let dataset = create(&file, array, &shape)?;
        write_text(&dataset, "long_name", &array.long_name)?;
        if !matches!(array.values, Values::Text(_)) {
            write_text(&dataset, "units", &array.units)?;
        }
        if !array.equation.is_empty() {
            write_text(&dataset, "equation", &array.equation)?;
        }
        write_value(&dataset, CHECKSUM, &array_checksum(&dataset)?)?;
        if array.is_coordinate() {
            ffi::set_scale(&dataset, &array.name)?;
        }
        datasets.push(dataset);
    }
    for (array, dataset) in arrays.iter().zip(&datasets).filter(|(array, _)| !array.is_coordinate()) {
        for (axis, dim) in array.dims.iter().enumerate() {
            ffi::attach(dataset, &datasets[coordinate(dim)], axis)?;
        }
    }
    drop(datasets);
    write_value(&file, CHECKSUM, &file_checksum(&file)?)?;
    file.close()
}

/// CRC-32 of the values of an array: little-endian bytes; of texts, each with a NUL.
pub(crate) fn array_checksum(dataset: &Dataset) -> hdf5::Result<u32> {
    let mut hasher = Hasher::new();
    match dataset.dtype()?.to_descriptor()? {
        TypeDescriptor::Float(FloatSize::U8) => {
            dataset.read_raw::<f64>()?.iter().for_each(|value| hasher.update(&value.to_le_bytes()));
        }
        TypeDescriptor::Integer(IntSize::U4) => {
            dataset.read_raw::<i32>()?.iter().for_each(|value| hasher.update(&value.to_le_bytes()));
        }
        TypeDescriptor::Integer(IntSize::U8) => {
            dataset.read_raw::<i64>()?.iter().for_each(|value| hasher.update(&value.to_le_bytes()));
        }
        _ => {
            for text in text::read_array(dataset)? {
                hasher.update(text.as_bytes());
                hasher.update(&[0]);
            }
        }
    }
    Ok(hasher.finalize())
}

/// CRC-32 of the structure of a file, each part with a NUL: names and texts of the other root
/// attributes by name; names, types, shapes and checksums of the arrays by name.
pub(crate) fn file_checksum(file: &File) -> hdf5::Result<u32> {
    let mut hasher = Hasher::new();
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    };
    let mut names = file.attr_names()?;
    names.sort();
    for name in names.iter().filter(|name| *name != CHECKSUM) {
        add(name);
        add(&read_text(file, name)?);
    }
    let mut names = file.member_names()?;
    names.sort();
    for name in &names {
        let dataset = file.dataset(name)?;
        add(name);
        add(&dataset.dtype()?.to_descriptor()?.to_string());
        add(&format!("{:?}", dataset.shape()));
        add(&read_value::<u32>(&dataset, CHECKSUM)?.to_string());
    }
    Ok(hasher.finalize())
}

fn create(file: &File, array: &Array, shape: &[usize]) -> hdf5::Result<Dataset> {
    let expected: usize = shape.iter().product();
    assert_eq!(array.len(), expected, "values of {} for shape {shape:?}", array.name);
    let name = array.name.as_str();
    let builder = file.new_dataset_builder().attr_creation_order(AttrCreationOrder::Indexed);
    match &array.values {
        Values::F64(values) => {
            let builder = builder.empty::<f64>().shape(shape);
            // Compression pays where there is something to compress.
            let dataset = if shape.len() > 1 && expected > 512 {
                builder.chunk(chunk(shape)).shuffle().deflate(4).fletcher32().create(name)?
            } else {
                builder.create(name)?
            };
            dataset.write_raw(values)?;
            Ok(dataset)
        }
        Values::I32(values) => {
            let dataset = builder.empty::<i32>().shape(shape).create(name)?;
            dataset.write_raw(values)?;
            Ok(dataset)
        }
        Values::I64(values) => {
            let dataset = builder.empty::<i64>().shape(shape).create(name)?;
            dataset.write_raw(values)?;
            Ok(dataset)
        }
        Values::Text(values) => {
            // A NUL would end the text.
            let texts: Vec<String> = values.iter().map(|text| text.replace('\0', "\u{fffd}")).collect();
            let texts = || texts.iter().map(String::as_str);
            let dataset = builder.empty_as(text::array_type(texts())).shape(shape).create(name)?;
            text::write_array(&dataset, texts())?;
            Ok(dataset)
        }
    }
}

/// Whole rows, up to about a mebibyte.
fn chunk(shape: &[usize]) -> Vec<usize> {
    let mut chunk = shape.to_vec();
    for axis in 0..shape.len() {
        let rest: usize = chunk[axis + 1..].iter().product();
        chunk[axis] = ((1 << 17) / rest.max(1)).clamp(1, shape[axis]);
        if chunk[axis] > 1 {
            break;
        }
    }
    chunk
}
