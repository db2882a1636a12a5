//! The laws of section 8 on random problems.

use std::f64::consts::{PI, TAU};

use proptest::prelude::*;
use reluflow::flow::tangent_kernel::tangent_kernel;
use reluflow::flow::{Flow, Stepper};
use reluflow::problem::{PlaceKind, Regions};

use crate::common::random::cases;
use crate::common::{Draw, Problem, Run, on_boundary_of, worst};

/// How the samples lie.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Spread,
    Tied,
    Cluster(f64),
    Far,
}

/// Particles exactly on boundaries or at `r = 0`, where symmetric problems may choose differently.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Corners {
    With,
    Without,
}

#[derive(Debug, Clone)]
struct Shape {
    s: usize,
    m: usize,
    layout: Layout,
    decades: f64,
    tv: f64,
    seed: u64,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let layout = prop_oneof![
        3 => Just(Layout::Spread),
        1 => Just(Layout::Tied),
        1 => Just(Layout::Cluster(1e-6)),
        1 => Just(Layout::Cluster(1e-10)),
        1 => Just(Layout::Far),
    ];
    let particles = prop_oneof![1usize..12, 1usize..500];
    let tv = prop_oneof![Just(0.0), 0.01..0.5];
    (1usize..=40, particles, layout, prop_oneof![Just(0.0), Just(6.0)], tv, any::<u64>())
        .prop_map(|(s, m, layout, decades, tv, seed)| Shape { s, m, layout, decades, tv, seed })
}

/// A problem of this shape, and an end by which it has relaxed a good deal.
fn problem(shape: &Shape, corners: Corners) -> (Problem, f64) {
    let mut draw = Draw(shape.seed);
    let Shape { s, m, .. } = *shape;
    let mut x = draw.list(s, -1.5, 1.5);
    match shape.layout {
        Layout::Spread => {}
        Layout::Tied => x.iter_mut().for_each(|x| *x = (2.0 * *x).round() / 2.0),
        Layout::Cluster(width) => {
            (0..s).for_each(|j| x[j] = x[j % (s / 3 + 1)] + width * draw.uniform(0.0, 1.0))
        }
        Layout::Far => x.iter_mut().for_each(|x| *x = x.signum() * 10f64.powf(2.0 * x.abs())),
    }
    let y = draw.list(s, -2.0, 2.0);
    let (mut r, mut theta) = (draw.list(m, -2.0, 2.0), draw.list(m, 0.0, TAU));
    let mass: Vec<f64> = (0..m).map(|_| 10f64.powf(-draw.uniform(0.0, 1.0) * shape.decades)).collect();
    let total: f64 = mass.iter().sum();
    let mass: Vec<f64> = mass.iter().map(|mass| mass / total).collect();
    if corners == Corners::With {
        let regions = Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        for i in 0..m {
            match draw.below(12) {
                0 => r[i] = 0.0,
                1 => theta[i] = regions.angle(draw.below(regions.boundaries())),
                _ => {}
            }
        }
    }
    let tv = shape.tv * if matches!(shape.layout, Layout::Far) { 100.0 } else { 1.0 };
    let problem = Problem { x, y, r, theta, mass, tv };
    let end = 20.0 / problem.stiffness();
    (problem, end)
}

/// Every particle lies in the region, or exactly on the boundary, that its place names.
fn all_in_place(run: &Run) {
    let regions = run.stepper.regions();
    let last = regions.boundaries() - 1;
    for (i, &place) in run.state.place().iter().enumerate() {
        let (theta, r, k) = (run.state.theta()[i], run.state.r()[i], place.index());
        assert!(theta.is_finite() && r.is_finite());
        match place.kind() {
            PlaceKind::Pinned | PlaceKind::StuckPinned => {
                assert_eq!(theta, regions.angle(k), "particle {i}");
                assert!(k != 0 && k != last, "particle {i} pinned at the edge of the dead region");
            }
            PlaceKind::Free | PlaceKind::Stuck => {
                assert!(theta >= regions.angle(k - 1) && theta <= regions.angle(k), "particle {i}");
            }
            PlaceKind::Dead => {
                assert_eq!(k, 0);
                let theta = regions.unwrapped(theta);
                assert!(theta >= regions.angle(last) || theta == regions.angle(0), "particle {i}");
            }
        }
        if matches!(place.kind(), PlaceKind::Stuck | PlaceKind::StuckPinned) {
            assert_eq!(r, 0.0, "particle {i}");
        }
    }
}

