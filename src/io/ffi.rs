//! What the safe HDF5 bindings do not have: dimension scales, and how a file is open.

use std::ffi::{CString, c_char, c_int, c_uint};

use hdf5::types::{IntSize, Reference, TypeDescriptor};
use hdf5::{Dataset, File};
use hdf5_sys::h5f::{H5F_ACC_RDWR, H5Fget_intent};
use hdf5_sys::h5i::hid_t;

// From libhdf5_hl, which the feature `hl` of hdf5-sys links.
unsafe extern "C" {
    fn H5DSset_scale(scale: hid_t, name: *const c_char) -> c_int;
    fn H5DSattach_scale(dataset: hid_t, scale: hid_t, axis: c_uint) -> c_int;
    fn H5DSis_attached(dataset: hid_t, scale: hid_t, axis: c_uint) -> c_int;
    fn H5DSis_scale(dataset: hid_t) -> c_int;
}

/// Makes `dataset` the scale of the dimension `name`.
pub(crate) fn set_scale(dataset: &Dataset, name: &str) -> hdf5::Result<()> {
    let name = CString::new(name).expect("dimension names hold no NUL");
    // SAFETY: the identifier is open while `dataset` lives, the text ends with NUL, and `sync`
    // holds the lock under which the bindings call the library.
    let code = hdf5::sync::sync(|| unsafe { H5DSset_scale(dataset.id(), name.as_ptr()) });
    hdf5::h5check(code).map(|_| ())
}

/// Attaches `scale` to an axis of `dataset`.
pub(crate) fn attach(dataset: &Dataset, scale: &Dataset, axis: usize) -> hdf5::Result<()> {
    // SAFETY: as in `set_scale`.
    let code = hdf5::sync::sync(|| unsafe { H5DSattach_scale(dataset.id(), scale.id(), axis as c_uint) });
    hdf5::h5check(code).map(|_| ())
}

/// Whether `scale` is attached to that axis of `dataset`.
///
/// The library takes the types of the two lists for granted, and crashes where they are others.
pub(crate) fn is_attached(dataset: &Dataset, scale: &Dataset, axis: usize) -> bool {
    let list_of_references = |ty: &TypeDescriptor| matches!(ty, TypeDescriptor::VarLenArray(item) if matches!(**item, TypeDescriptor::Reference(Reference::Object)));
    // The axis is signed up to HDF5 1.14 and unsigned in HDF5 2.
    let references_and_axes = |ty: &TypeDescriptor| match ty {
        TypeDescriptor::Compound(pair) => {
            let fields: Vec<&TypeDescriptor> = pair.fields.iter().map(|field| &field.ty).collect();
            matches!(
                fields[..],
                [
                    TypeDescriptor::Reference(Reference::Object),
                    TypeDescriptor::Integer(IntSize::U4) | TypeDescriptor::Unsigned(IntSize::U4)
                ]
            )
        }
        _ => false,
    };
    let scales = has_list(dataset, "DIMENSION_LIST", list_of_references);
    let datasets = has_list(scale, "REFERENCE_LIST", references_and_axes);
    if !is_scale(scale) || scales != Some(dataset.ndim()) || datasets.is_none() || axis >= dataset.ndim() {
        return false;
    }
    // SAFETY: as in `set_scale`.
    hdf5::sync::sync(|| unsafe { H5DSis_attached(dataset.id(), scale.id(), axis as c_uint) }) > 0
}

/// Whether `dataset` is a dimension scale.
pub(crate) fn is_scale(dataset: &Dataset) -> bool {
    let text = |ty: &TypeDescriptor| matches!(ty, TypeDescriptor::FixedAscii(16));
    let Ok(class) = dataset.attr("CLASS") else { return false };
    if class.ndim() != 0 || !class.dtype().and_then(|ty| ty.to_descriptor()).is_ok_and(|ty| text(&ty)) {
        return false;
    }
    // SAFETY: as in `set_scale`.
    hdf5::sync::sync(|| unsafe { H5DSis_scale(dataset.id()) }) > 0
}

/// The length of an attribute that is a list of items of some type; `None` if it is not.
fn has_list(dataset: &Dataset, name: &str, is_item: impl Fn(&TypeDescriptor) -> bool) -> Option<usize> {
    let attribute = dataset.attr(name).ok()?;
    let ty = attribute.dtype().and_then(|ty| ty.to_descriptor()).ok()?;
    match attribute.shape()[..] {
        [len] if is_item(&ty) => Some(len),
        _ => None,
    }
}

/// Whether this process may write to the open file. A file that the process is writing already
/// shares the writer's rights, however it is opened again.
pub(crate) fn is_writable(file: &File) -> bool {
    let mut intent: c_uint = 0;
    // SAFETY: as in `set_scale`; `intent` outlives the call.
    let code = hdf5::sync::sync(|| unsafe { H5Fget_intent(file.id(), &mut intent) });
    code >= 0 && intent & H5F_ACC_RDWR != 0
}
