//! What the safe HDF5 bindings do not have: dimension scales, and how a file is open.

use std::ffi::{CString, c_char, c_int, c_uint};

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
pub(crate) fn is_attached(dataset: &Dataset, scale: &Dataset, axis: usize) -> bool {
    // SAFETY: as in `set_scale`.
    hdf5::sync::sync(|| unsafe { H5DSis_attached(dataset.id(), scale.id(), axis as c_uint) }) > 0
}

/// Whether `dataset` is a dimension scale.
pub(crate) fn is_scale(dataset: &Dataset) -> bool {
    // SAFETY: as in `set_scale`.
    hdf5::sync::sync(|| unsafe { H5DSis_scale(dataset.id()) }) > 0
}

/// Whether this process may write to the open file. A file that the process is writing already
/// shares the writer's rights, however it is opened again.
pub(crate) fn is_writable(file: &File) -> bool {
    let mut intent: c_uint = 0;
    // SAFETY: as in `set_scale`; `intent` outlives the call.
    let code = hdf5::sync::sync(|| unsafe { H5Fget_intent(file.id(), &mut intent) });
    code >= 0 && intent & H5F_ACC_RDWR != 0
}
