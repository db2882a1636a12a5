//! The pointwise density by characteristics, against closed forms and against particles.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use rayon::prelude::*;
use reluflow::flow::{Flow, Foot, PathRule, Point, ResidualPath, Source, StepPath, feet, gradients};
use reluflow::math::sobol::Sobol;
use reluflow::problem::{PlaceKind, Regions, Samples, Start};
use reluflow::run::{Density, Description, Pointwise, Simulation};
use reluflow::scenario::Scenario;

use crate::common::Draw;

/// A run in memory, with the path of its residuals.
struct Run {
    description: Description,
    start: Start,
    simulation: Simulation,
    path: ResidualPath,
    scenario: String,
}

impl Run {
    fn new(x: &str, y: &str, measure: &str, flow: &str, end: f64) -> Run {
        let scenario = format!(
            "[samples]\nx = {x}\ny = {y}\n[measure]\nsampling = \"sobol\"\n{measure}\n[flow]\n{flow}\n\
             [time]\nend = {end:?}\n[output]\npath = true\n"
        );
        let Scenario { description, start, .. } = Scenario::parse(&scenario, Path::new("a.toml")).unwrap();
        let mut simulation = Simulation::new(&description, start.clone()).unwrap();
        let residual = simulation.stepper().residual().to_vec();
        let mut steps = vec![];
        while simulation.state().time < end {
            let record = simulation.step(end).unwrap();
            steps.push((record.time, record.path.unwrap()));
        }
        let path = ResidualPath::new(residual, steps).unwrap();
        Run { description, start, simulation, path, scenario }
    }

    fn pointwise(&self) -> Pointwise {
        let law = Scenario::start_law(&self.description).unwrap().unwrap();
        Pointwise::of_run(&self.description, &law, self.path.clone()).unwrap()
    }

    /// Mass of free particles per region, from the particles.
    fn region_mass(&self) -> Vec<f64> {
        self.simulation.snapshot().region_mass.to_vec()
    }

    /// Integrals of the density over all regions, by the midpoint rule on `|r| < most` with so many points, and
    /// pieces of regions no longer than `width`.
    fn integrals(&self, most: f64, points: usize, width: f64) -> Vec<f64> {
        let (pointwise, regions, end) =
            (self.pointwise(), Regions::new(&self.description.samples), self.path.end());
        let count = regions.boundaries();
        let dr = 2.0 * most / points as f64;
        (0..count)
            .map(|k| {
                let low = if k == 0 { regions.angle(count - 1) - TAU } else { regions.angle(k - 1) };
                let across = regions.angle(k) - low;
                let pieces = (across / width).ceil();
                let at: Vec<[f64; 3]> = (0..pieces as usize * points)
                    .map(|i| {
                        let theta = low + across * ((i / points) as f64 + 0.5) / pieces;
                        [end, -most + ((i % points) as f64 + 0.5) * dr, theta]
                    })
                    .collect();
                let sum: f64 = pointwise.on_cylinder(&at).unwrap().iter().map(|density| density.value).sum();
                sum * dr * across / pieces
            })
            .collect()
    }

    /// Of particles that are free at the end: the share of all that do not come from where they started, within
    /// 1e-4, and how far the others are from their feet at most.
    fn feet_error(&self) -> (f64, f64) {
        let (state, flow) = (self.simulation.state(), self.description.flow);
        let free: Vec<usize> = (0..self.start.len())
            .filter(|&i| state.place()[state.position_of(i)].kind() == PlaceKind::Free)
            .step_by(5)
            .collect();
        let time = state.time;
        let point = |i: usize| match state.has_neurons() {
            true => {
                let [c, x, y] = state.neuron(i);
                Point { time, amplitude: c, vector: [x, y] }
            }
            false => {
                let at = state.position_of(i);
                let (sin, cos) = state.theta()[at].sin_cos();
                Point { time, amplitude: state.r()[at], vector: [cos, sin] }
            }
        };
        let points: Vec<Point> = free.iter().map(|&i| point(i)).collect();
        let feet = feet(&self.description.samples, &flow, &self.path, 1e-11, &points).unwrap();
        let (mut worst, mut far): (f64, usize) = (0.0, 0);
        for (&i, foot) in free.iter().zip(&feet) {
            let start = match &self.start {
                Start::Canonical(measure) => {
                    let (sin, cos) = measure.theta()[i].sin_cos();
                    [measure.r()[i], cos, sin]
                }
                Start::Lifted(neurons) => [neurons.c()[i], neurons.a()[i], -neurons.b()[i]],
                Start::Density(_) => unreachable!("all have particles"),
            };
            let found = [foot.amplitude, foot.vector[0], foot.vector[1]];
            let apart = (0..3).map(|q| (start[q] - found[q]).abs()).fold(0.0, f64::max);
            if foot.source != Source::Start || apart > 1e-4 {
                far += 1;
            } else {
                worst = worst.max(apart);
            }
        }
        (5.0 * far as f64 / self.start.len() as f64, worst)
    }
}

