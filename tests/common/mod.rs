//! What several tests need: small problems, runs of them, and the definitions written out naively.

pub mod corners;
pub mod lifted;
pub mod random;

use std::f64::consts::TAU;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use reluflow::flow::{Counters, Flow, FlowError, State, Stepper};
use reluflow::problem::{Measure, Place, PlaceKind, Regions, Samples};

/// Samples, particles and the weight of the total-variation term.
#[derive(Debug, Clone)]
pub struct Problem {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub r: Vec<f64>,
    pub theta: Vec<f64>,
    pub mass: Vec<f64>,
    pub tv: f64,
}

impl Problem {
    /// Particles of equal mass, no total-variation term.
    pub fn new(x: &[f64], y: &[f64], r: &[f64], theta: &[f64]) -> Problem {
        let mass = vec![1.0 / r.len() as f64; r.len()];
        Problem { x: x.to_vec(), y: y.to_vec(), r: r.to_vec(), theta: theta.to_vec(), mass, tv: 0.0 }
    }

    pub fn with_mass(self, mass: &[f64]) -> Problem {
        Problem { mass: mass.to_vec(), ..self }
    }

    pub fn with_tv(self, tv: f64) -> Problem {
        Problem { tv, ..self }
    }

    /// A small problem drawn from a seed (every third with the total-variation term), and an end
    /// by which much has happened.
    pub fn drawn(seed: u64) -> (Problem, f64) {
        let mut draw = Draw(seed * 7919);
        let (s, m) = (1 + draw.below(5), 1 + draw.below(4));
        let (x, y) = (draw.list(s, -1.5, 1.5), draw.list(s, -2.0, 2.0));
        let (r, theta) = (draw.list(m, -2.0, 2.0), draw.list(m, 0.0, TAU));
        let tv = draw.uniform(0.05, 0.5);
        let problem = Problem::new(&x, &y, &r, &theta).with_tv(if seed.is_multiple_of(3) { tv } else { 0.0 });
        let end = 24.0 / problem.stiffness().max(1.0);
        (problem, end)
    }

    pub fn samples(&self) -> Samples {
        Samples::new(&self.x, &self.y).unwrap()
    }

    pub fn measure(&self) -> Measure {
        Measure::new(self.r.clone(), self.theta.clone(), self.mass.clone()).unwrap()
    }

    pub fn start(&self, tolerance: f64) -> Run {
        let measure = self.measure();
        let flow = Flow::Canonical { tv: self.tv };
        let (stepper, state) = Stepper::start(self.samples(), measure, flow, tolerance).unwrap();
        Run { stepper, state, pushes: 0, rejections: 0 }
    }

    /// The run to `end` under the controller.
    pub fn run(&self, tolerance: f64, end: f64) -> Run {
        let mut run = self.start(tolerance);
        run.advance(end).unwrap_or_else(|error| {
            let problem = if self.r.len() < 20 { format!("{self:?}") } else { String::new() };
            panic!("{error} {problem}")
        });
        run
    }

    /// The run to `end` in this many equal steps.
    pub fn fixed(&self, end: f64, steps: u32) -> Run {
        let h = end / f64::from(steps);
        let mut run = self.start(1e-10);
        run.stepper = run.stepper.with_fixed_step(h);
        for i in 1..=steps {
            run.step(if i == steps { end } else { h * f64::from(i) }).unwrap();
        }
        assert_eq!((run.state.step, run.state.time), (u64::from(steps), end));
        run
    }

    /// About how fast the residuals move: `Sum_j n_j (1 + x_j^2) Int (1 + r^2) mu`.
    pub fn stiffness(&self) -> f64 {
        let samples: f64 = self.x.iter().map(|x| 1.0 + x * x).sum();
        let particles: f64 = self.r.iter().zip(&self.mass).map(|(r, mass)| mass * (1.0 + r * r)).sum();
        samples * particles
    }
}

/// A run and how much work it was.
pub struct Run {
    pub stepper: Stepper,
    pub state: State,
    pub pushes: u64,
    pub rejections: u64,
}

impl Run {
    pub fn step(&mut self, until: f64) -> Result<(), FlowError> {
        let record = self.stepper.step(&mut self.state, until)?;
        self.pushes += u64::from(record.pushes);
        self.rejections += u64::from(record.rejections);
        Ok(())
    }

    pub fn advance(&mut self, until: f64) -> Result<(), FlowError> {
        while self.state.time < until {
            self.step(until)?;
        }
        Ok(())
    }

    pub fn residual(&self) -> &[f64] {
        self.stepper.residual()
    }

    pub fn counters(&self) -> Counters {
        self.state.counters
    }

    pub fn count(&self, kind: PlaceKind) -> usize {
        self.state.place().iter().filter(|place| place.kind() == kind).count()
    }

    /// Largest difference of residuals to another run.
    pub fn residual_difference(&self, other: &Run) -> f64 {
        worst(self.residual(), other.residual())
    }

    /// Largest difference of `r`, and of `theta` on the circle, to another run.
    pub fn particle_difference(&self, other: &Run) -> f64 {
        worst(&self.r(), &other.r()).max(worst_angle(&self.theta(), &other.theta()))
    }

    /// Amplitudes in the particles' own order; the state keeps them in another.
    pub fn r(&self) -> Vec<f64> {
        self.ordered(|at| self.state.r()[at])
    }

    /// Directions in the particles' own order.
    pub fn theta(&self) -> Vec<f64> {
        self.ordered(|at| self.state.theta()[at])
    }

    /// Places in the particles' own order.
    pub fn place(&self) -> Vec<Place> {
        self.ordered(|at| self.state.place()[at])
    }

    fn ordered<T>(&self, value: impl Fn(usize) -> T) -> Vec<T> {
        (0..self.state.r().len()).map(|i| value(self.state.position_of(i))).collect()
    }

