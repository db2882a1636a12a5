//! All integration tests in one binary.

mod scenario_shipped;