const X: &str = "[-1.0, -0.5, 0.0, 0.5, 1.0]";
const SINE: &str = "[-0.14, -0.997, 0.0, 0.997, 0.14]";

fn one(samples: &Samples, flow: Flow, path: &ResidualPath, point: Point) -> Foot {
    feet(samples, &flow, path, 1e-13, &[point]).unwrap()[0]
}

/// `|sin psi| exp(r^2/2)` is constant, and so is the density per `dr dq`, `dq = d psi / sin psi`.
#[test]
fn canonical_with_a_frozen_field_has_its_invariant() {
    let samples = Samples::new(&[0.3, 0.5], &[0.0; 2]).unwrap();
    let rho = vec![0.7, -1.1];
    let mut g = vec![[0.0; 2]; 4];
    gradients(&samples, &rho, &mut g);
    let (path, regions) = (ResidualPath::constant(rho, 0.4), Regions::new(&samples));
    let mut draw = Draw(5);
    let mut seen = 0;
    for _ in 0..200 {
        // In the widest region, of both samples.
        let (r, theta) =
            (draw.uniform(-2.0, 2.0), draw.uniform(regions.angle(1) + 0.2, regions.angle(2) - 0.2));
        let (sin, cos) = theta.sin_cos();
        let foot = one(
            &samples,
            Flow::Canonical { tv: 0.0 },
            &path,
            Point { time: 0.4, amplitude: r, vector: [cos, sin] },
        );
        let [x, y] = foot.vector;
        if regions.region_of(y.atan2(x)) != 2 || foot.source != Source::Start {
            continue;
        }
        seen += 1;
        let size = g[2][0].hypot(g[2][1]);
        let across = |x: f64, y: f64| (g[2][0] * y - g[2][1] * x) / size;
        let invariant = |r: f64, x: f64, y: f64| across(x, y) * (0.5 * r * r).exp();
        assert!((invariant(r, cos, sin) / invariant(foot.amplitude, x, y) - 1.0).abs() < 1e-11);
        assert!((foot.log_factor - (across(x, y) / across(cos, sin)).ln()).abs() < 1e-11);
        // In time: q = ln tan(psi / 2) and G r^2 / 2 - G ln cosh q is the energy; dr/dt = -<g, d>.
        assert!((r - foot.amplitude).abs() <= 0.4 * size + 1e-12);
    }
    assert!(seen > 100, "{seen}");
}

/// Kernel: `c = c_0 - <g, w> t`. Adaptive: `w = w_0 - c g t`. Lifted: a boost. None compresses.
#[test]
fn flows_of_neurons_with_a_frozen_field_are_linear() {
    let samples = Samples::new(&[-0.2, 0.5], &[0.0; 2]).unwrap();
    let rho = vec![0.4, 0.3];
    let mut g = vec![[0.0; 2]; 4];
    gradients(&samples, &rho, &mut g);
    let ([gx, gy], kappa, t) = (g[2], 1.5, 0.3);
    let path = ResidualPath::constant(rho, 0.5);
    let (c, [x, y]) = (0.6, [0.2, 1.1]);
    let point = Point { time: t, amplitude: c, vector: [x, y] };
    let found = |flow| {
        let Foot { amplitude, vector, log_factor, source } = one(&samples, flow, &path, point);
        assert_eq!((log_factor, source), (0.0, Source::Start));
        [amplitude, vector[0], vector[1]]
    };
    let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|i| (a[i] - b[i]).abs() < 1e-12);
    assert!(close(found(Flow::Kernel { kappa, decay: 0.0 }), [c + kappa * t * (gx * x + gy * y), x, y]));
    let adaptive = found(Flow::Adaptive { kappa, decay: 0.0 });
    assert!(close(adaptive, [c, x + kappa * t * c * gx, y + kappa * t * c * gy]), "{adaptive:?}");
    // Backwards: the rapidity is negative.
    let size = gx.hypot(gy);
    let ([ux, uy], p) = ([gx / size, gy / size], -kappa * size * t);
    let along = ux * x + uy * y;
    let push = along * (p.cosh() - 1.0) - c * p.sinh();
    let boosted = [c * p.cosh() - along * p.sinh(), x + ux * push, y + uy * push];
    assert!(close(found(Flow::Lifted { kappa, decay: 0.0 }), boosted));
}

