//! Attributes: written once, before anything else may read the file.
//!
//! No handle of an attribute outlives these functions, because an open attribute keeps a file from
//! being written while others read it.

use hdf5::types::VarLenUnicode;
use hdf5::{H5Type, Location};

/// Writes a text.
///
/// Texts are of variable length: they are kept outside the object's header, which holds at most
/// 64 KiB, less than a scenario may have.
pub(crate) fn write_text(location: &Location, name: &str, text: &str) -> hdf5::Result<()> {
    // HDF5 ends texts with NUL.
    let text: VarLenUnicode =
        text.replace('\0', "\u{fffd}").parse().map_err(|error| hdf5::Error::from(format!("{error:?}")))?;
    write_value(location, name, &text)
}

/// Writes a number.
pub(crate) fn write_value<T: H5Type>(location: &Location, name: &str, value: &T) -> hdf5::Result<()> {
    location.new_attr::<T>().create(name)?.write_scalar(value)
}

/// Writes a list of numbers.
pub(crate) fn write_list<T: H5Type>(location: &Location, name: &str, values: &[T]) -> hdf5::Result<()> {
    location.new_attr::<T>().shape([values.len()]).create(name)?.write_raw(values)
}

/// Reads a text.
pub(crate) fn read_text(location: &Location, name: &str) -> hdf5::Result<String> {
    Ok(location.attr(name)?.read_scalar::<VarLenUnicode>()?.as_str().to_owned())
}

/// Reads a number.
pub(crate) fn read_value<T: H5Type>(location: &Location, name: &str) -> hdf5::Result<T> {
    location.attr(name)?.read_scalar()
}

/// Any attribute in words.
pub(crate) fn read_any(location: &Location, name: &str) -> hdf5::Result<String> {
    if let Ok(text) = read_text(location, name) {
        return Ok(text);
    }
    let attribute = location.attr(name)?;
    if attribute.dtype()?.is::<u64>() {
        return Ok(attribute.read_scalar::<u64>()?.to_string());
    }
    // Everything else that the schema has fits into a double.
    Ok(attribute.read_scalar::<f64>()?.to_string())
}
