//! What ensembles of one width say beside the limit.

use crate::math::anderson_darling::anderson_darling;

use super::function::rms_on_grid;
use super::record::Record;
use super::views::DISTANCES;

/// What is compared with the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Root mean square over snapshots and samples of `rho - rho_limit`.
    Residual,
    /// Root mean square over the range of the samples of `f - f_limit` at the end.
    Function,
    /// Root mean square over snapshots of `|K - K_limit| / |K_limit|` in the Frobenius norm.
    TangentKernel,
    /// Root mean square over snapshots of the difference of the pinned masses.
    PinnedMass,
    /// `W_1` between the knots of the final measures, within a window around the samples.
    KnotsW1,
    /// `W_2` between them.
    KnotsW2,
    /// `W_1` between the directions of the final measures, on the circle (rad).
    ThetaW1,
    /// `W_2` between them.
    ThetaW2,
    /// Sliced `W_2` between the final measures on the cylinder, points `(r, cos theta, sin theta)`.
    Cylinder,
}

impl Quantity {
    /// How many there are.
    pub const COUNT: usize = 9;

    /// All of them.
    pub const ALL: [Quantity; Quantity::COUNT] = [
        Quantity::Residual,
        Quantity::Function,
        Quantity::TangentKernel,
        Quantity::PinnedMass,
        Quantity::KnotsW1,
        Quantity::KnotsW2,
        Quantity::ThetaW1,
        Quantity::ThetaW2,
        Quantity::Cylinder,
    ];

    /// Name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Residual => "residual",
            Quantity::Function => "function",
            Quantity::TangentKernel => "tangent kernel",
            Quantity::PinnedMass => "pinned mass",
            distance => DISTANCES[distance.distance().expect("all others are distances")],
        }
    }

    /// Whether it is told from what stands for the limit's measure, rather than from its function: the
    /// nodes of a quadrature come to boundaries in lumps.
    pub(crate) fn of_measure(self) -> bool {
        self as usize >= Quantity::PinnedMass as usize
    }

    /// Its number among the distances between final measures, if it is one.
    pub fn distance(self) -> Option<usize> {
        (self as usize).checked_sub(Quantity::KnotsW1 as usize)
    }

    /// How far a run is from the limit, of functions or of measures.
    pub(crate) fn deviation(self, run: &Record, limit: &Record) -> f64 {
        let difference = |name: &str| {
            let (a, b) = (run.values(name).unwrap_or_default(), limit.values(name).unwrap_or_default());
            let same = !a.is_empty() && a.len() == b.len();
            same.then(|| a.iter().zip(b).map(|(a, b)| a - b))
        };
        match self {
            Quantity::Residual => difference("residual").map_or(f64::NAN, rms),
            Quantity::Function => difference("function").map_or(f64::NAN, rms_on_grid),
            Quantity::PinnedMass => difference("pinned_mass").map_or(f64::NAN, rms),
            Quantity::TangentKernel => {
                run.values("kernel_distance").map_or(f64::NAN, |values| rms(values.iter().copied()))
            }
            distance => {
                let q = distance.distance().expect("all others are distances");
                run.values("measure_distance").map_or(f64::NAN, |values| values[q])
            }
        }
    }

    /// The size of the quantity in the limit, to which "1 %" refers; NaN of distances.
    pub(crate) fn size(self, limit: &Record) -> f64 {
        let of = |name: &str| limit.values(name).map_or(f64::NAN, |values| rms(values.iter().copied()));
        match self {
            Quantity::Residual => of("residual"),
            Quantity::Function => {
                limit.values("function").map_or(f64::NAN, |values| rms_on_grid(values.iter().copied()))
            }
            Quantity::TangentKernel => 1.0,
            Quantity::PinnedMass => of("pinned_mass"),
            // Of what is a distance in itself there is no share.
            _ => f64::NAN,
        }
    }
}

/// Root mean square.
pub(crate) fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0f64);
    for value in values {
        sum += value * value;
        count += 1.0;
    }
    (sum / count).sqrt()
}

/// Mean and its standard error; the error is NaN of a single value.
///
/// ```
/// use reluflow::study::mean_and_error;
/// assert_eq!(mean_and_error(&[1.0, 2.0, 3.0, 6.0]), (3.0, (14.0f64 / 12.0).sqrt()));
/// ```
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (square / (n - 1.0) / n).sqrt())
}

/// `sqrt(m) (rho - rho_limit)` of an ensemble at one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Fluctuations {
    /// Mean over seeds, by sample.
    pub mean: Vec<f64>,
    /// Covariance over seeds, row-major.
    pub covariance: Vec<f64>,
    /// p-values of the Anderson-Darling test, by sample; NaN where there is nothing to test.
    pub p_values: Vec<f64>,
    /// Seeds.
    pub count: usize,
}

