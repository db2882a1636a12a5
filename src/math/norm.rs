//! Largest magnitudes, which must not lose what is not a number.

/// The larger of a largest value so far and another one; infinite if either is not a number.
/// `f64::max` would drop it.
pub fn worse(most: f64, value: f64) -> f64 {
    if most.is_nan() || value.is_nan() { f64::INFINITY } else { most.max(value) }
}

/// The largest of all magnitudes; 0 of none, infinite if one is not a number.
///
/// ```
/// use reluflow::math::norm::worst;
/// assert_eq!(worst([1.0, -3.0, 2.0]), 3.0);
/// assert_eq!(worst([1.0, f64::NAN, 2.0]), f64::INFINITY);
/// ```
pub fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |most, value| worse(most, value.abs()))
}

/// The largest magnitude of a list, as [`worst`].
pub fn largest(values: &[f64]) -> f64 {
    worst(values.iter().copied())
}

/// The largest difference of two lists of the same length; infinite if the lengths differ.
pub fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    worst(a.iter().zip(b).map(|(a, b)| a - b))
}

/// An error relative to a size; 0 of 0 is none.
pub fn ratio(error: f64, size: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / size }
}

/// `sqrt(x^2 + y^2)`: like `hypot`, to the last bit or two, and without its cost where squares neither overflow nor lose
/// digits.
///
/// ```
/// use reluflow::math::norm::length;
/// assert_eq!((length(3.0, 4.0), length(3e-200, 4e-200), length(0.0, 0.0)), (5.0, 5e-200, 0.0));
/// ```
#[inline(always)]
pub fn length(x: f64, y: f64) -> f64 {
    let square = x * x + y * y;
    if (1e-280..1e280).contains(&square) { square.sqrt() } else { libm::hypot(x, y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
        assert_eq!(largest(&[1.0, f64::NAN, 2.0]), f64::INFINITY);
        assert_eq!(largest(&[]), 0.0);
        assert_eq!((worse(0.0, f64::NAN), worse(f64::NAN, 1.0)), (f64::INFINITY, f64::INFINITY));
        assert_eq!(largest_difference(&[1.0, 2.0], &[1.0, 2.5]), 0.5);
        assert_eq!(largest_difference(&[1.0], &[]), f64::INFINITY);
        assert_eq!(largest_difference(&[f64::INFINITY], &[f64::INFINITY]), f64::INFINITY);
        assert_eq!((ratio(0.0, 0.0), ratio(1.0, 0.0), ratio(1.0, 4.0)), (0.0, f64::INFINITY, 0.25));
    }
}
