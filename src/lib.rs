//! **reluflow** simulates how infinitely wide, shallow, univariate ReLU networks learn.

pub mod cli;
pub mod flow;
pub mod problem;
pub mod run;
