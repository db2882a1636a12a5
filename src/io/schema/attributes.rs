//! The root attributes of a run file.

use super::Kind;

/// A root attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its type; one value.
    pub kind: Kind,
    /// Whether every run file has it.
    pub required: bool,
}

const fn attribute(name: &'static str, kind: Kind, about: &'static str) -> Attribute {
    Attribute { name, about, kind, required: true }
}

const fn sometimes(name: &'static str, kind: Kind, about: &'static str) -> Attribute {
    Attribute { required: false, ..attribute(name, kind, about) }
}

/// All root attributes, in the order of the file.
pub static ATTRIBUTES: &[Attribute] = &[
    attribute("Conventions", Kind::Text, "metadata conventions followed"),
    attribute("title", Kind::Text, "title of the run"),
    attribute("source", Kind::Text, "program and version"),
    attribute("history", Kind::Text, "what made and changed the file, one line each"),
    attribute("format_version", Kind::U32, "version of this schema"),
    attribute("git_commit", Kind::Text, "commit the program was built from"),
    attribute("threads", Kind::U32, "threads of the first part of the run"),
    attribute("scenario", Kind::Text, "the scenario's whole text"),
    attribute("measure_source", Kind::Text, "where the start measure came from"),
    sometimes("seed", Kind::U64, "seed of the start measure, when it was drawn"),
    sometimes("sampling", Kind::Text, "how a law became particles: iid, sobol, quadrature; or file"),
    sometimes("quadrature_nodes", Kind::U64, "nodes of the quadrature in each direction and region"),
    sometimes(
        "quadrature_estimate",
        Kind::I8,
        "1 when a run with twice the nodes tells the error of the quadrature",
    ),
    attribute("flow", Kind::Text, "which flow"),
    attribute("tv", Kind::F64, "lambda, weight of the total-variation term"),
    attribute(
        "kappa",
        Kind::F64,
        "m / alpha(m), factor before the mean over neurons; 1 in canonical parameters",
    ),
    sometimes("learning_rate", Kind::F64, "eta of gradient descent; a step advances time by eta / m"),
    sometimes("momentum", Kind::F64, "factor on the last displacement, in gradient descent"),
    sometimes("batch", Kind::U64, "samples per step of gradient descent, when not all"),
    sometimes("batch_seed", Kind::U64, "seed of the batches"),
    sometimes("layers", Kind::Text, "which layers gradient descent trains: both, output, hidden"),
    attribute("end", Kind::F64, "mean-field time at which the run ends"),
    attribute("tolerance", Kind::F64, "tolerance on the residual path, in units of y"),
    attribute("merged_loss", Kind::F64, "the part of the loss that merging ties removed"),
    attribute("x_offset", Kind::F64, "x = (raw x - x_offset) / x_scale"),
    attribute("x_scale", Kind::F64, "x = (raw x - x_offset) / x_scale"),
    attribute("y_offset", Kind::F64, "y = (raw y - y_offset) / y_scale"),
    attribute("y_scale", Kind::F64, "y = (raw y - y_offset) / y_scale"),
    attribute("output_particles", Kind::Text, "which particles are stored: all, none, or how many"),
    attribute("output_single_precision", Kind::I8, "1 when particles are stored as 32-bit floats"),
    attribute("output_tangent_kernel", Kind::I8, "1 when the tangent kernel is stored"),
    attribute("output_compression", Kind::I8, "deflate level"),
    attribute(
        "attributes_checksum",
        Kind::U32,
        "CRC-32 of all root attributes before this one: name, NUL, the bytes of the text and NUL, or of the number, little-endian",
    ),
];
