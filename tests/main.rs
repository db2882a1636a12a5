//! All integration tests in one binary, a module for each subject.

mod architecture;
mod cli_basics;
mod cli_check;
mod cli_interrupt;
mod cli_readme;
mod cli_run;
mod cli_scenarios;
mod cli_support;
mod closed_forms;
mod common;
mod controller;
mod io_disk_full;
mod io_kill;
mod io_refusals;
mod io_round_trip;
mod io_support;
mod io_tools;
mod io_validate;
mod laws;
mod orders;
mod reference;
mod scenario_bad;
mod scenario_laws;
mod scenario_samples;
mod scenario_shipped;
mod total_variation;
