//! Run files: the HDF5 schema in one place, writer, reader, checkpoint, recovery and validation.
//!
//! Files are read in this process by libhdf5, which may crash on files that were damaged or made to
//! do so, although [structure](schema) and checksums are checked before and while values are read.
//! The command line therefore lets another process read a file first; programs that use this crate
//! and read files of unknown origin should do the like.
//!
//! A run is written by [`RunWriter`] while it goes on and read by [`RunFile`], also before it is
//! finished and after a crash. [`schema`] is the one table of what is in the file; all else here
//! follows it. This module knows nothing of the terminal.

mod arrays;
mod attributes;
mod checking;
mod checkpoint;
mod columns;
mod commit;
mod copy;
mod cut;
pub(crate) mod declared;
mod density_file;
mod error;
mod exact;
mod ffi;
mod finding;
mod fixed;
mod flow_attributes;
mod inspect;
mod kernel_file;
mod kernel_paths;
mod kernel_source;
mod kernel_variables;
mod landscape_file;
mod law_file;
pub(crate) mod layout;
mod lock;
mod metadata;
pub(crate) mod netcdf;
mod opening;
mod partial;
mod particles;
mod piece;
mod presence;
mod probe;
mod reader;
mod recover;
mod resume;
mod rows;
mod run_steps;
mod salvage;
pub mod schema;
mod sets;
mod signature;
mod size;
mod status;
mod structure;
mod text;
mod validate;
mod whole;
mod writer;

pub use arrays::{ArrayFile, FileKind};
pub use cut::Cut;
pub use declared::Declared;
pub use density_file::{DENSITY_FORMAT_VERSION, DensityGrid, validate_density_file, write_density_file};
pub use error::{IoError, LastGood};
pub use exact::Difference;
pub use finding::Finding;
pub use kernel_file::{KERNEL_FORMAT_VERSION, validate_kernel_file, write_kernel_file};
pub use landscape_file::{
    LANDSCAPE_FORMAT_VERSION, LandscapeMoment, LandscapeTable, LossSlice, validate_landscape_file,
    write_landscape_file,
};
pub use law_file::{FiniteStart, LAW_FORMAT_VERSION, LawTable, validate_law_file, write_law_file};
pub(crate) use lock::Lock;
pub(crate) use metadata::{git_commit, history_line, program};
pub use particles::Particles;
pub use presence::Lost;
pub(crate) use probe::probe;
pub use reader::RunFile;
pub use recover::{Recovered, recover, recover_probed};
pub use salvage::LostSnapshot;
pub use size::{largest_size, step_size, steps};
pub use status::Status;
pub use validate::validate;
pub(crate) use whole::replace_file;
pub use whole::{make_folder, write_file};
pub use writer::RunWriter;
