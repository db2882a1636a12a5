//! Small numerical tools that know nothing of this project's types.

pub mod anderson_darling;
pub mod banded;
pub mod cells;
pub mod chunks;
pub mod cross_validation;
pub mod cubic_spline;
pub mod even;
pub mod exponential;
pub mod gauss;
pub mod gmres;
pub mod lanczos;
pub mod linear_pieces;
pub mod linear_spline;
pub mod norm;
pub mod normal;
pub mod poly;
pub mod power_law;
pub mod quadrature;
pub mod random;
pub mod segments;
pub mod semiseparable;
pub mod sobol;
pub mod sum;
pub mod transport;
pub mod trend_filter;
pub mod trig;
