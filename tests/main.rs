//! All integration tests in one binary.

mod scenario_bad;
mod scenario_laws;
mod scenario_samples;
mod scenario_shipped;
