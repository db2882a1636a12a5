//! Two runs side by side: how far apart they are, snapshot by snapshot.

use crate::io::{IoError, Particles, RunFile};
use crate::math::norm::worst;
use crate::math::transport::sliced::{Sliced, sliced_w2};
use crate::math::transport::{Sorted, circle_w1, circle_w2, line_w1, line_w2};
use crate::problem::{Regions, add_bias, function_values, knot_of};
use crate::run::{Description, Snapshot};
use crate::system::text;

use super::StudyError;
use super::function::rms_on_grid;
use super::width_run::grid;

/// Times that differ by less, relative to themselves, are one: schedules round.
const SAME_TIME: f64 = 1e-9;

/// A distance between two runs at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// Largest difference of a residual.
    Residual,
    /// Difference of the losses.
    Loss,
    /// Root mean square of the difference of `f` over the range of the samples.
    Function,
    /// `|K_A - K_B| / |K_A|` in the Frobenius norm.
    TangentKernel,
    /// Difference of the pinned masses.
    PinnedMass,
    /// `W_1` between the knots `b / a` of neurons that have one.
    KnotsW1,
    /// `W_2` between them.
    KnotsW2,
    /// `W_1` between the directions on the circle (rad).
    ThetaW1,
    /// `W_2` between them.
    ThetaW2,
    /// Sliced `W_2` between the measures on the cylinder, as points `(r, cos theta, sin theta)`.
    Cylinder,
}

impl Distance {
    /// All of them.
    pub const ALL: [Distance; 10] = [
        Distance::Residual,
        Distance::Loss,
        Distance::Function,
        Distance::TangentKernel,
        Distance::PinnedMass,
        Distance::KnotsW1,
        Distance::KnotsW2,
        Distance::ThetaW1,
        Distance::ThetaW2,
        Distance::Cylinder,
    ];

    /// Heading and key.
    pub fn name(self) -> &'static str {
        match self {
            Distance::Residual => "residual",
            Distance::Loss => "loss",
            Distance::Function => "function",
            Distance::TangentKernel => "tangent kernel",
            Distance::PinnedMass => "pinned mass",
            Distance::KnotsW1 => "knots W1",
            Distance::KnotsW2 => "knots W2",
            Distance::ThetaW1 => "theta W1",
            Distance::ThetaW2 => "theta W2",
            Distance::Cylinder => "cylinder SW2",
        }
    }
}

/// Both runs at one time.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Mean-field time.
    pub time: f64,
    /// Every [`Distance`], where both files have what it takes.
    pub distance: [Option<f64>; Distance::ALL.len()],
    /// Mass of neurons of each run whose knot is at infinity, where all particles are there.
    pub without_knot: Option<[f64; 2]>,
    /// Standard error of the sliced distance.
    pub cylinder_error: Option<f64>,
}

impl Moment {
    /// One of the distances.
    pub fn distance(&self, which: Distance) -> Option<f64> {
        self.distance[which as usize]
    }
}

/// Two runs side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// By time.
    pub moments: Vec<Moment>,
    /// Snapshots of each run at times that the other has not.
    pub unmatched: [usize; 2],
}

impl Comparison {
    /// The first time at which a distance is more than `bound`; a NaN is.
    pub fn first_beyond(&self, which: Distance, bound: f64) -> Option<f64> {
        let within = |distance: f64| distance <= bound;
        let beyond = |moment: &&Moment| moment.distance(which).is_some_and(|distance| !within(distance));
        self.moments.iter().find(beyond).map(|moment| moment.time)
    }
}

