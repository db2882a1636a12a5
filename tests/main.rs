//! Integration tests, one binary.

mod reference;
mod scenario_bad;
mod scenario_laws;
mod scenario_samples;
mod scenario_shipped;
