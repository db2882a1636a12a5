//! Texts in files: strings of fixed length.
//!
//! Strings of variable length live in HDF5's global heap, which has no checksum: libhdf5 loops for
//! ever where it is damaged, and Octave cannot read them. So every text is as long as its bytes,
//! padded with NUL in arrays. Texts longer than an object's header may hold (64 KiB) are put into
//! an object of their own by the library.

use std::ffi::c_void;

use hdf5::types::TypeDescriptor;
use hdf5::{Attribute, Container, Dataset};
use hdf5_sys::h5a::{H5Aread, H5Awrite};
use hdf5_sys::h5d::{H5Dread, H5Dwrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::H5S_ALL;

/// The shortest string of an array: netCDF takes strings of one byte for single characters.
const SHORTEST: usize = 2;

/// The type of a text attribute.
pub(crate) fn attribute_type(text: &str) -> TypeDescriptor {
    TypeDescriptor::FixedUnicode(text.len().max(1))
}

/// The type of an array of texts: ASCII where they are, for Octave's `load` stops at others.
pub(crate) fn array_type<'a>(texts: impl IntoIterator<Item = &'a str>) -> TypeDescriptor {
    let (mut length, mut ascii) = (SHORTEST, true);
    for text in texts {
        (length, ascii) = (length.max(text.len()), ascii && text.is_ascii());
    }
    if ascii { TypeDescriptor::FixedAscii(length) } else { TypeDescriptor::FixedUnicode(length) }
}

/// Bytes of a string type of fixed length; `None` for other types.
pub(crate) fn length(container: &Container) -> Option<usize> {
    match container.dtype().and_then(|dtype| dtype.to_descriptor()) {
        Ok(TypeDescriptor::FixedUnicode(length) | TypeDescriptor::FixedAscii(length)) => Some(length),
        _ => None,
    }
}

/// Writes a text to an attribute of its [type](attribute_type).
pub(crate) fn write_attribute(attribute: &Attribute, text: &str) -> hdf5::Result<()> {
    let dtype = attribute.dtype()?;
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(dtype.size(), 0);
    // SAFETY: the attribute is one string of `dtype.size()` bytes, as the buffer is; both
    // identifiers are open, and `sync` holds the lock under which the bindings call the library.
    let code =
        hdf5::sync::sync(|| unsafe { H5Awrite(attribute.id(), dtype.id(), bytes.as_ptr().cast::<c_void>()) });
    hdf5::h5check(code).map(|_| ())
}

/// Reads the text of an attribute.
///
/// # Errors
/// It is not one string of fixed length, it claims more bytes than the file has, or is not UTF-8.
pub(crate) fn read_attribute(attribute: &Attribute) -> hdf5::Result<String> {
    let (mut bytes, length) = buffer(attribute, 1)?;
    let dtype = attribute.dtype()?;
    // SAFETY: as in `write_attribute`; `buffer` has checked type and extent.
    let code = hdf5::sync::sync(|| unsafe {
        H5Aread(attribute.id(), dtype.id(), bytes.as_mut_ptr().cast::<c_void>())
    });
    hdf5::h5check(code)?;
    Ok(split(&bytes, length)?.pop().unwrap_or_default())
}

/// Writes the texts of an array of their [type](array_type).
pub(crate) fn write_array<'a>(
    dataset: &Dataset,
    texts: impl IntoIterator<Item = &'a str>,
) -> hdf5::Result<()> {
    let dtype = dataset.dtype()?;
    let mut bytes = vec![];
    for text in texts {
        let end = bytes.len() + dtype.size();
        bytes.extend(text.as_bytes());
        bytes.resize(end, 0);
    }
    assert_eq!(bytes.len(), dtype.size() * dataset.size(), "texts of {}", dataset.name());
    // SAFETY: as in `write_attribute`; the buffer holds as many strings as the dataset.
    let code = hdf5::sync::sync(|| unsafe {
        let buffer = bytes.as_ptr().cast::<c_void>();
        H5Dwrite(dataset.id(), dtype.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer)
    });
    hdf5::h5check(code).map(|_| ())
}

/// Reads the texts of an array, row-major.
///
/// # Errors
/// As [`read_attribute`].
pub(crate) fn read_array(dataset: &Dataset) -> hdf5::Result<Vec<String>> {
    let (mut bytes, length) = buffer(dataset, dataset.size())?;
    let dtype = dataset.dtype()?;
    // SAFETY: as in `read_attribute`.
    let code = hdf5::sync::sync(|| unsafe {
        let buffer = bytes.as_mut_ptr().cast::<c_void>();
        H5Dread(dataset.id(), dtype.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer)
    });
    hdf5::h5check(code)?;
    split(&bytes, length)
}

/// Room for `count` strings, and the length of each.
fn buffer(container: &Container, count: usize) -> hdf5::Result<(Vec<u8>, usize)> {
    let length = length(container).ok_or("it is not a text of fixed length")?;
    if container.space()?.size() != count {
        return Err(format!("it holds {} texts in place of {count}", container.space()?.size()).into());
    }
    let most = container.file()?.size();
    let size = length.checked_mul(count).filter(|&size| size as u64 <= most);
    let size =
        size.ok_or_else(|| format!("it claims {count} texts of {length} bytes, more than the file has"))?;
    Ok((vec![0; size], length))
}

fn split(bytes: &[u8], length: usize) -> hdf5::Result<Vec<String>> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        String::from_utf8(bytes[..end].to_vec()).map_err(|_| hdf5::Error::from("it is not UTF-8"))
    };
    bytes.chunks(length.max(1)).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_ascii_where_their_texts_are() {
        assert_eq!(array_type(["xx", "x", ""]), TypeDescriptor::FixedAscii(2));
        assert_eq!(array_type([""]), TypeDescriptor::FixedAscii(SHORTEST));
        assert_eq!(array_type(["abc", "\u{b1}"]), TypeDescriptor::FixedUnicode(3));
    }
}
