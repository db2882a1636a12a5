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

pub mod cli;
pub mod flow;
pub mod guide;
pub mod io;
pub mod kernel;
pub mod landscape;
pub mod math;
pub mod plot;
pub mod problem;
pub mod report;
pub mod reproduce;
pub mod run;
pub mod scenario;
pub mod study;
pub mod system;
