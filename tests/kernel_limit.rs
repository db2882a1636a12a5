//! Minimum-norm interpolants of infinitely wide networks against splines.

use reluflow::kernel::*;
use reluflow::math::cubic_spline::CubicSpline;

/// Ten samples of a square wave of period 1.
fn square_wave() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..10).map(|i| f64::from(2 * i - 9) / 9.0).collect();
    let y = x.iter().map(|x| (std::f64::consts::TAU * x).sin().signum()).collect();
    (x, y)
}

fn two_sided(bound: f64) -> Kernel {
    let weights = WeightLaw::Independent { a: SlopeLaw::Sign, b: BiasLaw::Uniform { low: -bound, high: bound } };
    Kernel::new(StartLaw { weights, output_second_moment: 1.0 / 3.0 })
}

#[test]
fn the_distance_to_the_natural_spline_decays_like_one_over_the_knot_range() {
    let (x, y0) = square_wave();
    for shape in 0..4 {
        let y: Vec<f64> = match shape { 0 => y0.clone(), 1 => x.iter().map(|x| (std::f64::consts::PI * x).sin().signum()).collect(), 2 => x.iter().map(|x| (2.0*std::f64::consts::TAU * x).sin().signum()).collect(), _ => x.iter().map(|x| (std::f64::consts::TAU * x+0.785398).sin().signum()).collect() };
        let spline = CubicSpline::natural(&x, &y);
        let start: Vec<f64> = y.iter().map(|y| -y).collect();
        for bound in [1.0, 2.0, 4.0, 10.0, 100.0] {
            let kernel = two_sided(bound);
            let gram = kernel.gram(Regime::RandomFeatures, &x);
            let flow = GradientFlow::new(gram.clone(), &[1.0; 10]).unwrap();
            let alpha = flow.coefficients(&start, f64::INFINITY).to_vec();
            let f = KernelFunction::new(&kernel, Regime::RandomFeatures, &x, &alpha);
            let worst = (0..=2000).map(|i| -1.0 + f64::from(i) / 1000.0).map(|x| (f.value(x) - spline.value(x)).abs()).fold(0.0, f64::max);
            let norm = f.norm(&gram);
            println!("{shape} {bound} {worst:.2e} cond {:.2e} {norm:?} {:?} dropped {}", flow.condition_number(), norm.affine_share(), flow.dropped());
        }
    }
}
