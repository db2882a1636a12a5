//! Tools that know nothing of this project's types.

pub mod random;
