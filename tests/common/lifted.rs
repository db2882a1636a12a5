//! Small problems of neurons and their runs, and the definitions written out naively.

use reluflow::flow::{Counters, Flow, State, Stepper};
use reluflow::problem::{Neurons, PlaceKind, Regions, Samples};

use super::{Draw, on_boundary_of, worst};

/// Samples, neurons and a flow of neurons.
#[derive(Debug, Clone)]
pub struct LiftedProblem {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub c: Vec<f64>,
    pub a: Vec<f64>,
    pub b: Vec<f64>,
    pub mass: Vec<f64>,
    pub flow: Flow,
}

impl LiftedProblem {
    /// A small problem drawn from a seed, and an end by which much has happened.
    pub fn drawn(seed: u64, flow: Flow) -> (LiftedProblem, f64) {
        let mut draw = Draw(seed * 104_729);
        let (s, m) = (1 + draw.below(5), 1 + draw.below(4));
        let problem = LiftedProblem {
            x: draw.list(s, -1.5, 1.5),
            y: draw.list(s, -2.0, 2.0),
            c: draw.list(m, -1.5, 1.5),
            a: draw.list(m, -1.5, 1.5),
            b: draw.list(m, -1.5, 1.5),
            mass: vec![1.0 / m as f64; m],
            flow,
        };
        let end = 24.0 / problem.stiffness().max(1.0);
        (problem, end)
    }

    /// The same with short `w`, so that pinned neurons reach the origin.
    pub fn flat(seed: u64, flow: Flow) -> (LiftedProblem, f64) {
        let (mut problem, _) = LiftedProblem::drawn(seed, flow);
        problem.a.iter_mut().chain(&mut problem.b).for_each(|w| *w *= 0.3);
        let end = 24.0 / problem.stiffness().max(1.0);
        (problem, end)
    }

    /// A random problem of any size and scale.
    pub fn wild(seed: u64, flow: Flow) -> LiftedProblem {
        let mut draw = Draw(seed * 15_485_863);
        let (s, m) = (1 + draw.below(40), 1 + draw.below(500));
        let spread = 10f64.powf(draw.uniform(-1.0, 2.0));
        let mut x = draw.list(s, -spread, spread);
        if s > 3 && seed.is_multiple_of(3) {
            // Tied and clustered samples.
            (x[1], x[2]) = (x[0], x[0] * (1.0 + 1e-7));
        }
        let mut mass: Vec<f64> = (0..m).map(|_| 10f64.powf(draw.uniform(-6.0, 0.0))).collect();
        let sum: f64 = mass.iter().sum();
        mass.iter_mut().for_each(|mass| *mass /= sum);
        let (mut c, mut a, mut b) =
            (draw.list(m, -2.0, 2.0), draw.list(m, -2.0, 2.0), draw.list(m, -2.0, 2.0));
        for i in 0..m {
            match draw.below(12) {
                // On a line, at the origin, without output, nothing at all.
                0 => b[i] = a[i] * x[i % s],
                1 => (a[i], b[i]) = (0.0, 0.0),
                2 => c[i] = 0.0,
                3 if i % 3 == 0 => (a[i], b[i], c[i]) = (0.0, 0.0, 0.0),
                _ => {}
            }
        }
        LiftedProblem { y: draw.list(s, -2.0, 2.0), x, c, a, b, mass, flow }
    }

    pub fn neurons(&self) -> Neurons {
        Neurons::new(self.c.clone(), self.a.clone(), self.b.clone(), self.mass.clone()).unwrap()
    }

    pub fn start(&self, tolerance: f64) -> LiftedRun {
        let samples = Samples::new(&self.x, &self.y).unwrap();
        let (stepper, state) = Stepper::start(samples, self.neurons(), self.flow, tolerance).unwrap();
        LiftedRun { stepper, state }
    }

    /// The run to `end` under the controller.
    pub fn run(&self, tolerance: f64, end: f64) -> LiftedRun {
        let mut run = self.start(tolerance);
        run.advance(end);
        run
    }

    /// The run to `end` in this many equal steps.
    pub fn fixed(&self, end: f64, steps: u32) -> LiftedRun {
        let h = end / f64::from(steps);
        let mut run = self.start(1e-10);
        run.stepper = run.stepper.with_fixed_step(h);
        for i in 1..=steps {
            let until = if i == steps { end } else { h * f64::from(i) };
            run.stepper.step(&mut run.state, until).unwrap();
        }
        assert_eq!((run.state.step, run.state.time), (u64::from(steps), end));
        run
    }

