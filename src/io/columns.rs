//! The stored columns of the particles, from the state.

use std::f64::consts::TAU;

use crate::run::State;

use super::layout::Layout;
use super::piece::Piece;
use super::schema::Field;

/// `count` values of a column from the `start`-th stored particle on.
pub(crate) fn particles(layout: &Layout, state: &State, field: Field, start: usize, count: usize) -> Piece {
    let stored = (start..start + count).map(|i| layout.stored(i));
    let number = |value: &dyn Fn(usize) -> f64| match layout.options().single_precision {
        true => Piece::F32(stored.clone().map(|i| value(i) as f32).collect()),
        false => Piece::F64(stored.clone().map(value).collect()),
    };
    let neurons = layout.has_neurons();
    match field {
        Field::R if neurons => number(&|i| {
            let [c, w_x, w_y] = state.neuron(i);
            layout.kappa() * c * w_x.hypot(w_y)
        }),
        Field::R => number(&|i| state.r[state.position_of(i)]),
        Field::Theta => {
            let theta = |i: usize| match neurons {
                true => direction(state.neuron(i)),
                false => wrapped(state.theta[state.position_of(i)]),
            };
            match layout.options().single_precision {
                true => Piece::F32(stored.map(|i| single(theta(i))).collect()),
                false => Piece::F64(stored.map(theta).collect()),
            }
        }
        Field::C => number(&|i| state.neuron(i)[0]),
        Field::A => number(&|i| state.neuron(i)[1]),
        // w = (a, -b); adding 0 keeps a zero from being printed as -0.
        Field::B => number(&|i| 0.0 - state.neuron(i)[2]),
        Field::Place => Piece::I8(stored.map(|i| state.place[state.position_of(i)].kind() as i8).collect()),
        Field::PlaceIndex => {
            Piece::I32(stored.map(|i| state.place[state.position_of(i)].index() as i32).collect())
        }
    }
}

/// `atan2(-b, a)` in `[0, 2 pi)`; `w = 0` has no direction and gets 0.
fn direction([_, w_x, w_y]: [f64; 3]) -> f64 {
    if (w_x, w_y) == (0.0, 0.0) { 0.0 } else { wrapped(w_y.atan2(w_x)) }
}

/// `theta` in `[0, 2 pi)`.
fn wrapped(theta: f64) -> f64 {
    if (0.0..TAU).contains(&theta) {
        return theta;
    }
    let wrapped = theta.rem_euclid(TAU);
    // rem_euclid rounds a tiny negative angle up to 2 pi itself. NaN stays NaN.
    if wrapped >= TAU { 0.0 } else { wrapped }
}

/// The nearest single may be beyond 2 pi.
fn single(theta: f64) -> f32 {
    let single = theta as f32;
    if f64::from(single) >= TAU { 0.0 } else { single }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_weight_has_no_direction() {
        for w in [[0.0, 0.0], [-0.0, 0.0], [-0.0, -0.0]] {
            assert_eq!(direction([1.0, w[0], w[1]]), 0.0);
        }
        assert_eq!(direction([1.0, -2.0, 0.0]), std::f64::consts::PI);
        assert_eq!(direction([1.0, 0.0, -1e-300]), 1.5 * std::f64::consts::PI);
        assert_eq!(direction([1.0, 1.0, -1e-300]), 0.0, "not 2 pi");
    }
}
