//! What the file of `reluflow kernel` is made of, and what its variables take from it.

use crate::kernel::{
    Curvature, Curve, KnotRange, NormFit, RandomStarts, Regime, RegimeReport, Report, RunRow,
};

use super::declared::Entry;
use super::netcdf::Values;

/// What a kernel file is made of.
pub(crate) struct Source<'a> {
    pub report: &'a Report,
    pub fits: &'a [NormFit],
    pub run: &'a [RunRow],
    /// Start, limits, splines.
    pub curves: Vec<&'a Curve>,
}

impl<'a> Source<'a> {
    /// * `fits`: functions that fit at least cost.
    /// * `run`: snapshots of a particle run; none if there is no run.
    pub fn new(report: &'a Report, fits: &'a [NormFit], run: &'a [RunRow]) -> Source<'a> {
        Source { report, fits, run, curves: std::iter::once(&report.start).chain(report.curves()).collect() }
    }

    /// Whether there are kernel matrices.
    pub fn is_dense(&self) -> bool {
        self.report.regimes.iter().all(|regime| regime.flow.dense().is_some())
    }

    pub fn each_curve(&self, value: fn(&Curve) -> f64) -> Values {
        Values::F64(self.curves.iter().map(|curve| value(curve)).collect())
    }

    pub fn curve_names(&self) -> Values {
        Values::texts(self.curves.iter().map(|curve| curve.name))
    }

    /// Root mean square or largest distance between all pairs of curves.
    pub fn distances(&self, which: usize) -> Values {
        let pairs = self.curves.iter().flat_map(|f| self.curves.iter().map(move |g| (f, g)));
        let distance =
            |(f, g): (&&Curve, &&Curve)| self.report.function_norm.distance(&f.at_nodes, &g.at_nodes)[which];
        Values::F64(pairs.map(distance).collect())
    }

    pub fn norm_parts(&self) -> Option<[f64; 3]> {
        self.curves.iter().find_map(|curve| curve.norm.and_then(|norm| norm.parts))
    }

    /// The density of the knots of either facing on the grid.
    pub fn knot_density(&self) -> Option<Vec<f64>> {
        let nu = |facing: usize| -> Option<Vec<f64>> {
            let density = |&x: &f64| self.report.kernel.knot_density(x).map(|nu| nu[facing]);
            self.report.grid.iter().map(density).collect()
        };
        Some([nu(0)?, nu(1)?].concat())
    }

    pub fn each_regime<T>(&self, values: impl Fn(&RegimeReport) -> Vec<T>) -> Vec<T> {
        self.report.regimes.iter().flat_map(values).collect()
    }

    /// Means of the kernels from random neurons, or their standard errors.
    pub fn monte_carlo(&self, which: usize) -> Values {
        let gram = |regime: Regime| {
            let (mean, error) = self.report.monte_carlo.as_ref()?.gram(regime);
            Some(if which == 0 { mean } else { error })
        };
        Values::F64(Regime::ALL.into_iter().filter_map(gram).flat_map(|gram| gram.into_iter()).collect())
    }

    /// What random starts make of each regime.
    pub fn starts(&self, of: impl Fn(&RandomStarts) -> Vec<f64>) -> Values {
        let all = self.report.regimes.iter().filter_map(|regime| regime.random_starts.as_ref());
        Values::F64(all.flat_map(of).collect())
    }

    /// How neurons bend the function over time.
    pub fn curvature(&self, of: impl Fn(&Curvature) -> Vec<f64>) -> Values {
        Values::F64(self.report.curvature().map_or(vec![], of))
    }

    pub fn has_curvature(&self) -> bool {
        self.report.curvature().is_some()
    }

    pub fn first_starts(&self) -> Option<&RandomStarts> {
        self.report.regimes[0].random_starts.as_ref()
    }

    pub fn each_range(&self, value: fn(&KnotRange) -> f64) -> Values {
        Values::F64(self.report.knot_range.iter().map(value).collect())
    }

    /// Losses of the best fits, or of the greedy ones.
    pub fn pieces(&self, which: usize) -> Values {
        let fits = self.report.pieces.as_ref().map_or(&[][..], |fits| &fits[which]);
        Values::F64(fits.iter().map(|fit| 0.5 * fit.error).collect())
    }

    /// Whether the run is one of particles.
    pub fn has_neurons(&self) -> bool {
        self.run.iter().any(|row| row.roughness.is_some())
    }

    pub fn each_fit(&self, value: fn(&NormFit) -> f64) -> Values {
        Values::F64(self.fits.iter().map(value).collect())
    }

    /// The most knots that a fit has.
    pub fn most_knots(&self) -> usize {
        self.fits.iter().map(|fit| fit.knots.len()).max().unwrap_or(0)
    }

    /// Of each knot of each fit; NaN beyond the last.
    pub fn each_knot(&self, value: fn(&(f64, f64)) -> f64) -> Values {
        let of = |fit: &NormFit, k: usize| fit.knots.get(k).map_or(f64::NAN, value);
        let most = self.most_knots();
        Values::F64(self.fits.iter().flat_map(|fit| (0..most).map(move |k| of(fit, k))).collect())
    }

    pub fn each_row(&self, value: fn(&RunRow) -> f64) -> Values {
        Values::F64(self.run.iter().map(value).collect())
    }
}

/// Numbers 0, 1, 2, ...
pub(super) fn count(length: usize) -> Values {
    Values::I32((0..length as i32).collect())
}

pub(super) fn all<'a>(values: impl IntoIterator<Item = &'a f64>) -> Values {
    Values::F64(values.into_iter().copied().collect())
}

/// A variable of a kernel file.
pub(super) type Variable<'a> = Entry<Source<'a>>;
