//! How a law becomes particles.

/// How the particles of a start measure stand for the limit of infinite width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// They were given.
    File,
    /// Independent draws.
    Iid,
    /// Scrambled Sobol' points.
    Sobol,
    /// Weighted nodes of a quadrature rule.
    Quadrature {
        /// In each direction and region.
        nodes: usize,
        /// Whether a run with twice the nodes goes beside, and every snapshot says how far apart
        /// they are.
        estimate_error: bool,
    },
    /// There are none: the density of the law itself is solved for.
    Density {
        /// Whether a run with half as many cells each way goes beside, and every snapshot says how far apart they
        /// are.
        estimate_error: bool,
    },
}

impl Sampling {
    /// Fewest nodes of a quadrature: with these all moments at the start are exact in amplitudes.
    pub const FEWEST_NODES: usize = 4;
    /// Most nodes.
    pub const MOST_NODES: usize = 128;

    /// As in scenarios and run files.
    pub fn name(self) -> &'static str {
        match self {
            Sampling::File => "file",
            Sampling::Iid => "iid",
            Sampling::Sobol => "sobol",
            Sampling::Quadrature { .. } => "quadrature",
            Sampling::Density { .. } => "density",
        }
    }

    /// Whether every snapshot has an estimate of the error of a quadrature or of cells.
    pub fn estimates_error(self) -> bool {
        matches!(
            self,
            Sampling::Quadrature { estimate_error: true, .. } | Sampling::Density { estimate_error: true }
        )
    }
}
