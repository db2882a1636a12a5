//! All integration tests in one binary, a module for each subject.

mod architecture;
mod cli_basics;
mod cli_scenarios;
mod cli_support;
mod reference;
mod scenario_bad;
mod scenario_shipped;
