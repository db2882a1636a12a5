//! The stored columns of the particles, from the state.

use std::f64::consts::TAU;

use crate::flow::{self, Nodes};
use crate::run::State;

use super::layout::Layout;
use super::particles::Particles;
use super::piece::Piece;
use super::schema::Field;

/// `count` values of a column from the `start`-th stored particle on.
pub(crate) fn particles(layout: &Layout, state: &State, field: Field, start: usize, count: usize) -> Piece {
    let stored = (start..start + count).map(|i| layout.stored(i));
    let values = stored.clone().map(|i| number(state, layout.kappa(), field, i));
    let single_precision = layout.options().single_precision;
    match field {
        Field::Place => Piece::I8(stored.map(|i| state.place()[state.position_of(i)].kind() as i8).collect()),
        Field::PlaceIndex => {
            Piece::I32(stored.map(|i| state.place()[state.position_of(i)].index() as i32).collect())
        }
        Field::Theta if single_precision => Piece::F32(values.map(single).collect()),
        _ if single_precision => Piece::F32(values.map(|value| value as f32).collect()),
        _ => Piece::F64(values.collect()),
    }
}

/// A column of numbers at particle `i`.
///
/// # Panics
/// For places, which are not numbers.
fn number(state: &State, kappa: f64, field: Field, i: usize) -> f64 {
    let at = state.position_of(i);
    match field {
        Field::R if !state.has_neurons() => state.r()[at],
        Field::Theta if !state.has_neurons() => wrapped(state.theta()[at]),
        Field::R => {
            let [c, w_x, w_y] = state.neuron(i);
            kappa * c * libm::hypot(w_x, w_y)
        }
        Field::Theta => direction(state.neuron(i)),
        Field::C => state.neuron(i)[0],
        Field::A => state.neuron(i)[1],
        // w = (a, -b); subtracting from 0 keeps a zero from becoming -0.
        Field::B => 0.0 - state.neuron(i)[2],
        Field::Place | Field::PlaceIndex => panic!("a place is not a number"),
    }
}

impl Particles {
    /// All particles of a state, in the order of the masses, as a run file would store them; `None` of a density.
    ///
    /// * `kappa`: factor before the mean over neurons, for their `r`.
    pub fn of_state(state: &State, kappa: f64) -> Option<Particles> {
        if let flow::Particles::Density(_) = state.particles {
            return None;
        }
        let m = state.position().len();
        let column = |field| (0..m).map(|i| number(state, kappa, field, i)).collect();
        let of_neurons = |field| if state.has_neurons() { column(field) } else { vec![] };
        Some(Particles {
            index: (0..m).collect(),
            r: column(Field::R),
            theta: column(Field::Theta),
            c: of_neurons(Field::C),
            a: of_neurons(Field::A),
            b: of_neurons(Field::B),
            place: (0..m).map(|i| state.place()[state.position_of(i)]).collect(),
        })
    }

    /// Weighted points that stand for a density, with their masses.
    pub fn of_nodes(nodes: Nodes) -> (Particles, Vec<f64>) {
        let Nodes { r, theta, mass, place } = nodes;
        let theta = theta.into_iter().map(wrapped).collect();
        let index = (0..r.len()).collect();
        (Particles { index, r, theta, c: vec![], a: vec![], b: vec![], place }, mass)
    }
}

/// `atan2(-b, a)` in `[0, 2 pi)`; `w = 0` has no direction and gets 0.
fn direction([_, w_x, w_y]: [f64; 3]) -> f64 {
    if (w_x, w_y) == (0.0, 0.0) { 0.0 } else { wrapped(libm::atan2(w_y, w_x)) }
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
