//! One sample: the live region is a half-plane, and neurons die on either ray of its edge.

use reluflow::flow::Flow;
use reluflow::problem::{Neurons, PlaceKind, Samples};
use reluflow::run::Simulation;

use crate::common::Draw;

/// The pull on `w` is along `(x, 1)`: what lies across it, and `c^2 - |w|^2`, stay.
#[test]
fn neurons_die_where_they_arrive() {
    let mut dead = [0, 0];
    for case in 0..40 {
        let mut draw = Draw(900 + case);
        let x = draw.list(1, -1.5, 1.5)[0];
        let samples = Samples::new(&[x], &[2.0]).unwrap();
        let [c, a, b] = [(); 3].map(|()| draw.list(20, -1.0, 1.0));
        // Mostly far too high, so that many are pushed off the sample.
        let c: Vec<f64> = c.iter().map(|c| 4.0 * c).collect();
        let neurons = Neurons::uniform(c, a, b).unwrap();
        let mut simulation =
            Simulation::with(samples, neurons.clone(), Flow::Lifted { kappa: 1.0, decay: 0.0 }, 1e-9)
                .unwrap();
        simulation.advance_to(2.0).unwrap();
        let (state, delta) = (simulation.state(), neurons.delta());
        for i in 0..20 {
            let [c, w_x, w_y] = state.neuron(i);
            let size = c * c + w_x * w_x + w_y * w_y;
            assert!(
                (c * c - w_x * w_x - w_y * w_y - delta[i]).abs() < 1e-12 * size,
                "case {case}, neuron {i}"
            );
            let across = |w_x: f64, w_y: f64| (w_x - x * w_y) / x.hypot(1.0);
            let (end, start) = (across(w_x, w_y), across(neurons.a()[i], -neurons.b()[i]));
            assert!((end - start).abs() < 1e-12 * size.sqrt(), "case {case}, neuron {i}: {end} {start}");
            let was_alive = neurons.a()[i] * x > neurons.b()[i];
            if was_alive && state.place()[state.position_of(i)].kind() == PlaceKind::Dead {
                dead[usize::from(end < 0.0)] += 1;
            }
        }
    }
    assert!(dead[0] > 10 && dead[1] > 10, "{dead:?}");
}
