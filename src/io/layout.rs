//! The lengths of the dimensions of one run, and what follows from them: which variables there
//! are, their shapes and chunks.

use std::collections::BTreeMap;
use std::convert::Infallible;

use hdf5::types::TypeDescriptor;
use hdf5::{Extent, SimpleExtents};

use crate::flow::{ParticleKind, Particles};
use crate::problem::Regions;
use crate::run::{Description, OutputOptions, ParticleOutput, State};

use super::piece::PIECE;
use super::schema::{self, Dim, Group, Kind, Source, VARIABLES, Variable, When};
use super::text;

/// Rows in a chunk of a variable with one number per row. Such chunks are not filtered: they are
/// rewritten in place as rows come in, and a rewrite that changes only bytes of new rows cannot
/// damage an old one, whereas a compressed chunk could be torn.
pub(crate) const SCALAR_CHUNK: usize = 512;

/// Bytes in a chunk of the path of the residuals at most, unless a single row has more.
const PATH_BYTES: usize = 1 << 16;

/// Steps read or written together at most.
const MOST_STEPS: usize = 4096;

/// Room for cells of a density and for what boundaries have released, in units of what there is: they become more, and
/// a file with more room is made where they no longer fit.
const ROOM: usize = 2;
/// Least room for what boundaries have released: none at the start.
const RELEASED: usize = 20_000;

/// The length of the dimension of a column of this length.
fn room(dim: Dim, length: usize) -> usize {
    match dim {
        Dim::Cell => ROOM * length,
        Dim::ReleasedEntry => (ROOM * length).max(RELEASED),
        _ => length,
    }
}

/// The lengths of the dimensions of one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    lengths: BTreeMap<Dim, usize>,
    options: OutputOptions,
    /// Factor before the mean over neurons, 1 for canonical particles.
    kappa: f64,
    /// Whether the error of a quadrature or of a density is estimated.
    estimated: bool,
    /// Whether something may end the run before its end.
    until: bool,
    /// Whether the network has an output bias.
    output_bias: bool,
}

impl Layout {
    /// What is known of the file of a run before it starts: all but the columns of its checkpoint.
    pub(crate) fn before(description: &Description) -> Layout {
        let s = description.samples.len();
        let m = description.mass.len();
        let lengths = BTreeMap::from([
            (Dim::Sample, s),
            (Dim::SampleColumn, s),
            (Dim::Eigenvalue, s),
            (Dim::Region, 2 * s),
            (Dim::Boundary, 2 * s),
            (Dim::Sign, 2),
            (Dim::Component, 3),
            (Dim::Particle, description.output.particles.count(m)),
            (Dim::AllParticles, m),
            (Dim::Schedule, description.schedule.times().len()),
            (Dim::Grid, description.output.function),
            (Dim::Slot, 2),
            (Dim::HeaderField, 6),
        ]);
        let mut lengths = lengths;
        lengths.extend(description.truth.iter().map(|truth| (Dim::RiskX, truth.x().len())));
        if let Some(density) = &description.density {
            let columns = density.theta_faces(&Regions::new(&description.samples)).len() - 1;
            lengths.extend([
                (Dim::Amplitude, density.rows),
                (Dim::Theta, columns),
                (Dim::Bound, 2),
                (Dim::Edge, 2),
                (Dim::UsedEntry, 2),
            ]);
        }
        let neurons = if description.flow.particles() == ParticleKind::Neuron { m } else { 0 };
        let lengths = lengths.into_iter().chain([(Dim::Neuron, neurons)]).collect();
        Layout {
            lengths,
            options: description.output,
            kappa: description.flow.kappa(),
            estimated: description.sampling.estimates_error(),
            until: description.until.is_some(),
            output_bias: description.output_bias.is_some(),
        }
    }

