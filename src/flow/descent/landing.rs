//! Mean-field time of gradient descent: at which instant a step is said to end.

/// Time at the end of step `step` (counted from 1) and the time it took, for steps of length `dt`.
///
/// `step * dt`, without adding up roundings. Snapshots are due at times of their own, so the step
/// that comes nearest to `until` is said to end there exactly, also a step that would pass it by
/// more than that: then the snapshots are closer than steps, and each takes one step.
pub fn landing(step: u64, dt: f64, time: f64, until: f64) -> (f64, f64) {
    let due = step as f64 * dt;
    let end = if due >= until - 0.5 * dt { until } else { due };
    let taken = end - time;
    // Differences of large times have lost digits that `dt` still has.
    (end, if (taken - dt).abs() <= 1e-6 * dt { dt } else { taken })
}

#[cfg(test)]
mod tests {
    use super::landing;

    #[test]
    fn steps_end_at_their_multiples_or_at_the_snapshot_next_to_them() {
        assert_eq!(landing(3, 0.1, 0.2, 1.0), (3.0 * 0.1, 0.1));
        // 0.7 is not 7 times 0.1 in floating point.
        assert_ne!(7.0 * 0.1, 0.7);
        assert_eq!(landing(7, 0.1, 6.0 * 0.1, 0.7), (0.7, 0.1));
        let (time, taken) = landing(7, 0.1, 0.6, 0.74);
        assert!(time == 0.74 && (taken - 0.14).abs() < 1e-15);
        let (time, taken) = landing(8, 0.1, 0.74, 1.0);
        assert!(time == 0.8 && (taken - 0.06).abs() < 1e-15);
        assert_eq!(landing(7, 0.1, 0.6, 0.76).0, 7.0 * 0.1);
        // Closer snapshots than steps.
        assert_eq!(landing(8, 0.1, 0.74, 0.741).0, 0.741);
    }

    #[test]
    fn time_never_stands_still_or_passes_until() {
        let (dt, until) = (0.037, [0.01, 0.02, 0.3, 0.31, 0.333, 2.0]);
        let (mut time, mut step) = (0.0, 0);
        for until in until {
            while time < until {
                step += 1;
                let (end, taken) = landing(step, dt, time, until);
                assert!(end > time && end <= until && taken > 0.0, "{time} {end} {until}");
                time = end;
            }
        }
    }
}
