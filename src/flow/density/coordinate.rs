//! The amplitude coordinate `q` of a slice: in it both transports are one-dimensional (mathematics, section 16).

/// Which coordinate, with what it needs. Within a slice all neurons have one invariant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coordinate {
    /// The canonical flow: `q = r`.
    Canonical,
    /// The lifted flow with `delta < 0`: `c = sqrt(-delta) sinh q`, `abs(w) = sqrt(-delta) cosh q`.
    Negative {
        /// `c^2 - |w|^2`.
        delta: f64,
        /// Factor before the mean over neurons.
        kappa: f64,
    },
    /// The lifted flow with `delta > 0` and one sign of `c`: `c = sign sqrt(delta) cosh q`,
    /// `abs(w) = sqrt(delta) sinh q`, `q > 0`. At `q = 0` is `w = 0`, where the direction turns by `pi`.
    Positive {
        /// `c^2 - |w|^2`.
        delta: f64,
        /// Sign of `c`.
        sign: f64,
        /// Factor before the mean over neurons.
        kappa: f64,
    },
    /// The lifted flow with `delta = 0` and one sign of `c`: `abs(w) = abs(c) = exp q`.
    Zero {
        /// Sign of `c`.
        sign: f64,
        /// Factor before the mean over neurons.
        kappa: f64,
    },
    /// The kernel limit, with one `abs(w)`: `q = c`. Nothing turns.
    Kernel {
        /// `abs(w)`.
        norm: f64,
        /// Factor before the mean over neurons.
        kappa: f64,
    },
    /// The adaptive limit, with one `c`: `q = abs(w)`, and at `q = 0` the direction turns by `pi`.
    Adaptive {
        /// `c`.
        c: f64,
        /// Factor before the mean over neurons.
        kappa: f64,
    },
}

/// What a row of cells needs, at its `q`.
///
/// ```text
/// dq/dt = speed <g, d>,   dtheta/dt = turn <g, t>,   M = radial d d^T + angular t t^T
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// `r`.
    pub r: f64,
    /// `A(q)`.
    pub turn: f64,
    /// `M` along `d`; also the weight of what is pinned.
    pub radial: f64,
    /// `M` along `t`.
    pub angular: f64,
    /// `d radial / d q`.
    pub radial_slope: f64,
    /// `d angular / d q`.
    pub angular_slope: f64,
}

impl Coordinate {
    /// `c` and `|w|` at `q`; of canonical particles `r` and 1.
    pub fn weights(self, q: f64) -> [f64; 2] {
        match self {
            Coordinate::Canonical => [q, 1.0],
            Coordinate::Negative { delta, .. } => {
                [libm::sinh(q), libm::cosh(q)].map(|part| (-delta).sqrt() * part)
            }
            Coordinate::Positive { delta, sign, .. } => {
                [sign * libm::cosh(q), libm::sinh(q)].map(|part| delta.sqrt() * part)
            }
            Coordinate::Zero { sign, .. } => [sign * libm::exp(q), libm::exp(q)],
            Coordinate::Kernel { norm, .. } => [q, norm],
            Coordinate::Adaptive { c, .. } => [c, q],
        }
    }

