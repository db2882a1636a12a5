//! Creates a run file: groups, variables, attributes, dimension scales and all fixed values.
//!
//! All of it has to be there before the first row, because a file that others may read while it
//! is written, and after a crash, cannot be given new variables or attributes.

use std::path::Path;

use hdf5::dataset::{AllocTime, FillTime};
use hdf5::plist::dataset_create::AttrCreationOrder;
use hdf5::plist::file_access::LibraryVersion;
use hdf5::plist::file_create::FileSpaceStrategy;
use hdf5::plist::file_create::LinkCreationOrder;
use hdf5::{Dataset, File};

use crate::run::Description;

use super::attributes::{write_list, write_text};
use super::ffi;
use super::fixed;
use super::layout::Layout;
use super::metadata::{self, Provenance};
use super::piece::PIECE;
use super::schema::{Dim, Group, Kind, Source, Variable};
use super::sets::Sets;
use super::text;

/// Creates the file, over any older one, in a state that only this process can read.
///
/// Call [`start_rows`] before the first row.
pub(crate) fn create(
    path: &Path,
    description: &Description,
    layout: Layout,
    provenance: &Provenance,
) -> hdf5::Result<Sets> {
    let file = File::with_options()
        // Version 1.10 is the first whose files can be read while they are written, and the
        // newest that all tools read.
        // Without a buffer of neighbouring values the header of one slot is written without the other,
        // in which can be seen then whether something else wrote into the file.
        .with_fapl(|p| {
            p.libver_bounds(LibraryVersion::V110, LibraryVersion::V110).file_locking(false).sieve_buf_size(0)
        })
        // The netCDF library wants to know in which order things were made.
        .with_fcpl(|p| {
            p.attr_creation_order(AttrCreationOrder::Indexed)
                .link_creation_order(LinkCreationOrder::Indexed)
                .obj_track_times(false)
                // A kill can tear a single write where it crosses a page of memory. So aligned, what
                // HDF5 knows of a dataset lies within one page, and is old or new, never half.
                .file_space_page_size(4096)
                .file_space_strategy(FileSpaceStrategy::FreeSpaceManager {
                    paged: true,
                    persist: false,
                    threshold: 1,
                })
        })
        .create(path)?;
    metadata::write(&file, description, provenance)?;
    for group in [Group::Steps, Group::Checkpoint] {
        file.create_group_builder()
            .with_gcpl(|p| {
                p.attr_creation_order(AttrCreationOrder::Indexed)
                    .link_creation_order(LinkCreationOrder::Indexed)
            })
            .obj_track_times(false)
            .create(group.name())?;
    }
    let mut datasets = vec![];
    for variable in layout.variables() {
        let dataset = create_dataset(&file, &layout, variable)?;
        describe(&dataset, &layout, variable)?;
        fill(&dataset, &layout, variable, description)?;
        if variable.is_coordinate() {
            ffi::set_scale(&dataset, variable.name)?;
        }
        datasets.push((variable, dataset));
    }
    let sets = Sets::new(file, layout, datasets);
    attach_scales(&sets)?;
    Ok(sets)
}

/// Makes the file one that others can read while rows are appended, and after a crash.
pub(crate) fn start_rows(sets: &Sets) -> hdf5::Result<()> {
    sets.file.start_swmr()
}

fn create_dataset(file: &File, layout: &Layout, variable: &Variable) -> hdf5::Result<Dataset> {
    let mut builder = file
        .new_dataset_builder()
        .empty_as(layout.descriptor(variable))
        .shape(layout.extents(variable))
        .attr_creation_order(AttrCreationOrder::Indexed);
    if let Some(chunk) = layout.chunk(variable) {
        builder = builder.chunk(chunk);
        if layout.is_filtered(variable) {
            let level = layout.options().compression;
            if level > 0 {
                builder = builder.shuffle().deflate(level);
            }
            builder = builder.fletcher32();
        }
    } else if let Source::Column = variable.source {
        // The place in the file is fixed now, so that overwriting it changes nothing else. What is
        // in it is protected by checksums and need not be written twice.
        builder = builder.no_chunk().alloc_time(Some(AllocTime::Early)).fill_time(FillTime::Never);
    } else {
        builder = builder.no_chunk().alloc_time(Some(AllocTime::Early));
    }
    builder.create(variable.path().as_str())
}

/// What CF calls an auxiliary coordinate of a variable: the place of its samples.
fn coordinates(layout: &Layout, variable: &Variable) -> Option<&'static str> {
    let along = variable.dims.iter().any(|&dim| layout.resolve(dim) == Dim::Sample);
    (along && variable.group == Group::Root && !variable.is_coordinate() && variable.name != "x")
        .then_some("x")
}

fn describe(dataset: &Dataset, layout: &Layout, variable: &Variable) -> hdf5::Result<()> {
    write_text(dataset, "long_name", variable.long_name)?;
    if variable.kind != Kind::Text {
        write_text(dataset, "units", variable.units)?;
    }
    if !variable.equation.is_empty() {
        write_text(dataset, "equation", variable.equation)?;
    }
    if let Some(names) = coordinates(layout, variable) {
        write_text(dataset, "coordinates", names)?;
    }
    if !variable.bounds.is_empty() {
        write_text(dataset, "bounds", variable.bounds)?;
    }
    if !variable.flags.is_empty() {
        let values: Vec<i8> = variable.flags.iter().map(|flag| flag.0).collect();
        let meanings: Vec<&str> = variable.flags.iter().map(|flag| flag.1).collect();
        write_list(dataset, "flag_values", &values)?;
        write_text(dataset, "flag_meanings", &meanings.join(" "))?;
    }
    Ok(())
}

/// Writes what is fixed, and its checksum.
fn fill(
    dataset: &Dataset,
    layout: &Layout,
    variable: &Variable,
    description: &Description,
) -> hdf5::Result<()> {
    if !variable.is_fixed() {
        return Ok(());
    }
    if let Source::Text(texts) = variable.source {
        text::write_array(dataset, texts.iter().copied())?;
    }
    let len = layout.row_shape(variable).first().copied().unwrap_or(0);
    for start in (0..len).step_by(PIECE) {
        let count = PIECE.min(len - start);
        if let Some(piece) = fixed::expected(variable, description, start..start + count) {
            let [at, extent] = layout.block(variable, start, count);
            piece.write(dataset, &at, &extent)?;
        }
    }
    fixed::seal(dataset, layout, variable)
}

fn attach_scales(sets: &Sets) -> hdf5::Result<()> {
    for (variable, dataset) in sets.all().filter(|(variable, _)| !variable.is_coordinate()) {
        for (axis, &dim) in variable.dims.iter().enumerate() {
            let dim = sets.layout.resolve(dim);
            ffi::attach(dataset, sets.get(dim.group(), dim.name()), axis)?;
        }
    }
    Ok(())
}
