//! Which figures a file has, one file for each.

mod attractors;
mod curvature;
mod cylinder;
mod density;
mod density_signs;
mod field;
pub(crate) mod film;
mod function;
mod kernel;
mod knots;
mod law;
mod loss;
mod marginals;
mod phase;
mod plane;
mod regions;
mod residuals;
mod risk;
mod scatter;
pub(crate) mod several;
mod slice;
mod slices;
mod spectrum;
mod splines;
mod study;
mod sweep;
mod time;
mod trajectories;
mod width;

use super::error::PlotError;
use super::figure::Figure;
use super::source::{RunSource, Source};
use crate::io::ArrayFile;

/// How a figure is made.
#[derive(Debug, Clone, Copy)]
enum Make {
    /// From a run at one moment: the number of the snapshot.
    Moment(fn(&RunSource, usize) -> Result<Figure, PlotError>),
    /// From a whole run.
    Run(fn(&RunSource) -> Result<Figure, PlotError>),
    /// From a file of arrays: of a study, the kernel regime, a start law.
    Arrays(fn(&ArrayFile) -> Result<Figure, PlotError>),
}

/// A figure that can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// What files have it, in the words of [`Source::kind`].
    pub of: &'static [&'static str],
    make: Make,
}

impl Kind {
    /// Whether it shows one moment of a run.
    pub fn is_of_a_moment(&self) -> bool {
        matches!(self.make, Make::Moment(_))
    }
}

const RUN: &[&str] = &["run", "density run"];

/// All figures; the first of a file is the one that is drawn if none is named.
pub const FIGURES: &[Kind] = &[
    Kind {
        name: "density",
        about: "the density on the cylinder, and what boundaries hold",
        of: &["density run"],
        make: Make::Moment(density::figure),
    },
    Kind {
        name: "function",
        about: "the function at the start and at a time, the samples, and where the knots are",
        of: RUN,
        make: Make::Moment(function::figure),
    },
    Kind {
        name: "plane",
        about: "particles at (|r| cos θ, |r| sin θ) by sign of r, sample lines, regions",
        of: RUN,
        make: Make::Moment(plane::figure),
    },
    Kind {
        name: "cylinder",
        about: "r against θ, with the clusters of pinned particles",
        of: RUN,
        make: Make::Moment(cylinder::figure),
    },
    Kind {
        name: "marginals",
        about: "where knots are along x, what the lines of samples hold, and how large amplitudes are",
        of: RUN,
        make: Make::Moment(marginals::figure),
    },
    Kind {
        name: "field",
        about: "the velocity of particles in the plane and on the circle, attractors and repulsors",
        of: RUN,
        make: Make::Moment(field::figure),
    },
    Kind {
        name: "residuals",
        about: "residuals of particles and of their ODE, corrected and as printed",
        of: RUN,
        make: Make::Run(residuals::figure),
    },
    Kind {
        name: "loss",
        about: "the loss and where its energy goes",
        of: RUN,
        make: Make::Run(loss::figure),
    },
    Kind {
        name: "risk",
        about: "how far from the truth the function is over time",
        of: RUN,
        make: Make::Run(risk::of_run),
    },
    Kind {
        name: "regions",
        about: "mass and second moment of each region, pinned and dead mass, over time",
        of: RUN,
        make: Make::Run(regions::figure),
    },
    Kind {
        name: "attractors",
        about: "which samples attract and repel over time, and which hold pinned mass",
        of: RUN,
        make: Make::Run(attractors::figure),
    },
    Kind {
        name: "kernel",
        about: "the spectrum of the tangent kernel and how far the kernel has changed",
        of: RUN,
        make: Make::Run(kernel::figure),
    },
    Kind {
        name: "trajectories",
        about: "paths of some particles in the plane and on the cylinder",
        of: &["run"],
        make: Make::Run(trajectories::figure),
    },
    Kind {
        name: "knots",
        about: "where the function has its knots, against the logarithm of time",
        of: &["run"],
        make: Make::Run(knots::figure),
    },
    Kind {
        name: "width",
        about: "distance to the limit of infinite width against the width",
        of: &["width study"],
        make: Make::Arrays(width::figure),
    },
    Kind {
        name: "phase",
        about: "where learning is lazy: the kernel's change over invariant and scaling",
        of: &["phase study"],
        make: Make::Arrays(phase::figure),
    },
    Kind {
        name: "sweep",
        about: "what the runs end with, over the swept keys",
        of: &["sweep", "phase study"],
        make: Make::Arrays(sweep::figure),
    },
    Kind {
        name: "risk",
        about: "how far from the truth the runs end, over the swept keys, and get over time",
        of: &["sweep"],
        make: Make::Arrays(risk::of_sweep),
    },
    Kind {
        name: "splines",
        about: "the limits of infinite width beside splines",
        of: &["kernel file"],
        make: Make::Arrays(splines::figure),
    },
    Kind {
        name: "slices",
        about: "slices of the kernels",
        of: &["kernel file"],
        make: Make::Arrays(slices::figure),
    },
    Kind {
        name: "curvature",
        about: "how right- and left-facing neurons bend the function over time, random features",
        of: &["kernel file"],
        make: Make::Arrays(curvature::figure),
    },
    Kind {
        name: "law",
        about: "the density of knots and delta-slopes of a start law, with its marginals",
        of: &["law file"],
        make: Make::Arrays(law::figure),
    },
    Kind {
        name: "spectrum",
        about: "eigenvalues of the Hessian over time: bulk, others, how many are negative, zero, positive",
        of: &["landscape file"],
        make: Make::Arrays(spectrum::figure),
    },
    Kind {
        name: "slice",
        about: "the loss along the knot of one neuron, and the types of the samples",
        of: &["landscape file"],
        make: Make::Arrays(slice::figure),
    },
];

impl Source {
    /// The figures of this file.
    pub fn figures(&self) -> Vec<&'static Kind> {
        let kind = self.kind();
        FIGURES.iter().filter(|figure| figure.of.contains(&kind)).collect()
    }

    /// Makes a figure.
    ///
    /// * `name`: the first of [`Source::figures`] if none is given.
    /// * `time`: of the moment to show; the last snapshot if none is given.
    ///
    /// # Errors
    /// The file has no such figure, lacks what it shows, or has no snapshot at that time.
    pub fn figure(&self, name: Option<&str>, time: Option<f64>) -> Result<Figure, PlotError> {
        let figures = self.figures();
        let found = match name {
            Some(name) => figures.iter().find(|figure| figure.name == name),
            None => figures.first(),
        };
        let Some(kind) = found else {
            return Err(PlotError::Figure {
                path: self.path(),
                kind: self.kind(),
                figure: name.unwrap_or_default().to_string(),
                allowed: figures.iter().map(|figure| figure.name).collect(),
            });
        };
        if time.is_some() && !kind.is_of_a_moment() {
            let moments = figures.iter().filter(|figure| figure.is_of_a_moment());
            let allowed = moments.map(|figure| figure.name).collect();
            return Err(PlotError::NoTime { figure: kind.name, allowed });
        }
        match (self, kind.make) {
            (Source::Run(run), Make::Moment(make)) => make(run, run.at(time)?),
            (Source::Run(run), Make::Run(make)) => make(run),
            (
                Source::Study(file) | Source::Kernel(file) | Source::Law(file) | Source::Landscape(file),
                Make::Arrays(make),
            ) => make(file),
            _ => unreachable!("figures are listed by the kind of file"),
        }
    }
}