    /// The layout of the file of a new run.
    pub(crate) fn new(description: &Description, state: &State) -> Layout {
        let mut layout = Layout::before(description);
        let lengths = &mut layout.lengths;
        lengths.remove(&Dim::Neuron);
        let visited: Result<(), Infallible> = state.columns(|name, column| {
            let length = column.len();
            let dim = schema::variable(Group::Checkpoint, name).dims[1];
            let length = room(dim, length);
            let known = *lengths.entry(dim).or_insert(length);
            assert_eq!(known, length, "length of {name} in the state");
            Ok(())
        });
        visited.unwrap_or_else(|never| match never {});
        // The columns of other systems are empty.
        for variable in VARIABLES.iter().filter(|variable| matches!(variable.source, Source::Column)) {
            lengths.entry(variable.dims[1]).or_insert(0);
        }
        layout
    }

    /// The layout of a file with these dimensions.
    pub(crate) fn from_lengths(
        lengths: BTreeMap<Dim, usize>,
        options: OutputOptions,
        kappa: f64,
        (estimated, until, output_bias): (bool, bool, bool),
    ) -> Layout {
        Layout { lengths, options, kappa, estimated, until, output_bias }
    }

    /// `m / alpha(m)`.
    pub(crate) fn kappa(&self) -> f64 {
        self.kappa
    }

    /// Whether particles are neurons `(c, a, b)`.
    pub(crate) fn has_neurons(&self) -> bool {
        self.len(Dim::Neuron) > 0
    }

    /// Whether the network has an output bias.
    pub(crate) fn has_output_bias(&self) -> bool {
        self.output_bias
    }

    /// Whether a density is stored instead of particles.
    pub(crate) fn has_density(&self) -> bool {
        self.len(Dim::Theta) > 0
    }

    /// Whether the checkpoint has room for a state.
    pub(crate) fn has_room(&self, state: &State) -> bool {
        match &state.particles {
            Particles::Density(columns) => {
                columns.cells.len() <= self.len(Dim::Cell)
                    && columns.released.len() <= self.len(Dim::ReleasedEntry)
            }
            _ => true,
        }
    }

    /// What is stored.
    pub(crate) fn options(&self) -> OutputOptions {
        self.options
    }

    /// Length of a dimension that is not unlimited; 0 when the run has none.
    pub(crate) fn len(&self, dim: Dim) -> usize {
        self.lengths.get(&dim).copied().unwrap_or(0)
    }

    /// The number of the `i`-th stored particle.
    pub(crate) fn stored(&self, i: usize) -> usize {
        // The lengths of the file, not its attribute: indices stay below that of all particles.
        ParticleOutput::Count(self.len(Dim::Particle)).index(i, self.len(Dim::AllParticles))
    }

    /// The dimension under which `dim` is stored: all particles are not stored twice.
    pub(crate) fn resolve(&self, dim: Dim) -> Dim {
        let thinned = self.len(Dim::Particle) != self.len(Dim::AllParticles);
        if dim == Dim::AllParticles && !thinned { Dim::Particle } else { dim }
    }

    /// Whether the file has this variable.
    pub(crate) fn has(&self, variable: &Variable) -> bool {
        let asked = match variable.when {
            When::Always => true,
            When::Stored => self.len(Dim::Particle) > 0,
            When::Neurons => self.has_neurons(),
            When::StoredNeurons => self.has_neurons() && self.len(Dim::Particle) > 0,
            When::Thinned => self.len(Dim::Particle) != self.len(Dim::AllParticles),
            When::Kernel => self.options.tangent_kernel,
            When::Estimated => self.estimated && !self.has_density(),
            When::Density => self.has_density(),
            When::EstimatedDensity => self.estimated && self.has_density(),
            When::Path => self.options.path,
            When::Until => self.until,
            When::OutputBias => self.output_bias,
            When::Truth => self.len(Dim::RiskX) > 0,
            When::Function => self.options.function > 0,
        };
        // A column of the state may be empty; HDF5 has no chunks or storage for it.
        asked && variable.dims.iter().all(|&dim| dim.is_unlimited() || self.len(dim) > 0)
    }

