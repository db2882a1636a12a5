//! What boundaries hold, by amplitude.

/// Stored rows by which a remap of a line may have spread.
const SPREAD: usize = 2;

/// What boundaries held at a snapshot.
#[derive(Debug)]
pub(super) struct Lines {
    /// `[boundary][row]`.
    pub mass: Vec<f64>,
    /// Faces of rows in `r`.
    pub faces: Vec<f64>,
    /// Not less than `tr(K_t N)`.
    pub trace: f64,
}

impl Lines {
    /// How many there are.
    pub fn rows(&self) -> usize {
        self.faces.len() - 1
    }

    /// The amplitude in the middle of one.
    pub fn middle(&self, row: usize) -> f64 {
        0.5 * (self.faces[row] + self.faces[row + 1])
    }

    /// Mass on boundary `b` of this sign beyond an amplitude, but for what may have spread.
    pub fn beyond(&self, b: usize, sign: f64, amplitude: f64) -> f64 {
        let height = self.faces[1] - self.faces[0];
        let least = amplitude + (SPREAD as f64 + 0.5) * height;
        let rows = (0..self.rows()).filter(|&row| sign * self.middle(row) > least);
        rows.map(|row| self.mass[b * self.rows() + row]).sum()
    }
}
