//! Distances between measures: against SciPy, brute force, and what must hold.

use std::f64::consts::{PI, TAU};

use proptest::prelude::*;
use reluflow::math::transport::{Sorted, circle_w1, circle_w2, line_w1, line_w2};
use serde_json::{Value, json};

use crate::common::Draw;
use crate::common::random::cases;
use crate::oracles::{oracle, python};

/// Points in `[0, 2 pi)` with masses over three decades, some points in both measures.
fn drawn(draw: &mut Draw, n: usize, clustered: bool) -> (Vec<f64>, Vec<f64>) {
    let point = |draw: &mut Draw| {
        if draw.below(4) == 0 {
            f64::from(draw.below(12) as u32) * TAU / 12.0
        } else if clustered {
            (6.0 + draw.uniform(0.0, 1.0)).rem_euclid(TAU)
        } else {
            draw.uniform(0.0, TAU)
        }
    };
    let points = (0..n).map(|_| point(draw)).collect();
    (points, (0..n).map(|_| 10f64.powf(draw.uniform(-3.0, 0.0))).collect())
}

/// Whole numbers with this sum, some of them large.
fn counts(draw: &mut Draw, n: usize, sum: usize) -> Vec<usize> {
    let mut counts = vec![1; n];
    let mut left = sum - n;
    while left > 0 {
        let more = 1 + draw.below(left);
        counts[draw.below(n)] += more;
        left -= more;
    }
    counts
}

#[test]
fn distances_are_those_of_scipy() {
    let Some(python) = python("scipy") else { return };
    let mut draw = Draw(41);
    let cases: Vec<_> = (0..60)
        .map(|k| {
            let (n, m) = (1 + draw.below(60), 1 + draw.below(60));
            let (a, b) = (drawn(&mut draw, n, k % 3 == 1), drawn(&mut draw, m, k % 3 != 0));
            (a, b, counts(&mut draw, n, 300), counts(&mut draw, m, 300))
        })
        .collect();
    let input: Vec<Value> = cases
        .iter()
        .map(|((x, p), (y, q), k, l)| json!({ "x": x, "p": p, "y": y, "q": q, "count_x": k, "count_y": l }))
        .collect();
    let results = oracle(python, "transport.py", Some(&input.into()));
    let mut worst = 0.0f64;
    let mut check = |name: &str, found: f64, expected: &Value| {
        let off = (found - expected[name].as_f64().unwrap()).abs();
        assert!(off < 1e-14, "{name}: {found}, off by {off:e}");
        worst = worst.max(off);
    };
    for (((x, p), (y, q), k, l), result) in cases.iter().zip(results.as_array().unwrap()) {
        let real = |counts: &[usize]| counts.iter().map(|&count| count as f64).collect::<Vec<_>>();
        let (a, b) = (Sorted::new(x, &real(k)), Sorted::new(y, &real(l)));
        let counted = &result["counted"];
        check("line_w1", line_w1(&a, &b), counted);
        check("line_w2", line_w2(&a, &b), counted);
        check("circle_w1", circle_w1(&a, &b), counted);
        check("circle_w2", circle_w2(&a, &b), counted);
        let (a, b) = (Sorted::new(x, p), Sorted::new(y, q));
        check("line_w1", line_w1(&a, &b), &result["weighted"]);
        check("line_w2", line_w2(&a, &b), &result["weighted"]);
    }
    assert_eq!(results.as_array().unwrap().len(), 60);
    println!("worst {worst:.1e}");
}

#[test]
fn plain_sobol_points_are_those_of_scipy() {
    let Some(python) = python("scipy") else { return };
    let points = oracle(python, "sobol.py", None);
    // SciPy counts in Gray code: the same points of every first 2^k, in another order.
    let found = reluflow::math::sobol::unscrambled(1024);
    let key = |point: &[f64]| point.iter().map(|u| (u * 2f64.powi(52)) as u64).collect::<Vec<_>>();
    for k in 0..=10 {
        let mut ours: Vec<_> = found[..1 << k].iter().map(|point| key(point)).collect();
        let theirs = points.as_array().unwrap()[..1 << k].iter();
        let row =
            |row: &Value| row.as_array().unwrap().iter().map(|u| u.as_f64().unwrap()).collect::<Vec<_>>();
        let mut theirs: Vec<_> = theirs.map(|point| key(&row(point))).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "the first {}", 1 << k);
    }
}

/// All assignments of equal masses.
fn brute(x: &[f64], y: &[f64], cost: &dyn Fn(f64, f64) -> f64) -> f64 {
    if x.is_empty() {
        return 0.0;
    }
    (0..y.len())
        .map(|j| {
            let mut rest = y.to_vec();
            let taken = rest.remove(j);
            cost(x[0], taken) + brute(&x[1..], &rest, cost)
        })
        .fold(f64::INFINITY, f64::min)
}

