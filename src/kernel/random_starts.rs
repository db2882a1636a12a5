//! The trained function over random starts.

use ndarray::{Array2, parallel::prelude::*};

use crate::math::semiseparable::Chain;

use super::kernels::{Kernel, Regime};
use super::line::{Line, STATE};
use super::request::Request;

/// Mean and standard deviation of the trained function over random starts of `m` neurons.
///
/// Output weights of mean zero that are independent of the hidden ones make the start function `f_0` a random function of
/// mean zero (or the output bias, which then is taken from `y` and added to the mean) and covariance `S = kappa^2 E c^2 K_RF / m`. Gradient flow with the kernel `K` of infinitely many neurons acts
/// on it linearly (section 12):
///
/// ```text
/// f(x, t) = f_0(x) - u^T (f_0(X) - y),     u = N^1/2 V [(1 - exp(-Lambda t)) / Lambda] V^T N^1/2 k(x)
/// mean = u^T y,     variance = S(x, x) - 2 u^T S(X, x) + u^T S(X, X) u
/// ```
///
/// The variance is a sum of squares over the increments of `S` from point to point, each of which `delta_x - u` weighs. With
/// random features it is `S(x, x) - kappa^2 E c^2 / m k(x)^T u` with `u` of twice the time.
///
/// That the kernel itself differs from start to start, by a share of order `1 / sqrt(m)`, is left out: it changes the
/// function by that share of its move, where the start function is of order `kappa / sqrt(m)`.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomStarts {
    /// Mean-field times: 0, those asked for, infinity.
    pub times: Vec<f64>,
    /// Where, ascending.
    pub points: Vec<f64>,
    /// Shape `(times, points)`.
    pub mean: Array2<f64>,
    /// Shape `(times, points)`.
    pub deviation: Array2<f64>,
}

impl RandomStarts {
    /// Root mean square and largest deviation at a time, over the points between two.
    pub fn deviation_between(&self, time: usize, low: f64, high: f64) -> [f64; 2] {
        let (mut count, mut square, mut most) = (0.0, 0.0, 0.0f64);
        for (x, deviation) in self.points.iter().zip(self.deviation.row(time)) {
            if *x >= low && *x <= high {
                (count, square, most) = (count + 1.0, square + deviation * deviation, most.max(*deviation));
            }
        }
        [(square / count).sqrt(), most]
    }
}

/// What the starts of a report are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Starts<'a> {
    pub kernel: &'a Kernel,
    /// `kappa^2 E c^2 / m`.
    pub variance: f64,
    pub x: &'a [f64],
    pub y: &'a [f64],
    /// The output bias at the start.
    pub bias: f64,
    /// Where, ascending.
    pub points: &'a [f64],
}

impl Starts<'_> {
    /// Before training, at the times that are asked for, and in the limit.
    ///
    /// * `weights`: `u` for `k(x)`, at a time above 0 of the flow for `kappa = 1`.
    pub fn trained(
        &self,
        regime: Regime,
        request: &Request,
        weights: impl Fn(&[f64], f64) -> Vec<f64> + Sync,
    ) -> RandomStarts {
        let Starts { kernel, x, y, bias, points, .. } = *self;
        let speed = request.kappa * request.kappa;
        let mut times = vec![0.0];
        times.extend(request.times.iter().flatten().filter(|&&t| t > 0.0));
        times.push(f64::INFINITY);
        let joined = Joined::new(kernel, x, points);
        let of_point = |i: usize| -> Vec<[f64; 2]> {
            let column: Vec<f64> = x.iter().map(|&xj| kernel.value(regime, points[i], xj)).collect();
            let at = |&t: &f64| {
                let u = if t == 0.0 { vec![0.0; x.len()] } else { weights(&column, t * speed) };
                let mean = bias + u.iter().zip(y).map(|(u, y)| u * (y - bias)).sum::<f64>();
                [mean, (self.variance * joined.variance(i, &u)).sqrt()]
            };
            times.iter().map(at).collect()
        };
        let found: Vec<Vec<[f64; 2]>> = (0..points.len()).into_par_iter().map(of_point).collect();
        let table = |k: usize| Array2::from_shape_fn((times.len(), points.len()), |(t, i)| found[i][t][k]);
        let (mean, deviation) = (table(0), table(1));
        RandomStarts { times, points: points.to_vec(), mean, deviation }
    }
}

/// `K_RF` over samples and points together.
struct Joined {
    chain: Chain<STATE>,
    /// Places of the samples and of the points.
    places: [Vec<usize>; 2],
}

impl Joined {
    fn new(kernel: &Kernel, x: &[f64], points: &[f64]) -> Joined {
        let mut all = [x, points].concat();
        all.sort_by(f64::total_cmp);
        all.dedup();
        let place = |x: &f64| all.partition_point(|other| other < x);
        let places = [x, points].map(|of| of.iter().map(place).collect());
        // An output bias is no random part of the start.
        let line = Line::new(&kernel.without_output_bias(), Regime::RandomFeatures, &all, &[]);
        Joined { chain: line.chain, places }
    }

    /// Of `f(point i) - u^T f(X)`.
    fn variance(&self, i: usize, u: &[f64]) -> f64 {
        let mut v = vec![0.0; self.chain.len()];
        let [samples, points] = &self.places;
        samples.iter().zip(u).for_each(|(&place, u)| v[place] = -u);
        v[points[i]] += 1.0;
        self.chain.variance(&v)
    }
}
