//! Densities of laws of `(a, b, c)`, solved for in slices, against quadrature limits of neurons.

use reluflow::flow::{Flow, Stepper};
use reluflow::problem::{DensityLaw, DensityStart, DrawnLaw, LawKind, OutputLaw, Samples};

const FLOWS: [Flow; 3] = [
    Flow::Lifted { kappa: 1.0, decay: 0.0 },
    Flow::Kernel { kappa: 1.0, decay: 0.0 },
    Flow::Adaptive { kappa: 1.0, decay: 0.0 },
];

const LAWS: [LawKind; 4] = [
    LawKind::Normal,
    LawKind::Pytorch,
    LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Sign },
    LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform },
];

const END: f64 = 2.0;

fn samples() -> Samples {
    let x: Vec<f64> = (0..5).map(|i| -1.0 + 0.5 * f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Samples::new(&x, &y).unwrap()
}

fn law(kind: LawKind) -> DrawnLaw {
    DrawnLaw { kind, hidden_scale: 1.0, output_scale: 1.0 }
}

fn residuals(stepper: Stepper, mut state: reluflow::flow::State, end: f64) -> Vec<f64> {
    let mut stepper = stepper;
    while state.time < end {
        stepper.step(&mut state, end).unwrap();
    }
    stepper.residual().to_vec()
}

fn quadrature(kind: LawKind, flow: Flow, nodes: usize, end: f64) -> Vec<f64> {
    let start = law(kind).quadrature(samples().x(), nodes).unwrap();
    let (stepper, state) = Stepper::start(samples(), start, flow, 1e-7).unwrap();
    residuals(stepper, state, end)
}

fn density(kind: LawKind, flow: Flow, cells: usize, slices: usize, end: f64) -> Vec<f64> {
    let law = DensityLaw::Neurons { law: law(kind), slices };
    let start = DensityStart { law, cells: [cells; 2] };
    let (stepper, state) = Stepper::start_density(samples(), &start, flow, 1e-6).unwrap();
    residuals(stepper, state, end)
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// `cargo test --release --test main density_slices::table -- --ignored --nocapture`
#[test]
#[ignore = "a table"]
fn table() {
    for kind in LAWS {
        for flow in FLOWS {
            let exact = quadrature(kind, flow, 48, END);
            let coarse = quadrature(kind, flow, 32, END);
            println!(
                "{kind:?} {}: quadratures with 32 and 48 nodes {:.1e} apart",
                flow.name(),
                apart(&exact, &coarse)
            );
            for (cells, slices) in [(64, 2), (64, 8), (128, 8), (256, 8), (256, 16)] {
                let error = apart(&density(kind, flow, cells, slices, END), &exact);
                println!("  {cells:4} cells each way, {slices:2} slices: {error:.1e}");
            }
        }
    }
}

/// Bounds are at most a third above what was found. The quadratures with 32 and 48 nodes differ by 1.1e-5, 4e-6 and less
/// (the table above).
#[test]
fn residuals_converge_to_those_of_the_quadrature() {
    let bounds = [
        (LawKind::Normal, [[4.2e-4, 1e-4], [8.5e-5, 2e-5], [8e-4, 1.1e-4]]),
        (LawKind::Pytorch, [[1.2e-3, 1.1e-4], [5.8e-5, 1e-6], [4.8e-4, 8e-5]]),
    ];
    for (kind, bounds) in bounds {
        for (flow, bounds) in FLOWS.into_iter().zip(bounds) {
            let exact = quadrature(kind, flow, 32, END);
            for (cells, bound) in [64, 128].into_iter().zip(bounds) {
                let error = apart(&density(kind, flow, cells, 8, END), &exact);
                assert!(error < bound, "{kind:?}, {}, {cells}: {error:e} > {bound:e}", flow.name());
            }
        }
    }
}

/// Mass is kept, no cell is negative, and the loss falls.
#[test]
fn laws_of_the_flow_hold() {
    for flow in FLOWS {
        let law = DensityLaw::Neurons { law: law(LawKind::Pytorch), slices: 3 };
        let start = DensityStart { law, cells: [64, 64] };
        let (mut stepper, mut state) = Stepper::start_density(samples(), &start, flow, 1e-5).unwrap();
        let loss = |stepper: &Stepper| 0.5 * stepper.residual().iter().map(|rho| rho * rho).sum::<f64>();
        let mut before = loss(&stepper);
        while state.time < END {
            stepper.step(&mut state, END).unwrap();
            let columns = state.particles.density();
            assert!((columns.mass() - 1.0).abs() < 1e-13, "{}: mass {}", flow.name(), columns.mass());
            assert!(columns.cells.iter().all(|mass| *mass >= 0.0), "{}", flow.name());
            assert!(loss(&stepper) <= before + 1e-6, "{}: {} after {before}", flow.name(), loss(&stepper));
            before = loss(&stepper);
        }
    }
}
