//! The density solver beside a first-order upwind scheme: Wasserstein distance to the limit, by the number of cells.

use std::f64::consts::TAU;

use reluflow::flow::{Flow, Stepper};
use reluflow::math::transport::{Sorted, circle_w1};
use reluflow::problem::{DensityLaw, DensityStart, Law, LawKind, Regions, Samples};

use crate::common::slope;

const END: f64 = 2.0;

fn samples() -> Samples {
    let x: Vec<f64> = (0..5).map(|i| -1.0 + 0.5 * f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Samples::new(&x, &y).unwrap()
}

fn law() -> Law {
    Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false }
}

fn sorted(parts: &[[f64; 2]]) -> Sorted {
    let (theta, mass): (Vec<f64>, Vec<f64>) =
        parts.iter().map(|part| (part[0].rem_euclid(TAU), part[1])).unzip();
    let theta: Vec<f64> = theta.into_iter().map(|theta| if theta < TAU { theta } else { 0.0 }).collect();
    Sorted::new(&theta, &mass)
}

/// Uniform density over an interval as 16 points.
fn spread([from, to, mass]: [f64; 3]) -> impl Iterator<Item = [f64; 2]> {
    (0..16).map(move |i| [from + (to - from) * (f64::from(i) + 0.5) / 16.0, mass / 16.0])
}

/// Directions of so many Sobol' points.
fn limit(count: usize, seed: u64) -> Sorted {
    let measure = law().sobol(count, seed).unwrap();
    let mass = measure.mass().to_vec();
    let (mut stepper, mut state) =
        Stepper::start(samples(), measure, Flow::Canonical { tv: 0.0 }, 1e-7).unwrap();
    while state.time < END {
        stepper.step(&mut state, END).unwrap();
    }
    let parts: Vec<[f64; 2]> = state.theta().iter().zip(&mass).map(|(theta, mass)| [*theta, *mass]).collect();
    sorted(&parts)
}

fn density(side: usize, tolerance: f64) -> Sorted {
    let start = DensityStart { law: DensityLaw::Canonical(law()), cells: [side, side] };
    let (mut stepper, mut state) =
        Stepper::start_density(samples(), &start, Flow::Canonical { tv: 0.0 }, tolerance).unwrap();
    while state.time < END {
        stepper.step(&mut state, END).unwrap();
    }
    let columns = state.particles.density().by_angle(stepper.regions());
    let parts: Vec<[f64; 2]> = columns.into_iter().flat_map(spread).collect();
    sorted(&parts)
}

/// Donor cells on a uniform grid that knows nothing of boundaries, explicit Euler.
fn upwind(side: usize) -> Sorted {
    let (samples, n) = (samples(), side);
    let regions = Regions::new(&samples);
    let (far, dt_theta) = (6.0, TAU / n as f64);
    let dr = 2.0 * far / n as f64;
    let (r, theta) = (|i: usize| -far + (i as f64 + 0.5) * dr, |j: usize| (j as f64 + 0.5) * dt_theta);
    let faces: Vec<f64> = (0..=n).map(|i| -far + i as f64 * dr).collect();
    let mut mass: Vec<f64> = (0..n)
        .flat_map(|j| law().masses([j as f64 * dt_theta, (j as f64 + 1.0) * dt_theta], &faces))
        .collect();
    let region: Vec<usize> = (0..n).map(|j| regions.region_of(theta(j))).collect();
    let mut time = 0.0;
    while time < END {
        // f(x_j) = Sum mass r <xt_j, d>_+, and g in every column.
        let first: Vec<f64> = (0..n).map(|j| (0..n).map(|i| mass[j * n + i] * r(i)).sum()).collect();
        let rho: Vec<f64> = samples
            .x()
            .iter()
            .zip(samples.y())
            .map(|(x, y)| {
                let f: f64 = (0..n).map(|j| first[j] * (x * theta(j).cos() + theta(j).sin()).max(0.0)).sum();
                f - y
            })
            .collect();
        let field: Vec<[f64; 2]> = (0..n)
            .map(|j| {
                let active = regions.active(region[j]);
                active.fold([0.0; 2], |g, i| [g[0] + rho[i] * samples.x()[i], g[1] + rho[i]])
            })
            .collect();
        let radial: Vec<f64> =
            (0..n).map(|j| -(field[j][0] * theta(j).cos() + field[j][1] * theta(j).sin())).collect();
        let angular: Vec<f64> =
            (0..n).map(|j| field[j][0] * theta(j).sin() - field[j][1] * theta(j).cos()).collect();
        let fastest = radial.iter().fold(0.0f64, |most, v| most.max(v.abs())) / dr
            + far * angular.iter().fold(0.0f64, |most, v| most.max(v.abs())) / dt_theta;
        let step = (0.45 / fastest).min(END - time);
        let before = mass.clone();
        for j in 0..n {
            for i in 0..n {
                let m = before[j * n + i];
                let out = step * radial[j] / dr * m;
                let to = if out > 0.0 { (i + 1).min(n - 1) } else { i.saturating_sub(1) };
                mass[j * n + i] -= out.abs();
                mass[j * n + to] += out.abs();
                let out = step * r(i) * angular[j] / dt_theta * m;
                let to = if out > 0.0 { (j + 1) % n } else { (j + n - 1) % n };
                mass[j * n + i] -= out.abs();
                mass[to * n + i] += out.abs();
            }
        }
        time += step;
    }
    let columns = (0..n)
        .map(|j| [j as f64 * dt_theta, (j as f64 + 1.0) * dt_theta, mass[j * n..(j + 1) * n].iter().sum()]);
    let parts: Vec<[f64; 2]> = columns.flat_map(spread).collect();
    sorted(&parts)
}

