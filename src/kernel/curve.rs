//! The functions that are set beside each other, and what is told of each.

use ndarray::parallel::prelude::*;

use crate::math::cubic_spline::{CubicSpline, linear_variation};
use crate::math::linear_spline::LinearSpline;
use crate::math::quadrature::integrate;
use crate::math::sum::sum;
use crate::problem::Samples;

use super::function_norm::FunctionNorm;
use super::kernels::Kernel;
use super::limit::{KernelFunction, Norm, curvature_norm};
use super::random_starts::Starts;

/// A function beside others: its values, and how bent it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The name in files and JSON.
    pub name: &'static str,
    /// In words.
    pub title: String,
    /// How it was chosen; empty where there was no choice.
    pub remark: String,
    /// At the samples.
    pub at_samples: Vec<f64>,
    /// At the points of the function norm.
    pub at_nodes: Vec<f64>,
    /// On the grid of the report.
    pub on_grid: Vec<f64>,
    /// `1/2 Sum_j n_j (f(x_j) - y_j)^2`.
    pub loss: f64,
    /// `Int |f''|^2` over the range of the samples; infinite with kinks.
    pub roughness: f64,
    /// Total variation of `f'` over the range of the samples.
    pub slope_variation: f64,
    /// `Int |f''|^2 / nu` over the range of the knots; infinite with kinks, or bent where there are
    /// no knots; `None` if the law has no `nu`.
    pub curvature: Option<f64>,
    /// The squared norm in the kernel's space; infinite with kinks, `None` if not known.
    pub norm: Option<Norm>,
}

/// Where curves are evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub samples: &'a Samples,
    pub function_norm: &'a FunctionNorm,
    pub grid: &'a [f64],
    pub kernel: &'a Kernel,
    /// Random starts of which mean and deviation are told.
    pub starts: Option<Starts<'a>>,
    /// Integrals over the gaps between samples by fixed rules.
    pub linear: bool,
}

/// With many samples, gaps are short up to this share of the range of the samples.
const SHORT: f64 = 1e-3;

impl Places<'_> {
    /// Whether the density of the knots may change over a gap.
    pub fn is_long(&self, gap: usize) -> bool {
        let x = self.samples.x();
        x[gap + 1] - x[gap] > SHORT * (x[x.len() - 1] - x[0])
    }

    fn curve(&self, name: &'static str, title: String, value: impl Fn(f64) -> f64 + Sync) -> Curve {
        let at = |points: &[f64]| -> Vec<f64> { points.par_iter().map(|&x| value(x)).collect() };
        self.curve_of_values(
            name,
            title,
            [at(self.samples.x()), at(self.function_norm.points()), at(self.grid)],
        )
    }

    /// From values at the samples, the points of the norm and the grid; bending unknown.
    pub fn curve_of_values(&self, name: &'static str, title: String, values: [Vec<f64>; 3]) -> Curve {
        let [at_samples, at_nodes, on_grid] = values;
        let loss = (0..self.samples.len())
            .map(|j| 0.5 * self.samples.weight()[j] * (at_samples[j] - self.samples.y()[j]).powi(2))
            .sum();
        Curve {
            name,
            title,
            remark: String::new(),
            at_samples,
            at_nodes,
            on_grid,
            loss,
            roughness: f64::NAN,
            slope_variation: f64::NAN,
            curvature: None,
            norm: None,
        }
    }

    pub fn cubic(&self, name: &'static str, title: String, spline: &CubicSpline) -> Curve {
        let second = LinearSpline::new(spline.knots().to_vec(), spline.second_derivative().to_vec());
        let (low, high) = (spline.knots()[0], spline.knots()[spline.knots().len() - 1]);
        let bend = |x: f64| if x >= low && x <= high { second.value(x) } else { 0.0 };
        Curve {
            roughness: spline.roughness(),
            slope_variation: spline.slope_variation(),
            curvature: if self.linear {
                curvature_in_gaps(self, spline)
            } else {
                curvature_norm(self.kernel, spline.knots(), bend).map(|integral| integral.value)
            },
            ..self.curve(name, title, |x| spline.value(x))
        }
    }

    pub fn linear(&self, name: &'static str, title: String, spline: &LinearSpline) -> Curve {
        let kinks = spline.slope_changes().iter().any(|&change| change != 0.0);
        let bent = if kinks { f64::INFINITY } else { 0.0 };
        Curve {
            roughness: bent,
            slope_variation: spline.slope_variation(),
            curvature: self.kernel.knot_density(0.0).map(|_| bent),
            ..self.curve(name, title, |x| spline.value(x))
        }
    }

    /// With how much the function of the kernel bends: without the start function.
    pub fn bending_of(&self, curve: Curve, function: &KernelFunction, norm: Norm) -> Curve {
        let norm = Some(norm);
        let x = self.samples.x();
        if function.second_derivative(x[0]).is_none() {
            let slope_variation = variation_of_slopes(self.function_norm.points(), &curve.at_nodes);
            return Curve { norm, slope_variation, roughness: f64::INFINITY, ..curve };
        }
        let second = |x: f64| function.second_derivative(x).expect("just asked");
        let (mut roughness, mut slope_variation) = (0.0, 0.0);
        for gap in x.windows(2) {
            let [square, variation] = bending_in(&second, gap[0], gap[1], true);
            (roughness, slope_variation) = (roughness + square, slope_variation + variation);
        }
        let curvature = norm.and_then(|norm| norm.curvature());
        Curve { norm, roughness, slope_variation, curvature, ..curve }
    }
}

