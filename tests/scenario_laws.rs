//! The laws of the start measure, against closed forms and against their promises.

use std::f64::consts::PI;

use proptest::prelude::*;
use reluflow::math::random::{Purpose, Stream};
use reluflow::problem::{Law, LawKind, Measure, OutputLaw};
use reluflow::scenario::Scenario;

use crate::common::random::cases;

const N: usize = 100_000;

fn law(kind: LawKind, scale: f64) -> Law {
    Law { kind, scale, antisymmetric: false }
}

/// All kinds, with bounds that differ from each other.
fn kinds() -> [LawKind; 10] {
    [
        LawKind::NormalUniform,
        LawKind::UniformUniform,
        LawKind::Normal,
        LawKind::He,
        LawKind::HeZeroBias,
        LawKind::Glorot,
        LawKind::Pytorch,
        LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
        LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign },
        LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Uniform },
    ]
}

/// Asserts that the mean of `f(r, theta)` is `expected`, within five standard errors.
fn assert_mean(measure: &Measure, what: &str, expected: f64, f: impl Fn(f64, f64) -> f64) {
    let values: Vec<f64> = measure.r().iter().zip(measure.theta()).map(|(&r, &theta)| f(r, theta)).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let bound = 5.0 * (variance / n).sqrt() + 1e-12;
    assert!((mean - expected).abs() <= bound, "{what}: {mean}, expected {expected} +- {bound}");
}

#[test]
fn amplitudes_have_their_second_moments() {
    // E r^2 = scale^2 E c^2 E |w|^2.
    let expected = [
        1.0,
        1.0 / 3.0,
        1.0 * 2.0,
        2.0 * 4.0,
        2.0 * 2.0,
        2.0 * 4.0,
        1.0 / 3.0 * (2.0 / 3.0),
        1.0 * (4.0 + 0.25) / 3.0,
        1.0 + 9.0 / 3.0,
        (1.0 + 9.0 / 3.0) / 3.0,
    ];
    for (kind, expected) in kinds().into_iter().zip(expected) {
        let measure = law(kind, 1.5).draw(N, 1).unwrap();
        assert_mean(&measure, &format!("{kind:?} r"), 0.0, |r, _| r);
        assert_mean(&measure, &format!("{kind:?} r^2"), 2.25 * expected, |r, _| r * r);
    }
}

#[test]
fn normal_amplitudes_have_a_normal_fourth_moment() {
    let measure = law(LawKind::NormalUniform, 2.0).draw(N, 2).unwrap();
    assert_mean(&measure, "r^4", 3.0 * 16.0, |r, _| r.powi(4));
    let measure = law(LawKind::UniformUniform, 2.0).draw(N, 2).unwrap();
    assert_mean(&measure, "r^4", 16.0 / 5.0, |r, _| r.powi(4));
}

#[test]
fn isotropic_laws_are_isotropic_and_the_square_is_a_square() {
    for kind in kinds() {
        let isotropic = kind != LawKind::HeZeroBias
            && !matches!(kind, LawKind::Pytorch | LawKind::Uniform { .. } | LawKind::TwoSided { .. });
        let measure = law(kind, 1.0).draw(N, 3).unwrap();
        assert_mean(&measure, "cos", 0.0, |_, theta| theta.cos());
        assert_mean(&measure, "sin", 0.0, |_, theta| theta.sin());
        // Amplitude and direction are uncorrelated for every law: c has mean zero.
        assert_mean(&measure, "r cos", 0.0, |r, theta| r * theta.cos());
        if isotropic {
            for k in 2..6 {
                assert_mean(&measure, "cos k theta", 0.0, |_, theta| (f64::from(k) * theta).cos());
            }
        }
        assert!(measure.theta().iter().all(|theta| (0.0..2.0 * PI).contains(theta)));
    }
    // The direction of a uniform point in a square has density 1 / (8 max(|cos|, |sin|)^2), so
    // E cos 4 theta = Int_0^(pi/4) cos(4 t) / cos(t)^2 dt = 3 - pi.
    let square = law(LawKind::Pytorch, 1.0).draw(N, 3).unwrap();
    assert_mean(&square, "cos 4 theta", 3.0 - PI, |_, theta| (4.0 * theta).cos());
}

#[test]
fn weights_can_be_read_back_from_the_canonical_parameters() {
    // r cos theta = c a and r sin theta = -c b.
    let uniform = LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal };
    let measure = law(uniform, 1.0).draw(N, 4).unwrap();
    assert_mean(&measure, "(c a)^2", 4.0 / 3.0, |r, theta| (r * theta.cos()).powi(2));
    assert_mean(&measure, "(c b)^2", 0.25 / 3.0, |r, theta| (r * theta.sin()).powi(2));

    let two_sided = LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign };
    let measure = law(two_sided, 1.0).draw(N, 4).unwrap();
    assert!((0..N).all(|i| ((measure.r()[i] * measure.theta()[i].cos()).abs() - 1.0).abs() < 1e-12));
    assert_mean(&measure, "a > 0", 0.5, |_, theta| f64::from(theta.cos() > 0.0));
    // The knot b / a is uniform on [-3, 3], facing either way.
    let knot = |theta: f64| -theta.tan();
    assert!(measure.theta().iter().all(|&theta| knot(theta).abs() < 3.0 + 1e-12));
    assert_mean(&measure, "knot", 0.0, |_, theta| knot(theta));
    assert_mean(&measure, "knot^2", 9.0 / 3.0, |_, theta| knot(theta).powi(2));
    assert_mean(&measure, "knot^4", 81.0 / 5.0, |_, theta| knot(theta).powi(4));
    assert_mean(&measure, "knot of right-facing", 0.0, |_, theta| knot(theta) * theta.cos().max(0.0).ceil());
}

