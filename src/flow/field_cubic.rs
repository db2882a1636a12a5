//! The field of every region along a path of the residuals.

use crate::math::poly;
use crate::problem::Samples;

use super::field::{Vec2, cubic_gradients};
use super::path::Path;

/// A cubic in `u` for each component of `h g_k(u)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldCubic {
    /// First component, ascending powers.
    pub x: [f64; 4],
    /// Second component.
    pub y: [f64; 4],
}

impl FieldCubic {
    /// The fields of all regions along `path`, times `factor`, in `O(s)`.
    pub fn all(samples: &Samples, path: &Path, factor: f64) -> Vec<FieldCubic> {
        let mut field = vec![];
        FieldCubic::fill(&mut field, samples, path, factor);
        field
    }

    /// As [`FieldCubic::all`], over earlier fields.
    pub fn fill(field: &mut Vec<FieldCubic>, samples: &Samples, path: &Path, factor: f64) {
        let count = 2 * samples.len();
        field.resize(count, FieldCubic::default());
        field[0] = FieldCubic::default();
        cubic_gradients(samples, &path.cubic, factor * path.h, |k, x, y| field[k] = FieldCubic { x, y });
    }

    /// `h g_k` at `u`.
    #[inline(always)]
    pub fn at(&self, u: f64) -> Vec2 {
        [poly::value(&self.x, u), poly::value(&self.y, u)]
    }

    /// The cubic `<h g_k(u), v>`.
    pub fn along(&self, v: Vec2) -> [f64; 4] {
        std::array::from_fn(|p| self.x[p] * v[0] + self.y[p] * v[1])
    }

    /// Coefficients of the same cubic in powers of `u - middle`.
    #[inline(always)]
    pub fn around(&self, middle: f64) -> [Vec2; 4] {
        let shift = |[c0, c1, c2, c3]: [f64; 4]| {
            let m = middle;
            [((c3 * m + c2) * m + c1) * m + c0, (3.0 * c3 * m + 2.0 * c2) * m + c1, 3.0 * c3 * m + c2, c3]
        };
        let (x, y) = (shift(self.x), shift(self.y));
        std::array::from_fn(|p| [x[p], y[p]])
    }
}
