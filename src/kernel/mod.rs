//! Infinitely wide networks in the kernel regime, and the splines they are compared with
//! (mathematics, sections 12 and 13).
//!
//! When only the output weights move, or when the network is linearised around its start, the
//! residuals of an infinitely wide network obey `d rho/dt = -kappa^2 K N rho` with a constant
//! kernel. [`Kernel`] has the kernels of a [`StartLaw`]. This module knows nothing of how
//! particles are stepped.

mod approach;
mod curvature;
mod curve;
mod error;
mod flow;
mod function_norm;
mod gradient_flow;
mod independent;
pub mod isotropic;
mod kernels;
mod knot_density;
mod law;
mod limit;
mod line;
mod linear_flow;
mod linear_limit;
mod merged;
mod monte_carlo;
mod norm_fits;
mod particles;
mod random_starts;
mod regime;
mod regime_linear;
mod report;
mod request;
mod ridge;
mod run_view;
mod scan;
mod spline_view;
mod tv_measure;

pub use approach::{Approach, Within};
pub use curvature::{Curvature, curvature};
pub use curve::Curve;
pub use error::KernelError;
pub use flow::Flow;
pub use function_norm::FunctionNorm;
pub use gradient_flow::GradientFlow;
pub use kernels::{Kernel, Regime};
pub use law::{BiasLaw, SlopeLaw, StartLaw, WeightLaw};
pub use limit::{KernelFunction, Norm, curvature_norm};
pub use line::Motion;
pub use linear_flow::{LinearFlow, Ridge, RoughPath};
pub use linear_limit::{Extremes, LinearLimit};
pub use monte_carlo::MonteCarlo;
pub use norm_fits::{FitNorm, NormFit, norm_fits, slope_fits};
pub use particles::Particles;
pub use random_starts::RandomStarts;
pub use regime::RegimeReport;
pub use report::{KnotRange, Report};
pub use request::Request;
pub use run_view::RunRow;
pub use spline_view::{Cluster, Knot, SplineView};
pub use tv_measure::{TvMeasure, tv_measure};
