//! Equally spaced points.

/// `count` points at equal distances from `low` to `high`, both included; `low` alone if `count = 1`.
///
/// ```
/// assert_eq!(reluflow::math::even::points(-1.0, 1.0, 5), [-1.0, -0.5, 0.0, 0.5, 1.0]);
/// assert_eq!(reluflow::math::even::points(3.0, 4.0, 1), [3.0]);
/// ```
pub fn points(low: f64, high: f64, count: usize) -> Vec<f64> {
    let last = count.max(2) - 1;
    // The last one is `high` itself, whatever rounding does to the steps.
    let point = |i: usize| if i == last { high } else { low + (high - low) * i as f64 / last as f64 };
    (0..count).map(point).collect()
}
