//! The order of particles in memory.

/// Moves every value to its target, using `scratch` of the same length.
pub fn permute<T: Copy>(values: &mut Vec<T>, target: &[u32], scratch: &mut Vec<T>) {
    for (value, &target) in values.iter().zip(target) {
        scratch[target as usize] = *value;
    }
    std::mem::swap(values, scratch);
}
