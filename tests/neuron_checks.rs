//! `check` on neurons: snapshots made by the definitions pass, and every law sees its violation.

use ndarray::{Array1, Array2};
use reluflow::flow::tangent_kernel::frobenius;
use reluflow::flow::{Counters, Descent, Flow, Layers, OutputBias, gradients};
use reluflow::problem::{Neurons, Place, Regions, Samples};
use reluflow::run::{
    Check, Checker, Columns, Description, OutputOptions, Schedule, Snapshot, Until, boundary_classes,
};

use crate::common::Draw;
use crate::io_support;

const KAPPA: f64 = 1.7;
const OUTPUT: OutputOptions = OutputOptions { tangent_kernel: false, ..io_support::EVERYTHING };

/// A moment of a run of neurons.
#[derive(Clone)]
struct Moment {
    snapshot: Snapshot,
    neurons: Neurons,
    r: Vec<f64>,
    theta: Vec<f64>,
    place: Vec<Place>,
}

/// Which layers a flow moves: output, hidden.
fn trained(flow: &Flow) -> [bool; 2] {
    match flow {
        Flow::Kernel { .. } => [true, false],
        Flow::Adaptive { .. } => [false, true],
        Flow::Descent { descent, .. } => [descent.layers != Layers::Hidden, descent.layers != Layers::Output],
        _ => [true, true],
    }
}

fn problem() -> (Samples, Neurons) {
    let mut draw = Draw(77);
    let x = [-1.0, -0.4, 0.3, 0.3, 1.2];
    let samples = Samples::new(&x, &draw.list(5, -1.0, 1.0)).unwrap();
    let m = 40;
    let [c, a, b] = [(); 3].map(|()| draw.list(m, -1.5, 1.5));
    let mass = draw.list(m, 0.5, 1.5);
    let sum: f64 = mass.iter().sum();
    let mass = mass.iter().map(|mass| mass / sum).collect();
    (samples, Neurons::new(c, a, b, mass).unwrap())
}

/// Velocity `(dc, da, db)` of a neuron by the definition: minus the gradient of the loss over its
/// mass, sample by sample.
fn velocity(samples: &Samples, rho: &[f64], [c, a, b]: [f64; 3], flow: &Flow) -> [f64; 3] {
    let (mut v, trained) = ([0.0; 3], trained(flow));
    for j in 0..samples.len() {
        let x = samples.x()[j];
        if a * x - b > 0.0 {
            let pull = -KAPPA * samples.weight()[j] * rho[j];
            v = [v[0] + pull * (a * x - b), v[1] + pull * c * x, v[2] - pull * c];
        }
    }
    [
        if trained[0] { v[0] } else { 0.0 },
        if trained[1] { v[1] } else { 0.0 },
        if trained[1] { v[2] } else { 0.0 },
    ]
}

/// All of a snapshot by the definitions, in `O(m s)`.
fn moment(samples: &Samples, neurons: Neurons, flow: &Flow, time: f64) -> Moment {
    let regions = Regions::new(samples);
    let (s, count, m) = (samples.len(), regions.boundaries(), neurons.len());
    let z = |i: usize| [neurons.c()[i], neurons.a()[i], neurons.b()[i]];
    let rho: Vec<f64> = (0..s).map(|j| neurons.value_at(KAPPA, samples.x()[j]) - samples.y()[j]).collect();
    let canonical = neurons.canonical(KAPPA).unwrap();
    let place: Vec<Place> =
        canonical.theta().iter().map(|&theta| Place::in_region(regions.region_of(theta))).collect();
    let (mut region_mass, mut sigma) = (vec![0.0; count], Array2::zeros((count, 3)));
    let mut dissipation = 0.0;
    for i in 0..m {
        let (k, mass, [c, a, b]) = (place[i].index(), neurons.mass()[i], z(i));
        region_mass[k] += mass;
        dissipation += mass * velocity(samples, &rho, z(i), flow).iter().map(|v| v * v).sum::<f64>();
        if k > 0 {
            let [output, hidden] = trained(flow).map(|trained| f64::from(trained) * KAPPA * KAPPA * mass);
            sigma[[k, 0]] += output * a * a + hidden * c * c;
            sigma[[k, 1]] -= output * a * b;
            sigma[[k, 2]] += output * b * b + hidden * c * c;
        }
    }
    let base = io_support::snapshot(&io_support::description(s, m, OUTPUT), 0, 0.0);
    let snapshot = Snapshot {
        time,
        step: u64::from(time > 0.0),
        output_bias: 0.0,
        loss: 0.5 * rho.iter().zip(samples.weight()).map(|(rho, n)| n * rho * rho).sum::<f64>(),
        residual: Array1::from(rho.clone()),
        residual_ode: Array1::from(rho.clone()),
        residual_ode_uncorrected: Array1::from(rho.clone()),
        tangent_kernel_change: 0.0,
        error_estimate: Some(0.0),
        counters: Counters::default(),
        penalty: 0.0,
        energy_dissipation: dissipation,
        region_mass: Array1::from(region_mass),
        region_covariance: sigma,
        pinned_mass: Array2::zeros((count, 2)),
        attractor: boundary_classes(samples, &regions, &rho),
        stuck_mass: 0.0,
        ..base
    };
    let (r, theta, _) = canonical.into_columns();
    Moment { snapshot, neurons, r, theta, place }
}

