//! Integration tests, one binary.

mod common;
mod orders;
mod reference;
