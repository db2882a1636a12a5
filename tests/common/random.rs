//! Random cases that are the same in every run, so that a failure is one of the change at hand.

use proptest::test_runner::{Config, RngSeed};

/// So many cases. Others and more by proptest's own `PROPTEST_RNG_SEED` and `PROPTEST_CASES`.
pub fn cases(count: u32) -> Config {
    let default = Config::default();
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    Config {
        cases: if given { default.cases } else { count },
        rng_seed: if default.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { default.rng_seed },
        failure_persistence: None,
        max_shrink_iters: 200,
        ..default
    }
}