    /// Residual ODE minus particles.
    pub fn ode_difference(&self) -> f64 {
        worst(self.residual(), &self.state.residual_ode)
    }

    /// Loss plus penalty, summed from the particles by definition.
    pub fn energy(&self) -> f64 {
        let samples = self.stepper.samples();
        let rho = naive_residual(samples, &self.state, self.stepper.mass());
        let loss: f64 = 0.5 * rho.iter().zip(samples.weight()).map(|(rho, n)| n * rho * rho).sum::<f64>();
        let absolute: f64 = self.state.r().iter().zip(self.stepper.mass()).map(|(r, m)| m * r.abs()).sum();
        loss + self.stepper.lambda() * absolute
    }

    /// `(dr/dt, dtheta/dt)` of every particle in the state's order, by definition (section 5).
    pub fn velocities(&self) -> Vec<[f64; 2]> {
        let (samples, regions) = (self.stepper.samples(), self.stepper.regions());
        let rho = naive_residual(samples, &self.state, self.stepper.mass());
        let lambda = self.stepper.lambda();
        (0..self.state.r().len())
            .map(|i| {
                let (r, theta, place) = (self.state.r()[i], self.state.theta()[i], self.state.place()[i]);
                let (sin, cos) = theta.sin_cos();
                let tv = if r == 0.0 { 0.0 } else { lambda * r.signum() };
                let (pinned, k) = match place.kind() {
                    PlaceKind::Free => (false, place.index()),
                    PlaceKind::Pinned => (true, regions.inactive_side(place.index())),
                    PlaceKind::Dead => return [-tv, 0.0],
                    PlaceKind::Stuck | PlaceKind::StuckPinned => return [0.0, 0.0],
                };
                let (mut pull, mut turn) = (0.0, 0.0);
                for j in regions.active(k) {
                    let (x, weighted) = (samples.x()[j], samples.weight()[j] * rho[j]);
                    pull += weighted * (x * cos + sin);
                    turn += weighted * (cos - x * sin);
                }
                [-pull - tv, if pinned { 0.0 } else { -r * turn }]
            })
            .collect()
    }

    /// `Int |velocity|^2 mu`, by definition.
    pub fn dissipation(&self) -> f64 {
        let squares = self.velocities().into_iter().map(|[v, omega]| v * v + omega * omega);
        squares.zip(self.stepper.mass()).map(|(square, mass)| mass * square).sum()
    }

    pub fn dead_mass(&self) -> f64 {
        let masses = self.state.place().iter().zip(self.stepper.mass());
        masses.filter(|(place, _)| place.kind() == PlaceKind::Dead).map(|(_, mass)| mass).sum()
    }
}

/// Largest difference of two lists; a NaN counts as infinite.
pub fn worst(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| {
        let d = (a - b).abs();
        if d.is_nan() { f64::INFINITY } else { most.max(d) }
    })
}

/// Largest distance of angles on the circle.
pub fn worst_angle(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| most.max(angle_distance(*a, *b)))
}

/// Distance on the circle.
pub fn angle_distance(a: f64, b: f64) -> f64 {
    2.0 * (0.5 * (a - b)).sin().abs()
}

/// `rho_j = Sum_i mass_i r_i <xt_j, d(theta_i)>_+ - y_j`, in `O(m s)` (section 2).
///
/// The positive part of a particle pinned on sample `j` is zero by definition, not by rounding.
pub fn naive_residual(samples: &Samples, state: &State, mass: &[f64]) -> Vec<f64> {
    let regions = Regions::new(samples);
    (0..samples.len())
        .map(|j| {
            let x = samples.x()[j];
            let mut f = 0.0;
            for i in 0..mass.len() {
                if on_boundary_of(&regions, state.place()[i]) == Some(j) {
                    continue;
                }
                let (sin, cos) = state.theta()[i].sin_cos();
                f += mass[i] * state.r()[i] * (x * cos + sin).max(0.0);
            }
            f - samples.y()[j]
        })
        .collect()
}

/// The sample on whose boundary a particle with this place is pinned.
pub fn on_boundary_of(regions: &Regions, place: Place) -> Option<usize> {
    matches!(place.kind(), PlaceKind::Pinned | PlaceKind::StuckPinned).then(|| regions.sample(place.index()))
}

/// Slope of the least-squares line through `(ln h, ln error)` for halved `h`, coarsest first.
pub fn slope(errors: &[f64]) -> f64 {
    let n = errors.len() as f64;
    let mean_x = (n - 1.0) / 2.0;
    let logs: Vec<f64> = errors.iter().map(|error| error.log2()).collect();
    let mean_y = logs.iter().sum::<f64>() / n;
    let (mut xy, mut xx) = (0.0, 0.0);
    for (i, y) in logs.iter().enumerate() {
        let x = i as f64 - mean_x;
        (xy, xx) = (xy - x * (y - mean_y), xx + x * x);
    }
    xy / xx
}

/// A stream of pseudo-random numbers (SplitMix64).
pub struct Draw(pub u64);

impl Draw {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    pub fn list(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|_| self.uniform(low, high)).collect()
    }
}

/// Numbers for people: two digits each.
pub fn short(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value:.1e}")).collect::<Vec<_>>().join(" ")
}

/// Opens an HDF5 file to alter it. A child process that another test has just started holds the locks of this
/// one until it has become another program, so that the file may be locked for a moment.
pub fn open_rw(path: impl AsRef<Path>) -> hdf5::File {
    let mut file = hdf5::File::open_rw(&path);
    for _ in 0..100 {
        if file.is_ok() {
            break;
        }
        sleep(Duration::from_millis(20));
        file = hdf5::File::open_rw(&path);
    }
    file.unwrap()
}