    /// The row at `q`.
    pub fn row(self, q: f64) -> Row {
        match self {
            Coordinate::Canonical => {
                Row { r: q, turn: -q, radial: 1.0, angular: q * q, radial_slope: 0.0, angular_slope: 2.0 * q }
            }
            Coordinate::Negative { delta, kappa } => {
                let (square, scale) = (-delta, kappa * kappa * -delta);
                let (sinh, double, even) = (libm::sinh(q), libm::sinh(2.0 * q), libm::cosh(2.0 * q));
                Row {
                    r: 0.5 * kappa * square * double,
                    turn: -libm::tanh(q),
                    radial: scale * even,
                    angular: scale * sinh * sinh,
                    radial_slope: 2.0 * scale * double,
                    angular_slope: scale * double,
                }
            }
            Coordinate::Positive { delta, sign, kappa } => {
                let scale = kappa * kappa * delta;
                let (double, even) = (libm::sinh(2.0 * q), libm::cosh(2.0 * q));
                Row {
                    r: 0.5 * sign * kappa * delta * double,
                    turn: -sign / libm::tanh(q),
                    radial: scale * even,
                    angular: scale * libm::cosh(q).powi(2),
                    radial_slope: 2.0 * scale * double,
                    angular_slope: scale * double,
                }
            }
            Coordinate::Zero { sign, kappa } => {
                let square = libm::exp(2.0 * q);
                let scaled = kappa * kappa * square;
                Row {
                    r: sign * kappa * square,
                    turn: -sign,
                    radial: 2.0 * scaled,
                    angular: scaled,
                    radial_slope: 4.0 * scaled,
                    angular_slope: 2.0 * scaled,
                }
            }
            Coordinate::Kernel { norm, kappa } => Row {
                r: kappa * norm * q,
                turn: 0.0,
                radial: (kappa * norm).powi(2),
                angular: 0.0,
                radial_slope: 0.0,
                angular_slope: 0.0,
            },
            Coordinate::Adaptive { c, kappa } => Row {
                r: kappa * c * q,
                turn: -c / q,
                radial: (kappa * c).powi(2),
                angular: (kappa * c).powi(2),
                radial_slope: 0.0,
                angular_slope: 0.0,
            },
        }
    }

    /// `dq/dt` per `<g, d>`.
    pub fn speed(self) -> f64 {
        match self {
            Coordinate::Canonical | Coordinate::Negative { .. } => -1.0,
            Coordinate::Zero { sign, .. } | Coordinate::Positive { sign, .. } => -sign,
            Coordinate::Kernel { norm, .. } => -norm,
            Coordinate::Adaptive { c, .. } => -c,
        }
    }

    /// The `q` of this `r`. In slices with one sign of `c` the sign of `r` is that of the slice.
    pub fn of_amplitude(self, r: f64) -> f64 {
        match self {
            Coordinate::Canonical => r,
            Coordinate::Negative { delta, kappa } => 0.5 * libm::asinh(2.0 * r / (kappa * -delta)),
            Coordinate::Positive { delta, kappa, .. } => 0.5 * libm::asinh(2.0 * r.abs() / (kappa * delta)),
            Coordinate::Zero { kappa, .. } => 0.5 * libm::log(r.abs() / kappa),
            Coordinate::Kernel { norm, kappa } => r / (kappa * norm),
            Coordinate::Adaptive { c, kappa } => r.abs() / (kappa * c.abs()),
        }
    }

    /// Whether `q` runs over both signs of `r`, which meet at `q = 0`.
    pub fn has_both_signs(self) -> bool {
        self.sign().is_none()
    }

    /// The sign of all `r`, where `q` runs over one alone.
    pub fn sign(self) -> Option<f64> {
        match self {
            Coordinate::Canonical | Coordinate::Negative { .. } | Coordinate::Kernel { .. } => None,
            Coordinate::Zero { sign, .. } | Coordinate::Positive { sign, .. } => Some(sign),
            Coordinate::Adaptive { c, .. } => Some(c.signum()),
        }
    }

    /// What all neurons of the slice have in common: `c^2 - abs(w)^2`, `abs(w)` or `c`; 0 of canonical particles.
    pub fn parameter(self) -> f64 {
        match self {
            Coordinate::Canonical | Coordinate::Zero { .. } => 0.0,
            Coordinate::Negative { delta, .. } | Coordinate::Positive { delta, .. } => delta,
            Coordinate::Kernel { norm, .. } => norm,
            Coordinate::Adaptive { c, .. } => c,
        }
    }

    /// Whether directions turn.
    pub fn turns(self) -> bool {
        !matches!(self, Coordinate::Kernel { .. })
    }