    /// The variables of the file, in the order of the schema.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'static Variable> + '_ {
        VARIABLES.iter().filter(|variable| self.has(variable))
    }

    /// The type in which the variable is stored.
    pub(crate) fn kind(&self, variable: &Variable) -> Kind {
        match variable.kind {
            Kind::Particle if self.options.single_precision => Kind::F32,
            Kind::Particle => Kind::F64,
            kind => kind,
        }
    }

    /// The HDF5 type in which it is stored.
    pub(crate) fn descriptor(&self, variable: &Variable) -> TypeDescriptor {
        match variable.source {
            Source::Text(texts) => text::array_type(texts.iter().copied()),
            _ => self.kind(variable).descriptor(),
        }
    }

    /// Extent of one row, or of the whole variable when it has no rows.
    pub(crate) fn row_shape(&self, variable: &Variable) -> Vec<usize> {
        let fixed = variable.dims.iter().filter(|dim| !dim.is_unlimited());
        fixed.map(|&dim| self.len(dim)).collect()
    }

    /// The block of a variable without rows that holds `count` entries of its first dimension from `start` on.
    pub(crate) fn block(&self, variable: &Variable, start: usize, count: usize) -> [Vec<usize>; 2] {
        let rest = &self.row_shape(variable)[1..];
        [[&[start], &vec![0; rest.len()][..]].concat(), [&[count], rest].concat()]
    }

    /// The extents to create the variable with.
    pub(crate) fn extents(&self, variable: &Variable) -> SimpleExtents {
        let extent = |&dim: &Dim| match dim.is_unlimited() {
            true => Extent::resizable(0),
            false => Extent::fixed(self.len(dim)),
        };
        SimpleExtents::from_vec(variable.dims.iter().map(extent).collect())
    }

    /// The chunk to create the variable with; `None` for contiguous storage.
    pub(crate) fn chunk(&self, variable: &Variable) -> Option<Vec<usize>> {
        if variable.is_scalar_series() {
            return Some(vec![SCALAR_CHUNK]);
        }
        if variable.group == Group::Steps {
            return Some([vec![self.path_chunk()], self.row_shape(variable)].concat());
        }
        let long = matches!(variable.source, Source::Fixed(_));
        if !variable.is_series() && !long {
            return None;
        }
        // One row per chunk, cut from the left until at most PIECE elements remain.
        let mut chunk = self.row_shape(variable);
        for axis in 0..chunk.len() {
            let rest: usize = chunk[axis + 1..].iter().product();
            chunk[axis] = chunk[axis].min((PIECE / rest.max(1)).max(1));
        }
        if variable.is_series() {
            chunk.insert(0, 1);
        }
        Some(chunk)
    }

    /// Rows in a chunk of the path of the residuals, not filtered either: a power of two, so that the
    /// rows that a lost chunk takes away lie in one of the parts in which recovery reads them.
    pub(crate) fn path_chunk(&self) -> usize {
        let most = (PATH_BYTES / (8 * self.len(Dim::Sample).max(1))).clamp(1, SCALAR_CHUNK);
        1 << most.ilog2()
    }

    /// Rows in the smallest chunk of a variable of steps.
    pub(crate) fn step_chunk(&self) -> usize {
        if self.options.path { self.path_chunk() } else { SCALAR_CHUNK }
    }

    /// Steps read or written together: no more of their path than fits into a few megabytes.
    pub(crate) fn step_batch(&self) -> usize {
        match self.options.path {
            true => (MOST_STEPS / SCALAR_CHUNK * self.path_chunk()).max(1),
            false => MOST_STEPS,
        }
    }

    /// Whether chunks are compressed and checksummed.
    pub(crate) fn is_filtered(&self, variable: &Variable) -> bool {
        variable.group != Group::Steps && !variable.is_scalar_series() && self.chunk(variable).is_some()
    }
}