/// The exact motion over a time so short that nothing crosses: a boost, a shear, or a step.
fn later(samples: &Samples, start: &Moment, flow: &Flow, h: f64) -> Neurons {
    let regions = Regions::new(samples);
    let mut g = vec![[0.0; 2]; regions.boundaries()];
    gradients(samples, start.snapshot.residual.as_slice().unwrap(), &mut g);
    let [mut c, mut a, mut b] = [vec![], vec![], vec![]];
    for i in 0..start.neurons.len() {
        let z = [start.neurons.c()[i], start.neurons.a()[i], start.neurons.b()[i]];
        let g = g[start.place[i].index()].map(|g| KAPPA * g);
        let length = g[0].hypot(g[1]);
        let end = if matches!(flow, Flow::Lifted { .. }) && length > 0.0 {
            let (u, p) = ([g[0] / length, g[1] / length], length * h);
            let along = u[0] * z[1] - u[1] * z[2];
            let grown = along * (p.cosh() - 1.0) - z[0] * p.sinh();
            [z[0] * p.cosh() - along * p.sinh(), z[1] + u[0] * grown, z[2] - u[1] * grown]
        } else {
            let v = velocity(samples, start.snapshot.residual.as_slice().unwrap(), z, flow);
            std::array::from_fn(|k| z[k] + h * v[k])
        };
        c.push(end[0]);
        a.push(end[1]);
        b.push(end[2]);
    }
    Neurons::new(c, a, b, start.neurons.mass().to_vec()).unwrap()
}

fn flows() -> [Flow; 5] {
    let descent = |layers| {
        let descent = Descent { learning_rate: 1e-3, layers, ..Descent::PLAIN };
        Flow::Descent { kappa: KAPPA, descent }
    };
    [
        Flow::Lifted { kappa: KAPPA, decay: 0.0 },
        Flow::Kernel { kappa: KAPPA, decay: 0.0 },
        Flow::Adaptive { kappa: KAPPA, decay: 0.0 },
        descent(Layers::Both),
        descent(Layers::Hidden),
    ]
}

/// `|K_t - K_0| / |K_0|` without pinned mass.
fn kernel_change(samples: &Samples, start: &Snapshot, end: &Snapshot) -> f64 {
    let list = |sigma: &Array2<f64>| sigma.rows().into_iter().map(|row| [row[0], row[1], row[2]]).collect();
    let then: Vec<[f64; 3]> = list(&start.region_covariance);
    let moved: Vec<[f64; 3]> = list(&(&end.region_covariance - &start.region_covariance));
    frobenius(samples, &moved) / frobenius(samples, &then)
}

/// Two moments of a run, `change`d, as `check` sees them.
fn check(flow: &Flow, change: impl Fn(&mut Moment, usize)) -> Vec<Check> {
    let (samples, neurons) = problem();
    let delta = neurons.delta();
    let description = Description {
        samples: samples.clone(),
        mass: neurons.mass().to_vec(),
        delta,
        density: None,
        flow: *flow,
        output_bias: OutputBias::default(),
        tolerance: 1e-6,
        until: Until::default(),
        schedule: Schedule::count(1e-4, 2),
        end: 1e-4,
        ..io_support::description(4, 40, OUTPUT)
    };
    let start = moment(&samples, neurons, flow, 0.0);
    let mut end = moment(&samples, later(&samples, &start, flow, 1e-4), flow, 1e-4);
    end.snapshot.tangent_kernel_change = kernel_change(&samples, &start.snapshot, &end.snapshot);
    assert_eq!(start.place, end.place, "the test needs a step without crossings");
    let mut checker = Checker::new(&description);
    for (index, mut moment) in [start, end].into_iter().enumerate() {
        change(&mut moment, index);
        let (c, a, b, _) = moment.neurons.into_columns();
        let (r, theta, place) = (&moment.r, &moment.theta, &moment.place);
        let index: Vec<usize> = (0..c.len()).collect();
        let columns = Columns { index: &index, r, theta, c: &c, a: &a, b: &b, place };
        checker.snapshot(moment.snapshot, Some(columns), None);
    }
    checker.finish(true, None, None)
}

