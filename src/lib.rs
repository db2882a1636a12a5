//! **reluflow** simulates how infinitely wide, shallow, univariate ReLU networks learn.
//!
//! A network `f(x) = kappa Sum_i c_i [a_i x - b_i]_+ / m` is a measure of neurons; as `m` grows,
//! gradient descent on the squared loss becomes a gradient flow of that measure. This crate
//! integrates the flow of a weighted empirical measure and, beside it, the ordinary differential
//! equation that the residuals obey by themselves, so that each checks the other:
//!
//! ```text
//! f(x)        = Int r <xt, d(theta)>_+ mu(dr, dtheta),   xt = (x, 1), d = (cos theta, sin theta)
//! L           = 1/2 Sum_j n_j rho_j^2,                   rho_j = f(x_j) - y_j
//! dr/dt       = -<g_k, d> - lambda sign(r),              g_k = Sum_(j active in region k) n_j rho_j xt_j
//! dtheta/dt   = -r <g_k, t>,                             t = (-sin theta, cos theta)
//! d rho_j/dt  = -Sum_(k: j active) xt_j^T Sigma_k g_k,   Sigma_k = Int_(region k) M mu
//! ```
//!
//! # In a few lines
//!
//! ```
//! use reluflow::run::Simulation;
//! use reluflow::scenario::Scenario;
//!
//! let scenario = Scenario::parse(
//!     r#"
//!         samples = { x = [-1.0, 0.0, 1.0], y = [0.0, 1.0, 0.0] }
//!         measure = { law = "normal-uniform", particles = 1000, seed = 1 }
//!         flow.kind = "canonical"
//!         time = { end = 20.0, tolerance = 1e-8 }
//!     "#,
//!     "hat.toml".as_ref(),
//! )?;
//! let mut simulation = Simulation::new(&scenario.description, scenario.start)?;
//! simulation.advance_to(20.0)?;
//! let (particles, ode) = (simulation.stepper().residual(), &simulation.state().residual_ode);
//! assert!(simulation.loss() < 0.05); // 0.518 at the start
//! // The residuals' own equation agrees with the particles.
//! assert!(particles.iter().zip(ode).all(|(a, b)| (a - b).abs() < 1e-6));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! More: [a start of one's own, an observer that ends a run, a sweep, a density](#more-examples).
//!
//! How the program is used, and what it is held to, is in the pages of [`guide`]. All equations, with
//! the numbers of the sections that the documentation cites ("mathematics, section 6"), are in
//! [`guide::mathematics`]. The notation is that of Williams et al., *Gradient Dynamics of Shallow Univariate
//! ReLU Networks* (NeurIPS 2019), cited as **W**, with its errors corrected.
//!
//! # Symbols
//!
//! | symbol | identifier | unit | equation |
//! |---|---|---|---|
//! | `x_j`, `y_j`, `n_j` | [`Samples::x`](problem::Samples::x), `y`, `weight` | of the data; 1 | ties merged: mean `y_j`, `n_j` of them |
//! | `xt_j` | | | `(x_j, 1)` |
//! | `r_i` | `r` | `y / x` | `kappa c abs(w)`, signed amplitude |
//! | `theta_i` | `theta` | rad | `atan2(-b, a)`, direction |
//! | `mass_i` | `mass` | 1 | constant, sum 1 |
//! | `d`, `t` | `direction` | 1 | `(cos theta, sin theta)`, `(-sin theta, cos theta)` |
//! | `kappa` | | 1 | `m / alpha(m)`; 1 in canonical parameters |
//! | `b` | `output_bias` | `y` | `f = b + network`, `db/dt = -rate Sum n_j rho_j`; not the offset `b` of a neuron |
//! | `rho_j` | `residual` | `y` | `f(x_j) - y_j` |
//! | `L` | `loss` | `y^2` | `1/2 Sum n_j rho_j^2` |
//! | `g_k` | `g` | `x y` | `Sum n_j rho_j xt_j` over the samples active in region `k` |
//! | `F_k` | `moments` | | `Int_(region k) r d mu` |
//! | `M` | | | one particle's second moments: `d d^T + r^2 t t^T`; pinned: `d d^T` |
//! | `Sigma_k` | `region_covariance` | | `Int_(region k) M mu`: xx, xy, yy |
//! | `K_t` | `tangent_kernel` | | `d rho/dt = -K_t N rho`, `N = diag(n)` |
//! | `lambda` | `tv` | | weight of `Int abs(r) mu` (W eq. 16) |
//! | `t` | `time` | mean field | gradient-descent time divided by `m` |
//! | boundary `b`, region `k` | [`Regions`](problem::Regions) | | section "Regions" of its documentation |
//! | place | [`Place`](problem::Place) | | free, pinned, dead, stuck |
//!
//! # Modules
//!
//! ```text
//! system, math  <-  problem  <-  flow, kernel, landscape  <-  run  <-  io, scenario  <-  study
//!                                study  <-  plot  <-  report, reproduce  <-  cli  <-  main
//! ```
//!
//! `A <- B` means that B may use A, never the reverse; a test reads this table and fails on any
//! other arrow.
//!
//! Outside of [`flow`] no code asks which flow a run has, only what its descriptor says: the name, what
//! the particles are, what trains, what is conserved, which laws hold, which settings run files keep.
//! Adding a flow takes a folder in `src/flow/` with its descriptor, its variant of
//! [`Flow`](flow::Flow), its keys in `src/scenario/flow.rs`, and its places in the guide.
//!
//! | module | may use | holds |
//! |---|---|---|
//! | [`system`] | | files of others, what may be printed, memory and disks there are |
//! | [`math`] | | sines without branches, roots of cubics, random streams, quadrature, splines: nothing of this project |
//! | [`problem`] | math, system | samples, regions, the measure of particles, its start laws and how they are sampled; nothing about time |
//! | [`flow`] | problem, math, system | the field, what happens at a boundary, the residual ODE, the step, characteristics; a [`Descriptor`](flow::Descriptor) of each flow |
//! | [`run`] | flow, kernel, problem, math, system | the state, snapshots, schedules, the loop that drives them, the pointwise density |
//! | [`kernel`] | problem, math, system | infinite-width kernels, their regression and dynamics, spline analysis |
//! | [`landscape`] | flow, problem, math, system | the loss around a state: critical states, slices, the spectrum of the Hessian |
//! | [`scenario`] | run, flow, problem, math, system | TOML and CSV input, checked; runs nothing |
//! | [`io`] | run, flow, kernel, landscape, problem, math, system | the run file (HDF5): schema, writer, reader, recovery; kernel and density files |
//! | [`study`] | io, scenario, kernel, run, flow, problem, math, system | sweeps, width and phase studies, their files; the search for quadrature nodes |
//! | [`plot`] | study, io, kernel, run, flow, problem, math, system | figures of run, study and kernel files |
//! | [`report`] | plot, study, io, scenario, kernel, run, flow, problem, math, system | the HTML report of a run or a study, and its film |
//! | [`reproduce`] | plot, study, io, scenario, kernel, landscape, run, flow, problem, math, system | figures and tables of the papers, made again |
//! | [`guide`] | plot | the manual: a page for each file of `src/guide/`; it uses what its pages link to |
//! | [`cli`] | reproduce, report, plot, study, io, scenario, kernel, landscape, run, flow, problem, math, system | subcommands, progress, error texts |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | (none) | `system`, `math`, `problem`, `flow`, `run`, `kernel`, `landscape`, `scenario`: the numerical library |
//! | `hdf5` | `io`, `study`: run, kernel and study files; sweeps, width and phase studies |
//! | `plot` | `hdf5`, and `plot` |
//! | `report` | `plot`, and `report`: HTML |
//! | `cli` (default) | `report`, and `reproduce`, `guide`, `cli`: the program |
//! | `openblas` (default) | the linear algebra of the system's OpenBLAS |
//! | `bundled` | instead of `openblas`: Netlib's and HDF5, compiled from source (gcc, gfortran, make, CMake 3.26) |
//!
//! ```toml
//! reluflow = { version = "0.1", default-features = false, features = ["openblas"] }
//! ```
//!
//! From nothing, with all it depends on, that takes 49 s to build on two cores, 74 s with `--release`.
//!
//! # More examples
//!
//! A start of one's own. The particle is pinned to the line of the first sample, and its amplitude is known
//! by hand:
//!
//! ```
//! use reluflow::flow::Flow;
//! use reluflow::problem::{Measure, PlaceKind, Samples};
//! use reluflow::run::Simulation;
//!
//! // x = 0, 1 and y = -2, 1; one particle on the line of the first sample, facing the second: section 15.
//! let samples = Samples::new(&[0.0, 1.0], &[-2.0, 1.0])?;
//! let measure = Measure::new(vec![0.5], vec![0.0], vec![1.0])?;
//! let mut simulation = Simulation::with(samples, measure, Flow::Canonical { tv: 0.0 }, 1e-8)?;
//! simulation.advance_to(3.0)?;
//! // r = 1 - exp(-t) / 2, pinned.
//! assert!((simulation.state().r()[0] - (1.0 - 0.5 * (-3f64).exp())).abs() < 1e-7);
//! assert_eq!(simulation.state().place()[0].kind(), PlaceKind::Pinned);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An observer that ends a run when it has seen enough ([`run::Description::until`] has criteria of the
//! program's own):
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering};
//!
//! use reluflow::flow::{Flow, State, StepRecord};
//! use reluflow::problem::{Measure, Samples};
//! use reluflow::run::{Observer, ObserverError, Outcome, Schedule, Simulation, Snapshot, drive};
//!
//! struct Halved<'a>(&'a AtomicBool, Vec<f64>);
//!
//! impl Observer for Halved<'_> {
//!     fn step(&mut self, simulation: &Simulation, _: &StepRecord) {
//!         self.1.push(simulation.loss());
//!         if simulation.loss() < 0.5 * self.1[0] {
//!             self.0.store(true, Ordering::Relaxed);
//!         }
//!     }
//!     fn steps(&mut self, _: &[StepRecord]) -> Result<(), ObserverError> {
//!         Ok(())
//!     }
//!     fn snapshot(&mut self, at: &Snapshot, _: &State, _: &[StepRecord], _: bool) -> Result<(), ObserverError> {
//!         println!("t = {}: loss {}", at.time, at.loss);
//!         Ok(())
//!     }
//! }
//!
//! // One sample at 0 and one particle that faces it: rho = -exp(-t), and half of the loss is left at ln(2) / 2.
//! let samples = Samples::new(&[0.0], &[1.0])?;
//! let measure = Measure::uniform(vec![0.0], vec![std::f64::consts::FRAC_PI_2])?;
//! let mut simulation = Simulation::with(samples, measure, Flow::Canonical { tv: 0.0 }, 1e-8)?;
//! let stop = AtomicBool::new(false);
//! let mut observer = Halved(&stop, vec![simulation.loss()]);
//! let outcome = drive(&mut simulation, &Schedule::count(10.0, 2), &mut observer, &stop)?;
//! assert_eq!(outcome, Outcome::Interrupted);
//! assert!(simulation.state().time > 0.5 * 2f64.ln() && simulation.loss() < 0.25);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A sweep in memory: how far apart are networks of one width, over seeds?
//!
//! ```
//! use rayon::prelude::*;
//! use reluflow::run::Simulation;
//! use reluflow::scenario::Scenario;
//!
//! let ends: Vec<f64> = (1..=8)
//!     .into_par_iter()
//!     .map(|seed| -> Result<f64, String> {
//!         let text = format!(
//!             "samples = {{ x = [-1.0, 0.0, 1.0], y = [0.0, 1.0, 0.0] }}\n\
//!              measure = {{ law = 'normal-uniform', particles = 200, seed = {seed} }}\n\
//!              flow.kind = 'canonical'\ntime.end = 1.0"
//!         );
//!         let scenario = Scenario::parse(&text, "sweep.toml".as_ref()).map_err(|error| error.to_string())?;
//!         let mut run = Simulation::new(&scenario.description, scenario.start).map_err(|error| error.to_string())?;
//!         run.advance_to(1.0).map_err(|error| error.to_string())?;
//!         Ok(run.loss())
//!     })
//!     .collect::<Result<_, _>>()?;
//! let mean = ends.iter().sum::<f64>() / 8.0;
//! assert!(ends.iter().all(|loss| (loss - mean).abs() < 0.2 * mean));
//! # Ok::<(), String>(())
//! ```
//!
//! The limit of infinitely many of them, as a density on the cylinder:
//!
//! ```
//! use reluflow::flow::{Flow, Stepper};
//! use reluflow::problem::{DensityLaw, DensityStart, Law, LawKind, Samples};
//!
//! let samples = Samples::new(&[-1.0, 0.0, 1.0], &[0.0, 1.0, 0.0])?;
//! let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
//! let start = DensityStart { law: DensityLaw::of(law, None), cells: [64, 64] };
//! let (mut stepper, mut state) = Stepper::start_density(samples, &start, Flow::Canonical { tv: 0.0 }, 1e-6)?;
//! // The law is even in r: the function of the start is 0.
//! assert!(stepper.residual().iter().zip([0.0, -1.0, 0.0]).all(|(rho, start)| (rho - start).abs() < 1e-9));
//! while state.time < 1.0 {
//!     stepper.step(&mut state, 1.0)?;
//! }
//! let density = state.particles.density();
//! let (cells, mass) = (density.cells.len(), density.cells.iter().sum::<f64>());
//! println!("{mass} of the mass in {cells} cells, the rest on lines: residuals {:?}", stepper.residual());
//! assert!(mass > 0.9 && mass <= 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Lower layers hold what only layers above use.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

#[cfg(feature = "cli")]
pub mod cli;
pub mod flow;
#[cfg(feature = "cli")]
pub mod guide;
#[cfg(feature = "hdf5")]
pub mod io;
pub mod kernel;
pub mod landscape;
pub mod math;
#[cfg(feature = "plot")]
pub mod plot;
pub mod problem;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "cli")]
pub mod reproduce;
pub mod run;
pub mod scenario;
#[cfg(feature = "hdf5")]
pub mod study;
pub mod system;

#[cfg(not(any(feature = "openblas", feature = "bundled")))]
compile_error!(
    "no linear algebra: enable the feature `openblas` (the system's) or `bundled` (compiled from source)"
);
#[cfg(all(feature = "openblas", feature = "bundled"))]
compile_error!(
    "both `openblas` and `bundled`: without default features name one, for example \
     `--no-default-features --features cli,bundled`"
);
