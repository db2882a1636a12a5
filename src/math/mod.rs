//! Small numerical tools that know nothing of this project's types.

pub mod poly;
pub mod random;
pub mod trig;
