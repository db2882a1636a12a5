//! The functions that fit samples at least cost, in two norms (mathematics, section 21).

use crate::math::linear_spline::LinearSpline;
use crate::math::trend_filter::trend_filter;
use crate::problem::{Risk, Samples};

use super::KernelError;
use super::tv_measure::tv_measure;

/// What a function costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitNorm {
    /// `Int |f''|`: weight decay where biases and affine functions are free.
    Slope,
    /// `Int |r| mu`, the least that neurons of the function cost: `Int |f''| sqrt(1 + x^2)` and what the affine part
    /// adds. Weight decay with biases penalised, as it is here.
    Neurons,
}

impl FitNorm {
    /// The name in files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            FitNorm::Slope => "slope",
            FitNorm::Neurons => "neurons",
        }
    }

    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            FitNorm::Slope => "Int |f''|: biases and affine functions are free",
            FitNorm::Neurons => {
                "Int |r| mu (of knots, Int |f''| sqrt(1 + x^2)): biases penalised, as in these flows"
            }
        }
    }
}

/// A minimiser of `1/2 Sum_j n_j rho_j^2 + lambda norm(f)`; with `lambda = 0` of the norm among interpolants.
#[derive(Debug, Clone, PartialEq)]
pub struct NormFit {
    /// Which norm.
    pub norm: FitNorm,
    /// Its weight; 0 for interpolants.
    pub lambda: f64,
    /// Whether it has the fewest knots of all minimisers, which may be between samples, where minimisers are not
    /// unique.
    pub sparsest: bool,
    /// The norm.
    pub cost: f64,
    /// `1/2 Sum_j n_j rho_j^2`.
    pub loss: f64,
    /// The function at the samples, the same for all minimisers of a norm.
    pub at_samples: Vec<f64>,
    /// Knots, ascending, and by how much the slope changes at each.
    pub knots: Vec<(f64, f64)>,
    /// Value at 0 and slope of the function left of all knots, continued.
    pub line: [f64; 2],
}

impl NormFit {
    /// The function.
    pub fn value(&self, x: f64) -> f64 {
        let bends = self.knots.iter().map(|(knot, change)| change * (x - knot).max(0.0));
        self.line[0] + self.line[1] * x + bends.sum::<f64>()
    }

    /// `1/2 Sum_j n_j rho_j^2 + lambda norm(f)`.
    pub fn energy(&self) -> f64 {
        self.loss + self.lambda * self.cost
    }

    /// `Int |f''|`.
    pub fn slope_variation(&self) -> f64 {
        self.knots.iter().map(|(_, change)| change.abs()).sum()
    }

    /// How far the function is from 0 between `low` and `high`, exact: it is straight between knots.
    ///
    /// ```
    /// use reluflow::{kernel::slope_fits, problem::Samples};
    /// let [linear, _] = slope_fits(&Samples::new(&[-1.0, 0.0, 1.0], &[-1.0, 1.0, 1.0])?, 0.0)?;
    /// let size = linear.size(-1.0, 1.0);
    /// assert!((size.l1 - 0.75).abs() < 1e-15); // 1/2 over [-1, 0], 1 over [0, 1]
    /// assert!((size.l2 - (2.0f64 / 3.0).sqrt()).abs() < 1e-15 && size.largest == 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size(&self, low: f64, high: f64) -> Risk {
        // By running sums: a value at every knot would take its sum anew.
        let (mut value, mut slope) = (self.line[0] + self.line[1] * low, self.line[1]);
        let mut bends = self.knots.iter().peekable();
        while let Some((x, change)) = bends.next_if(|(x, _)| *x <= low) {
            (value, slope) = (value + change * (low - x), slope + change);
        }
        let (mut x, mut l1, mut l2, mut largest) = (low, 0.0, 0.0, value.abs());
        while x < high {
            let (next, change) =
                bends.next().filter(|(knot, _)| *knot < high).copied().unwrap_or((high, 0.0));
            let (h, a, b) = (next - x, value, value + slope * (next - x));
            let (one, other) = (a.abs(), b.abs());
            l1 += h * if a * b >= 0.0 { 0.5 * (one + other) } else { 0.5 * (a * a + b * b) / (one + other) };
            l2 += h * (a * a + a * b + b * b) / 3.0;
            largest = f64::max(largest, other);
            (x, value, slope) = (next, b, slope + change);
        }
        Risk { l1: l1 / (high - low), l2: (l2 / (high - low)).sqrt(), largest }
    }

    /// `Int |f''| sqrt(1 + x^2)`.
    pub fn weighted_variation(&self) -> f64 {
        self.knots.iter().map(|(knot, change)| change.abs() * knot.hypot(1.0)).sum()
    }
}

