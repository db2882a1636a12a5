//! The largest magnitude of a list.

/// Largest magnitude; infinite if there is a NaN, which a maximum would lose.
pub fn largest(values: &[f64]) -> f64 {
    values
        .iter()
        .fold(0.0, |most: f64, value| if value.is_nan() { f64::INFINITY } else { most.max(value.abs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
        assert_eq!(largest(&[1.0, f64::NAN, 2.0]), f64::INFINITY);
        assert_eq!(largest(&[]), 0.0);
    }
}
