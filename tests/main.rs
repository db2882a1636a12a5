//! All integration tests in one binary.

mod scenario_bad;
mod scenario_shipped;
