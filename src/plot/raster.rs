//! Rectangles of coloured cells: densities of particles, and maps of a quantity over two others.

use super::color::{Color, NEGATIVE, POSITIVE, WHITE, diverging, fading, sequential};

/// Cells between edges, `values` row by row from the lowest `y` on.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    /// Edges of the columns, ascending; one more than columns.
    pub x: Vec<f64>,
    /// Edges of the rows, ascending; one more than rows.
    pub y: Vec<f64>,
    /// One value for each cell; NaN is left white. The masses of `r >= 0` in a density by sign.
    pub values: Vec<f64>,
    /// The masses of `r < 0` in a density by sign; empty otherwise.
    pub negative: Vec<f64>,
    /// From values to colours.
    pub coloring: Coloring,
}

/// How values become colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Coloring {
    /// Which colours.
    pub map: Map,
    /// The values of the first and the last colour.
    pub range: [f64; 2],
    /// Whether equal ratios are equal steps of colour.
    pub log: bool,
    /// What the colours say, beside a bar; no bar when empty.
    pub label: String,
}

/// A family of colours.
#[derive(Debug, Clone, PartialEq)]
pub enum Map {
    /// Light to dark.
    Sequential,
    /// White to dark: what is next to nothing looks like nothing.
    Fading,
    /// Vermilion, white, blue.
    Diverging,
    /// Blue for `r >= 0`, vermilion for `r < 0`, mixed by mass, light to full by their sum.
    Signs,
    /// The colour of each class; values are their numbers.
    Classes(Vec<Color>),
}

/// The lightest colour of a density, so that a single particle can be seen.
const FAINTEST: f64 = 0.25;

impl Coloring {
    /// The share of the way from the first colour to the last.
    fn share(&self, value: f64) -> f64 {
        let [low, high] = self.range;
        let share =
            if self.log { (value / low).ln() / (high / low).ln() } else { (value - low) / (high - low) };
        // A range of one value.
        if share.is_nan() && value.is_finite() { 1.0 } else { share.clamp(0.0, 1.0) }
    }

    /// The colour of a value, with the mass of `r < 0` beside it in a density by sign.
    pub fn color(&self, value: f64, negative: f64) -> Color {
        match &self.map {
            Map::Classes(colors) => {
                let class = if value >= 0.0 { value as usize } else { usize::MAX };
                colors.get(class).copied().unwrap_or(WHITE)
            }
            Map::Signs => {
                let sum = value + negative;
                if sum <= 0.0 || sum.is_nan() {
                    return WHITE;
                }
                let strength = FAINTEST + (1.0 - FAINTEST) * self.share(sum);
                WHITE.mixed(POSITIVE.mixed(NEGATIVE, negative / sum), strength)
            }
            _ if value.is_nan() || (self.log && value <= 0.0) => WHITE,
            Map::Sequential => sequential(self.share(value)),
            Map::Fading => fading(self.share(value)),
            Map::Diverging => diverging(2.0 * self.share(value) - 1.0),
        }
    }
}

impl Raster {
    /// The mass of particles in each of `columns` by `rows` equal cells, by sign of `r`, with
    /// colours by the logarithm of the mass.
    ///
    /// Particles outside are left out. A cell's masses are added in the order of the particles.
    ///
    /// * `particles`: x, y, mass, and whether `r < 0`.
    ///
    /// ```
    /// use reluflow::plot::Raster;
    /// let particles = [(0.1, 0.1, 0.5, false), (0.2, 0.2, 0.25, true), (0.9, 0.1, 0.25, false)];
    /// let raster = Raster::density([0.0, 1.0], [0.0, 1.0], [2, 2], particles.into_iter());
    /// assert_eq!(raster.values, [0.5, 0.25, 0.0, 0.0]);
    /// assert_eq!(raster.negative, [0.25, 0.0, 0.0, 0.0]);
    /// ```
    pub fn density(
        x: [f64; 2],
        y: [f64; 2],
        [columns, rows]: [usize; 2],
        particles: impl Iterator<Item = (f64, f64, f64, bool)>,
    ) -> Raster {
        let mut masses = [vec![0.0; columns * rows], vec![0.0; columns * rows]];
        let cell = |value: f64, [low, high]: [f64; 2], count: usize| {
            let at = (value - low) / (high - low) * count as f64;
            // The upper edge belongs to the last cell.
            let inside = at >= 0.0 && at <= count as f64;
            inside.then(|| (at as usize).min(count - 1))
        };
        for (at_x, at_y, mass, negative) in particles {
            if let (Some(column), Some(row)) = (cell(at_x, x, columns), cell(at_y, y, rows)) {
                masses[usize::from(negative)][row * columns + column] += mass;
            }
        }
        let edges = |[low, high]: [f64; 2], count: usize| -> Vec<f64> {
            (0..=count).map(|i| low + (high - low) * i as f64 / count as f64).collect()
        };
        let [values, negative] = masses;
        let sums = values.iter().zip(&negative).map(|(a, b)| a + b).filter(|sum| *sum > 0.0);
        let (least, most) = sums.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), s| (a.min(s), b.max(s)));
        let coloring =
            Coloring { map: Map::Signs, range: [least, most.max(least)], log: true, label: String::new() };
        Raster { x: edges(x, columns), y: edges(y, rows), values, negative, coloring }
    }

    /// A quantity over two others.
    ///
    /// * `values`: row by row from the lowest `y` on.
    /// * `log`: whether colours go by its logarithm.
    /// * `label`: what it is, beside the bar of colours.
    pub fn map(x: Vec<f64>, y: Vec<f64>, values: Vec<f64>, log: bool, label: impl Into<String>) -> Raster {
        let shown = values.iter().copied().filter(|v| v.is_finite() && (!log || *v > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let range = if low > high { [0.1, 1.0] } else { [low, high] };
        // More than eight decades cannot be told apart.
        let range = if log { [range[0].max(1e-8 * range[1]), range[1]] } else { range };
        let coloring = Coloring { map: Map::Sequential, range, log, label: label.into() };
        Raster { x, y, values, negative: vec![], coloring }
    }

    /// Classes, numbered from 0, over two quantities.
    pub fn classes(x: Vec<f64>, y: Vec<f64>, values: Vec<f64>, colors: Vec<Color>) -> Raster {
        let range = [0.0, colors.len() as f64];
        let coloring = Coloring { map: Map::Classes(colors), range, log: false, label: String::new() };
        Raster { x, y, values, negative: vec![], coloring }
    }

    /// Colours from `low` to `high` of the family.
    pub fn colored(mut self, map: Map, low: f64, high: f64) -> Raster {
        (self.coloring.map, self.coloring.range) = (map, [low, high]);
        self
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.x.len().saturating_sub(1)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.y.len().saturating_sub(1)
    }

    /// The mass of `r < 0` in a cell, 0 where signs are not told apart.
    pub(crate) fn negative_of(&self, cell: usize) -> f64 {
        self.negative.get(cell).copied().unwrap_or(0.0)
    }
}

/// Edges halfway between ascending values, as far out at the ends as to the neighbours.
///
/// ```
/// assert_eq!(reluflow::plot::edges(&[1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0]);
/// ```
pub fn edges(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    match n {
        0 => vec![],
        1 => vec![values[0] - 0.5, values[0] + 0.5],
        _ => {
            let mut edges = vec![values[0] - 0.5 * (values[1] - values[0])];
            edges.extend(values.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])));
            edges.push(values[n - 1] + 0.5 * (values[n - 1] - values[n - 2]));
            edges
        }
    }
}