    /// Whether `q` is positive, with `w = 0` at 0.
    pub fn has_origin(self) -> bool {
        matches!(self, Coordinate::Positive { .. } | Coordinate::Adaptive { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Coordinate; 9] = [
        Coordinate::Canonical,
        Coordinate::Negative { delta: -0.5, kappa: 1.5 },
        Coordinate::Positive { delta: 0.8, sign: 1.0, kappa: 1.5 },
        Coordinate::Positive { delta: 0.8, sign: -1.0, kappa: 1.5 },
        Coordinate::Zero { sign: 1.0, kappa: 0.7 },
        Coordinate::Zero { sign: -1.0, kappa: 0.7 },
        Coordinate::Kernel { norm: 0.8, kappa: 1.5 },
        Coordinate::Adaptive { c: 0.8, kappa: 1.5 },
        Coordinate::Adaptive { c: -0.8, kappa: 0.7 },
    ];

    #[test]
    fn slopes_are_derivatives_and_amplitudes_come_back() {
        for coordinate in ALL {
            for q in [-1.3_f64, -0.2, 0.4, 1.1] {
                let q = if coordinate.has_origin() { q.abs() } else { q };
                let (low, row, high) =
                    (coordinate.row(q - 1e-5), coordinate.row(q), coordinate.row(q + 1e-5));
                let close = |a: f64, b: f64| (a - b).abs() < 1e-8 * (1.0 + b.abs());
                assert!(close((high.radial - low.radial) / 2e-5, row.radial_slope), "{coordinate:?}");
                assert!(close((high.angular - low.angular) / 2e-5, row.angular_slope), "{coordinate:?}");
                assert!(close(coordinate.of_amplitude(row.r), q), "{coordinate:?}");
            }
        }
    }

    /// `r`, its rate and that of `theta` in the flows of neurons, by the weights themselves (section 5).
    #[test]
    fn the_motion_is_that_of_the_weights() {
        let (g, theta) = ([0.3, -0.8], 0.7f64);
        let (d, t) = ([theta.cos(), theta.sin()], [-theta.sin(), theta.cos()]);
        let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
        for coordinate in &ALL[1..] {
            let q = 0.6;
            let (c, norm, kappa) = match *coordinate {
                Coordinate::Negative { delta, kappa } => {
                    (f64::sqrt(-delta) * f64::sinh(q), f64::sqrt(-delta) * f64::cosh(q), kappa)
                }
                Coordinate::Positive { delta, sign, kappa } => {
                    (sign * delta.sqrt() * f64::cosh(q), delta.sqrt() * f64::sinh(q), kappa)
                }
                Coordinate::Zero { sign, kappa } => (sign * f64::exp(q), f64::exp(q), kappa),
                Coordinate::Kernel { norm, kappa } => (q, norm, kappa),
                Coordinate::Adaptive { c, kappa } => (c, q, kappa),
                Coordinate::Canonical => unreachable!(),
            };
            // Which layers move.
            let moves = match *coordinate {
                Coordinate::Kernel { .. } => [1.0, 0.0],
                Coordinate::Adaptive { .. } => [0.0, 1.0],
                _ => [1.0; 2],
            };
            let row = coordinate.row(q);
            assert!((row.r - kappa * c * norm).abs() < 1e-14);
            // dc/dt = -<g, w>, dw/dt = -c g.
            let c_rate = -moves[0] * norm * dot(g, d);
            let norm_rate = -moves[1] * c * dot(g, d);
            let r_rate = kappa * (c_rate * norm + c * norm_rate);
            let step = 1e-6;
            let moved = q + step * coordinate.speed() * dot(g, d);
            assert!(((coordinate.row(moved).r - row.r) / step - r_rate).abs() < 1e-5, "{coordinate:?}");
            let turn = -moves[1] * c * dot(g, t) / norm;
            assert!((row.turn * dot(g, t) - turn).abs() < 1e-14, "{coordinate:?}");
            // M = kappa^2 (w w^T + c^2 1), each layer's share if it moves.
            let (cc, ww) = (moves[1] * c * c, moves[0] * norm * norm);
            assert!((row.radial - kappa * kappa * (ww + cc)).abs() < 1e-13);
            assert!((row.angular - kappa * kappa * cc).abs() < 1e-13);
        }
    }
}
