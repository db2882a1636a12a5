//! What a snapshot says against the definitions.

use reluflow::flow::{Flow, OutputBias};
use reluflow::problem::Affine;
use reluflow::problem::{PlaceKind, Regions, Samples, Sampling};
use reluflow::run::{
    BoundaryClass, Description, OutputOptions, ParticleOutput, Schedule, Simulation, State, Until,
};

use crate::common::{Draw, Problem, worst};

fn simulation(problem: &Problem, tolerance: f64) -> Simulation {
    let measure = problem.measure();
    let description = Description {
        title: String::new(),
        scenario: String::new(),
        measure_source: String::new(),
        seed: None,
        sampling: Sampling::File,
        samples: problem.samples(),
        truth: None,
        x_map: Affine::IDENTITY,
        y_map: Affine::IDENTITY,
        mass: measure.mass().to_vec(),
        delta: vec![],
        density: None,
        flow: Flow::Canonical { tv: problem.tv },
        output_bias: OutputBias::default(),
        end: 1.0,
        tolerance,
        until: Until::default(),
        schedule: Schedule::count(1.0, 2),
        output: OutputOptions {
            particles: ParticleOutput::All,
            single_precision: false,
            tangent_kernel: true,
            path: false,
            function: 0,
            compression: 0,
        },
    };
    Simulation::new(&description, measure).unwrap()
}

/// `f(x)` and its gradient with respect to `r` and `theta` of each particle (over its mass), by
/// definition; a pinned particle has no angular part.
fn gradients(simulation: &Simulation, samples: &Samples) -> Vec<Vec<[f64; 2]>> {
    let state = simulation.state();
    (0..samples.len())
        .map(|j| {
            let x = samples.x()[j];
            let regions = simulation.stepper().regions();
            (0..state.r().len())
                .map(|i| {
                    let (sin, cos) = state.theta()[i].sin_cos();
                    let k = state.place()[i].index();
                    match state.place()[i].kind() {
                        PlaceKind::Free if regions.active(k).contains(&j) => {
                            [x * cos + sin, state.r()[i] * (cos - x * sin)]
                        }
                        PlaceKind::Pinned if regions.active(regions.inactive_side(k)).contains(&j) => {
                            [x * cos + sin, 0.0]
                        }
                        _ => [0.0, 0.0],
                    }
                })
                .collect()
        })
        .collect()
}

