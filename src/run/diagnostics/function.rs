//! The function of a state.

use crate::flow::{Flow, Nodes, Particles, State, Stepper};
use crate::problem::function_values;

/// Its values at `points`, without an output bias. Particles are taken in their own order, so that bits do not depend on where in memory they
/// are.
pub(crate) fn values(stepper: &Stepper, state: &State, flow: &Flow, points: &[f64]) -> Vec<f64> {
    if let Particles::Density(columns) = &state.particles {
        let nodes = Nodes::of(columns, stepper.regions(), *flow);
        return function_values(points, &nodes.r, &nodes.theta, &nodes.mass);
    }
    let m = state.position().len();
    let column = |value: &dyn Fn(usize) -> f64| (0..m).map(value).collect::<Vec<f64>>();
    let mass = column(&|i| stepper.mass()[state.position_of(i)]);
    let [r, theta] = if state.has_neurons() {
        let kappa = flow.kappa();
        let amplitude = |i| {
            let [c, w_x, w_y] = state.neuron(i);
            kappa * c * libm::hypot(w_x, w_y)
        };
        let direction = |i| {
            let [_, w_x, w_y] = state.neuron(i);
            libm::atan2(w_y, w_x)
        };
        [column(&amplitude), column(&direction)]
    } else {
        [state.r(), state.theta()].map(|values| column(&|i| values[state.position_of(i)]))
    };
    function_values(points, &r, &theta, &mass)
}
