//! All that is told of the loss around one state.

use ndarray_linalg::error::LinalgError;

use crate::flow::{Layers, Vec2, gradients};
use crate::problem::{Regions, Samples};

use super::critical::{Critical, Pieces};
use super::knot_slice::{SliceType, probe_types};
use super::second_moments::{Neuron, SecondMoments};
use super::spectrum::{Spectrum, Trained};
use super::zeros::Zeros;

/// What the loss around a state looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Landscape {
    /// `g_k` of each region, with `kappa`.
    pub g: Vec<Vec2>,
    /// Sums over the neurons.
    pub moments: SecondMoments,
    /// Which samples share a piece.
    pub pieces: Pieces,
    /// How critical it is.
    pub critical: Critical,
    /// Types of the samples for small neurons that turn, by boundary and sign of `r`.
    pub turning: Vec<[SliceType; 2]>,
    /// Types for small neurons whose knot moves (S Thm 3).
    pub knots: Vec<[SliceType; 2]>,
    /// The Hessian.
    pub hessian: Hessian,
}

/// The spectrum of the Hessian, and what of it is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Hessian {
    /// All eigenvalues.
    pub spectrum: Spectrum,
    /// Below this they count as zero.
    pub zero: f64,
    /// How many are negative, zero, positive.
    pub signs: [usize; 3],
    /// Zeros by cause.
    pub zeros: Zeros,
}

/// Eigenvalues below this part of the largest are rounding.
const ROUNDING: f64 = 1e-13;

/// The state whose surroundings are asked for.
pub struct Around<'a> {
    /// Samples.
    pub samples: &'a Samples,
    /// Their regions.
    pub regions: &'a Regions,
    /// Residuals.
    pub rho: &'a [f64],
    /// Factor before the mean over neurons.
    pub kappa: f64,
    /// Which parameters train.
    pub layers: Layers,
    /// Rate of the output bias, if it moves: one more parameter.
    pub output_bias_rate: f64,
    /// Uncertainty of a residual: what eigenvalues could be with other residuals within it counts as zero.
    pub uncertainty: f64,
    /// Whether directions of eigenvectors are wanted.
    pub directions: bool,
}

impl Landscape {
    /// * `count`, `neuron`: the neurons.
    ///
    /// # Errors
    /// LAPACK fails.
    pub fn new(
        around: &Around,
        count: usize,
        neuron: impl Fn(usize) -> Neuron + Sync,
    ) -> Result<Landscape, LinalgError> {
        let Around { samples, regions, rho, kappa, layers, output_bias_rate, uncertainty, directions } =
            *around;
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(samples, rho, &mut g);
        g.iter_mut().for_each(|g| *g = g.map(|g| kappa * g));
        let moments = SecondMoments::new(regions, count, neuron);
        let pieces = Pieces::new(regions, &moments);
        let mut critical = Critical::new(samples, regions, &moments, &pieces, rho, &g, layers);
        let pull: f64 = rho.iter().zip(samples.weight()).map(|(rho, n)| n * rho).sum();
        critical.gradient_norm = critical.gradient_norm.hypot(output_bias_rate.sqrt() * pull);
        let trained = Trained { layers, output_bias_rate };
        let spectrum = Spectrum::new(samples, regions, &moments, &g, kappa, trained, directions)?;
        let [least, most] = spectrum.range();
        let reach: f64 = samples.x().iter().zip(samples.weight()).map(|(x, n)| n * x.hypot(1.0)).sum();
        let zero = (ROUNDING * most.max(-least)).max(kappa * uncertainty * reach);
        let signs = spectrum.signs(zero);
        let zeros = Zeros::new(regions, &moments, &g, layers, signs[1], zero);
        Ok(Landscape {
            turning: probe_types(samples, rho, true),
            knots: probe_types(samples, rho, false),
            hessian: Hessian { spectrum, zero, signs, zeros },
            g,
            moments,
            pieces,
            critical,
        })
    }

    /// Boundaries and signs for which the two kinds of types differ.
    pub fn disagreements(&self) -> usize {
        let pairs = self.turning.iter().flatten().zip(self.knots.iter().flatten());
        pairs.filter(|(turning, knot)| turning != knot).count()
    }
}