#[test]
fn he_is_glorot_is_twice_normal() {
    let he = law(LawKind::He, 1.0).draw(1000, 5).unwrap();
    assert_eq!(he, law(LawKind::Glorot, 1.0).draw(1000, 5).unwrap());
    let normal = law(LawKind::Normal, 2.0).draw(1000, 5).unwrap();
    for i in 0..1000 {
        assert!((he.r()[i] - normal.r()[i]).abs() < 1e-14 * (1.0 + he.r()[i].abs()));
        assert!((he.theta()[i] - normal.theta()[i]).abs() < 1e-14);
    }
}

#[test]
fn the_start_function_of_the_limit_has_its_variance() {
    // f_0(x) = 1/m Sum r_i <xt, d_i>_+ has mean 0 and variance E r^2 E <xt, d>_+^2 / m, and for
    // uniform directions E <xt, d>_+^2 = (1 + x^2) / 4.
    let (m, runs, x) = (50, 4000, 0.7);
    let law = law(LawKind::NormalUniform, 1.0);
    let variance: f64 =
        (0..runs).map(|seed| law.draw(m, seed).unwrap().value_at(x).powi(2)).sum::<f64>() / runs as f64;
    let expected = (1.0 + x * x) / 4.0 / m as f64;
    // Five standard errors of a variance of (nearly) normal values.
    assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / runs as f64).sqrt(), "{variance} {expected}");
}

#[test]
fn threads_do_not_matter() {
    let draw = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| law(LawKind::He, 1.0).draw(10_000, 6).unwrap())
    };
    assert_eq!(draw(1), draw(3));
}

#[test]
fn a_scenario_draws_the_law_it_names() {
    let text = "[samples]\nx = [0.0]\ny = [0.0]\n[measure]\nparticles = 100\nlaw = \"two-sided\"\nb_bound = 2.0\n\
                c_law = \"sign\"\nscale = 0.5\nseed = 9\nantisymmetric = true\n[time]\nend = 1.0\n";
    let scenario = Scenario::parse(text, "a.toml".as_ref()).unwrap();
    let kind = LawKind::TwoSided { b_bound: 2.0, c: OutputLaw::Sign };
    let expected = Law { kind, scale: 0.5, antisymmetric: true }.draw(100, 9).unwrap();
    assert_eq!(scenario.start.canonical(), Some(&expected));
    assert_eq!(scenario.description.mass, expected.mass());
    assert_eq!(scenario.description.seed, Some(9));
    assert_eq!(
        scenario.description.measure_source,
        "law two-sided, 100 particles, scale 0.5, b_bound 2, c_law sign, antisymmetric, seed 9"
    );
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn width_m_is_a_prefix_of_width_2m(seed: u64, m in 1usize..200, kind in 0usize..9, antisymmetric: bool) {
        let law = Law { kind: kinds()[kind], scale: 1.0, antisymmetric };
        let (narrow, wide) = (law.draw(m, seed).unwrap(), law.draw(2 * m, seed).unwrap());
        prop_assert_eq!(narrow.r(), &wide.r()[..m]);
        prop_assert_eq!(narrow.theta(), &wide.theta()[..m]);
    }

    #[test]
    fn antisymmetric_measures_start_at_zero(seed: u64, pairs in 1usize..200, kind in 0usize..9, x in -5.0..5.0) {
        let law = Law { kind: kinds()[kind], scale: 1.0, antisymmetric: true };
        let measure = law.draw(2 * pairs, seed).unwrap();
        let size: f64 = measure.r().iter().map(|r| r.abs()).sum::<f64>() / (2 * pairs) as f64;
        prop_assert!(measure.value_at(x).abs() <= 1e-15 * size * (1.0 + x.abs()));
        prop_assert!(size > 0.0);
    }
}

#[test]
fn a_particle_is_the_neuron_it_was_drawn_as() {
    // r <(x, 1), d(theta)>_+ = c [a x - b]_+, with c, a, b drawn in this order.
    let measure = law(LawKind::Pytorch, 1.0).draw(200, 7).unwrap();
    for i in 0..200 {
        let mut stream = Stream::new(7, Purpose::Particles, i as u64);
        let [c, a, b] = [(); 3].map(|()| stream.uniform(-1.0, 1.0));
        for x in [-2.0, -0.3, 0.0, 0.8, 5.0] {
            let neuron = c * (a * x - b).max(0.0);
            let (sin, cos) = measure.theta()[i].sin_cos();
            let particle = measure.r()[i] * (x * cos + sin).max(0.0);
            assert!((neuron - particle).abs() < 1e-14, "{i}: {neuron} {particle}");
        }
    }
}