/// Residuals and `Sigma_k` of the stepper against sums in `O(m s)` by definition.
fn moments_agree(run: &Run) {
    let (samples, regions, state) = (run.stepper.samples(), run.stepper.regions(), &run.state);
    let mass = run.stepper.mass();
    let size: f64 = (0..mass.len()).map(|i| mass[i] * state.r()[i].abs()).sum();
    let rho = crate::common::naive_residual(samples, state, mass);
    for j in 0..rho.len() {
        let bound = 1e-13 * (1.0 + size) * samples.x()[j].hypot(1.0) + 1e-14 * samples.y()[j].abs();
        let difference = (rho[j] - run.residual()[j]).abs();
        assert!(difference <= bound, "residual {j}: {difference:e} above {bound:e}");
    }
    let mut sigma = vec![[0.0; 3]; regions.boundaries()];
    let mut pinned = vec![[0.0; 2]; regions.boundaries()];
    for i in 0..mass.len() {
        let (sin, cos) = state.theta()[i].sin_cos();
        let (rr, k) = (state.r()[i] * state.r()[i], state.place()[i].index());
        match state.place()[i].kind() {
            PlaceKind::Free => {
                let parts = [cos * cos + rr * sin * sin, (1.0 - rr) * sin * cos, sin * sin + rr * cos * cos];
                (0..3).for_each(|p| sigma[k][p] += mass[i] * parts[p]);
            }
            PlaceKind::Pinned => pinned[k][usize::from(state.r()[i].is_sign_negative())] += mass[i],
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }
    let norm = sigma.iter().flatten().fold(1e-300, |most: f64, v| most.max(v.abs()));
    let moments = run.stepper.moments();
    for k in 0..regions.boundaries() {
        assert!(worst(&moments.sigma(k), &sigma[k]) <= 1e-12 * norm, "Sigma of region {k}");
        let found = [moments.boundary[k][0], moments.boundary[k][2]];
        assert!(worst(&found, &pinned[k]) <= 1e-14, "mass on boundary {k}: {found:?} {:?}", pinned[k]);
    }
}

/// `K[j, i] = Int <grad f(x_j), grad f(x_i)> mu`, summed over particles by definition.
fn naive_kernel(run: &Run) -> Vec<Vec<f64>> {
    let (samples, regions, state) = (run.stepper.samples(), run.stepper.regions(), &run.state);
    let s = samples.len();
    let mut kernel = vec![vec![0.0; s]; s];
    for (i, mass) in run.stepper.mass().iter().enumerate() {
        let place = state.place()[i];
        let (k, pinned) = match place.kind() {
            PlaceKind::Free => (place.index(), false),
            PlaceKind::Pinned => (regions.inactive_side(place.index()), true),
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => continue,
        };
        let (sin, cos) = state.theta()[i].sin_cos();
        let active = regions.active(k);
        let gradients: Vec<[f64; 2]> = active
            .clone()
            .map(|j| {
                let x = samples.x()[j];
                [x * cos + sin, if pinned { 0.0 } else { state.r()[i] * (cos - x * sin) }]
            })
            .collect();
        for (a, j) in active.clone().enumerate() {
            for (b, l) in active.clone().enumerate() {
                kernel[j][l] +=
                    mass * (gradients[a][0] * gradients[b][0] + gradients[a][1] * gradients[b][1]);
            }
        }
    }
    kernel
}

/// `dE/dt = -Int |velocity|^2 mu = -rho^T N K_t N rho` (the latter without the penalty).
fn dissipation_agrees(run: &Run) {
    let samples = run.stepper.samples();
    let dissipation = run.dissipation();
    let weighted: Vec<f64> = run.residual().iter().zip(samples.weight()).map(|(rho, n)| rho * n).collect();
    let s = samples.len();
    let sigma = run.stepper.moments().sigma_with_pinned(run.stepper.regions());
    let (kernel, naive) = (tangent_kernel(samples, &sigma), naive_kernel(run));
    let mut norm: f64 = 0.0;
    // Products <xt, d> that cancel, for particles almost on a boundary.
    let furthest = samples.x().iter().fold(1.0, |most: f64, x| most.max(x * x));
    let squares = run.state.r().iter().zip(run.stepper.mass()).map(|(r, mass)| mass * (1.0 + r * r));
    let rounding = 1e-14 * furthest * squares.sum::<f64>();
    let mut form = 0.0;
    for j in 0..s {
        for i in 0..s {
            norm = norm.max(naive[j][i].abs());
            form += weighted[j] * naive[j][i] * weighted[i];
        }
    }
    for j in 0..s {
        for i in 0..s {
            let difference = (kernel[[j, i]] - naive[j][i]).abs();
            assert!(difference <= 1e-11 * norm + rounding, "K[{j}, {i}]: {difference:e} of {norm:e}");
        }
    }
    if run.stepper.lambda() == 0.0 {
        let size: f64 = weighted.iter().map(|w| w.abs()).sum();
        // The velocities come from residuals of their own, which near rest differ in more than the last digits.
        let own = crate::common::naive_residual(samples, &run.state, run.stepper.mass());
        let parted = run.residual().iter().zip(&own).zip(samples.weight());
        let parted: f64 = parted.map(|((rho, own), n)| n * (rho - own).abs()).sum();
        let bound = (1e-11 * norm + rounding) * size * size + 2.0 * norm * size * parted;
        assert!((form - dissipation).abs() <= bound, "{form} {dissipation}");
        let rate: f64 = weighted.iter().zip(run.stepper.residual_rate()).map(|(w, rate)| w * rate).sum();
        assert!((rate + dissipation).abs() <= bound, "{rate} {dissipation}");
    }
}

/// `(E(t + h) - E(t - h)) / 2h` against the dissipation at `t`, where no event falls between.
fn energy_falls_by_the_dissipation(problem: &Problem, run: &Run) -> bool {
    let h = 1e-3 / problem.stiffness();
    let mass = problem.measure().into_columns().2;
    let flow = Flow::Canonical { tv: problem.tv };
    let stepper = Stepper::resume(problem.samples(), mass, flow, 1e-9, &run.state).unwrap();
    let state = run.state.clone();
    let mut short = Run { stepper: stepper.with_fixed_step(h), state, pushes: 0, rejections: 0 };
    let events = short.counters().events();
    let before = short.energy();
    short.step(run.state.time + h).unwrap();
    let dissipation = short.dissipation();
    short.step(run.state.time + 2.0 * h).unwrap();
    if short.counters().events() > events {
        return false;
    }
    let rate = (short.energy() - before) / (2.0 * h);
    let rounding = 1e-14 * before / h;
    assert!(
        (rate + dissipation).abs() <= 1e-4 * dissipation + rounding,
        "dE/dt {rate}, dissipation {dissipation}"
    );
    true
}

proptest! {
    #![proptest_config(cases(200))]

    /// Finite, in place, energy falling, dead mass rising, residual ODE along, step after step.
    #[test]
    fn every_step_obeys_the_laws(shape in shapes(), digits in 3i32..10) {
        let tolerance = 10f64.powi(-digits);
        let (problem, end) = problem(&shape, Corners::With);
        let mut run = problem.start(tolerance);
        let unit = run.state.scale * run.state.scale * run.stepper.samples().weight().iter().sum::<f64>();
        let (mut energy, mut dead) = (run.energy(), run.dead_mass());
        let start = energy;
        while run.state.time < end {
            let events = run.counters();
            run.step(end).unwrap();
            prop_assert!(run.counters().deaths >= events.deaths);
            let (energy_now, dead_now) = (run.energy(), run.dead_mass());
            prop_assert!(
                energy_now <= energy + 3.0 * tolerance * unit + 1e-13 * start,
                "energy rose by {:e} of {:e}", energy_now - energy, unit
            );
            prop_assert!(dead_now >= dead);
            (energy, dead) = (energy_now, dead_now);
            all_in_place(&run);
        }
        let ode = run.ode_difference();
        prop_assert!(ode < 1e3 * tolerance * run.state.scale, "residual ODE off by {:e}", ode);
        moments_agree(&run);
        dissipation_agrees(&run);
        prop_assert!(run.state.step < 20_000 && run.pushes < 100_000, "{} steps", run.state.step);
    }

    /// `dE/dt` by differences, at two moments of each run.
    #[test]
    fn energy_law_by_differences(shape in shapes()) {
        let (problem, end) = problem(&shape, Corners::With);
        let mut run = problem.start(1e-7);
        for part in [0.2, 0.6] {
            run.advance(part * end).unwrap();
            energy_falls_by_the_dissipation(&problem, &run);
        }
    }
}

/// The same run of two problems that mean the same: `image` maps the second's particles back.
fn same_run(
    a: &Problem,
    b: &Problem,
    end: f64,
    image: impl Fn(usize, f64, f64) -> (usize, f64, f64),
) -> Result<(), TestCaseError> {
    let tolerance = 1e-9;
    let (run_a, run_b) = (a.run(tolerance, end), b.run(tolerance, end));
    let unit = run_a.state.scale;
    if run_a.counters().ambiguous_releases + run_b.counters().ambiguous_releases > 0 {
        // Where the flow is not unique, rounding may choose.
        return Ok(());
    }
    let (r, theta) = (run_b.r(), run_b.theta());
    let (ra, ta) = (run_a.r(), run_a.theta());
    for i in 0..r.len() {
        let (at, r, theta) = image(i, r[i], theta[i]);
        let off = (r - ra[at]).abs().max(crate::common::angle_distance(theta, ta[at]));
        prop_assert!(off < 1e5 * tolerance, "particle {}: {} {} for {} {}", at, r, theta, ra[at], ta[at]);
    }
    prop_assert!((run_a.energy() - run_b.energy()).abs() < 1e4 * tolerance * unit * unit * a.x.len() as f64);
    Ok(())
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn the_order_of_particles_does_not_matter(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let m = a.r.len();
        let mut order: Vec<usize> = (0..m).collect();
        let mut draw = Draw(shape.seed ^ 1);
        (1..m).rev().for_each(|i| order.swap(i, draw.below(i + 1)));
        let pick = |values: &[f64]| order.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let b = Problem { r: pick(&a.r), theta: pick(&a.theta), mass: pick(&a.mass), ..a.clone() };
        same_run(&a, &b, end, |i, r, theta| (order[i], r, theta))?;
    }

    #[test]
    fn halves_of_a_particle_move_as_the_whole(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let twice = |values: &[f64]| values.iter().flat_map(|&v| [v, v]).collect::<Vec<f64>>();
        let mass = twice(&a.mass).iter().map(|mass| 0.5 * mass).collect();
        let b = Problem { r: twice(&a.r), theta: twice(&a.theta), mass, ..a.clone() };
        same_run(&a, &b, end, |i, r, theta| (i / 2, r, theta))?;
    }

    #[test]
    fn full_turns_do_not_matter(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let theta = a.theta.iter().enumerate().map(|(i, t)| t + TAU * (i as f64 % 5.0 - 2.0)).collect();
        let b = Problem { theta, ..a.clone() };
        same_run(&a, &b, end, |i, r, theta| (i, r, theta))?;
    }

    #[test]
    fn reflection(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let x = a.x.iter().map(|x| -x).collect();
        let theta = a.theta.iter().map(|theta| PI - theta).collect();
        let b = Problem { x, theta, ..a.clone() };
        same_run(&a, &b, end, |i, r, theta| (i, r, PI - theta))?;
    }

    #[test]
    fn change_of_sign(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let y = a.y.iter().map(|y| -y).collect();
        let r = a.r.iter().map(|r| -r).collect();
        let b = Problem { y, r, ..a.clone() };
        same_run(&a, &b, end, |i, r, theta| (i, -r, theta))?;
    }

    /// Particles without mass are carried along and change nothing.
    #[test]
    fn massless_particles_only_follow(shape in shapes()) {
        let (a, end) = problem(&shape, Corners::Without);
        let mut b = a.clone();
        let mut draw = Draw(shape.seed ^ 2);
        for _ in 0..5 {
            b.r.push(draw.uniform(-2.0, 2.0));
            b.theta.push(draw.uniform(0.0, TAU));
            b.mass.push(0.0);
        }
        let (run_a, run_b) = (a.run(1e-6, end), b.run(1e-6, end));
        // They may change the order in which the others are summed, and so the last bits.
        let size = run_a.residual().iter().fold(0.0, |most: f64, rho| most.max(rho.abs()));
        for (a, b) in run_a.residual().iter().zip(run_b.residual()) {
            prop_assert!((a - b).abs() <= 1e-10 * size, "{} and {}", a, b);
        }
        prop_assert_eq!(run_a.state.step, run_b.state.step);
    }
}

/// The bits do not depend on how many threads there are, nor on stopping and resuming.
#[test]
fn same_bits_for_any_number_of_threads() {
    let shape = Shape { s: 7, m: 20_000, layout: Layout::Spread, decades: 6.0, tv: 0.0, seed: 5 };
    for tv in [0.0, 0.1] {
        let (problem, end) = problem(&Shape { tv, ..shape.clone() }, Corners::With);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| problem.run(1e-5, 0.5 * end).state)
        };
        let one = run(1);
        assert!(one.counters.events() > 1000);
        for threads in [2, 8] {
            assert!(run(threads) == one, "{threads} threads");
        }
    }
}

/// Helper of the helpers: places name the samples they pin.
#[test]
fn pinned_particles_are_on_the_line_of_their_sample() {
    let (problem, end) = Problem::drawn(163);
    let run = problem.run(1e-9, end);
    let regions = run.stepper.regions();
    let mut pinned = 0;
    for (i, &place) in run.state.place().iter().enumerate() {
        if let Some(j) = on_boundary_of(regions, place) {
            let (sin, cos) = run.state.theta()[i].sin_cos();
            assert!((run.stepper.samples().x()[j] * cos + sin).abs() < 1e-15);
            pinned += 1;
        }
    }
    assert!(pinned > 0);
}