const GRIDS: [(usize, f64); 5] = [(50, 3e-4), (100, 4e-5), (200, 5e-6), (400, 6e-7), (800, 8e-8)];
/// Distances to the limit of the density, and of upwind.
const OURS: [f64; 5] = [1.1e-3, 5.3e-4, 2.6e-4, 1.3e-4, 6.4e-5];
const UPWIND: [f64; 5] = [3.7e-2, 2.2e-2, 9.3e-3, 5.5e-3, 2.2e-3];

/// Distances on the first grids, asserted; the guide has those on all.
fn distances(limit: &Sorted, grids: usize) -> [Vec<f64>; 2] {
    let guide = include_str!("../src/guide/density.md");
    let mut found = [vec![], vec![]];
    for (&(side, tolerance), bounds) in GRIDS[..grids].iter().zip(OURS.iter().zip(UPWIND)) {
        let pair = [circle_w1(&density(side, tolerance), limit), circle_w1(&upwind(side), limit)];
        println!("{side}: {:.1e}, upwind {:.1e}", pair[0], pair[1]);
        for ((found, distance), bound) in found.iter_mut().zip(pair).zip([*bounds.0, bounds.1]) {
            assert!(distance < 1.2 * bound, "{side}: {distance:e} > {bound:e}");
            found.push(distance);
        }
    }
    for (name, distances) in [("density", OURS), ("first-order upwind", UPWIND)] {
        let row = format!("| {name} | {} |", distances.map(|d| format!("{d:.1e}")).join(" | "));
        assert!(guide.contains(&row), "{row}");
    }
    found
}

/// Explicit lines and exact maps beat a scheme of first order 35 times on every grid. Both are of order 1 here; for upwind
/// order 1/2 is the best that is known for all one-sided Lipschitz fields (Delarue, Lagoutiere, Vauchelet 2017).
#[test]
fn the_measure_is_closer_to_the_limit_than_upwind_makes_it() {
    let [ours, upwind] = distances(&limit(1 << 18, 1), 3);
    assert!(ours.iter().zip(&upwind).all(|(ours, upwind)| 15.0 * ours < *upwind), "{ours:?}, {upwind:?}");
    assert!(upwind.windows(2).all(|pair| pair[1] < pair[0]), "upwind does not converge: {upwind:?}");
}

/// The row of the guide: `cargo test --release --test main density_upwind::table -- --ignored --nocapture`.
#[test]
#[ignore = "a minute, and it prints a table"]
fn table_of_distances_on_five_grids() {
    let exact = limit(1 << 22, 1);
    println!("2^22 points from 2^21 others: {:.1e}", circle_w1(&limit(1 << 21, 2), &exact));
    let [ours, upwind] = distances(&exact, 5);
    println!("orders {:.2}, {:.2}", slope(&ours), slope(&upwind));
}