/// Of every `lambda`: the minimiser of [`FitNorm::Slope`] that bends at samples only, its sparsest one, and the minimiser of
/// [`FitNorm::Neurons`], which is unique but for degenerate data.
///
/// ```
/// use reluflow::{kernel::norm_fits, problem::Samples};
/// // Convex: two bends at samples, or one between them.
/// let samples = Samples::new(&[-3.0, -1.0, 1.0, 3.0], &[2.0, 0.0, 0.0, 2.0])?;
/// let [at_samples, sparsest, neurons] = &norm_fits(&samples, &[0.0])?[..] else { panic!() };
/// assert_eq!(at_samples.knots, [(-1.0, 1.0), (1.0, 1.0)]);
/// assert_eq!((sparsest.knots.len(), sparsest.knots[0].0), (1, 0.0));
/// assert!((at_samples.cost - 2.0).abs() < 1e-12 && (sparsest.cost - 2.0).abs() < 1e-12);
/// assert!(neurons.at_samples.iter().zip(samples.y()).all(|(f, y)| (f - y).abs() < 1e-6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A solver does not reach its tolerance.
pub fn norm_fits(samples: &Samples, lambdas: &[f64]) -> Result<Vec<NormFit>, KernelError> {
    let mut fits = vec![];
    for &lambda in lambdas {
        fits.extend(slope_fits(samples, lambda)?);
        let measure = tv_measure(samples, lambda)?;
        let (knots, line) = knots_of(&measure.particles);
        fits.push(NormFit {
            norm: FitNorm::Neurons,
            lambda,
            sparsest: true,
            cost: measure.norm,
            loss: measure.loss,
            at_samples: measure.at_samples,
            knots,
            line,
        });
    }
    Ok(fits)
}

/// Of [`FitNorm::Slope`]: the minimiser that bends at samples only, and the sparsest one. Interpolants (`lambda = 0`) in
/// `O(s)`.
///
/// # Errors
/// The solver does not reach its tolerance.
pub fn slope_fits(samples: &Samples, lambda: f64) -> Result<[NormFit; 2], KernelError> {
    let (x, y) = (samples.x(), samples.y());
    let fit = match lambda > 0.0 {
        true => {
            let found = trend_filter(x, y, samples.weight(), lambda);
            found.map_err(|status| KernelError::Convex { status })?.fit
        }
        false => LinearSpline::new(x.to_vec(), y.to_vec()),
    };
    let at_samples: Vec<f64> = x.iter().map(|&x| fit.value(x)).collect();
    Ok([false, true].map(|sparsest| {
        let (knots, line) = if sparsest { fewest_knots(x, &at_samples) } else { bends(x, &at_samples) };
        NormFit {
            norm: FitNorm::Slope,
            lambda,
            sparsest,
            cost: fit.slope_variation(),
            loss: loss(samples, &at_samples),
            at_samples: at_samples.clone(),
            knots,
            line,
        }
    }))
}

fn loss(samples: &Samples, f: &[f64]) -> f64 {
    let terms = f.iter().zip(samples.y()).zip(samples.weight());
    0.5 * terms.map(|((f, y), n)| n * (f - y) * (f - y)).sum::<f64>()
}

