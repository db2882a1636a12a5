//! Moments of the law of knots over intervals.

use std::borrow::Cow;

use crate::math::quadrature::gauss_legendre;

use super::super::kernels::Kernel;
use super::super::law::{BiasLaw, SlopeLaw, WeightLaw};
use super::super::particles::Particles;

/// Gauss points on an interval that is short against the scale of the density, and on others.
const SHORT: usize = 4;
const LONG: usize = 12;
/// An interval is short up to this share of the scale: the rule then errs by `(share / 4)^8`, 1e-19.
const SHORT_SHARE: f64 = 0.02;
/// Intervals longer than this share of the scale are cut.
const PANEL_SHARE: f64 = 0.25;
/// Beyond so many scales the densities are powers of `x`, or nothing.
const FAR: f64 = 40.0;
/// Gauss points in `1 / x` from there on.
const TAIL: usize = 24;

/// `E[(a (at - u))^2]`, `E[a^2 (at - u)]`, `E[a^2]` and `E c^2` over the neurons of one facing whose knots `u` lie in an
/// interval: relative to a point of the interval, so that short intervals lose nothing.
pub(super) type Moments = [f64; 4];

/// The moments of a law.
pub(super) struct KnotMoments<'a> {
    kernel: &'a Kernel,
    /// Of laws whose knots have no density.
    particles: Option<Cow<'a, Particles>>,
    breaks: Vec<f64>,
    /// The density varies over this length near 0, over `|x|` beyond.
    scale: f64,
    /// Knots have a length of this order.
    reach: f64,
    rules: [(Vec<f64>, Vec<f64>); 3],
}

impl KnotMoments<'_> {
    pub fn new(kernel: &Kernel) -> KnotMoments<'_> {
        let mut breaks = kernel.knot_bounds();
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let sizes = |bounds: [f64; 2], a: f64| {
            let sizes = bounds.map(|b| (b / a).abs());
            let least = sizes.into_iter().filter(|&size| size > 0.0).fold(f64::INFINITY, f64::min);
            (least, sizes[0].max(sizes[1]))
        };
        let (scale, reach) = match kernel.law().weights {
            WeightLaw::Isotropic { .. } | WeightLaw::ZeroBias { .. } | WeightLaw::Particles(_) => (1.0, 1.0),
            WeightLaw::Normal { a_deviation, b_deviation } => {
                (b_deviation / a_deviation, b_deviation / a_deviation)
            }
            WeightLaw::Independent { a, b } => {
                let (a, exact) = match a {
                    SlopeLaw::Uniform { low, high } => (low.abs().max(high.abs()), 1.0),
                    SlopeLaw::Sign { size } => (size, 1.0),
                    SlopeLaw::Normal { deviation } => (deviation, 0.25),
                };
                let (least, most) = match b {
                    BiasLaw::Uniform { low, high } => sizes([low, high], a),
                    BiasLaw::Normal { deviation } => (deviation / a, deviation / a),
                };
                (exact * least, most)
            }
        };
        let particles = match &kernel.law().weights {
            WeightLaw::Particles(particles) => Some(Cow::Borrowed(particles)),
            // Two of them have its moments.
            WeightLaw::ZeroBias { second_moment } => {
                let (a, c) = (second_moment.sqrt(), kernel.law().output_second_moment.sqrt());
                Some(Cow::Owned(Particles::uniform([(a, 0.0, c), (-a, 0.0, c)])))
            }
            _ => None,
        };
        KnotMoments {
            kernel,
            particles,
            breaks,
            scale,
            reach,
            rules: [SHORT, LONG, TAIL].map(gauss_legendre),
        }
    }

    /// Of the right-facing and of the left-facing neurons with knots between two points, relative to the second.
    pub fn between(&self, from: f64, to: f64) -> [Moments; 2] {
        if let Some(particles) = &self.particles {
            return particles.crossed(from, to).map(|crossed| of_particles(crossed, to));
        }
        let mut sum = [[0.0; 4]; 2];
        self.add(from, to, to, &mut sum);
        sum
    }

    /// Of the right-facing neurons that are active at `x`, relative to it, and of the left-facing ones.
    pub fn active_at(&self, x: f64) -> [Moments; 2] {
        if let Some(particles) = &self.particles {
            return particles.active_at(x).map(|active| of_particles(active, x));
        }
        let far = FAR * self.reach.max(x.abs()).max(self.scale);
        let (mut left, mut right) = ([[0.0; 4]; 2], [[0.0; 4]; 2]);
        self.add(-far, x, x, &mut left);
        self.add(x, far, x, &mut right);
        let (nodes, weights) = &self.rules[2];
        for (z, w) in nodes.iter().zip(weights) {
            let v = 0.5 * (1.0 + z) / far;
            let w = 0.5 * w / far / (v * v);
            self.add_point(-1.0 / v, w, x, &mut left);
            self.add_point(1.0 / v, w, x, &mut right);
        }
        [left[0], right[1]]
    }

    /// Over an interval, in panels.
    fn add(&self, from: f64, to: f64, at: f64, sum: &mut [Moments; 2]) {
        let mut low = from;
        let mut next = self.breaks.partition_point(|&cut| cut <= low);
        while low < to {
            // A panel shrinks towards 0 from afar: its length goes by its nearer end.
            let scale = |x: f64| self.scale.max(x.abs());
            let mut high = to;
            let mut length = PANEL_SHARE * scale(low);
            if low < 0.0 {
                length = PANEL_SHARE * scale((low + length).min(0.0));
            }
            if high - low > length {
                high = low + length;
            }
            if let Some(&cut) = self.breaks.get(next)
                && cut <= high
            {
                high = cut;
                next += 1;
            }
            let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
            let short = high - low <= SHORT_SHARE * scale(low).min(scale(high));
            let (nodes, weights) = &self.rules[usize::from(!short)];
            for (z, w) in nodes.iter().zip(weights) {
                self.add_point(middle + half * z, half * w, at, sum);
            }
            low = high;
        }
    }

    #[inline(always)]
    fn add_point(&self, u: f64, weight: f64, at: f64, sum: &mut [Moments; 2]) {
        let density = self.kernel.knot_density(u).expect("the law is not one of particles");
        let activity = self.kernel.activity_density(u).expect("the law is not one of particles");
        let h = at - u;
        for facing in 0..2 {
            let m = weight * density[facing];
            sum[facing][0] += m * h * h;
            sum[facing][1] += m * h;
            sum[facing][2] += m;
            sum[facing][3] += weight * activity[facing];
        }
    }
}

fn of_particles(neurons: &[[f64; 4]], at: f64) -> Moments {
    let mut sum = [0.0; 4];
    for [a, b, mass, c2] in neurons {
        let value = a * at - b;
        sum[0] += mass * value * value;
        sum[1] += mass * a * value;
        sum[2] += mass * a * a;
        sum[3] += c2;
    }
    sum
}
