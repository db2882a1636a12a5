//! Runs without files: small networks that an item starts from its own neurons.

use crate::flow::Flow;
use crate::problem::{LawKind, NeuronLaw, Neurons, OutputLaw, Samples};
use crate::run::Simulation;

use super::{ReproduceError, Stage};

/// `m` neurons with `a = +-1`, `b` uniform up to `b_bound` either way, `c` uniform up to 1 either way.
pub fn two_sided(m: usize, b_bound: f64, seed: u64) -> Neurons {
    let kind = LawKind::TwoSided { b_bound, c: OutputLaw::Uniform };
    let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    law.draw(m, seed).expect("a law that can be drawn from")
}

/// The run to a time, to a tolerance of 1e-11.
pub fn run(
    stage: &Stage,
    samples: &Samples,
    neurons: Neurons,
    flow: Flow,
    end: f64,
) -> Result<Simulation, ReproduceError> {
    let failed = |problem: String| ReproduceError::Run { path: stage.folder.clone(), problem };
    let mut run =
        Simulation::with(samples.clone(), neurons, flow, 1e-11).map_err(|error| failed(error.to_string()))?;
    run.advance_to(end).map_err(|error| failed(error.to_string()))?;
    Ok(run)
}

/// `(c, a, b)` of the neurons of a run, in the order of its start.
pub fn neurons(run: &Simulation) -> Vec<[f64; 3]> {
    let state = run.state();
    (0..state.position().len()).map(|i| state.neuron(i)).map(|[c, x, y]| [c, x, -y]).collect()
}

/// `f(x) = (1 / m) Sum c [a x - b]_+`.
pub fn value(neurons: &[[f64; 3]], x: f64) -> f64 {
    neurons.iter().map(|[c, a, b]| c * (a * x - b).max(0.0)).sum::<f64>() / neurons.len() as f64
}
