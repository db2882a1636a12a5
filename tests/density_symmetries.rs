//! Symmetries of the flow (mathematics, section 8), and closed forms, of densities.

use reluflow::flow::{Flow, Stepper};
use reluflow::kernel::{GradientFlow, Kernel, StartLaw, WeightLaw};
use reluflow::problem::{DensityLaw, DensityStart, DrawnLaw, Law, LawKind, Samples};

use crate::common::{short, slope};

const END: f64 = 2.0;
const X: [f64; 4] = [-1.0, -0.3, 0.4, 0.5];
const Y: [f64; 4] = [0.5, -1.0, 0.3, 0.9];

fn canonical(delta: Option<f64>) -> DensityLaw {
    DensityLaw::of(Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false }, delta)
}

fn drawn(kind: LawKind) -> DensityLaw {
    DensityLaw::Neurons { law: DrawnLaw { kind, hidden_scale: 1.0, output_scale: 1.0 }, slices: 4 }
}

/// Residuals at the end.
fn residuals(x: &[f64], y: &[f64], flow: Flow, law: DensityLaw, cells: usize, tolerance: f64) -> Vec<f64> {
    let start = DensityStart { law, cells: [cells, cells] };
    let samples = Samples::new(x, y).unwrap();
    let (mut stepper, mut state) = Stepper::start_density(samples, &start, flow, tolerance).unwrap();
    while state.time < END {
        stepper.step(&mut state, END).unwrap();
    }
    stepper.residual().to_vec()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// `x -> -x` with `theta -> pi - theta`, and `y -> -y` with `r -> -r`, of all flows.
#[test]
fn mirrored_data_have_mirrored_residuals() {
    let lifted = Flow::Lifted { kappa: 1.0, decay: 0.0 };
    for (name, flow, law) in [
        ("canonical", Flow::Canonical { tv: 0.0 }, canonical(None)),
        ("tv", Flow::Canonical { tv: 0.1 }, canonical(None)),
        ("delta -0.5", lifted, canonical(Some(-0.5))),
        ("delta 0", lifted, canonical(Some(0.0))),
        ("delta 0.5", lifted, canonical(Some(0.5))),
        ("slices", lifted, drawn(LawKind::Normal)),
        ("kernel", Flow::Kernel { kappa: 1.0, decay: 0.0 }, drawn(LawKind::Normal)),
        ("adaptive", Flow::Adaptive { kappa: 1.0, decay: 0.0 }, drawn(LawKind::Normal)),
    ] {
        let of = |x: &[f64], y: &[f64]| residuals(x, y, flow, law, 64, 1e-5);
        let back = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
        let negated = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<f64>>();
        let here = of(&X, &Y);
        let mirrored = back(&of(&negated(&back(&X)), &back(&Y)));
        assert!(apart(&here, &mirrored) < 1e-11, "{name}: x -> -x: {here:?} {mirrored:?}");
        let opposite = negated(&of(&X, &negated(&Y)));
        assert!(apart(&here, &opposite) < 1e-11, "{name}: y -> -y: {here:?} {opposite:?}");
        println!("{name}: {:.1e}, {:.1e}", apart(&here, &mirrored), apart(&here, &opposite));
    }
}

/// In the kernel limit residuals are a matrix exponential of the law's kernel, which is known in closed form.
#[test]
fn the_kernel_limit_is_the_matrix_exponential_of_the_closed_form() {
    let weights = WeightLaw::Normal { a_deviation: 1.0, b_deviation: 1.0 };
    let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
    let matrix = ndarray::Array2::from_shape_fn((4, 4), |(i, j)| kernel.features(X[i], X[j]));
    let samples = Samples::new(&X, &Y).unwrap();
    let start = ndarray::Array1::from_iter(Y.iter().map(|y| -y));
    let exact = GradientFlow::new(matrix, samples.weight()).unwrap().residual(&start.to_vec(), END);
    let exact: Vec<f64> = exact.iter().copied().collect();
    let flow = Flow::Kernel { kappa: 1.0, decay: 0.0 };
    let errors = [(16, 1e-3), (32, 1e-4), (64, 1e-5), (128, 1e-6), (256, 1e-7)].map(|(cells, tolerance)| {
        apart(&residuals(&X, &Y, flow, drawn(LawKind::Normal), cells, tolerance), &exact)
    });
    println!("{}, order {:.2}", short(&errors), slope(&errors));
    assert!(errors[4] < 4e-6 && slope(&errors) > 1.8, "{errors:?}");
}
