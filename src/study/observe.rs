//! What a sweep measures of every run.

use std::borrow::Cow;
use std::f64::consts::{PI, TAU};
use std::time::Instant;

use crate::flow::{self, Nodes};
use crate::io::Particles;
use crate::kernel::FunctionNorm;
use crate::math::cubic_spline::CubicSpline;
use crate::math::linear_spline::LinearSpline;
use crate::problem::{add_bias, function_values};
use crate::run::{Description, Simulation};
use crate::scenario::Scenario;

use super::follow::{self, Following, Observer, Stopped};
use super::function::bends;
use super::record::Record;

/// Of single neurons, which a density has not: `Sum mu_i^2` falls like `1 / m` as neurons become more and smaller, and
/// cells stay where they are.
const OF_NEURONS: [&str; 2] = ["roughness", "direction_change"];

/// Numbers of every snapshot, in this order.
const SERIES: [&str; 13] = [
    "loss",
    "tangent_kernel_change",
    "slope_variation",
    "roughness",
    "linear_distance",
    "linear_distance_max",
    "spline_distance",
    "spline_distance_max",
    "pinned_mass",
    "dead_mass",
    "stuck_mass",
    "direction_change",
    "ambiguous_mass",
];

/// Distances to the truth at every snapshot, where it is known: inside and outside the range of the samples.
const RISKS: [&str; 6] =
    ["risk_l1", "risk_l2", "risk_max", "outside_risk_l1", "outside_risk_l2", "outside_risk_max"];

struct Measuring<'a> {
    description: &'a Description,
    function_norm: FunctionNorm,
    linear: Vec<f64>,
    spline: Vec<f64>,
    start: Vec<f64>,
    risks: [Vec<f64>; RISKS.len()],
    series: [Vec<f64>; SERIES.len()],
    residual: Vec<f64>,
    time: Vec<f64>,
}

impl<'a> Measuring<'a> {
    fn new(description: &'a Description) -> Measuring<'a> {
        let (x, y) = (description.samples.x(), description.samples.y());
        let function_norm = FunctionNorm::new(x);
        let linear = LinearSpline::new(x.to_vec(), y.to_vec());
        let spline = CubicSpline::natural(x, y);
        let at = |f: &dyn Fn(f64) -> f64| function_norm.points().iter().map(|&x| f(x)).collect();
        Measuring {
            linear: at(&|x| linear.value(x)),
            spline: at(&|x| spline.value(x)),
            function_norm,
            description,
            risks: Default::default(),
            start: vec![],
            series: Default::default(),
            residual: vec![],
            time: vec![],
        }
    }
}

impl Observer for Measuring<'_> {
    fn observe(&mut self, simulation: &Simulation, _: bool) -> Result<(), String> {
        let (d, stepper) = (self.description, simulation.stepper());
        let snapshot = simulation.snapshot();
        let (particles, mass) = measure(d, simulation);
        if self.start.is_empty() {
            self.start = particles.theta.clone();
        }
        let mut f = function_values(self.function_norm.points(), &particles.r, &particles.theta, &mass);
        add_bias(&mut f, snapshot.output_bias);
        let risks = snapshot.risk.into_iter().flatten().flat_map(|risk| risk.values());
        self.risks.iter_mut().zip(risks).for_each(|(series, value)| series.push(value));
        let [linear, linear_most] = self.function_norm.distance(&f, &self.linear);
        let [spline, spline_most] = self.function_norm.distance(&f, &self.spline);
        let (variation, roughness) = bends(&particles, &mass, stepper.regions(), d.samples.x());
        let direction_change = match d.density {
            Some(_) => f64::NAN,
            None => turned(&self.start, &particles.theta, &mass),
        };
        let row = [
            snapshot.loss,
            snapshot.tangent_kernel_change,
            variation,
            roughness,
            linear,
            linear_most,
            spline,
            spline_most,
            snapshot.pinned_mass.sum(),
            snapshot.region_mass[0],
            snapshot.stuck_mass,
            direction_change,
            snapshot.counters.ambiguous_mass,
        ];
        self.series.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        self.residual.extend(snapshot.residual);
        self.time.push(snapshot.time);
        Ok(())
    }
}

/// The particles of a run with their masses, or weighted points that stand for its density.
pub(super) fn measure<'a>(d: &'a Description, simulation: &Simulation) -> (Particles, Cow<'a, [f64]>) {
    let state = simulation.state();
    if let flow::Particles::Density(columns) = &state.particles {
        let nodes = Nodes::of(columns, simulation.stepper().regions(), d.flow);
        let (particles, mass) = Particles::of_nodes(nodes);
        return (particles, mass.into());
    }
    let particles = Particles::of_state(state, d.flow.kappa()).expect("it is no density");
    (particles, Cow::from(&d.mass))
}

/// `sqrt(Sum mass |angle between the directions|^2)`.
fn turned(start: &[f64], now: &[f64], mass: &[f64]) -> f64 {
    let square = |i: usize| {
        let angle = (now[i] - start[i] + PI).rem_euclid(TAU) - PI;
        mass[i] * angle * angle
    };
    (0..mass.len()).map(square).sum::<f64>().sqrt()
}

