//! When a neuron reaches a line through the origin, with the field frozen: in closed form
//! (mathematics, section 5).

/// The first time `t` in `(0, limit]` at which
///
/// ```text
/// phi(t) = phi + rate sinh(G t)/G + curvature (cosh(G t) - 1)/G^2,    square = G^2 >= 0
/// ```
///
/// turns from non-negative to negative; `None` when it does not, or starts on its way down from
/// zero. For a neuron `(c, w)` and a line with normal `n`, `phi = <n, w>`, `rate = -c <n, g>` and
/// `curvature = <n, g> <g, w>`.
///
/// With `y = (2/G) tanh(G t/2)` this is the quadratic
/// `phi + rate y + (curvature/2 - phi G^2/4) y^2 = 0`, without the cancellation that the equation
/// in `exp(G t)` suffers for small `G t`.
///
/// ```text
/// phi = 1, rate = -2, curvature = 0, G = 0: the line is reached at t = 1/2
/// ```
pub fn first_crossing(phi: f64, rate: f64, curvature: f64, square: f64, limit: f64) -> Option<f64> {
    let (a, b) = (0.5 * curvature - 0.25 * phi * square, rate);
    let y = if phi <= 0.0 {
        // On the line: back on it after a turn, if there is one.
        if b <= 0.0 || a >= 0.0 {
            return None;
        }
        -b / a
    } else {
        let discriminant = b * b - 4.0 * a * phi;
        if discriminant < 0.0 || (b >= 0.0 && a >= 0.0) {
            return None;
        }
        let q = -0.5 * (b + discriminant.sqrt().copysign(b));
        // phi / q for a neuron on its way down; else the parabola turns down, and q / a is the root.
        if q > 0.0 { phi / q } else { q / a }
    };
    let x = 0.25 * square * y * y;
    if x >= 1.0 {
        return None;
    }
    let t = if x < 1e-2 {
        y * (1.0 + x * (1.0 / 3.0 + x * (1.0 / 5.0 + x * (1.0 / 7.0 + x * (1.0 / 9.0 + x / 11.0)))))
    } else {
        let root = x.sqrt();
        y * libm::atanh(root) / root
    };
    (t <= limit).then_some(t)
}

#[cfg(test)]
mod tests {
    use super::super::kind::{Exponent, Kind};
    use super::*;

    /// Against a scan of the exact boost, for random neurons, fields and lines.
    #[test]
    fn agrees_with_a_scan_of_the_motion() {
        let mut seed = 7u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let (mut found_some, mut found_none) = (0, 0);
        for _ in 0..4000 {
            let (z, g) = ([draw(), draw(), draw()], [2.0 * draw(), 2.0 * draw()]);
            let angle = 4.0 * draw();
            let mut n = [angle.cos(), angle.sin()];
            if n[0] * z[1] + n[1] * z[2] < 0.0 {
                n = [-n[0], -n[1]];
            }
            let phi = |t: f64| {
                let e = Exponent { q: [g[0] * t, g[1] * t], omega: 0.0 };
                let z = Kind::LIFTED.apply(&e, z);
                n[0] * z[1] + n[1] * z[2]
            };
            let ng = n[0] * g[0] + n[1] * g[1];
            let gw = g[0] * z[1] + g[1] * z[2];
            let square = g[0] * g[0] + g[1] * g[1];
            let found = first_crossing(phi(0.0), -z[0] * ng, ng * gw, square, 2.0);
            let scan = (1..=4000).map(|i| f64::from(i) * 5e-4).find(|&t| phi(t) < -1e-13);
            match (found, scan) {
                (Some(t), scan) => {
                    assert!(phi(t).abs() < 1e-13, "{t}: {}", phi(t));
                    // A scan may step over a short excursion.
                    assert!(scan.is_none_or(|s| t <= s && t > s - 1e-3), "{t} {scan:?}");
                    found_some += 1;
                }
                (None, Some(s)) => panic!("missed a crossing before {s}"),
                (None, None) => found_none += 1,
            }
        }
        assert!(found_some > 500 && found_none > 500);
    }

    #[test]
    fn from_the_line_and_back() {
        // phi = t - t^2 / 2: back at t = 2.
        assert_eq!(first_crossing(0.0, 1.0, -1.0, 0.0, 10.0), Some(2.0));
        assert_eq!(first_crossing(0.0, 1.0, -1.0, 0.0, 1.0), None);
        assert_eq!(first_crossing(0.0, -1.0, 1.0, 0.0, 1.0), None);
        assert_eq!(first_crossing(1.0, -2.0, 0.0, 0.0, 1.0), Some(0.5));
    }
}