/// Compares two runs of the same samples at all times of which both have a snapshot.
///
/// Widths, flows, tolerances and versions may differ; a density may be beside particles. Distances between measures
/// need all particles: those of snapshots, where all are stored, or of the last snapshot's checkpoint.
///
/// * `directions`: of the sliced distance, about how many.
///
/// # Errors
/// The samples differ, no time is common, or a file cannot be read.
pub fn compare(a: &RunFile, b: &RunFile, directions: usize) -> Result<Comparison, StudyError> {
    let descriptions = [a.description()?, b.description()?];
    let [da, db] = &descriptions;
    let refuse = |problem: String, remedy: &str| StudyError::Request { problem, remedy: remedy.to_string() };
    let files = format!("{} and {}", text::path(a.path()), text::path(b.path()));
    if da.samples != db.samples || da.x_map != db.x_map || da.y_map != db.y_map {
        return Err(refuse(
            format!("{files} are runs of different samples ({})", how_they_differ(da, db)),
            "compare runs of the same [samples]: residuals and functions have nothing in common otherwise",
        ));
    }
    let [times_a, times_b] = [times(a)?, times(b)?];
    let pairs = common_times(&times_a, &times_b);
    if pairs.is_empty() {
        return Err(refuse(
            format!("{files} have no snapshots at the same time"),
            "run them with the same output.snapshots",
        ));
    }
    let unmatched = [a.len() - pairs.len(), b.len() - pairs.len()];
    let moments = pairs.into_iter().map(|(i, j)| {
        let snapshots = [a.snapshot(i)?, b.snapshot(j)?];
        let scatters = [scatter(a, da, i)?, scatter(b, db, j)?];
        Ok(moment(&descriptions, &snapshots, &scatters, directions))
    });
    Ok(Comparison { moments: moments.collect::<Result<_, StudyError>>()?, unmatched })
}

/// In words.
fn how_they_differ(a: &Description, b: &Description) -> String {
    let (s, t) = (a.samples.len(), b.samples.len());
    if s != t {
        return format!("{s} and {t} of them");
    }
    let columns = [
        ("x", a.samples.x(), b.samples.x()),
        ("y", a.samples.y(), b.samples.y()),
        ("weight", a.samples.weight(), b.samples.weight()),
    ];
    for (name, p, q) in columns {
        if let Some(j) = (0..s).find(|&j| p[j] != q[j]) {
            return format!("{name}[{j}] = {} and {}", p[j], q[j]);
        }
    }
    "their standardization".to_string()
}

/// Of all snapshots.
fn times(file: &RunFile) -> Result<Vec<f64>, StudyError> {
    Ok((0..file.len()).map(|index| file.time(index)).collect::<Result<_, _>>()?)
}

