//! The density within a cell: a parabola with the cell's mass, nowhere negative (Colella and Woodward 1984, with
//! the limiter of Zhang and Shu 2010 in place of the monotone one, which flattens smooth maxima).

/// Numbers that are worked on side by side in vector registers: rows of one block.
pub const LANES: usize = 8;

/// One number for each row of a block.
pub type Lanes = [f64; LANES];

/// One number for each row, by its place in the block. A plain loop: `array::from_fn` is not inlined into functions that
/// are compiled for several instruction sets.
#[inline(always)]
pub fn lanes(of: impl Fn(usize) -> f64) -> Lanes {
    let mut lanes = [0.0; LANES];
    for i in 0..LANES {
        lanes[i] = of(i);
    }
    lanes
}

/// The parabola of a cell over `xi` in `[0, 1]`, in units of mass per cell.
///
/// ```text
/// a(xi) = left + xi (right - left + bend (1 - xi)),    bend = 6 (mass - (left + right) / 2)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parabola {
    /// Mass of the cell.
    pub mass: f64,
    /// Density at `xi = 0`.
    pub left: f64,
    /// Density at `xi = 1`.
    pub right: f64,
}

impl Parabola {
    /// The parabola through these densities at the faces, drawn towards the mean as far as it would be negative.
    ///
    /// * `left`, `right`: not negative.
    #[inline(always)]
    pub fn new(mass: f64, left: f64, right: f64) -> Parabola {
        let parabola = Parabola { mass, left, right };
        if parabola.dips() { parabola.drawn() } else { parabola }
    }

    /// `[rise, bend]`.
    #[inline(always)]
    fn shape(&self) -> [f64; 2] {
        let bend = 6.0 * (self.mass - 0.5 * (self.left + self.right));
        // a(xi) = left + rise xi - bend xi^2
        [self.right - self.left + bend, bend]
    }

    /// Whether it is negative somewhere, which few are. Without a division, so that rows are tested side by side.
    #[inline(always)]
    pub fn dips(&self) -> bool {
        let [rise, bend] = self.shape();
        // Convex with its minimum, left + rise^2 / (4 bend), inside where 0 < rise / (2 bend) < 1, bend < 0.
        (bend < 0.0) & (rise < 0.0) & (rise > 2.0 * bend) & (rise * rise + 4.0 * self.left * bend > 0.0)
    }

    /// Of one that dips, drawn towards its mean until it does not; of others, without meaning.
    #[inline(always)]
    pub fn drawn(&self) -> Parabola {
        let Parabola { mass, left, right } = *self;
        let [rise, bend] = self.shape();
        let factor = mass / (mass - (left + 0.25 * rise * rise / bend));
        Parabola { mass, left: mass + factor * (left - mass), right: mass + factor * (right - mass) }
    }

    /// Mass of the part `[0, xi]`, within `[0, mass]`.
    #[inline(always)]
    pub fn head(&self, xi: f64) -> f64 {
        let Parabola { mass, left, right } = *self;
        let bend = 6.0 * (mass - 0.5 * (left + right));
        let head = xi * (left + xi * (0.5 * (right - left + bend) - bend * xi * (1.0 / 3.0)));
        head.max(0.0).min(mass)
    }
}

/// The parabolas of the cells of one column in a block of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Masses.
    pub mass: Lanes,
    left: Lanes,
    right: Lanes,
}

impl Cell {
    /// As [`Parabola::new`], for every row.
    #[inline(always)]
    pub fn new(mass: &Lanes, left: &Lanes, right: &Lanes) -> Cell {
        let mut cell = Cell { mass: *mass, left: *left, right: *right };
        let mut dip = false;
        for i in 0..LANES {
            dip |= cell.of(i).dips();
        }
        if dip {
            for i in 0..LANES {
                let (one, drawn) = (cell.of(i), cell.of(i).drawn());
                let dips = one.dips();
                cell.left[i] = if dips { drawn.left } else { one.left };
                cell.right[i] = if dips { drawn.right } else { one.right };
            }
        }
        cell
    }

    /// Of one row.
    #[inline(always)]
    pub fn of(&self, lane: usize) -> Parabola {
        Parabola { mass: self.mass[lane], left: self.left[lane], right: self.right[lane] }
    }
}

/// The density at the face between the cells `b` and `c`, to fourth order, from the masses of four cells of equal
/// width in a row.
#[inline(always)]
pub fn face(a: f64, b: f64, c: f64, d: f64) -> f64 {
    (7.0 / 12.0) * (b + c) - (1.0 / 12.0) * (a + d)
}

/// The density at the outer face of the first of three cells at an end.
#[inline(always)]
pub fn end_face(a: f64, b: f64, c: f64) -> f64 {
    (11.0 * a - 7.0 * b + 2.0 * c) * (1.0 / 6.0)
}

/// The density between the first and the second of three cells at an end.
#[inline(always)]
pub fn next_face(a: f64, b: f64, c: f64) -> f64 {
    (2.0 * a + 5.0 * b - c) * (1.0 / 6.0)
}

/// The densities at all faces of cells `0 .. n` in a row that ends on both sides, `n >= 3`.
///
/// * `mass`: of the cells.
/// * `faces`: `n + 1` values, overwritten; they may be negative.
pub fn faces(mass: &[f64], faces: &mut [f64]) {
    let n = mass.len();
    for f in 2..n - 1 {
        faces[f] = face(mass[f - 2], mass[f - 1], mass[f], mass[f + 1]);
    }
    faces[0] = end_face(mass[0], mass[1], mass[2]);
    faces[1] = next_face(mass[0], mass[1], mass[2]);
    faces[n - 1] = next_face(mass[n - 1], mass[n - 2], mass[n - 3]);
    faces[n] = end_face(mass[n - 1], mass[n - 2], mass[n - 3]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_parabola_is_found_again() {
        // a(x) = 1 + 2 x + 3 x^2: the mass of [i, i + 1] is 1 + (2 i + 1) + (3 i^2 + 3 i + 1).
        let at = |x: f64| 1.0 + 2.0 * x + 3.0 * x * x;
        let mass: Vec<f64> = (0..6).map(|i| f64::from(3 + 5 * i + 3 * i * i)).collect();
        let mut found = vec![0.0; 7];
        faces(&mass, &mut found);
        for (i, face) in found.iter().enumerate() {
            assert!((face - at(i as f64)).abs() < 1e-12, "{i}: {face}");
        }
        let cell = Parabola::new(mass[1], at(1.0), at(2.0));
        // Int_1^1.5 a = 0.5 + 1.25 + (1.5^3 - 1).
        assert!((cell.head(0.5) - 4.125).abs() < 1e-13);
    }

    proptest! {
        #[test]
        fn parts_of_a_cell_have_their_share_and_no_more(
            mass in 0.0..2.0, left in 0.0..3.0, right in 0.0..3.0, xi in 0.0..1.0, step in 0.0..1.0,
        ) {
            let cell = Parabola::new(mass, left, right);
            let (low, high) = (cell.head(xi), cell.head(xi + step * (1.0 - xi)));
            prop_assert!(low >= 0.0 && high <= mass && high - low >= -1e-15 * (1.0 + mass));
            prop_assert!((cell.head(1.0) - mass).abs() <= 4e-16 * (1.0 + left + right));
        }
    }
}