impl Fluctuations {
    /// Of vectors of `s` numbers each; NaN if there are none.
    pub fn of(vectors: &[Vec<f64>], s: usize) -> Fluctuations {
        let n = vectors.len();
        let column = |j: usize| -> Vec<f64> { vectors.iter().map(|v| v[j]).collect() };
        let mean: Vec<f64> = (0..s).map(|j| column(j).iter().sum::<f64>() / n as f64).collect();
        let mut covariance = vec![if n == 0 { f64::NAN } else { 0.0 }; s * s];
        for v in vectors {
            for j in 0..s {
                for k in 0..s {
                    covariance[j * s + k] += (v[j] - mean[j]) * (v[k] - mean[k]) / (n as f64 - 1.0);
                }
            }
        }
        let p = |j: usize| anderson_darling(&column(j)).map_or(f64::NAN, |test| test.p_value);
        Fluctuations { mean, covariance, p_values: (0..s).map(p).collect(), count: n }
    }

    /// The smallest p-value, times their number (Bonferroni), at most 1: whether any sample's
    /// fluctuations are not normal. NaN if none could be tested.
    pub fn p_value(&self) -> f64 {
        let tested: Vec<f64> = self.p_values.iter().copied().filter(|p| !p.is_nan()).collect();
        if tested.is_empty() {
            return f64::NAN;
        }
        (tested.iter().copied().fold(1.0, f64::min) * tested.len() as f64).min(1.0)
    }

    /// `|mean| / sqrt(tr theory / n)`: root mean square 1 if the mean is 0 and the theory holds.
    pub fn mean_error(&self, theory: &[f64]) -> f64 {
        let s = self.mean.len();
        let trace: f64 = (0..s).map(|j| theory[j * s + j]).sum();
        let square: f64 = self.mean.iter().map(|mean| mean * mean).sum();
        (square * self.count as f64 / trace).sqrt()
    }

    /// `(|C - theory| / |theory|, the same as expected from so many normal vectors)`, Frobenius:
    ///
    /// ```text
    /// E |C - T|^2 = ((tr T)^2 + |T|^2) / (n - 1)
    /// ```
    pub fn covariance_error(&self, theory: &[f64]) -> (f64, f64) {
        let s = self.mean.len();
        let norm: f64 = theory.iter().map(|t| t * t).sum();
        let square: f64 = self.covariance.iter().zip(theory).map(|(c, t)| (c - t).powi(2)).sum();
        let trace: f64 = (0..s).map(|j| theory[j * s + j]).sum();
        ((square / norm).sqrt(), ((trace * trace + norm) / norm / (self.count as f64 - 1.0)).sqrt())
    }
}

/// One width beside the limit.
#[derive(Debug, Clone)]
pub struct WidthRow {
    /// Particles.
    pub width: u64,
    /// Of each [`Quantity`]: mean over seeds of the deviation, and its standard error; NaN where
    /// there is none.
    pub deviation: [(f64, f64); Quantity::COUNT],
    /// The deviation that 95 of 100 seeds do not exceed.
    pub most: [f64; Quantity::COUNT],
    /// `sqrt(m) (rho - rho_limit)` at the start and at the end.
    pub fluctuations: [Fluctuations; 2],
    /// Shares of the mass whose knot lies at the ends of the window or beyond, and that has none: mean
    /// over seeds.
    pub knot_shares: [f64; 2],
    /// Runs that failed.
    pub failed: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};

    /// Vectors `(2 u, u + v)` with `u`, `v` standard normal: covariance `[[4, 2], [2, 2]]`.
    #[test]
    fn a_known_covariance_is_found_within_its_expected_error() {
        let theory = [4.0, 2.0, 2.0, 2.0];
        let (mut found, mut expected, mut mean) = (0.0, 0.0, 0.0);
        for trial in 0..400u64 {
            let mut draw = Stream::new(2, Purpose::Noise, trial);
            let vectors: Vec<Vec<f64>> = (0..64)
                .map(|_| {
                    let (u, v) = (draw.normal(), draw.normal());
                    vec![2.0 * u, u + v]
                })
                .collect();
            let fluctuations = Fluctuations::of(&vectors, 2);
            let (error, should) = fluctuations.covariance_error(&theory);
            found += error * error / 400.0;
            expected = should * should;
            mean += fluctuations.mean_error(&theory).powi(2) / 400.0;
            assert!(fluctuations.mean.iter().all(|mean| mean.abs() < 1.5));
        }
        // Mean squares over 400 trials scatter by a few per cent.
        assert!((found / expected - 1.0).abs() < 0.15, "{found} {expected}");
        assert!((mean - 1.0).abs() < 0.2, "{mean}");
    }

    #[test]
    fn covariance_by_hand() {
        let f = Fluctuations::of(&[vec![1.0, 0.0], vec![3.0, 1.0], vec![2.0, 5.0]], 2);
        assert_eq!((f.mean.clone(), f.covariance.clone()), (vec![2.0, 2.0], vec![1.0, 0.5, 0.5, 7.0]));
        assert!(f.p_value().is_nan(), "three values are too few");
        let none = Fluctuations::of(&[], 2);
        assert!(none.mean.iter().chain(&none.covariance).chain(&none.p_values).all(|value| value.is_nan()));
        assert_eq!((none.mean.len(), none.covariance.len(), none.p_values.len()), (2, 4, 2));
    }
}