/// A passed boundary changes the density by `v_before / v_after`, a repulsor lets nothing through, and nothing
/// comes out of the dead region.
#[test]
fn boundaries_read_backwards() {
    let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
    let regions = Regions::new(&samples);
    // Boundary 1: sample 0 switches on, n = (0, 1), d = (1, 0). v = -c g_y.
    let at = |rho: [f64; 2], angle: f64, c: f64| {
        let path = ResidualPath::constant(rho.to_vec(), 1.0);
        let (sin, cos) = angle.sin_cos();
        one(
            &samples,
            Flow::Adaptive { kappa: 1.0, decay: 0.0 },
            &path,
            Point { time: 1.0, amplitude: c, vector: [cos, sin] },
        )
    };
    // g_1 = rho_1 (1, 1), g_2 = g_1 + rho_0 (0, 1): with c = -1, v_lo = 0.1, v_hi = 0.4.
    let foot = at([0.3, 0.1], 0.02, -1.0);
    assert_eq!((foot.source, regions.region_of(foot.vector[1].atan2(foot.vector[0]))), (Source::Start, 1));
    assert!((foot.log_factor - 0.25f64.ln()).abs() < 1e-12, "{foot:?}");
    // v_lo = -0.1, v_hi = 0.2: a repulsor.
    assert_eq!(at([0.3, -0.1], 0.02, -1.0).source, Source::Line(1));
    assert_eq!(at([0.3, -0.1], -0.02, -1.0).source, Source::Line(1));
    // Seen from the other sign it attracts: backwards everything goes away from it.
    assert_eq!(at([0.3, -0.1], 0.02, 1.0).source, Source::Start);
    // Boundary 0: below it is the dead region.
    assert_eq!(at([0.0, 0.1], -PI / 4.0 + 0.02, -1.0).source, Source::Line(0));
    assert_eq!(at([0.0, 0.1], -PI / 4.0 - 0.02, -1.0).log_factor, 0.0);
}

/// Under total variation `r` jumps in speed at 0, and in the dead region it only shrinks.
#[test]
fn total_variation_compresses_at_zero() {
    let samples = Samples::new(&[0.0], &[0.0]).unwrap();
    let flow = Flow::Canonical { tv: 0.25 };
    // Along d = (0, 1): dr/dt = -1 - 0.25 sign r, from r_0 = 0.5 through 0 at t = 0.4 to -0.45 at 1.
    let path = ResidualPath::constant(vec![1.0], 1.0);
    let foot = one(&samples, flow, &path, Point { time: 1.0, amplitude: -0.45, vector: [0.0, 1.0] });
    assert!((foot.amplitude - 0.5).abs() < 1e-12, "{foot:?}");
    // -Int r dt = -(0.5 * 0.4 / 2) + 0.45 * 0.6 / 2, and a flux from speed 1.25 to 0.75.
    let expected = -0.1 + 0.135 + (1.25f64 / 0.75).ln();
    assert!((foot.log_factor - expected).abs() < 1e-11, "{} {expected}", foot.log_factor);
    let foot = one(&samples, flow, &path, Point { time: 1.0, amplitude: -0.45, vector: [0.0, -1.0] });
    assert!((foot.amplitude + 0.7).abs() < 1e-13 && foot.log_factor == 0.0);
}