/// A change of slope below this share of the slopes on both sides is rounding,
const STRAIGHT: f64 = 1e-9;
/// as is one below this, times the largest value over the shorter of both gaps.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Slopes between samples; with changes of slope at inner samples, those of rounding set to 0.
fn slopes(x: &[f64], f: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let slope: Vec<f64> = (1..x.len()).map(|j| (f[j] - f[j - 1]) / (x[j] - x[j - 1])).collect();
    let most = f.iter().fold(0.0, |most: f64, f| most.max(f.abs()));
    let bend = |j: usize| {
        let (change, gap) = (slope[j] - slope[j - 1], (x[j] - x[j - 1]).min(x[j + 1] - x[j]));
        let least = STRAIGHT * (slope[j].abs() + slope[j - 1].abs()) + ROUNDING * most / gap;
        if change.abs() > least { change } else { 0.0 }
    };
    let change = (1..slope.len()).map(bend).collect();
    (slope, change)
}

/// Value at 0 and slope of the line through the first two points.
fn first_line(x: &[f64], f: &[f64], slope: &[f64]) -> [f64; 2] {
    let slope = slope.first().copied().unwrap_or(0.0);
    [f[0] - slope * x[0], slope]
}

type Bends = (Vec<(f64, f64)>, [f64; 2]);

/// The function that bends at samples.
fn bends(x: &[f64], f: &[f64]) -> Bends {
    let (slope, change) = slopes(x, f);
    let knots = change.iter().enumerate().filter(|(_, change)| **change != 0.0);
    (knots.map(|(i, &change)| (x[i + 1], change)).collect(), first_line(x, f, &slope))
}

/// Of all functions through these points with the least `Int |f''|` one with the fewest knots.
///
/// All of them are straight where the function that bends at samples has three points on a line, or bends to different
/// sides at neighbours (Debarre, Denoyelle, Unser and Fageot 2022). Where it bends to one side at `a` samples in a row,
/// any three points in a row ask for a knot between the outer two: `ceil(a / 2)` at least. So many are enough: two
/// neighbours are passed by one knot between them, where the lines before and after meet.
fn fewest_knots(x: &[f64], f: &[f64]) -> Bends {
    let (slope, change) = slopes(x, f);
    let (mut knots, mut i) = (vec![], 0);
    while i < change.len() {
        if change[i] == 0.0 {
            i += 1;
        } else if i + 1 < change.len() && change[i] * change[i + 1] > 0.0 {
            let both = change[i] + change[i + 1];
            let share = change[i + 1] / both;
            knots.push((x[i + 1] + share * (x[i + 2] - x[i + 1]), both));
            i += 2;
        } else {
            knots.push((x[i + 1], change[i]));
            i += 1;
        }
    }
    (knots, first_line(x, f, &slope))
}

/// Knots closer than this, relative to `1 + |x|`, are one.
const TOGETHER: f64 = 1e-6;

