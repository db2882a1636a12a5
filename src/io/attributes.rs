//! Attributes: written once, before anything else may read the file.
//!
//! No handle of an attribute outlives these functions, because an open attribute keeps a file from
//! being written while others read it.

use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use hdf5::{Attribute, H5Type, Location};

use super::text;

/// Writes a text.
pub(crate) fn write_text(location: &Location, name: &str, text: &str) -> hdf5::Result<()> {
    // A NUL would end the text.
    let text = text.replace('\0', "\u{fffd}");
    let builder = location.new_attr_builder().empty_as(text::attribute_type(&text));
    text::write_attribute(&builder.create(name)?, &text)
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
    let attribute = location.attr(name)?;
    match is_single(&attribute) {
        true => text::read_attribute(&attribute),
        false => Err("it is not a single text".into()),
    }
}

/// Reads a number of exactly this type.
pub(crate) fn read_value<T: H5Type>(location: &Location, name: &str) -> hdf5::Result<T> {
    let attribute = location.attr(name)?;
    let (found, expected) = (attribute.dtype()?.to_descriptor()?, T::type_descriptor());
    if !is_single(&attribute) || found != expected {
        return Err(format!("it is not a single {expected}").into());
    }
    attribute.read_scalar()
}

/// Reads a list of numbers of exactly this type and length.
pub(crate) fn read_list<T: H5Type>(location: &Location, name: &str, len: usize) -> hdf5::Result<Vec<T>> {
    let attribute = location.attr(name)?;
    let (found, expected) = (attribute.dtype()?.to_descriptor()?, T::type_descriptor());
    if attribute.shape() != [len] || found != expected {
        return Err(format!("it is not a list of {len} {expected}").into());
    }
    attribute.read_raw()
}

/// Any attribute in words.
pub(crate) fn read_any(location: &Location, name: &str) -> hdf5::Result<String> {
    Ok(match location.attr(name)?.dtype()?.to_descriptor()? {
        TypeDescriptor::Unsigned(IntSize::U8) => read_value::<u64>(location, name)?.to_string(),
        TypeDescriptor::Unsigned(IntSize::U4) => read_value::<u32>(location, name)?.to_string(),
        TypeDescriptor::Integer(IntSize::U1) => read_value::<i8>(location, name)?.to_string(),
        TypeDescriptor::Float(FloatSize::U8) => read_value::<f64>(location, name)?.to_string(),
        _ => read_text(location, name)?,
    })
}

/// One value: a scalar, neither empty nor an array of one.
fn is_single(attribute: &Attribute) -> bool {
    attribute.space().is_ok_and(|space| space.ndim() == 0 && space.size() == 1)
}

/// A finite number that is as it must be.
pub(crate) fn number(file: &Location, name: &str, allowed: fn(f64) -> bool) -> hdf5::Result<f64> {
    let value: f64 = read_value(file, name)?;
    match value.is_finite() && allowed(value) {
        true => Ok(value),
        false => Err(format!("{name} is {value}, which no run has").into()),
    }
}
