//! Characteristics backwards in time: where a neuron that is at a point now started, and how much the
//! measure has been compressed on its way (mathematics, section 16, last paragraph).
//!
//! Neurons feel each other only through the residuals, so with the [path](ResidualPath) of these each
//! point has a characteristic of its own. The density of the free part of the measure at a point is
//!
//! ```text
//! f(t, z) = f_0(foot) exp(log_factor),
//! log_factor = -Int div V dt + Sum over crossings ln(v_before / v_after)
//! ```
//!
//! * In `(c, w)` every flow of neurons is free of divergence inside a region: `dc/dt` does not depend on
//!   `c`, nor `dw/dt` on `w`. In `(r, theta)` the divergence is `d/dtheta (-r <g,t>) = r <g,d>`.
//! * Mass that passes a boundary keeps its flux: `f_before v_before = f_after v_after`, with the normal
//!   velocities `-r <g_k, n>` (or `-c <g_k, n>`) of the two sides. The same holds at `r = 0` under the
//!   total-variation term, where `dr/dt` jumps from `-<g,d> + lambda s` to `-<g,d> - lambda s`.
//!
//! Section 6 read backwards: a characteristic that comes to a boundary goes on into the other side if
//! that side leads to the boundary. If it leads away (a repulsor) or is dead, no free mass ever came
//! from there: only what the line released (mass on a curve, which has no density) may pass here, and
//! the density is 0; the [foot](Foot) then says [`Source::Line`]. Nothing has to be decided at an
//! attractor: backwards in time it repels. What sticks at `r = 0`, slides on a line or has died on the
//! edge of the dead region is no part of the density.
//!
//! Shares nothing with the integration of particles but the field and the path, so that each tests the
//! other.

mod extrapolation;
mod motion;
mod residual_path;
mod trace;

pub use residual_path::ResidualPath;
pub use trace::{Foot, Point, Source, feet};
