//! The root attributes of a run file.

/// A root attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Whether every run file has it.
    pub required: bool,
}

const fn attribute(name: &'static str, about: &'static str) -> Attribute {
    Attribute { name, about, required: true }
}

const fn sometimes(name: &'static str, about: &'static str) -> Attribute {
    Attribute { name, about, required: false }
}

/// All root attributes, in the order of the file.
pub static ATTRIBUTES: &[Attribute] = &[
    attribute("Conventions", "metadata conventions followed"),
    attribute("title", "title of the run"),
    attribute("source", "program and version"),
    attribute("history", "what made and changed the file, one line each"),
    attribute("format_version", "version of this schema"),
    attribute("git_commit", "commit the program was built from"),
    attribute("threads", "threads of the first part of the run"),
    attribute("scenario", "the scenario's whole text"),
    attribute("measure_source", "where the start measure came from"),
    sometimes("seed", "seed of the start measure, when it was drawn"),
    sometimes("sampling", "how a law became particles: iid, sobol, quadrature; or file"),
    sometimes("quadrature_nodes", "nodes of the quadrature in each direction and region"),
    sometimes("quadrature_estimate", "1 when a run with twice the nodes tells the error of the quadrature"),
    attribute("flow", "which flow"),
    attribute("tv", "lambda, weight of the total-variation term"),
    attribute("kappa", "m / alpha(m), factor before the mean over neurons; 1 in canonical parameters"),
    sometimes("learning_rate", "eta of gradient descent; a step advances time by eta / m"),
    sometimes("momentum", "factor on the last displacement, in gradient descent"),
    sometimes("batch", "samples per step of gradient descent, when not all"),
    sometimes("batch_seed", "seed of the batches"),
    sometimes("layers", "which layers gradient descent trains: both, output, hidden"),
    attribute("end", "mean-field time at which the run ends"),
    attribute("tolerance", "tolerance on the residual path, in units of y"),
    attribute("merged_loss", "the part of the loss that merging ties removed"),
    attribute("x_offset", "x = (raw x - x_offset) / x_scale"),
    attribute("x_scale", "x = (raw x - x_offset) / x_scale"),
    attribute("y_offset", "y = (raw y - y_offset) / y_scale"),
    attribute("y_scale", "y = (raw y - y_offset) / y_scale"),
    attribute("output_particles", "which particles are stored: all, none, or how many"),
    attribute("output_single_precision", "1 when particles are stored as 32-bit floats"),
    attribute("output_tangent_kernel", "1 when the tangent kernel is stored"),
    attribute("output_compression", "deflate level"),
];
