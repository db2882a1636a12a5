//! Frames: row-major `3 x 3` matrices that act on neurons `(c, w)`.

/// A neuron `(c, w_x, w_y)`.
pub type Neuron = [f64; 3];

/// A frame.
pub type Mat = [f64; 9];

/// The laboratory frame, in which coordinates are the weights themselves.
pub const IDENTITY: Mat = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];

/// The frames in a column of a state.
pub fn frames(column: &[f64]) -> &[Mat] {
    column.as_chunks().0
}

/// The same, to change.
pub fn frames_mut(column: &mut [f64]) -> &mut [Mat] {
    column.as_chunks_mut().0
}

/// `a b`.
pub fn multiply(a: &Mat, b: &Mat) -> Mat {
    std::array::from_fn(|i| {
        let (row, column) = (i / 3, i % 3);
        (0..3).map(|k| a[3 * row + k] * b[3 * k + column]).sum()
    })
}

/// `m z`.
#[inline(always)]
pub fn apply(m: &Mat, z: Neuron) -> Neuron {
    std::array::from_fn(|row| m[3 * row] * z[0] + m[3 * row + 1] * z[1] + m[3 * row + 2] * z[2])
}

/// `v^T m`.
pub fn pull_back(v: Neuron, m: &Mat) -> Neuron {
    std::array::from_fn(|column| v[0] * m[column] + v[1] * m[3 + column] + v[2] * m[6 + column])
}

/// A Lorentz map off by rounding, made one to higher accuracy by a Newton step:
/// `m (1 - eta (m^T eta m - eta) / 2)`.
pub fn straighten(m: &Mat) -> Mat {
    let eta = [1.0, -1.0, -1.0];
    let defect = |i: usize, j: usize| {
        let product: f64 = (0..3).map(|k| eta[k] * m[3 * k + i] * m[3 * k + j]).sum();
        0.5 * eta[i] * (product - if i == j { eta[i] } else { 0.0 })
    };
    let correction: Mat = std::array::from_fn(|n| IDENTITY[n] - defect(n / 3, n % 3));
    multiply(m, &correction)
}

#[cfg(test)]
mod tests {
    use super::super::kind::{Exponent, Kind};
    use super::*;

    #[test]
    fn inverses_undo() {
        let e = Exponent { q: [0.8, -1.3], omega: 0.0 };
        for (kind, omega) in [(Kind::LIFTED, 0.4), (Kind::KERNEL, 0.0), (Kind::ADAPTIVE, 0.0)] {
            let m = kind.matrix(&Exponent { omega, ..e });
            let product = multiply(&kind.inverse(&m), &m);
            assert!((0..9).all(|i| (product[i] - IDENTITY[i]).abs() < 1e-14), "{kind:?} {product:?}");
        }
    }

    #[test]
    fn straightening_is_quadratic() {
        let mut m = Kind::LIFTED.matrix(&Exponent { q: [0.8, -1.3], omega: 0.4 });
        let exact = m;
        m[1] += 1e-7;
        m[5] -= 2e-7;
        let m = straighten(&m);
        let product = multiply(&Kind::LIFTED.inverse(&m), &m);
        assert!((0..9).all(|i| (product[i] - IDENTITY[i]).abs() < 1e-12), "{product:?}");
        assert!((0..9).all(|i| (m[i] - exact[i]).abs() < 1e-6));
    }
}