fn named<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name}: {checks:?}"))
}

#[test]
fn what_follows_the_definitions_passes() {
    for flow in flows() {
        let checks = check(&flow, |_, _| ());
        for check in &checks {
            assert!(check.holds(), "{}: {check:?}", flow.name());
        }
        let undone: Vec<&str> = checks.iter().filter(|check| !check.done).map(|check| check.name).collect();
        let expected: &[&str] = match flow {
            Flow::Descent { descent, .. } if descent.layers == Layers::Both => &[
                "residual ODE",
                "energy decreases",
                "held",
                "steps",
                "times",
                "losses of steps",
                "events",
                "residual ODE as printed",
                "checkpoint",
                "delta",
            ],
            Flow::Descent { .. } => &[
                "residual ODE",
                "energy decreases",
                "held",
                "steps",
                "times",
                "losses of steps",
                "events",
                "residual ODE as printed",
                "checkpoint",
            ],
            _ => &["steps", "times", "losses of steps", "events", "checkpoint"],
        };
        assert_eq!(undone, expected, "{}", flow.name());
    }
}

#[test]
fn each_flow_has_its_own_laws() {
    let own = ["delta", "hidden weights", "output weights", "metric", "matrix exponential"];
    let names = flows().map(|flow| {
        let checks = check(&flow, |_, _| ());
        checks.iter().map(|c| c.name).filter(|name| own.contains(name)).collect::<Vec<_>>()
    });
    assert_eq!(names[0], ["delta", "metric"]);
    assert_eq!(names[1], ["hidden weights", "metric", "matrix exponential"]);
    assert_eq!(names[2], ["output weights", "metric"]);
    assert_eq!(names[3], ["delta", "metric"]);
    assert_eq!(names[4], ["output weights", "metric"]);
}

/// A neuron that is alive in every flow.
fn alive(moment: &Moment) -> usize {
    moment.place.iter().position(|place| place.index() > 1).unwrap()
}

/// Neurons with one value of one column changed.
fn nudge(moment: &mut Moment, column: usize, by: f64) {
    let i = alive(moment);
    let (c, a, b, mass) = moment.neurons.clone().into_columns();
    let mut columns = [c, a, b];
    columns[column][i] += by;
    let [c, a, b] = columns;
    moment.neurons = Neurons::new(c, a, b, mass).unwrap();
}

#[test]
fn violations_are_seen() {
    let violated = |law: &str, flow: usize, change: &dyn Fn(&mut Moment)| {
        let flow = flows()[flow];
        let found = check(&flow, |moment, index| {
            if index == 1 {
                change(moment)
            }
        });
        assert!(!named(&found, law).holds(), "{law} of {}: {:?}", flow.name(), named(&found, law));
    };
    for flow in 0..5 {
        violated("residual", flow, &|m| m.snapshot.residual[1] += 1e-6);
        violated("dissipation", flow, &|m| m.snapshot.energy_dissipation *= 1.0 + 1e-9);
        violated("covariance", flow, &|m| m.snapshot.region_covariance[[3, 1]] += 1e-8);
        violated("mass", flow, &|m| m.snapshot.region_mass[2] += 1e-9);
        violated("dead mass", flow, &|m| m.snapshot.region_mass[0] -= 1e-6);
        violated("metric", flow, &|m| {
            let i = alive(m);
            m.theta[i] += 1e-8;
        });
        violated("places", flow, &|m| {
            let i = alive(m);
            m.place[i] = Place::in_region(1);
        });
    }
    // Where only c trains, the canonical velocity does not depend on r.
    for flow in [0, 2, 3, 4] {
        violated("metric", flow, &|m| {
            let i = alive(m);
            m.r[i] *= 1.0 + 1e-8;
        });
    }
    for flow in 0..3 {
        violated("residual ODE", flow, &|m| m.snapshot.residual_ode[0] += 0.01);
        violated("energy decreases", flow, &|m| m.snapshot.loss *= 1.1);
    }
    violated("delta", 0, &|m| nudge(m, 0, 1e-10));
    violated("delta", 0, &|m| nudge(m, 2, 1e-10));
    violated("hidden weights", 1, &|m| nudge(m, 1, 1e-10));
    violated("output weights", 2, &|m| nudge(m, 0, 1e-10));
    violated("output weights", 4, &|m| nudge(m, 0, 1e-10));
    violated("matrix exponential", 1, &|m| m.snapshot.residual[2] += 0.01);
}
