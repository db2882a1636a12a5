//! The root attributes of a run file.

use std::sync::LazyLock;

use crate::flow::{Allowed, Flow, Parameter};

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

/// A setting that only some flows have.
fn setting(parameter: &Parameter) -> Attribute {
    let kind = match parameter.allowed {
        Allowed::Number(_) => Kind::F64,
        Allowed::Count => Kind::U64,
        Allowed::Name(_) => Kind::Text,
    };
    sometimes(parameter.name, kind, parameter.about)
}

/// All root attributes, in the order of the file.
pub static ATTRIBUTES: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    let mut settings: Vec<Attribute> = vec![];
    for parameter in Flow::ALL.iter().flat_map(|flow| flow.descriptor().parameters) {
        // Some flows share one.
        if settings.iter().all(|setting| setting.name != parameter.name) {
            settings.push(setting(parameter));
        }
    }
    BEFORE_SETTINGS.iter().copied().chain(settings).chain(AFTER_SETTINGS.iter().copied()).collect()
});

static BEFORE_SETTINGS: &[Attribute] = &[
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
    sometimes(
        "sampling",
        Kind::Text,
        "how a law became particles: iid, sobol, quadrature; density where there are none; or file",
    ),
    sometimes("quadrature_nodes", Kind::U64, "nodes of the quadrature in each direction and region"),
    sometimes(
        "quadrature_estimate",
        Kind::I8,
        "1 when a run with twice the nodes tells the error of the quadrature",
    ),
    sometimes("density_cells_theta", Kind::U64, "cells of a density per turn of the circle"),
    sometimes("density_cells_amplitude", Kind::U64, "cells of a density across the amplitudes of the start"),
    sometimes("density_slices", Kind::U64, "slices of the density of a law of (c, a, b); 1 of other laws"),
    sometimes("density_amplitude", Kind::F64, "largest amplitude at which a density is stored"),
    sometimes(
        "density_estimate",
        Kind::I8,
        "1 when a run with half as many cells each way tells the error of the density",
    ),
    attribute("flow", Kind::Text, "which flow"),
    attribute("tv", Kind::F64, "lambda, weight of the total-variation term"),
    attribute(
        "kappa",
        Kind::F64,
        "m / alpha(m), factor before the mean over neurons; 1 in canonical parameters",
    ),
];

static AFTER_SETTINGS: &[Attribute] = &[
    sometimes("output_bias_start", Kind::F64, "output bias at the start, if there is one"),
    sometimes("output_bias_rate", Kind::F64, "rate at which the output bias moves, in mean-field time"),
    attribute("end", Kind::F64, "mean-field time at which the run ends at the latest"),
    sometimes("until_rest", Kind::I8, "1 when the run ends before where it is at rest to the tolerance"),
    sometimes("until_loss", Kind::F64, "loss at which the run ends before"),
    sometimes("until_speed", Kind::F64, "root mean square velocity at which the run ends before"),
    attribute("tolerance", Kind::F64, "tolerance on the residual path, in units of y"),
    attribute("merged_loss", Kind::F64, "the part of the loss that merging ties removed"),
    attribute("x_offset", Kind::F64, "x = (raw x - x_offset) / x_scale"),
    attribute("x_scale", Kind::F64, "x = (raw x - x_offset) / x_scale"),
    attribute("y_offset", Kind::F64, "y = (raw y - y_offset) / y_scale"),
    attribute("y_scale", Kind::F64, "y = (raw y - y_offset) / y_scale"),
    attribute("output_particles", Kind::Text, "which particles are stored: all, none, or how many"),
    attribute("output_single_precision", Kind::I8, "1 when particles are stored as 32-bit floats"),
    attribute("output_tangent_kernel", Kind::I8, "1 when the tangent kernel is stored"),
    sometimes("output_path", Kind::I8, "1 when the path of the residuals is stored"),
    sometimes("output_function", Kind::U64, "points at which the function is stored"),
    attribute("output_compression", Kind::I8, "deflate level"),
    attribute(
        "attributes_checksum",
        Kind::U32,
        "CRC-32 of all root attributes before this one: name, NUL, the bytes of the text and NUL, or of the number, little-endian",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_attributes_have_the_same_name() {
        let mut names: Vec<&str> = ATTRIBUTES.iter().map(|attribute| attribute.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
