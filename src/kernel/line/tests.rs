use super::*;
use crate::kernel::{BiasLaw, Kernel, Particles, Regime, SlopeLaw, StartLaw, WeightLaw};

fn laws() -> Vec<WeightLaw> {
    let independent = |a, b| WeightLaw::Independent { a, b };
    let b = BiasLaw::Uniform { low: -1.5, high: 1.0 };
    let neurons = (0..200).map(|i| {
        let t = f64::from(i);
        ((1.3 * t).sin(), 1.5 * (0.7 * t).cos(), (0.3 * t).sin())
    });
    vec![
        WeightLaw::Isotropic { second_moment: 0.7 },
        WeightLaw::Normal { a_deviation: 0.6, b_deviation: 2.0 },
        independent(SlopeLaw::Sign { size: 0.8 }, b),
        independent(SlopeLaw::Sign { size: 0.8 }, BiasLaw::Normal { deviation: 1.2 }),
        independent(SlopeLaw::Uniform { low: -1.0, high: 2.0 }, b),
        independent(SlopeLaw::Uniform { low: 0.5, high: 2.0 }, BiasLaw::Uniform { low: 0.5, high: 2.0 }),
        independent(SlopeLaw::Uniform { low: -1.0, high: 2.0 }, BiasLaw::Normal { deviation: 1.2 }),
        independent(SlopeLaw::Normal { deviation: 0.9 }, b),
        independent(SlopeLaw::Normal { deviation: 0.9 }, BiasLaw::Normal { deviation: 0.4 }),
        WeightLaw::Particles(Particles::uniform(neurons.chain([(0.0, -1.0, 1.0)]))),
    ]
}

/// Every entry of the matrix, and values between and outside of the samples, by the closed forms of the kernels.
#[test]
fn every_law_is_a_chain_of_rank_4() {
    let x = [-3.0, -2.9, -1.0, -0.999, -0.2, 0.0, 1e-9, 0.3, 1.1, 1.100_000_1, 4.0, 9.0];
    let points = [-5.0, -4.0, -3.0, -1.7, -0.5, -0.1, -0.1, 0.31, 1.0, 1.05, 3.0, 9.5, 12.0];
    for (weights, bias) in laws().into_iter().flat_map(|law| [(law.clone(), 0.0), (law, 0.4)]) {
        let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.7 }).with_output_bias(bias);
        for regime in Regime::ALL {
            let line = Line::new(&kernel, regime, &x, &points);
            assert_eq!((line.before, line.chain.len()), (2, x.len() + 4));
            for j in 0..x.len() {
                let mut unit = vec![0.0; line.chain.len()];
                unit[2 + j] = 1.0;
                let product = line.chain.product(&unit);
                for i in 0..x.len() {
                    let (found, expected) = (product[2 + i], kernel.value(regime, x[i], x[j]));
                    let scale = (kernel.value(regime, x[i], x[i]) * kernel.value(regime, x[j], x[j])).sqrt();
                    assert!(
                        (found - expected).abs() <= 2e-13 * scale,
                        "{:?} {regime:?} K({}, {}): {found:e} {expected:e}",
                        kernel.law(),
                        x[i],
                        x[j]
                    );
                }
            }
        }
    }
}

/// Values between and outside of the samples are those of the kernel function with the same coefficients.
#[test]
fn points_have_the_values_of_the_kernel_function() {
    let x = [-1.0, -0.7, -0.2, 0.0, 0.3, 1.1, 2.0];
    let points = [-2.0, -1.0, -0.5, -0.1, -0.05, -0.05, 0.31, 0.9, 1.05, 3.0];
    let rho = [1.0, -0.5, 0.3, 0.8, -1.0, 0.2, 0.4];
    let samples = crate::problem::Samples::new(&x, &[0.0; 7]).unwrap();
    for (weights, bias) in laws().into_iter().flat_map(|law| [(law.clone(), 0.0), (law, 0.4)]) {
        let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.7 }).with_output_bias(bias);
        for regime in Regime::ALL {
            let flow = crate::kernel::LinearFlow::new(&kernel, regime, &samples, &points).unwrap();
            let limit = crate::kernel::LinearLimit::new(&flow).unwrap().of(&rho);
            let path = flow.rough_path(&rho);
            let [rough] = <[_; 1]>::try_from(path.at(&[3.0], Motion::clone)).unwrap();
            let [_, two, ..] = <[_; 3]>::try_from(path.at(&[1.0, 3.0, 2.0], Motion::clone)).unwrap();
            // In memory of other times nothing of these is left.
            let fresh = flow.rough_path(&rho).at(&[1.0, 3.0, 2.0], Motion::clone);
            assert_eq!(path.at(&[1.0, 3.0, 2.0], Motion::clone), fresh);
            for found in [limit, flow.at(&rho, 3.0), rough, two, flow.ridge(&rho, 1e-2).motion] {
                let size: f64 = found.coefficients.iter().map(|c| c.abs()).sum();
                for (&at, value) in points.iter().zip(&found.at_points) {
                    let expected: f64 =
                        (0..7).map(|j| found.coefficients[j] * kernel.value(regime, at, x[j])).sum();
                    let off = (value - expected).abs();
                    assert!(off < 2e-13 * size, "{:?} {regime:?} {at}: {value} {expected}", kernel.law());
                }
            }
        }
    }
}
