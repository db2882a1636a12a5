//! Gradient descent on `(c, a, b)`: the algorithm of which the lifted flow is the limit.
//!
//! The network is `f(x) = (1/alpha) Sum_i c_i [a_i x - b_i]_+`, the loss `L = 1/2 Sum n rho^2`. For
//! equal masses, one step is exactly one step of `torch.optim.SGD` on `L` with learning rate `eta`:
//!
//! ```text
//! v <- momentum v + m grad L,    (c, w) <- (c, w) - dt v,    dt = eta / m
//! m dL/dc = <g_k, w>,   m dL/dw = c g_k,   g_k = kappa Sum_(j active in region k) n_j rho_j xt_j
//! ```
//!
//! which is explicit Euler of the lifted flow (section 5), or of one of its limits where only one
//! layer trains. `optimizer` has the formulas of Nesterov, Adam and weight decay. Neurons of other masses move in the same way and count by their mass in `f`.
//! Running sums over the samples give all `g_k`, one pass over the neurons their steps and the
//! moments of where they arrive: `O(m + s)` a step, against `O(m s)` of back-propagation.
//!
//! * At its kink the ReLU has derivative 0, as in PyTorch ([`region_of`]).
//! * There is no pinning: neurons jump to and fro across an attractor, and every jump counts as a
//!   crossing. Crossings and deaths compare the regions before and after a step.
//! * Mean-field time is `eta / m` a step (of Adam, whose steps do not depend on the size of the gradient, `eta`), with
//!   momentum too, although momentum then moves the
//!   neurons `1 / (1 - momentum)` times as far in it. Momentum may carry a neuron out of the dead
//!   region again.

mod active;
mod batches;
mod columns;
mod descender;
pub mod descriptor;
mod kinks;
mod landing;
mod noise;
mod optimizer;
mod pass;
mod residual;
mod rows;
mod settings;
mod sums;
mod update;

pub use active::{is_active, region_near, region_of};
pub use batches::Batches;
pub use columns::Descended;
pub use descender::Descender;
pub use optimizer::{Adam, Optimizer};
