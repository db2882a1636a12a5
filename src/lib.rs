//! **reluflow** simulates how infinitely wide, shallow, univariate ReLU networks learn.

pub mod flow;
pub mod math;
pub mod problem;
pub mod run;
pub mod scenario;