/// `K[j][i] = Int <grad f(x_j), grad f(x_i)> mu`.
fn kernel(simulation: &Simulation, samples: &Samples) -> Vec<f64> {
    let gradients = gradients(simulation, samples);
    let mass = simulation.stepper().mass();
    let mut kernel = vec![];
    for a in &gradients {
        for b in &gradients {
            let parts = a.iter().zip(b).zip(mass);
            kernel.push(parts.map(|((a, b), mass)| mass * (a[0] * b[0] + a[1] * b[1])).sum());
        }
    }
    kernel
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn problems() -> impl Iterator<Item = (Problem, f64)> {
    (0..40).map(|case| {
        let mut draw = Draw(100 + case);
        let (s, m) = (1 + draw.below(12), 1 + draw.below(60));
        let mut x = draw.list(s, -1.5, 1.5);
        if case % 4 == 0 {
            x.iter_mut().for_each(|x| *x = (3.0 * *x).round() / 3.0);
        }
        let problem = Problem::new(
            &x,
            &draw.list(s, -2.0, 2.0),
            &draw.list(m, -2.0, 2.0),
            &draw.list(m, 0.0, std::f64::consts::TAU),
        );
        let problem = problem.with_tv(if case % 3 == 0 { 0.2 } else { 0.0 });
        let end = 20.0 / problem.stiffness();
        (problem, end)
    })
}

#[test]
fn kernel_change_and_eigenvalues() {
    for (problem, end) in problems() {
        let samples = problem.samples();
        let s = samples.len();
        let mut simulation = simulation(&problem, 1e-7);
        let start = kernel(&simulation, &samples);
        assert_eq!(simulation.snapshot().tangent_kernel_change, 0.0);
        for part in [1e-3, 0.3, 1.0] {
            simulation.advance_to(part * end).unwrap();
            let now = kernel(&simulation, &samples);
            let snapshot = simulation.snapshot();
            let stored: Vec<f64> = snapshot.tangent_kernel.unwrap().iter().copied().collect();
            assert!(worst(&stored, &now) < 1e-13 * (1.0 + norm(&now)));
            let difference: Vec<f64> = now.iter().zip(&start).map(|(a, b)| a - b).collect();
            let change = if norm(&start) > 0.0 { norm(&difference) / norm(&start) } else { 0.0 };
            let found = snapshot.tangent_kernel_change;
            assert!((found - change).abs() < 1e-10 + 1e-6 * change, "{found} {change}");
            // Eigenvalues: ascending, none negative; sums of first and second powers as of the matrix.
            let values = snapshot.tangent_kernel_eigenvalues.unwrap();
            assert_eq!(values.len(), s);
            let n = samples.weight();
            let trace: f64 = (0..s).map(|j| n[j] * now[j * s + j]).sum();
            let square: f64 = (0..s * s).map(|at| n[at / s] * n[at % s] * now[at] * now[at]).sum();
            assert!((values.sum() - trace).abs() < 1e-12 * trace);
            assert!((values.iter().map(|v| v * v).sum::<f64>() - square).abs() < 1e-12 * square);
            assert!(values.windows(2).into_iter().all(|pair| pair[0] <= pair[1]));
            assert!(values[0] > -1e-13 * trace);
        }
    }
}

/// `|velocity|^2` of particle `i`, by definition (sections 5 and 6).
fn squared_speed(
    state: &State,
    i: usize,
    samples: &Samples,
    regions: &Regions,
    rho: &[f64],
    lambda: f64,
) -> f64 {
    let (r, k) = (state.r()[i], state.place()[i].index());
    let tv = if r == 0.0 { 0.0 } else { lambda * r.signum() };
    let (k, angular) = match state.place()[i].kind() {
        PlaceKind::Free => (k, 1.0),
        PlaceKind::Pinned => (regions.inactive_side(k), 0.0),
        PlaceKind::Dead => (0, 0.0),
        PlaceKind::Stuck | PlaceKind::StuckPinned => return 0.0,
    };
    let (sin, cos) = state.theta()[i].sin_cos();
    let (mut pull, mut turn) = (0.0, 0.0);
    for j in regions.active(k) {
        let (x, weighted) = (samples.x()[j], samples.weight()[j] * rho[j]);
        pull += weighted * (x * cos + sin);
        turn += weighted * (cos - x * sin);
    }
    (pull + tv).powi(2) + angular * (r * turn).powi(2)
}

#[test]
fn masses_covariances_and_dissipation() {
    let mut kinds = [false; 5];
    for (problem, end) in problems() {
        let mut simulation = simulation(&problem, 1e-7);
        for part in [0.0, 0.3, 1.0] {
            simulation.advance_to(part * end).unwrap();
            let (snapshot, state) = (simulation.snapshot(), simulation.state());
            let (mass, regions) = (simulation.stepper().mass(), simulation.stepper().regions());
            let count = regions.boundaries();
            let mut region = vec![0.0; count];
            let mut pinned = vec![0.0; 2 * count];
            let mut sigma = vec![0.0; 3 * count];
            let (mut stuck, mut penalty, mut dissipation) = (0.0, 0.0, 0.0);
            let (samples, rho) = (problem.samples(), simulation.stepper().residual());
            for i in 0..mass.len() {
                dissipation += mass[i] * squared_speed(state, i, &samples, regions, rho, problem.tv);
                let (r, k) = (state.r()[i], state.place()[i].index());
                kinds[state.place()[i].kind() as usize] = true;
                penalty += problem.tv * mass[i] * r.abs();
                match state.place()[i].kind() {
                    PlaceKind::Free => {
                        region[k] += mass[i];
                        let (sin, cos) = state.theta()[i].sin_cos();
                        sigma[3 * k] += mass[i] * (cos * cos + r * r * sin * sin);
                        sigma[3 * k + 1] += mass[i] * (1.0 - r * r) * sin * cos;
                        sigma[3 * k + 2] += mass[i] * (sin * sin + r * r * cos * cos);
                    }
                    PlaceKind::Dead => region[0] += mass[i],
                    PlaceKind::Pinned => pinned[2 * k + usize::from(r < 0.0)] += mass[i],
                    PlaceKind::Stuck | PlaceKind::StuckPinned => stuck += mass[i],
                }
            }
            assert!(worst(&snapshot.region_mass.to_vec(), &region) < 1e-14);
            let found: Vec<f64> = snapshot.pinned_mass.iter().copied().collect();
            assert!(worst(&found, &pinned) < 1e-14);
            let found: Vec<f64> = snapshot.region_covariance.iter().copied().collect();
            assert!(worst(&found, &sigma) < 1e-12 * (1.0 + norm(&sigma)));
            assert!((snapshot.stuck_mass - stuck).abs() < 1e-14);
            assert!((snapshot.penalty - penalty).abs() < 1e-13 * (1.0 + penalty));
            assert!((snapshot.energy_dissipation - dissipation).abs() < 1e-11 * (1.0 + dissipation));
            let total = snapshot.region_mass.sum() + snapshot.pinned_mass.sum() + snapshot.stuck_mass;
            assert!((total - 1.0).abs() < 1e-14);
            let rho = snapshot.residual.to_vec();
            let loss: f64 =
                0.5 * rho.iter().zip(problem.samples().weight()).map(|(rho, n)| n * rho * rho).sum::<f64>();
            assert!((snapshot.loss - loss).abs() <= 1e-14 * loss);
        }
    }
    assert!(kinds[..4].iter().all(|&seen| seen), "{kinds:?}");
}

/// Classes from the normal velocities a little to both sides, by definition; and W Lemma 2 as
/// corrected in section 6: the field changes sign at sample `k` if and only if
/// `-n_k^2 rho_k^2 |xt_k|^2 < n_k rho_k S < 0`.
#[test]
fn classes_of_boundaries() {
    let mut seen = [0; 3];
    for (problem, end) in problems() {
        let samples = problem.samples();
        let (s, x, n) = (samples.len(), samples.x(), samples.weight());
        let mut simulation = simulation(&problem, 1e-6);
        simulation.advance_to(0.3 * end).unwrap();
        let snapshot = simulation.snapshot();
        let rho = &snapshot.residual;
        let regions = simulation.stepper().regions();
        for b in 0..2 * s {
            let classes = [snapshot.attractor[[b, 0]], snapshot.attractor[[b, 1]]];
            if b == 0 || b + 1 == 2 * s {
                assert_eq!(classes, [BoundaryClass::DeadEdge as i8; 2]);
                continue;
            }
            let k = regions.sample(b);
            let (sin, cos) = regions.angle(b).sin_cos();
            // dtheta/dt / -r on either side; the boundary's own sample counts on one of them.
            let turn = |active: &dyn Fn(usize) -> bool| -> f64 {
                (0..s).filter(|&j| active(j)).map(|j| n[j] * rho[j] * (cos - x[j] * sin)).sum()
            };
            let positive = |j: usize| j != k && x[j] * cos + sin > 0.0;
            let without = turn(&positive);
            let with = turn(&|j| j == k || positive(j));
            let (low, high) = if regions.switches_on(b) { (without, with) } else { (with, without) };
            for (side, sign) in [(0, 1.0), (1, -1.0)] {
                let (low, high) = (-sign * low, -sign * high);
                let expected = match (low > 0.0, high > 0.0) {
                    (true, false) => BoundaryClass::Attractor,
                    (false, true) => BoundaryClass::Repulsor,
                    _ => BoundaryClass::Passthrough,
                };
                assert_eq!(classes[side], expected as i8, "boundary {b}: {low} {high}");
                seen[(expected as i8 + 1) as usize] += 1;
            }
            let others = (0..s).filter(|&i| if regions.switches_on(b) { i > k } else { i < k });
            let dot: f64 = others.map(|i| n[i] * rho[i] * (x[i] * x[k] + 1.0)).sum();
            let own = n[k] * rho[k];
            let changes = -own * own * (x[k] * x[k] + 1.0) < own * dot && own * dot < 0.0;
            assert_eq!(changes, classes[0] != BoundaryClass::Passthrough as i8);
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}