/// Knots of particles `(r, theta)`, which need not be on samples.
fn knots_of(particles: &[(f64, f64)]) -> Bends {
    let (mut knots, mut line) = (vec![], [0.0; 2]);
    for &(r, theta) in particles {
        let (sin, cos) = theta.sin_cos();
        if cos <= 0.0 {
            line = [line[0] + r * sin, line[1] + r * cos];
        } else if cos.abs() <= f64::EPSILON {
            line[0] += r * sin.max(0.0);
        }
        if cos.abs() > f64::EPSILON {
            knots.push((-sin / cos, r * cos.abs()));
        }
    }
    knots.sort_by(|a: &(f64, f64), b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = vec![];
    for (x, change) in knots {
        match merged.last_mut() {
            Some(last) if x - last.0 < TOGETHER * (1.0 + x.abs()) => last.1 += change,
            _ => merged.push((x, change)),
        }
    }
    (merged, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};
    use crate::problem::function_values;

    fn drawn(seed: u64) -> Samples {
        let mut draw = Stream::new(seed, Purpose::Noise, 2);
        let s = 1 + (seed as usize * 7) % 12;
        let x: Vec<f64> = (0..s).map(|_| draw.uniform(-2.0, 2.0)).collect();
        let y: Vec<f64> = x.iter().map(|x| (2.0 * x).sin() + 0.3 * draw.normal()).collect();
        Samples::new(&x, &y).unwrap()
    }

    /// Among all minimisers: the same values, the same cost, and as few knots as three points in a row allow.
    #[test]
    fn the_sparsest_is_a_minimiser_with_the_fewest_knots() {
        let (mut saved, mut moved) = (0, 0);
        for seed in 0..40 {
            let samples = drawn(seed);
            for fits in norm_fits(&samples, &[0.0, 0.01, 0.1]).unwrap().chunks(3) {
                let [own, sparsest, _] = fits else { panic!("three of each") };
                let size = own.at_samples.iter().fold(1.0, |most: f64, f| most.max(f.abs()));
                for (j, &x) in samples.x().iter().enumerate() {
                    for fit in [own, sparsest] {
                        let off = fit.value(x) - own.at_samples[j];
                        assert!(off.abs() < 1e-9 * size, "seed {seed}, lambda {}: {off:e}", own.lambda);
                    }
                }
                assert!((sparsest.slope_variation() - own.cost).abs() < 1e-8 * (1.0 + own.cost));
                // Disjoint triples of neighbours that no line passes each need a knot between their outer points.
                let (_, change) = slopes(samples.x(), &own.at_samples);
                let (mut least, mut i) = (0, 0);
                while i < change.len() {
                    (least, i) = if change[i] == 0.0 { (least, i + 1) } else { (least + 1, i + 2) };
                }
                assert!(sparsest.knots.len() >= least && sparsest.knots.len() <= own.knots.len());
                saved += own.knots.len() - sparsest.knots.len();
                moved += sparsest.knots.iter().filter(|(x, _)| !samples.x().contains(x)).count();
            }
        }
        assert!(saved > 20 && moved == saved, "{saved} {moved}");
    }

    /// Knots and line of the measure are its function.
    #[test]
    fn knots_of_a_measure_are_its_function() {
        for seed in 0..20 {
            let samples = drawn(seed);
            let measure = tv_measure(&samples, 0.02).unwrap();
            let (knots, line) = knots_of(&measure.particles);
            let (r, theta): (Vec<f64>, Vec<f64>) = measure.particles.iter().copied().unzip();
            let mass = vec![1.0; r.len()];
            let fit = NormFit {
                norm: FitNorm::Neurons,
                lambda: 0.02,
                sparsest: true,
                cost: measure.norm,
                loss: measure.loss,
                at_samples: measure.at_samples,
                knots,
                line,
            };
            let points = [-3.0, -1.1, 0.0, 0.7, 2.5];
            for (&x, f) in points.iter().zip(function_values(&points, &r, &theta, &mass)) {
                assert!(
                    (fit.value(x) - f).abs() < 1e-5 * (1.0 + f.abs()),
                    "seed {seed}: {} {f}",
                    fit.value(x)
                );
            }
            // Of one neuron the change of slope weighted by sqrt(1 + x^2) is |r|.
            assert!(fit.weighted_variation() < measure.norm * (1.0 + 1e-6));
        }
    }

    /// Interpolants are the limit of penalised minimisers: `E(lambda) / lambda` rises to the least norm.
    #[test]
    fn interpolants_are_limits() {
        for seed in 0..20 {
            let samples = drawn(seed);
            let lambdas = [0.0, 1e-5, 1e-4];
            let fits = norm_fits(&samples, &lambdas).unwrap();
            for norm in [0, 2] {
                let [least, near, far] = [0, 1, 2].map(|i| &fits[3 * i + norm]);
                assert!(least.loss < 1e-12 * (1.0 + least.cost), "seed {seed}: {least:?}");
                let [near, far] = [near, far].map(|fit| least.cost - fit.energy() / fit.lambda);
                let rounding = 1e-4 * (1.0 + least.cost);
                assert!(near > -rounding && far > near - rounding, "seed {seed}: {near:e} {far:e}");
                assert!(near < 0.2 * far + rounding, "seed {seed}, norm {norm}: {near:e} {far:e}");
            }
        }
        let one = Samples::new(&[0.75], &[-2.5]).unwrap();
        let fits = norm_fits(&one, &[0.0]).unwrap();
        assert_eq!((fits[0].cost, fits[1].knots.len()), (0.0, 0));
        assert!((fits[2].cost - 2.0).abs() < 1e-7, "{:?}", fits[2]);
    }
}