/// Numbers of snapshots that are of one time, in two ascending lists.
fn common_times(a: &[f64], b: &[f64]) -> Vec<(usize, usize)> {
    let (mut i, mut j, mut pairs) = (0, 0, vec![]);
    while i < a.len() && j < b.len() {
        let (s, t) = (a[i], b[j]);
        if (s - t).abs() <= SAME_TIME * s.max(t) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if s < t {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// The measure of a snapshot: all particles with their masses, or the cells of a density.
struct Scatter {
    particles: Particles,
    mass: Vec<f64>,
}

/// The measure of a snapshot, if the file has all of it.
fn scatter(file: &RunFile, description: &Description, index: usize) -> Result<Option<Scatter>, StudyError> {
    if let (Some(grid), Some(densities)) = (&description.density, file.densities(index)?) {
        let regions = Regions::new(&description.samples);
        let (particles, mass) = Particles::of_nodes(densities.nodes(grid, &regions));
        return Ok(Some(Scatter { particles, mass }));
    }
    let mut particles = file.particles(index)?.filter(|stored| stored.index.len() == description.mass.len());
    if particles.is_none() && index + 1 == file.len() {
        let time = file.time(index)?;
        let state = file.checkpoint().ok().filter(|state| state.time == time);
        particles = state.and_then(|state| Particles::of_state(&state, description.flow.kappa()));
    }
    let columns = particles.iter().flat_map(|particles| [("r", &particles.r), ("theta", &particles.theta)]);
    for (name, column) in columns {
        if let Some(i) = column.iter().position(|value| !value.is_finite()) {
            let found = format!("{name} of particle {i} in snapshot {} is {}", index + 1, column[i]);
            return Err(IoError::Damaged { path: file.path().to_owned(), found }.into());
        }
    }
    Ok(particles.map(|particles| Scatter { particles, mass: description.mass.clone() }))
}

/// All distances at one time.
fn moment(
    descriptions: &[Description; 2],
    snapshots: &[Snapshot; 2],
    scatters: &[Option<Scatter>; 2],
    directions: usize,
) -> Moment {
    let [a, b] = snapshots;
    let mut moment = Moment {
        time: a.time,
        distance: [None; Distance::ALL.len()],
        without_knot: None,
        cylinder_error: None,
    };
    let mut set = |which: Distance, distance: f64| moment.distance[which as usize] = Some(distance);
    let largest = a.residual.iter().zip(&b.residual).map(|(a, b)| (a - b).abs());
    set(Distance::Residual, worst(largest));
    set(Distance::Loss, (a.loss - b.loss).abs());
    set(Distance::PinnedMass, (a.pinned_mass.sum() - b.pinned_mass.sum()).abs());
    if let (Some(a), Some(b)) = (&a.tangent_kernel, &b.tangent_kernel) {
        let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
        let norm: f64 = a.iter().map(|a| a * a).sum();
        set(Distance::TangentKernel, (square / norm).sqrt());
    }
    let [Some(p), Some(q)] = scatters else { return moment };
    let masses = [&p.mass, &q.mass];
    let [p, q] = [&p.particles, &q.particles];
    let points = grid(descriptions[0].samples.x());
    let [f, g] = [(p, masses[0], a), (q, masses[1], b)].map(|(p, mass, snapshot)| {
        let mut f = function_values(&points, &p.r, &p.theta, mass);
        add_bias(&mut f, snapshot.output_bias);
        f
    });
    set(Distance::Function, rms_on_grid(f.iter().zip(&g).map(|(f, g)| f - g)));
    let [x, y] = [(p, masses[0]), (q, masses[1])].map(|(p, mass)| Sorted::new(&p.theta, mass));
    set(Distance::ThetaW1, circle_w1(&x, &y));
    set(Distance::ThetaW2, circle_w2(&x, &y));
    let [(x, far_x), (y, far_y)] = [(p, masses[0]), (q, masses[1])].map(|(p, mass)| knots(p, mass));
    if let (Some(x), Some(y)) = (x, y) {
        set(Distance::KnotsW1, line_w1(&x, &y));
        set(Distance::KnotsW2, line_w2(&x, &y));
    }
    let [x, y] = [p, q].map(cylinder);
    let Sliced { distance, error } = sliced_w2(&x, masses[0], &y, masses[1], directions);
    set(Distance::Cylinder, distance);
    moment.without_knot = Some([far_x, far_y]);
    moment.cylinder_error = Some(error);
    moment
}

/// The knots of neurons that have one, and the mass of those that have none.
fn knots(particles: &Particles, mass: &[f64]) -> (Option<Sorted>, f64) {
    let (mut knots, mut masses, mut at_infinity) = (vec![], vec![], 0.0);
    for (theta, &mass) in particles.theta.iter().zip(mass) {
        match knot_of(*theta) {
            None => at_infinity += mass,
            Some(knot) => {
                knots.push(knot);
                masses.push(mass);
            }
        }
    }
    let any = masses.iter().any(|&mass| mass > 0.0);
    (any.then(|| Sorted::new(&knots, &masses)), at_infinity)
}

/// The cylinder in space.
fn cylinder(particles: &Particles) -> Vec<[f64; 3]> {
    let point = |(&r, theta): (&f64, &f64)| {
        let (sin, cos) = libm::sincos(*theta);
        [r, cos, sin]
    };
    particles.r.iter().zip(&particles.theta).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Early times of a long logarithmic schedule are apart although the end is far.
    #[test]
    fn times_are_one_only_when_they_are() {
        let sums = [0.0, 0.1 + 0.2, 0.7, 1e6];
        assert_eq!(common_times(&sums, &[0.0, 0.3, 0.5, 1e6 + 1e-4]), [(0, 0), (1, 1), (3, 3)]);
        assert_eq!(common_times(&[0.0, 1e-6, 1e6], &[0.0, 2e-6, 1e6]), [(0, 0), (2, 2)]);
        assert_eq!(common_times(&[1.0], &[2.0]), []);
    }
}