/// The names of [`SERIES`] that a run has, with their place there.
fn series_of(description: &Description) -> impl Iterator<Item = (usize, &'static str)> {
    let density = description.density.is_some();
    SERIES.into_iter().enumerate().filter(move |(_, name)| !(density && OF_NEURONS.contains(name)))
}

/// How many numbers a sweep keeps of a run.
pub fn numbers_of_run(description: &Description) -> u64 {
    let (times, s) = (description.schedule.times().len() as u64, description.samples.len() as u64);
    let risks = if description.truth.is_some() { RISKS.len() } else { 0 };
    let series = (series_of(description).count() + risks) as u64;
    let of_time = times.saturating_mul(series + 1 + s);
    of_time.saturating_add(series + 4 * s + 3 + 2 * u64::from(description.until.is_some()))
}

/// Carries one run of a sweep out, and keeps what is measured.
pub(crate) fn sweep_run(
    scenario: Scenario,
    fingerprint: &str,
    following: &Following,
    begun: Instant,
) -> Result<Record, Stopped> {
    let Scenario { description: d, start, beside, .. } = scenario;
    let begin = |start| Simulation::new(&d, start).map_err(|error| Stopped::Failed(error.to_string()));
    let mut simulation = begin(start)?;
    // The error of a quadrature is a matter of whole run files; the study file has none.
    if let (Some(beside), Some(_)) = (beside, following.run_file) {
        simulation = simulation.estimating(begin(beside)?);
    }
    let mut measuring = Measuring::new(&d);
    let in_flow = follow::follow(&d, &mut simulation, following, &mut measuring)?;
    let mut record = Record::new(fingerprint);
    let (times, s) = (measuring.time.len(), d.samples.len());
    let own = series_of(&d).map(|(i, name)| (name, std::mem::take(&mut measuring.series[i])));
    let own: Vec<(&str, Vec<f64>)> = own.collect();
    let risks =
        RISKS.into_iter().zip(std::mem::take(&mut measuring.risks)).filter(|(_, values)| !values.is_empty());
    for (name, values) in own.into_iter().chain(risks) {
        record.keep_number(&format!("final_{name}"), values[times - 1]);
        record.keep(name, &[("time", times)], values);
    }
    record.keep("final_residual", &[("sample", s)], measuring.residual[(times - 1) * s..].to_vec());
    record.keep("residual", &[("time", times), ("sample", s)], measuring.residual);
    if d.until.is_some() {
        record.keep_number("final_time", simulation.state().time);
        record.keep_number("ending", simulation.ending().map_or(0.0, |ending| f64::from(ending.code())));
    }
    record.keep("time", &[("time", times)], measuring.time);
    record.keep("x", &[("sample", s)], d.samples.x().to_vec());
    record.keep("y", &[("sample", s)], d.samples.y().to_vec());
    record.keep("sample_weight", &[("sample", s)], d.samples.weight().to_vec());
    record.keep_number("particles", d.mass.len() as f64);
    record.keep_number("kappa", d.flow.kappa());
    record.keep_number("steps", simulation.state().step as f64);
    record.flow_seconds = in_flow.as_secs_f64();
    record.seconds = begun.elapsed().as_secs_f64();
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_keeps_as_many_numbers_as_are_counted() {
        for (measure, neurons) in
            [("particles = 10", true), ("representation = \"density\"\ncells = [32, 16]", false)]
        {
            let text = format!(
                "[samples]\nfunction = \"sine\"\ncount = 7\n[measure]\n{measure}\n[time]\nend = 0.1\n\
                 [output]\nsnapshots = {{ count = 3 }}\n"
            );
            let scenario = Scenario::parse(&text, std::path::Path::new("a.toml")).unwrap();
            let expected = numbers_of_run(&scenario.description);
            let stop = std::sync::atomic::AtomicBool::new(false);
            let following = Following { stop: &stop, progress: &|_| (), run_file: None };
            let Ok(record) = sweep_run(scenario, "a", &following, Instant::now()) else { panic!("it ends") };
            let kept: usize = record.fields().iter().map(|field| field.shape.iter().product::<usize>()).sum();
            assert_eq!(kept as u64, expected);
            for field in record.fields() {
                let declared = super::super::variables::find(&field.name).unwrap();
                assert_eq!(field.dims, declared.dims, "{}", field.name);
                assert!(record.values(&field.name).unwrap().iter().all(|value| value.is_finite()));
            }
            for name in OF_NEURONS.iter().flat_map(|name| [name.to_string(), format!("final_{name}")]) {
                assert_eq!(record.values(&name).is_some(), neurons, "{name}");
            }
        }
    }

    #[test]
    fn directions_are_compared_on_the_circle() {
        let turned = turned(&[0.1, 3.0], &[TAU - 0.1, 3.4], &[0.25, 0.75]);
        assert!((turned - (0.25f64 * 0.04 + 0.75 * 0.16).sqrt()).abs() < 1e-15, "{turned}");
    }
}
