//! Laws of neurons: what their flow conserves, and the metric of W Prop. 4.

use crate::flow::{Conserved, gradients};
use crate::math::norm::{ratio, worse, worst};
use crate::problem::{PlaceKind, Samples};
use crate::run::neuron::{Site, Training, dot};

use super::columns::Columns;
use super::field::Field;
use super::particles::Held;

/// Neurons whose velocity is computed from all active samples: `O(s)` each.
const METRIC_SAMPLE: usize = 2000;

/// The stored invariant `delta` of each neuron against `c^2 - |w|^2` at the start, relative to
/// `c^2 + |w|^2`.
pub(super) fn delta(p: &Columns<'_>, delta: &[f64]) -> f64 {
    if delta.len() != p.c.len() {
        return f64::INFINITY;
    }
    worst((0..p.c.len()).map(|i| {
        let [cc, ww] = squares(p.neuron(i));
        ratio((cc - ww - delta[i]).abs(), cc + ww)
    }))
}

/// The worst violation of what the flow conserves; `None` if the start that it would be compared with
/// is not known.
///
/// * `delta`: `c^2 - |w|^2` of each neuron at the start of the run.
/// * `first`: `(c, w)` at the start.
/// * `held`: how large each neuron has been.
/// * `decay`: `lambda` of weight decay, and the time since the start: `delta` falls like `exp(-2 lambda t)`.
pub(super) fn invariant(
    p: &Columns<'_>,
    conserved: Conserved,
    delta: &[f64],
    first: Option<&[[f64; 3]]>,
    held: &Held,
    (decay, time): (f64, f64),
) -> Option<f64> {
    let (m, left) = (p.c.len(), libm::exp(-2.0 * decay * time));
    match conserved {
        Conserved::Delta if delta.len() != m => None,
        Conserved::Delta => Some(worst((0..m).map(|i| {
            let [cc, ww] = squares(p.neuron(i));
            ratio((cc - ww - left * delta[i]).abs(), (cc + ww).max(held.most(i)))
        }))),
        Conserved::HiddenWeights => first.map(|first| {
            worst((0..m).map(|i| {
                let ([_, w_x, w_y], [_, u_x, u_y]) = (p.neuron(i), first[i]);
                ratio(libm::hypot(w_x - u_x, w_y - u_y), libm::hypot(u_x, u_y))
            }))
        }),
        Conserved::OutputWeights => {
            first.map(|first| worst((0..m).map(|i| ratio((p.c[i] - first[i][0]).abs(), first[i][0].abs()))))
        }
    }
}

/// Worst difference between the velocity of `(c, w)` by the definition, brought to `(r, theta)`,
/// and the canonical velocity `-V_r, -V_theta` through the metric of W Prop. 4,
///
/// ```text
/// dr/dt = -kappa^2 (|w|^2 + c^2) V_r - d r,    dtheta/dt = -V_theta / |w|^2
/// ```
///
/// with the rate `d` at which weight decay makes the function fall, `V_r = <g, d>`, `V_theta = r <g, t>` from the stored `r`, `theta`; without `c^2` or
/// `|w|^2`, or without `V_theta`, where a layer does not train. Of free neurons, at most
/// `METRIC_SAMPLE` of them, spread over all; relative to the size of the sums over samples.
///
/// * `field`: `g` by the definition, for the velocity of `(c, w)`; the canonical one takes the
///   sums of the flow.
pub(super) fn metric(
    p: &Columns<'_>,
    training: Training,
    samples: &Samples,
    rho: &[f64],
    field: &Field,
) -> f64 {
    let kappa = training.kappa;
    let (output, hidden) = (training.layers.output(), training.layers.hidden());
    let mut g = vec![[0.0; 2]; field.g.len()];
    gradients(samples, rho, &mut g);
    let mut most = 0.0;
    for i in (0..p.c.len()).step_by(p.c.len().div_ceil(METRIC_SAMPLE)) {
        let (z, k) = (p.neuron(i), p.place[i].index());
        let [c, w_x, w_y] = z;
        let w = libm::hypot(w_x, w_y);
        // Directions of subnormal weights have few digits.
        if p.place[i].kind() != PlaceKind::Free || w < f64::MIN_POSITIVE {
            continue;
        }
        let size = field.size[k];
        let [dc, dw_x, dw_y] = training.velocity(z, Site { region: k, pinned: None }, field.g[k]);
        let u = [w_x / w, w_y / w];
        let radial = kappa * (dc * w + c * dot([dw_x, dw_y], u));
        let angular = dot([dw_x, dw_y], [-u[1], u[0]]) / w;
        // Through the metric, from the canonical parameters and the field of the region.
        let (sin, cos) = libm::sincos(p.theta[i]);
        let (v_r, v_theta) = (dot(g[k], [cos, sin]), p.r[i] * dot(g[k], [-sin, cos]));
        let stretch = if output { w * w } else { 0.0 } + if hidden { c * c } else { 0.0 };
        let turn = if hidden { -v_theta / w / w } else { 0.0 };
        let decay = training.decay * f64::from(u8::from(output) + u8::from(hidden)) * p.r[i];
        let radial = ratio(
            (radial + kappa * kappa * stretch * v_r + decay).abs(),
            kappa * kappa * stretch * size + decay.abs(),
        );
        let angular = ratio((angular - turn).abs(), kappa * (c / w).abs() * size + training.decay);
        most = worse(most, worse(radial, angular));
    }
    most
}

fn squares([c, w_x, w_y]: [f64; 3]) -> [f64; 2] {
    [c * c, w_x * w_x + w_y * w_y]
}