/// Free mass of every region, from particles and by integration, all mass together, and the feet of particles.
///
/// * `most`, `width`: of the integrals.
/// * Returns what of the free mass the density does not have: that of released particles.
fn masses_agree(name: &str, run: &Run, most: f64, width: f64, bound: f64) -> f64 {
    let (found, expected) = (run.integrals(most, 400, width), run.region_mass());
    let snapshot = run.simulation.snapshot();
    let counters = snapshot.counters;
    let (far, apart) = run.feet_error();
    // Those that died lie on the edge.
    let died = counters.deaths as f64 / run.start.len() as f64;
    let total = found.iter().sum::<f64>() + snapshot.pinned_mass.sum() + snapshot.stuck_mass + died;
    let lacking: Vec<f64> = found.iter().zip(&expected).map(|(a, b)| b - a).collect();
    let worst = lacking[1..].iter().fold(0.0, |worst: f64, lack| worst.max(lack.abs()));
    println!(
        "{name}: masses within {worst:.1e}, dead {:.1e}, all together 1 + {:.1e}; feet within {apart:.1e}, {far:.1e} farther",
        lacking[0] - died,
        total - 1.0
    );
    let released = counters.releases as f64 / run.start.len() as f64;
    if run.description.flow.tv() == 0.0 {
        assert!((lacking[0] - died).abs() < 1e-5, "{name}: {found:?} {expected:?}");
        assert!((total - 1.0).abs() < released + bound, "{name}: {total}");
    }
    assert!(far <= released + 1e-4, "{name}: {far:e} of the particles do not come from where they started");
    for lack in &lacking[1..] {
        assert!((-bound..released + bound).contains(lack), "{name}: {found:?} {expected:?}");
    }
    lacking[1..].iter().sum()
}

const CANONICAL: &str = "particles = 131072\nlaw = \"normal-uniform\"";

#[test]
fn free_mass_is_that_of_particles_with_pinning() {
    let run = Run::new(X, SINE, CANONICAL, "kind = \"canonical\"", 2.0);
    let counters = run.simulation.state().counters;
    assert!(counters.pins > 10_000 && counters.releases == 0, "{counters:?}");
    masses_agree("pinning", &run, 6.0, 0.01, 3e-4);
}

/// Released mass is a curve, which the density does not have; all of the rest it has.
#[test]
fn free_mass_is_that_of_particles_with_releases() {
    let (x, y) = ("[-1.0, -0.9, 0.2, 0.6, 1.0]", "[1.0, -1.0, 0.5, -0.7, 1.2]");
    let run = Run::new(x, y, CANONICAL, "kind = \"canonical\"", 3.0);
    let counters = run.simulation.state().counters;
    let released = counters.releases as f64 / run.start.len() as f64;
    assert!(released > 0.01, "{counters:?}");
    let lacking = masses_agree("releases", &run, 7.0, 0.01, 5e-4);
    // Some of it was pinned again or died.
    assert!((0.9..1.03).contains(&(lacking / released)), "{lacking} of {released}");
}

#[test]
fn free_mass_is_that_of_particles_under_total_variation() {
    let run = Run::new(X, SINE, CANONICAL, "kind = \"canonical\"\ntv = 0.2", 2.0);
    let snapshot = run.simulation.snapshot();
    assert!(snapshot.stuck_mass > 0.01 && snapshot.counters.sign_changes > 1000, "{}", snapshot.stuck_mass);
    masses_agree("tv", &run, 6.0, 0.01, 5e-4);
    // In the dead region, a quarter of the circle here, `abs(r)` shrinks by 0.4.
    let dead = run.integrals(6.0, 600, 0.1)[0];
    let expected = 0.25 * 2.0 * reluflow::math::normal::below(-0.4);
    assert!((dead - expected).abs() < 1e-5, "{dead} {expected}");
}

#[test]
fn free_mass_is_that_of_particles_in_slices() {
    for delta in ["-0.5", "0.5", "0.0"] {
        let measure = format!("{CANONICAL}\ndelta = {delta}");
        let run = Run::new(X, SINE, &measure, "kind = \"lifted\"\nscaling = 100000", 0.7);
        assert!(run.simulation.state().counters.pins > 10_000);
        masses_agree(&format!("delta = {delta}"), &run, 8.0, 0.006, 6e-4);
    }
}

