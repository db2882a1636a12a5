//! Particles in spline terms, against the function they make.

use reluflow::kernel::SplineView;
use reluflow::problem::Measure;

use crate::common::Draw;

fn drawn(seed: u64, m: usize) -> Measure {
    let mut draw = Draw(seed);
    let mass = draw.list(m, 0.5, 1.5);
    let total: f64 = mass.iter().sum();
    let mass = mass.into_iter().map(|mass| mass / total).collect();
    Measure::new(draw.list(m, -3.0, 3.0), draw.list(m, 0.0, std::f64::consts::TAU), mass).unwrap()
}

#[test]
fn the_spline_is_the_function() {
    for seed in 0..20 {
        let measure = drawn(seed, 1 + seed as usize);
        let view = SplineView::new(measure.r(), measure.theta(), measure.mass());
        let spline = view.spline(-2.0, 2.0);
        let mut draw = Draw(seed + 100);
        for x in draw.list(50, -2.0, 2.0) {
            let exact = measure.value_at(x);
            assert!((view.values(&[x])[0] - exact).abs() < 1e-13, "{seed} {x}");
            assert!((spline.value(x) - exact).abs() < 1e-12, "{seed} {x}");
        }
        // Changes of slope are those of the spline, so that its variation is theirs.
        assert!((view.slope_variation(-2.0, 2.0) - spline.slope_variation()).abs() < 1e-10, "{seed}");
        // f(x) is its left-most line and the changes of slope, one hinge each.
        let far = -1e4;
        let slope = (measure.value_at(far) - measure.value_at(far - 1.0)) / 1.0;
        let hinges: f64 = view
            .knots()
            .iter()
            .filter(|knot| knot.at > far)
            .map(|knot| knot.slope_change() * (1.0 - knot.at).max(0.0))
            .sum();
        let value = measure.value_at(far) + slope * (1.0 - far) + hinges;
        assert!((value - measure.value_at(1.0)).abs() < 1e-7, "{seed}: {value}");
    }
}

#[test]
fn clusters_and_pieces_are_counted() {
    // Hinges at 0 (three of them, within 2e-4) and at 0.5, one of them invisible.
    let at = [0.0, 1e-4, 2e-4, 0.5, 0.8];
    let r = [1.0, 2.0, 3.0, -20.0, 0.0];
    let theta: Vec<f64> = at.iter().map(|x: &f64| (-x).atan()).collect();
    let view = SplineView::new(&r, &theta, &[0.2; 5]);
    let clusters = view.clusters(-1.0, 1.0, 1e-3, 1e-6);
    assert_eq!(clusters.iter().map(|cluster| cluster.knots).collect::<Vec<_>>(), [3, 1]);
    assert!((clusters[0].slope_change - 0.2 * 6.0).abs() < 1e-6);
    assert!((clusters[0].at - 8e-5 / 0.6).abs() < 1e-7, "{clusters:?}"); // (2 . 1 + 3 . 2) e-4 / 6
    assert!((clusters[0].mass - 0.6).abs() < 1e-15);
    assert_eq!(view.clusters(-1.0, 1.0, 1e-5, 1e-6).len(), 4);
    assert_eq!(view.clusters(0.3, 1.0, 1e-3, 1e-6).len(), 1);
    assert_eq!((view.pieces(-1.0, 1.0, 1e-3), view.pieces(-1.0, 1.0, 1e-9)), (3, 5));
    // A neuron whose w points along b has no knot, however its angle is rounded.
    let flat = SplineView::new(&[1.0, 1.0], &[std::f64::consts::FRAC_PI_2, 0.3], &[0.5; 2]);
    assert_eq!((flat.without_knot(), flat.knots().len()), (1, 1));
    assert!((flat.values(&[-7.0])[0] - 0.5).abs() < 1e-15);
}

#[test]
fn roughness_is_the_sum_of_squared_delta_slopes() {
    let measure = drawn(3, 30);
    let view = SplineView::new(measure.r(), measure.theta(), measure.mass());
    let expected: f64 =
        (0..30).map(|i| (measure.mass()[i] * measure.r()[i] * measure.theta()[i].cos()).powi(2)).sum();
    assert!((view.roughness() - expected).abs() < 1e-15);
}
