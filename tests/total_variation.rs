//! Small cases under the total-variation term.

use crate::common::Problem;

/// `dr/dt` passes through zero far from `r = 0` (here at `r = -1.2`): no event, and no end of the run.
#[test]
fn a_turn_of_r_is_passed() {
    let problem = Problem::new(&[-0.6, 1.4], &[-1.8, -1.7], &[-1.6], &[2.7]).with_tv(0.4);
    let exact = problem.run(1e-12, 8.0);
    for tolerance in [1e-3, 1e-5, 1e-7, 1e-9] {
        let run = problem.run(tolerance, 8.0);
        assert!(run.residual_difference(&exact) < 100.0 * tolerance);
    }
}
