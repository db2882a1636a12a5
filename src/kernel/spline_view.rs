//! Particles as knots of a piecewise linear spline (mathematics, section 13).

use crate::math::linear_pieces::linear_pieces;
use crate::math::linear_spline::LinearSpline;
use crate::problem::{FLAT, add_bias, function_values};

/// One particle as the knot of a spline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knot {
    /// Where: `b / a`.
    pub at: f64,
    /// Which side it is active on: 1 right, -1 left.
    pub orientation: f64,
    /// `mu = mass r cos theta = kappa mass c a` (S eq. 2).
    pub delta_slope: f64,
    /// Its mass.
    pub mass: f64,
}

impl Knot {
    /// By how much the slope of the function changes from left to right: `s mu = mass r |cos theta|`.
    pub fn slope_change(&self) -> f64 {
        self.orientation * self.delta_slope
    }
}

/// Knots that lie together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// Mean position, by `|mu|`.
    pub at: f64,
    /// Change of slope across it.
    pub slope_change: f64,
    /// Mass in it.
    pub mass: f64,
    /// Knots in it.
    pub knots: usize,
}

/// A set of particles in spline terms.
///
/// ```
/// use reluflow::kernel::SplineView;
/// use std::f64::consts::{FRAC_PI_4, PI};
/// // [x]_+ and -2 [1 - x]_+, of mass 1/2 each: w of the second is (-1, 1), so |w| = sqrt(2).
/// let view = SplineView::new(&[2.0, -4.0 * 2f64.sqrt()], &[0.0, 3.0 * FRAC_PI_4], &[0.5, 0.5]);
/// assert_eq!(view.knots().len(), 2);
/// assert!((view.knots()[1].at - 1.0).abs() < 1e-15 && view.knots()[1].orientation == -1.0);
/// assert!((view.knots()[1].delta_slope - 2.0).abs() < 1e-15); // mu = mass r cos theta
/// assert!((view.knots()[1].slope_change() + 2.0).abs() < 1e-15);
/// assert!((view.roughness() - 5.0).abs() < 1e-14);            // 1^2 + 2^2
/// assert!((view.slope_variation(-9.0, 9.0) - 3.0).abs() < 1e-14);
/// # let _ = PI;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SplineView {
    /// By position.
    knots: Vec<Knot>,
    without_knot: usize,
    /// Amplitudes, directions (rad), masses.
    columns: [Vec<f64>; 3],
    /// Of the network.
    output_bias: f64,
}

impl SplineView {
    /// Columns of equal length: amplitudes, directions (rad), masses.
    pub fn new(r: &[f64], theta: &[f64], mass: &[f64]) -> SplineView {
        let mut knots = vec![];
        for i in 0..r.len() {
            let (sin, cos) = theta[i].sin_cos();
            if cos.abs() > FLAT {
                knots.push(Knot {
                    at: -sin / cos,
                    orientation: cos.signum(),
                    delta_slope: mass[i] * r[i] * cos,
                    mass: mass[i],
                });
            }
        }
        let without_knot = r.len() - knots.len();
        knots.sort_by(|a, b| a.at.total_cmp(&b.at));
        let columns = [r, theta, mass].map(<[f64]>::to_vec);
        SplineView { knots, without_knot, columns, output_bias: 0.0 }
    }

    /// All knots, by position.
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// Particles that have none, for `w` points along `b`: constants.
    pub fn without_knot(&self) -> usize {
        self.without_knot
    }

    /// The same with an output bias.
    pub fn with_output_bias(self, output_bias: f64) -> SplineView {
        SplineView { output_bias, ..self }
    }

    /// The function at these points.
    pub fn values(&self, points: &[f64]) -> Vec<f64> {
        let [r, theta, mass] = &self.columns;
        let mut values = function_values(points, r, theta, mass);
        add_bias(&mut values, self.output_bias);
        values
    }

    /// `Sum mu_i^2` (S section 2.4).
    pub fn roughness(&self) -> f64 {
        self.knots.iter().map(|knot| knot.delta_slope * knot.delta_slope).sum()
    }

    /// `Int |r| mu`: what the particles cost where both layers' weights and biases are penalised (section 21).
    pub fn neuron_norm(&self) -> f64 {
        let [r, _, mass] = &self.columns;
        r.iter().zip(mass).map(|(r, mass)| mass * r.abs()).sum()
    }

    /// `Int |f''|` between two positions: `Sum |s_i mu_i|`, where knots at the very same place
    /// count together.
    pub fn slope_variation(&self, low: f64, high: f64) -> f64 {
        let inside = self.inside(low, high);
        let groups = inside.chunk_by(|a, b| a.at == b.at);
        groups.map(|group| group.iter().map(Knot::slope_change).sum::<f64>().abs()).sum()
    }

    /// The knots in the open interval.
    fn inside(&self, low: f64, high: f64) -> &[Knot] {
        let first = self.knots.partition_point(|knot| knot.at <= low);
        let end = self.knots.partition_point(|knot| knot.at < high);
        &self.knots[first..end.max(first)]
    }

    /// Knots between two positions that lie within `width` of their neighbours, taken together;
    /// those that change the slope by no more than `least` are left out.
    pub fn clusters(&self, low: f64, high: f64, width: f64, least: f64) -> Vec<Cluster> {
        let inside = self.inside(low, high);
        let groups = inside.chunk_by(|a, b| b.at - a.at <= width);
        let cluster = |group: &[Knot]| {
            let total: f64 = group.iter().map(|knot| knot.delta_slope.abs()).sum();
            let mean = |weight: &dyn Fn(&Knot) -> f64| -> f64 {
                group.iter().map(|knot| weight(knot) * knot.at).sum()
            };
            Cluster {
                at: match total {
                    0.0 => mean(&|_| 1.0 / group.len() as f64),
                    total => mean(&|knot| knot.delta_slope.abs() / total),
                },
                slope_change: group.iter().map(Knot::slope_change).sum(),
                mass: group.iter().map(|knot| knot.mass).sum(),
                knots: group.len(),
            }
        };
        groups.map(cluster).filter(|cluster| cluster.slope_change.abs() > least).collect()
    }

    /// The function between two positions, by its values at its knots there and at the ends.
    pub fn spline(&self, low: f64, high: f64) -> LinearSpline {
        let mut x = vec![low];
        x.extend(self.inside(low, high).iter().map(|knot| knot.at));
        if high > low {
            x.push(high);
        }
        x.dedup();
        let y = self.values(&x);
        LinearSpline::new(x, y)
    }

    /// The least number of straight pieces, ending at knots, that stay within `tolerance` of the
    /// function between two positions.
    pub fn pieces(&self, low: f64, high: f64, tolerance: f64) -> usize {
        let spline = self.spline(low, high);
        linear_pieces(spline.knots(), spline.values(), tolerance).len()
    }
}
