//! What a neuron needs to know of its region.

use crate::flow::field::Vec2;

use super::active::is_active;

/// The field in a region, and the two samples that tell whether a neuron is still there.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// `g_k = kappa Sum_{j active in k} n_j rho_j xt_j` (section 4).
    pub g: Vec2,
    /// The samples at both ends of the active range: see [`contains`].
    pub x: Vec2,
}

/// The rows of all `2 s` regions, with no field yet.
///
/// The active samples are a range at one end (section 3). One sample just inside it and one just
/// outside decide whether a neuron has exactly this range. Where all samples are active, or none,
/// the two are the first and the last.
pub fn rows(x: &[f64]) -> Vec<Row> {
    let s = x.len();
    let ends = |k: usize| match k {
        0 => [x[0], x[s - 1]],
        k if k < s => [x[s - k], x[s - 1 - k]],
        k if k == s => [x[0], x[s - 1]],
        k => [x[2 * s - 1 - k], x[2 * s - k]],
    };
    (0..2 * s).map(|k| Row { g: [0.0; 2], x: ends(k) }).collect()
}

/// Whether the neuron `w` is in region `k` of `2 s`, whose row has the samples `x`.
#[inline(always)]
pub fn contains(x: Vec2, s: usize, k: usize, w: Vec2) -> bool {
    (is_active(w, x[0]) == (k != 0)) & (is_active(w, x[1]) == (k == s))
}

#[cfg(test)]
mod tests {
    use super::super::active::region_of;
    use super::*;

    #[test]
    fn a_row_holds_the_neurons_of_its_region_and_no_others() {
        for x in [&[0.3][..], &[-1.0, 2.0], &[-3.0, -0.5, 0.0, 0.25, 40.0]] {
            let rows = rows(x);
            for step in 0..2000 {
                let (sin, cos) = (0.00317 * f64::from(step)).sin_cos();
                let k = region_of(x, [cos, sin]);
                for (other, row) in rows.iter().enumerate() {
                    assert_eq!(
                        contains(row.x, x.len(), other, [cos, sin]),
                        other == k,
                        "region {other}, {k}"
                    );
                }
            }
            assert!(contains(rows[0].x, x.len(), 0, [0.0, 0.0]));
            assert!(contains(rows[x.len()].x, x.len(), x.len(), [0.0, 1.0]));
        }
    }
}