/// Kernel and adaptive limits and the lifted flow of a law of `(c, a, b)`: the free mass of every region by Monte
/// Carlo, which quasi-random points make good to about 1e-3.
#[test]
fn densities_of_neurons_integrate_to_the_mass_of_particles() {
    // How far `c`, and `a` and `b`, reach.
    for (kind, reach) in [("lifted", [2.0, 2.0]), ("adaptive", [1.0, 2.0]), ("kernel", [4.0, 1.0])] {
        let flow = format!("kind = \"{kind}\"");
        let run = Run::new(X, SINE, "particles = 65536\nlaw = \"uniform\"", &flow, 1.5);
        let (pointwise, regions) = (run.pointwise(), Regions::new(&run.description.samples));
        let sobol = Sobol::new(3, 3);
        let at: Vec<[f64; 4]> = (0..1u64 << 18)
            .map(|i| {
                let [u, v, w, _] = sobol.point(i).map(|u| 2.0 * u - 1.0);
                [1.5, reach[0] * u, reach[1] * v, reach[1] * w]
            })
            .collect();
        let mut found = vec![0.0; regions.boundaries()];
        let volume = 8.0 * reach[0] * reach[1] * reach[1] / at.len() as f64;
        for (point, density) in at.iter().zip(pointwise.of_neurons(&at).unwrap()) {
            found[regions.region_of((-point[3]).atan2(point[2]))] += volume * density.value;
        }
        let mut expected = run.region_mass();
        expected[0] -= run.simulation.state().counters.deaths as f64 / run.start.len() as f64;
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let (far, apart) = run.feet_error();
        println!("{kind}: masses within {worst:.1e}, feet within {apart:.1e}, {far:.1e} farther");
        assert!(worst < 2e-3 && far == 0.0, "{kind}: {found:?} {expected:?}");
    }
}

/// A million particles in cells of the cylinder.
#[test]
fn a_histogram_of_particles_has_the_integrals_of_the_density() {
    let measure = "particles = 1048576\nlaw = \"normal-uniform\"";
    let run = Run::new(X, SINE, measure, "kind = \"canonical\"", 1.0);
    let (radial, around, fine, most) = (12, 16, 24, 3.0);
    let state = run.simulation.state();
    let mut counted = vec![0.0; radial * around];
    for i in 0..run.start.len() {
        let at = state.position_of(i);
        let row = (state.r()[at] + most) / (2.0 * most) * radial as f64;
        if state.place()[at].kind() != PlaceKind::Free || !(0.0..radial as f64).contains(&row) {
            continue;
        }
        let column = state.theta()[at].rem_euclid(TAU) / TAU * around as f64;
        counted[row as usize * around + (column as usize).min(around - 1)] += 1.0 / run.start.len() as f64;
    }
    let (rows, columns) = (radial * fine, around * fine);
    let at: Vec<[f64; 3]> = (0..rows * columns)
        .map(|i| {
            let part = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
            [1.0, most * (2.0 * part(i / columns, rows) - 1.0), TAU * part(i % columns, columns)]
        })
        .collect();
    let densities = run.pointwise().on_cylinder(&at).unwrap();
    let mut expected = vec![0.0; radial * around];
    let area = 2.0 * most / rows as f64 * TAU / columns as f64;
    let dead = |theta: f64| Regions::new(&run.description.samples).region_of(theta) == 0;
    for (i, density) in densities.iter().enumerate().filter(|(i, _)| !dead(at[*i][2])) {
        expected[i / columns / fine * around + i % columns / fine] += area * density.value;
    }
    let worst = counted.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("cells within {worst:.1e} of {:.1e}", counted.iter().fold(0.0, |m: f64, c| m.max(*c)));
    assert!(worst < 2e-4, "{worst:e}");
}

