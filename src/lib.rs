//! **reluflow** simulates how infinitely wide, shallow, univariate ReLU networks learn.

pub mod flow;
pub mod io;
pub mod problem;
pub mod run;
