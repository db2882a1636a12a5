//! The groups of a run file, and its dimensions.

/// The groups of a run file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What a run computed: fixed values and one row per snapshot.
    Root,
    /// One row per accepted step.
    Steps,
    /// What a restart needs.
    Checkpoint,
}

impl Group {
    /// All groups.
    pub const ALL: [Group; 3] = [Group::Root, Group::Steps, Group::Checkpoint];

    /// The name in the file; the root has none.
    pub fn name(self) -> &'static str {
        match self {
            Group::Root => "",
            Group::Steps => "steps",
            Group::Checkpoint => "checkpoint",
        }
    }

    /// The path of an object of the group.
    pub fn path(self, name: &str) -> String {
        match self {
            Group::Root => name.to_owned(),
            group => format!("{}/{name}", group.name()),
        }
    }

    /// The unlimited dimension of the group's rows, if it has rows.
    pub fn row_dim(self) -> Option<Dim> {
        match self {
            Group::Root => Some(Dim::Time),
            Group::Steps => Some(Dim::Step),
            Group::Checkpoint => None,
        }
    }
}

/// A dimension of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // each is described by its coordinate variable
pub enum Dim {
    Time,
    Sample,
    SampleColumn,
    Eigenvalue,
    Region,
    Boundary,
    Sign,
    Component,
    /// Particles whose trajectory is stored.
    Particle,
    /// All particles; the same as `Particle` when all are stored.
    AllParticles,
    Schedule,
    /// Where the truth is known and risks are measured.
    RiskX,
    /// Where the function is stored.
    Grid,
    /// Rows of a stored density.
    Amplitude,
    /// Columns of a stored density.
    Theta,
    /// Both ends of a cell.
    Bound,
    /// Both edges of the dead region.
    Edge,
    Step,
    Slot,
    HeaderField,
    Number,
    Count,
    CanonicalParticle,
    Neuron,
    BinEntry,
    DisplacementEntry,
    SafeDisplacementEntry,
    NeuronVelocity,
    NeuronSquare,
    FrameEntry,
    DecayEntry,
    Moment,
    InitialMoment,
    MemoryEntry,
    LayoutEntry,
    UsedEntry,
    /// Room for the cells of a density, which become more.
    Cell,
    StuckEntry,
    /// Room for what boundaries have released.
    ReleasedEntry,
}

impl Dim {
    /// All dimensions.
    pub const ALL: [Dim; 39] = [
        Dim::Time,
        Dim::Sample,
        Dim::SampleColumn,
        Dim::Eigenvalue,
        Dim::Region,
        Dim::Boundary,
        Dim::Sign,
        Dim::Component,
        Dim::Particle,
        Dim::AllParticles,
        Dim::Schedule,
        Dim::RiskX,
        Dim::Grid,
        Dim::Amplitude,
        Dim::Theta,
        Dim::Bound,
        Dim::Edge,
        Dim::Step,
        Dim::Slot,
        Dim::HeaderField,
        Dim::Number,
        Dim::Count,
        Dim::CanonicalParticle,
        Dim::Neuron,
        Dim::BinEntry,
        Dim::DisplacementEntry,
        Dim::SafeDisplacementEntry,
        Dim::NeuronVelocity,
        Dim::NeuronSquare,
        Dim::FrameEntry,
        Dim::DecayEntry,
        Dim::Moment,
        Dim::InitialMoment,
        Dim::MemoryEntry,
        Dim::LayoutEntry,
        Dim::UsedEntry,
        Dim::Cell,
        Dim::StuckEntry,
        Dim::ReleasedEntry,
    ];

    /// The name, also of the coordinate variable.
    pub fn name(self) -> &'static str {
        match self {
            Dim::Time => "time",
            Dim::Sample => "sample",
            Dim::SampleColumn => "sample_column",
            Dim::Eigenvalue => "eigenvalue",
            Dim::Region => "region",
            Dim::Boundary => "boundary",
            Dim::Sign => "sign",
            Dim::Component => "component",
            Dim::Particle => "particle",
            Dim::AllParticles => "all_particles",
            Dim::Schedule => "schedule",
            Dim::RiskX => "risk_x",
            Dim::Grid => "grid",
            Dim::Amplitude => "amplitude",
            Dim::Theta => "theta",
            Dim::Bound => "bound",
            Dim::Edge => "edge",
            Dim::Step => "step",
            Dim::Slot => "slot",
            Dim::HeaderField => "header_field",
            Dim::Number => "number",
            Dim::Count => "count",
            Dim::CanonicalParticle => "canonical_particle",
            Dim::Neuron => "neuron",
            Dim::BinEntry => "bin_entry",
            Dim::DisplacementEntry => "displacement_entry",
            Dim::SafeDisplacementEntry => "safe_displacement_entry",
            Dim::NeuronVelocity => "neuron_velocity",
            Dim::NeuronSquare => "neuron_square",
            Dim::FrameEntry => "frame_entry",
            Dim::DecayEntry => "decay_entry",
            Dim::Moment => "moment",
            Dim::InitialMoment => "initial_moment",
            Dim::MemoryEntry => "memory_entry",
            Dim::LayoutEntry => "layout_entry",
            Dim::UsedEntry => "used_entry",
            Dim::Cell => "cell_entry",
            Dim::StuckEntry => "stuck_entry",
            Dim::ReleasedEntry => "released_entry",
        }
    }

    /// The group that holds the coordinate variable.
    pub fn group(self) -> Group {
        match self {
            Dim::Step => Group::Steps,
            Dim::Slot
            | Dim::HeaderField
            | Dim::Number
            | Dim::Count
            | Dim::CanonicalParticle
            | Dim::Neuron
            | Dim::BinEntry
            | Dim::DisplacementEntry
            | Dim::SafeDisplacementEntry
            | Dim::NeuronVelocity
            | Dim::NeuronSquare
            | Dim::FrameEntry
            | Dim::DecayEntry
            | Dim::Moment
            | Dim::InitialMoment
            | Dim::MemoryEntry
            | Dim::LayoutEntry
            | Dim::UsedEntry
            | Dim::Cell
            | Dim::StuckEntry
            | Dim::ReleasedEntry => Group::Checkpoint,
            _ => Group::Root,
        }
    }

    /// Whether rows are appended along it.
    pub fn is_unlimited(self) -> bool {
        matches!(self, Dim::Time | Dim::Step)
    }
}