/// The root of `f` between `low` and `high`, if it changes sign there.
fn sign_change(f: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> Vec<f64> {
    let rising = f(high) > 0.0;
    if (f(low) > 0.0) == rising {
        return vec![];
    }
    for _ in 0..52 {
        let middle = 0.5 * (low + high);
        if (f(middle) > 0.0) == rising { high = middle } else { low = middle }
    }
    vec![0.5 * (low + high)]
}

/// `Int |f''|^2` and `Int |f''|` over a gap between samples. If that is not `long`, `f''` is taken as linear.
pub(super) fn bending_in(second: &impl Fn(f64) -> f64, low: f64, high: f64, long: bool) -> [f64; 2] {
    if long {
        let breaks = sign_change(second, low, high);
        let square = integrate(|x| second(x).powi(2), low, high, &[], 0.0, 1e-9).value;
        return [square, integrate(|x| second(x).abs(), low, high, &breaks, 0.0, 1e-9).value];
    }
    let h = high - low;
    // Just inside: the density of the knots may jump at a sample.
    let [a, b] = [low + 1e-9 * h, high - 1e-9 * h].map(second);
    [h * (a * a + a * b + b * b) / 3.0, linear_variation(h, a, b)]
}

/// `Int |f''|^2 / nu` of a natural spline of many knots; `None` if the knots of the law have no density.
fn curvature_in_gaps(places: &Places, spline: &CubicSpline) -> Option<f64> {
    let kernel = places.kernel;
    kernel.knot_density(0.0)?;
    let (x, bends) = (spline.knots(), spline.second_derivative());
    let bounds = kernel.knot_bounds();
    let share = 0.5 - 0.5 / 3f64.sqrt();
    let of_gap = |i: usize| {
        let (low, h) = (x[i], x[i + 1] - x[i]);
        let value = |at: f64| {
            let u = (at - low) / h;
            let bend = (1.0 - u) * bends[i] + u * bends[i + 1];
            let nu: f64 = kernel.knot_density(at).expect("asked above").iter().sum();
            if bend == 0.0 { 0.0 } else { bend * (bend / nu) }
        };
        // Two Gauss points where the density hardly changes.
        let two = || 0.5 * h * (value(low + share * h) + value(low + (1.0 - share) * h));
        match two() {
            rough if rough.is_finite() && places.is_long(i) => {
                let found = integrate(value, low, low + h, &bounds, 0.0, 1e-9).value;
                if found.is_nan() { f64::INFINITY } else { found }
            }
            rough => rough,
        }
    };
    let gaps: Vec<f64> = (0..x.len() - 1).into_par_iter().map(of_gap).collect();
    Some(sum(gaps))
}

/// Total variation of the slopes between neighbouring points.
pub(super) fn variation_of_slopes(x: &[f64], f: &[f64]) -> f64 {
    LinearSpline::new(x.to_vec(), f.to_vec()).slope_variation()
}
