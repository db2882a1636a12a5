//! Free motion inside one region as a power series in time.
//!
//! A particle that crosses boundaries needs its position at instants that are only found on the
//! way. The series of the motion (see [`motion`](super::motion)) gives all of them at once: where it
//! meets a boundary is the root of a polynomial, and a short substep costs no more than a long one.

use crate::flow::field::Vec2;

/// Powers `0 ..= 5`: the remainder is one order beyond that of a classical Runge-Kutta step.
pub const TERMS: usize = 6;

/// Amplitude and angle turned as polynomials in the time since the start, ascending powers.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// Amplitude.
    pub r: [f64; TERMS],
    /// Angle turned; 0 at 0.
    pub phi: [f64; TERMS],
}

impl Series {
    /// The series from amplitude `r`.
    ///
    /// * `pull`, `turn`: `<g, d>` and `<g, t>` as cubics in the time since the start, with the
    ///   direction `d` of the start.
    /// * `tv`: `h lambda sign(r)`.
    ///
    /// Order by order, with `c = cos phi`, `s = sin phi`, `P = pull c + turn s`,
    /// `Q = turn c - pull s`: `c' = -w s`, `s' = w c`, `r' = -P - tv`, and `w = phi' = -r Q`.
    #[inline(always)]
    pub fn new(r: f64, pull: [f64; 4], turn: [f64; 4], tv: f64) -> Series {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (pull, turn);
        let r1 = -a0 - tv;
        let w0 = -r * b0;
        let s1 = w0;
        let (p1, q1) = (a1 + b0 * s1, b1 - a0 * s1);
        let r2 = -p1 / 2.0;
        let w1 = -(r * q1 + r1 * b0);
        let (c2, s2) = (-0.5 * w0 * s1, 0.5 * w1);
        let p2 = a2 + a0 * c2 + b1 * s1 + b0 * s2;
        let q2 = b2 + b0 * c2 - a1 * s1 - a0 * s2;
        let r3 = p2 * (-1.0 / 3.0);
        let w2 = -(r * q2 + r1 * q1 + r2 * b0);
        let (c3, s3) = ((w0 * s2 + w1 * s1) * (-1.0 / 3.0), (w0 * c2 + w2) * (1.0 / 3.0));
        let p3 = a3 + a1 * c2 + a0 * c3 + b2 * s1 + b1 * s2 + b0 * s3;
        let q3 = b3 + b1 * c2 + b0 * c3 - a2 * s1 - a1 * s2 - a0 * s3;
        let r4 = -0.25 * p3;
        let w3 = -(r * q3 + r1 * q2 + r2 * q1 + r3 * b0);
        let (c4, s4) = (-0.25 * (w0 * s3 + w1 * s2 + w2 * s1), 0.25 * (w0 * c3 + w1 * c2 + w3));
        let p4 = a2 * c2 + a1 * c3 + a0 * c4 + b3 * s1 + b2 * s2 + b1 * s3 + b0 * s4;
        let q4 = b2 * c2 + b1 * c3 + b0 * c4 - a3 * s1 - a2 * s2 - a1 * s3 - a0 * s4;
        let r5 = -0.2 * p4;
        let w4 = -(r * q4 + r1 * q3 + r2 * q2 + r3 * q1 + r4 * b0);
        Series { r: [r, r1, r2, r3, r4, r5], phi: [0.0, w0, 0.5 * w1, w2 * (1.0 / 3.0), 0.25 * w3, 0.2 * w4] }
    }
}

/// A cubic in `u` for one component, rewritten in `u - at`.
#[inline(always)]
pub fn shifted([c0, c1, c2, c3]: [f64; 4], at: f64) -> [f64; 4] {
    [c0 + at * (c1 + at * (c2 + at * c3)), c1 + at * (2.0 * c2 + at * (3.0 * c3)), c2 + at * (3.0 * c3), c3]
}

/// `(pull, turn) = (<g, d>, <g, t>)` of a cubic field, for the direction `d = (cos, sin)`.
#[inline(always)]
pub fn seen_cubic(x: [f64; 4], y: [f64; 4], sin: f64, cos: f64) -> [[f64; 4]; 2] {
    let (mut pull, mut turn) = ([0.0; 4], [0.0; 4]);
    for p in 0..4 {
        let [a, b]: Vec2 = super::motion::seen([x[p], y[p]], sin, cos);
        (pull[p], turn[p]) = (a, b);
    }
    [pull, turn]
}

/// Value of a series at `t`.
#[inline(always)]
pub fn at(c: &[f64; TERMS], t: f64) -> f64 {
    c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))))
}

/// Its derivative at `t`.
#[inline(always)]
pub fn slope(c: &[f64; TERMS], t: f64) -> f64 {
    c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * (4.0 * c[4] + t * (5.0 * c[5]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::canonical::motion::{runge_kutta, seen};

    /// Against many small Runge-Kutta steps: the error falls with the sixth power of the time.
    #[test]
    fn series_is_of_fifth_order() {
        let (x, y) = ([0.9, -1.3, 0.8, 0.7], [-0.4, 1.1, 0.5, -0.9]);
        let (r0, theta0, tv, start) = (0.8f64, 0.7f64, 0.15, 0.2);
        let field = |u: f64| [crate::math::poly::value(&x, u), crate::math::poly::value(&y, u)];
        let error = |du: f64| {
            let (mut r, mut phi) = (r0, 0.0);
            let n = 400;
            for i in 0..n {
                let (sin, cos) = (theta0 + phi).sin_cos();
                let g = [0.0, 0.5, 1.0]
                    .map(|part| seen(field(start + du * (i as f64 + part) / n as f64), sin, cos));
                let (r1, turned, _) = runge_kutta(r, g, tv, du / n as f64);
                (r, phi) = (r1, phi + turned);
            }
            let (sin, cos) = theta0.sin_cos();
            let [pull, turn] = seen_cubic(shifted(x, start), shifted(y, start), sin, cos);
            let series = Series::new(r0, pull, turn, tv);
            (at(&series.r, du) - r).abs().max((at(&series.phi, du) - phi).abs())
        };
        let errors = [0.4, 0.2, 0.1, 0.05].map(error);
        for pair in errors.windows(2) {
            let order = (pair[0] / pair[1]).log2();
            assert!(order > 5.6 && order < 6.4, "order {order}, errors {errors:?}");
        }
    }

    #[test]
    fn slope_is_the_derivative() {
        let c = [0.3, -1.0, 0.5, 2.0, -0.7, 0.4];
        let difference = (at(&c, 0.4 + 1e-6) - at(&c, 0.4 - 1e-6)) / 2e-6;
        assert!((slope(&c, 0.4) - difference).abs() < 1e-9);
    }
}
