//! All integration tests, in one binary.

mod io_disk_full;
mod io_kill;
mod io_refusals;
mod io_round_trip;
mod io_support;
mod io_tools;
mod io_validate;