/// `x -> -x` with `theta -> pi - theta`, and `y -> -y` with `r -> -r`.
#[test]
fn symmetries() {
    let measure = "particles = 2048\nlaw = \"normal-uniform\"\nantisymmetric = true";
    let here = Run::new("[-0.8, 0.1, 0.7]", "[0.9, -0.8, 0.4]", measure, "kind = \"canonical\"", 1.5);
    // Independent of the particles: the same path, reflected.
    let samples = Samples::new(&[-0.7, -0.1, 0.8], &[0.0; 3]).unwrap();
    let law = Scenario::start_law(&here.description).unwrap().unwrap();
    let transformed = |order: [usize; 3], sign: f64| {
        let steps = 400;
        let values: Vec<(f64, Vec<f64>)> = (0..=steps)
            .map(|i| {
                let t = 1.5 * f64::from(i) / f64::from(steps);
                let rho = here.path.at(t);
                (t, order.map(|j| sign * rho[j]).to_vec())
            })
            .collect();
        values
    };
    let path = |values: Vec<(f64, Vec<f64>)>| {
        // Straight lines between the same times, so that both paths are the same function.
        let steps = values.windows(2).map(|pair| {
            let h = pair[1].0 - pair[0].0;
            let rate = pair[0].1.iter().zip(&pair[1].1).map(|(a, b)| (b - a) / h).collect();
            let residual = pair[1].1.clone();
            (pair[1].0, StepPath { residual, residual_rate: rate, rule: PathRule::Quadratic })
        });
        ResidualPath::new(values[0].1.clone(), steps.collect()).unwrap()
    };
    let flow = Flow::Canonical { tv: 0.0 };
    let plain =
        Pointwise::new(&here.description.samples, &flow, &law, path(transformed([0, 1, 2], 1.0)), 1e-8)
            .unwrap();
    let mirrored = Pointwise::new(&samples, &flow, &law, path(transformed([2, 1, 0], 1.0)), 1e-8).unwrap();
    let negated =
        Pointwise::new(&here.description.samples, &flow, &law, path(transformed([0, 1, 2], -1.0)), 1e-8)
            .unwrap();
    let mut draw = Draw(11);
    let points: Vec<[f64; 3]> =
        (0..300).map(|_| [1.2, draw.uniform(-2.0, 2.0), draw.uniform(0.0, TAU)]).collect();
    let of = |pointwise: &Pointwise, map: &dyn Fn([f64; 3]) -> [f64; 3]| -> Vec<Density> {
        pointwise.on_cylinder(&points.iter().map(|&p| map(p)).collect::<Vec<_>>()).unwrap()
    };
    let here = of(&plain, &|p| p);
    let close = |a: &Density, b: &Density| (a.value - b.value).abs() < 1e-9 * a.value.max(1e-3);
    for (a, b) in here.iter().zip(of(&mirrored, &|[t, r, theta]| [t, r, PI - theta])) {
        assert!(close(a, &b), "{a:?} {b:?}");
    }
    for (a, b) in here.iter().zip(of(&negated, &|[t, r, theta]| [t, -r, theta])) {
        assert!(close(a, &b), "{a:?} {b:?}");
    }
    assert!(here.iter().any(|density| matches!(density.source, Source::Line(_))));
}

#[test]
fn results_do_not_depend_on_threads() {
    let run =
        Run::new(X, SINE, "particles = 512\nlaw = \"normal-uniform\"", "kind = \"canonical\"\ntv = 0.1", 1.0);
    let pointwise = run.pointwise();
    let points: Vec<[f64; 3]> =
        (0..400).map(|i| [0.9, -2.0 + 0.01 * f64::from(i), 0.017 * f64::from(i)]).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| pointwise.on_cylinder(&points).unwrap());
        found.par_iter().map(|density| density.value.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_has_no_density_is_refused_with_a_remedy() {
    let refused = |run: &Run| {
        let law = Scenario::start_law(&run.description).unwrap().unwrap();
        Pointwise::of_run(&run.description, &law, run.path.clone()).unwrap_err().to_string()
    };
    let lift = "particles = 16\nlaw = \"normal-uniform\"\ndelta = -1.0";
    let text = refused(&Run::new(X, SINE, lift, "kind = \"kernel\"", 0.01));
    assert!(text.contains("law of (a, b, c) without delta"), "{text}");
    let signs = "particles = 16\nlaw = \"two-sided\"\nc_law = \"sign\"";
    let text = refused(&Run::new(X, SINE, signs, "kind = \"canonical\"", 0.01));
    assert!(text.contains("no density") && text.contains("c_law"), "{text}");
    let run = Run::new(X, SINE, "particles = 16", "kind = \"canonical\"", 0.5);
    let text = run.pointwise().on_cylinder(&[[0.6, 0.0, 0.0]]).unwrap_err().to_string();
    assert!(text.contains("does not reach"), "{text}");
    assert!(run.scenario.contains("path = true"));
}
