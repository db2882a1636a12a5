//! An open run file: its datasets and its layout.

use hdf5::{Dataset, File};

use super::layout::Layout;
use super::schema::{Group, Source, Variable};

/// An open run file.
#[derive(Debug)]
pub(crate) struct Sets {
    // Before `file`, so that they are closed first and the file can be closed for good.
    datasets: Vec<(&'static Variable, Dataset)>,
    pub(crate) layout: Layout,
    pub(crate) file: File,
}

impl Sets {
    pub(crate) fn new(file: File, layout: Layout, datasets: Vec<(&'static Variable, Dataset)>) -> Sets {
        Sets { datasets, layout, file }
    }

    /// Opens every variable that the layout asks for.
    ///
    /// # Errors
    /// The first variable that cannot be opened.
    pub(crate) fn open(file: File, layout: Layout) -> Result<Sets, (&'static Variable, hdf5::Error)> {
        let mut datasets = vec![];
        for variable in layout.variables() {
            let dataset = file.dataset(&variable.path()).map_err(|error| (variable, error))?;
            datasets.push((variable, dataset));
        }
        Ok(Sets { datasets, layout, file })
    }

    /// The dataset of a variable.
    ///
    /// # Panics
    /// If the run has no such variable.
    pub(crate) fn get(&self, group: Group, name: &str) -> &Dataset {
        self.find(group, name).unwrap_or_else(|| panic!("this run stores no {name} in {group:?}"))
    }

    /// The dataset of a variable that not every run has.
    pub(crate) fn find(&self, group: Group, name: &str) -> Option<&Dataset> {
        let found = self.datasets.iter().find(|(v, _)| v.group == group && v.name == name);
        found.map(|(_, dataset)| dataset)
    }

    /// The same with what the schema says of it.
    ///
    /// # Panics
    /// If the run has no such variable.
    pub(crate) fn entry(&self, group: Group, name: &str) -> (&'static Variable, &Dataset) {
        self.all()
            .find(|(variable, _)| variable.group == group && variable.name == name)
            .unwrap_or_else(|| panic!("this run stores no {name} in {group:?}"))
    }

    /// All variables with their datasets, in the order of the schema.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static Variable, &Dataset)> {
        self.datasets.iter().map(|(variable, dataset)| (*variable, dataset))
    }

    /// The variables of a group's rows, in the order of the schema.
    pub(crate) fn series(&self, group: Group) -> impl Iterator<Item = (&'static Variable, &Dataset)> {
        self.all().filter(move |(variable, _)| variable.group == group && variable.is_series())
    }

    /// As [`Sets::series`] but without the coordinate and the checksum, which are written last.
    pub(crate) fn data_series(&self, group: Group) -> impl Iterator<Item = (&'static Variable, &Dataset)> {
        self.series(group)
            .filter(|(variable, _)| !variable.is_coordinate() && !matches!(variable.source, Source::Checksum))
    }

    /// Rows that every series of the group has.
    pub(crate) fn rows(&self, group: Group) -> usize {
        self.series(group).map(|(_, dataset)| dataset.shape()[0]).min().unwrap_or(0)
    }
}
