//! The `reluflow` command.

fn main() {}