fn around(x: f64, y: f64) -> f64 {
    let d = (x - y).abs();
    d.min(TAU - d)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn small_cases_are_those_of_brute_force(seed: u64, n in 1usize..7) {
        let mut draw = Draw(seed);
        // Some points coincide.
        let points = |draw: &mut Draw| -> Vec<f64> {
            let one = |draw: &mut Draw| if draw.below(3) == 0 { f64::from(draw.below(5) as u32) } else { draw.uniform(0.0, TAU) };
            (0..n).map(|_| one(draw)).collect()
        };
        let (x, y) = (points(&mut draw), points(&mut draw));
        let (a, b) = (Sorted::new(&x, &vec![1.0; n]), Sorted::new(&y, &vec![2.0; n]));
        let mean = |cost: &dyn Fn(f64, f64) -> f64| brute(&x, &y, cost) / n as f64;
        let cases = [
            (line_w1(&a, &b), mean(&|x, y| (x - y).abs())),
            (line_w2(&a, &b), mean(&|x, y| (x - y).powi(2)).sqrt()),
            (circle_w1(&a, &b), mean(&around)),
            (circle_w2(&a, &b), mean(&|x, y| around(x, y).powi(2)).sqrt()),
        ];
        for (k, (found, expected)) in cases.into_iter().enumerate() {
            // Squares are exact to rounding, their roots near 0 less so.
            prop_assert!((found - expected).abs() < 1e-12 || (found * found - expected * expected).abs() < 1e-14, "{k}: {found} {expected}");
        }
    }

    #[test]
    fn turning_both_changes_nothing_and_turning_one_is_seen(seed: u64, n in 1usize..40, m in 1usize..40, turn in -3.0..3.0) {
        let mut draw = Draw(seed);
        let ((x, p), (y, q)) = (drawn(&mut draw, n, false), drawn(&mut draw, m, true));
        let turned = |points: &[f64]| -> Vec<f64> {
            let turn: f64 = turn;
            points.iter().map(|v: &f64| (*v + turn).rem_euclid(TAU)).map(|v| if v >= TAU { 0.0 } else { v }).collect()
        };
        let (a, b) = (Sorted::new(&x, &p), Sorted::new(&y, &q));
        let (at, bt) = (Sorted::new(&turned(&x), &p), Sorted::new(&turned(&y), &q));
        prop_assert!((circle_w1(&a, &b) - circle_w1(&at, &bt)).abs() < 1e-13);
        prop_assert!((circle_w2(&a, &b) - circle_w2(&at, &bt)).abs() < 1e-13);
        prop_assert!((circle_w1(&a, &b) - circle_w1(&b, &a)).abs() < 1e-13);
        prop_assert!((circle_w2(&a, &b) - circle_w2(&b, &a)).abs() < 1e-13);
        // Nothing is farther than half a turn, W_1 <= W_2, and the line is no shorter way.
        prop_assert!(circle_w1(&a, &b) <= circle_w2(&a, &b) + 1e-13 && circle_w2(&a, &b) <= PI + 1e-13);
        prop_assert!(circle_w1(&a, &b) <= line_w1(&a, &b) + 1e-13 && circle_w2(&a, &b) <= line_w2(&a, &b) + 1e-13);
        // A rotation costs its angle at most, and nothing when there is none.
        prop_assert!(circle_w2(&a, &at) <= turn.abs() + 1e-12);
        prop_assert_eq!((circle_w1(&a, &a), circle_w2(&a, &a), line_w1(&a, &a), line_w2(&a, &a)), (0.0, 0.0, 0.0, 0.0));
    }
}

/// A single point, a small rotation of a spread measure: the angle itself.
#[test]
fn rotations_cost_their_angle() {
    let n = 1000;
    let x: Vec<f64> = (0..n).map(|i| f64::from(i) * TAU / 3.0 / f64::from(n)).collect();
    let turned: Vec<f64> = x.iter().map(|v| (v - 0.25).rem_euclid(TAU)).collect();
    let mass = vec![1.0; n as usize];
    let (a, b) = (Sorted::new(&x, &mass), Sorted::new(&turned, &mass));
    assert!((circle_w1(&a, &b) - 0.25).abs() < 1e-13);
    assert!((circle_w2(&a, &b) - 0.25).abs() < 1e-13);
    // The same measure in another order, and split.
    let twice = Sorted::new(
        &[x.clone(), x.clone()].concat(),
        &[vec![0.3; n as usize], vec![0.7; n as usize]].concat(),
    );
    assert_eq!((line_w1(&a, &twice), circle_w2(&a, &twice)), (0.0, 0.0));
}

/// A million particles in two clusters a quarter turn apart, once more in another order of each cluster:
/// rounding of the running masses would be carried across the gap, `3e-7` of it.
#[test]
fn distances_of_large_measures_have_no_floor() {
    let n = 1_000_000;
    let mut draw = Draw(5);
    let mass: Vec<f64> = (0..n).map(|_| draw.uniform(0.1, 1.0)).collect();
    let place = |i: usize| if i.is_multiple_of(2) { 1.0 } else { 1.0 + PI / 2.0 };
    let mut measure =
        || Sorted::new(&(0..n).map(|i| place(i) + draw.uniform(0.0, 1e-15)).collect::<Vec<_>>(), &mass);
    let (a, b) = (measure(), measure());
    for distance in [line_w1(&a, &b), line_w2(&a, &b), circle_w1(&a, &b), circle_w2(&a, &b)] {
        assert!(distance < 2e-15, "{distance:e}");
    }
}