    /// About how fast the residuals move.
    pub fn stiffness(&self) -> f64 {
        let samples: f64 = self.x.iter().map(|x| 1.0 + x * x).sum();
        let square = |i: usize| self.c[i].powi(2) + self.a[i].powi(2) + self.b[i].powi(2);
        let neurons: f64 = (0..self.c.len()).map(|i| self.mass[i] * square(i)).sum();
        samples * neurons * self.flow.kappa().powi(2)
    }
}

/// A run of neurons.
pub struct LiftedRun {
    pub stepper: Stepper,
    pub state: State,
}

impl LiftedRun {
    pub fn advance(&mut self, until: f64) {
        while self.state.time < until {
            self.stepper.step(&mut self.state, until).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    pub fn counters(&self) -> Counters {
        self.state.counters
    }

    /// All neurons `(c, w_x, w_y)` in their own order.
    pub fn neurons(&self) -> Vec<[f64; 3]> {
        (0..self.state.place().len()).map(|i| self.state.neuron(i)).collect()
    }

    pub fn residual_difference(&self, other: &LiftedRun) -> f64 {
        worst(self.stepper.residual(), other.stepper.residual())
    }

    pub fn neuron_difference(&self, other: &LiftedRun) -> f64 {
        worst(self.neurons().as_flattened(), other.neurons().as_flattened())
    }

    pub fn ode_difference(&self) -> f64 {
        worst(self.stepper.residual(), &self.state.residual_ode)
    }

    /// `rho_j = kappa Sum_i mass_i c_i [<xt_j, w_i>]_+ - y_j`, in `O(m s)`, pinned ones zero by
    /// definition; also the size of the terms.
    pub fn naive_residual(&self) -> (Vec<f64>, f64) {
        let samples = self.stepper.samples();
        let (regions, kappa) = (Regions::new(samples), self.stepper.flow().kappa());
        let (mass, neurons) = (self.mass(), self.neurons());
        let mut size = 0f64;
        let rho = (0..samples.len())
            .map(|j| {
                let x = samples.x()[j];
                let (mut f, mut terms) = (0.0, samples.y()[j].abs());
                for (i, [c, a, y]) in neurons.iter().enumerate() {
                    let place = self.state.place()[self.state.position_of(i)];
                    if on_boundary_of(&regions, place) == Some(j) {
                        continue;
                    }
                    f += kappa * mass[i] * c * (a * x + y).max(0.0);
                    terms += kappa * mass[i] * c.abs() * ((a * x).abs() + y.abs());
                }
                size = size.max(terms);
                f - samples.y()[j]
            })
            .collect();
        (rho, size)
    }

    /// Masses in the neurons' own order.
    pub fn mass(&self) -> Vec<f64> {
        (0..self.state.place().len()).map(|i| self.stepper.mass()[self.state.position_of(i)]).collect()
    }

    /// `1/2 Sum_j n_j rho_j^2` from the neurons.
    pub fn loss(&self) -> f64 {
        let weights = self.stepper.samples().weight();
        0.5 * self.naive_residual().0.iter().zip(weights).map(|(rho, n)| n * rho * rho).sum::<f64>()
    }

    /// `(dc/dt, dw/dt)` of every neuron by section 5, pinned ones without the angular part.
    pub fn velocities(&self) -> Vec<[f64; 3]> {
        let samples = self.stepper.samples();
        let (regions, flow) = (Regions::new(samples), self.stepper.flow());
        let (alpha, beta) = match flow {
            Flow::Kernel { .. } => (1.0, 0.0),
            Flow::Adaptive { .. } => (0.0, 1.0),
            _ => (1.0, 1.0),
        };
        let (rho, kappa) = (self.naive_residual().0, flow.kappa());
        let neurons = self.neurons();
        let velocity = |i: usize| {
            let ([c, x, y], place) = (neurons[i], self.state.place()[self.state.position_of(i)]);
            let k = match place.kind() {
                PlaceKind::Free => place.index(),
                PlaceKind::Pinned => regions.inactive_side(place.index()),
                _ => return [0.0; 3],
            };
            let mut g = [0.0; 2];
            for j in regions.active(k) {
                let weighted = kappa * samples.weight()[j] * rho[j];
                g = [g[0] + weighted * samples.x()[j], g[1] + weighted];
            }
            let mut w = [-beta * c * g[0], -beta * c * g[1]];
            if place.kind() == PlaceKind::Pinned {
                let d = regions.direction(place.index());
                let along = w[0] * d[0] + w[1] * d[1];
                w = [along * d[0], along * d[1]];
            }
            [-alpha * (g[0] * x + g[1] * y), w[0], w[1]]
        };
        (0..neurons.len()).map(velocity).collect()
    }

    pub fn dead_mass(&self) -> f64 {
        let masses = self.state.place().iter().zip(self.stepper.mass());
        masses.filter(|(place, _)| place.kind() == PlaceKind::Dead).map(|(_, mass)| mass).sum()
    }
}
