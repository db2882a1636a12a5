//! What a figure is, before anything is drawn: panels, axes and layers of numbers.

use super::axis::Axis;
use super::layer::{Layer, Mark};

/// Width of a column of a journal page (inches).
pub const COLUMN: f64 = 3.4;
/// Width of a page of two columns (inches).
pub const PAGE: f64 = 7.0;

/// A figure: panels in a grid, read row by row.
///
/// It holds every number that is drawn, so that it can be tested and written as a table
/// ([`to_csv`](super::to_csv)) as well as drawn ([`to_svg`](super::to_svg)).
///
/// ```
/// use reluflow::plot::{Axis, Figure, Layer, Panel, to_csv, to_svg};
/// let x = vec![0.0, 1.0, 2.0];
/// let y = vec![1.0, 10.0, 100.0];
/// let panel = Panel::new("growth", Axis::new("x"), Axis::new("y").log())
///     .with(Layer::line("ten to the x", x, y).label("10ˣ"));
/// let figure = Figure::new("powers").with(panel);
/// assert!(to_svg(&figure)?.contains(">\n10ˣ\n<"));
/// assert_eq!(to_csv(&figure).lines().nth(3), Some("growth,ten to the x,line,2,100,,,"));
/// # Ok::<(), reluflow::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name, also of its file.
    pub name: String,
    /// Panels, row by row.
    pub panels: Vec<Panel>,
    /// Columns of the grid.
    pub columns: usize,
    /// Width of the page (inches).
    pub width: f64,
    /// A line above all panels; empty for none.
    pub title: String,
    /// What all lengths are multiplied by in the end, those of letters and lines as well.
    pub scale: f64,
    /// A line below: what is not drawn, and how what is drawn was chosen.
    pub note: String,
}

impl Figure {
    /// A figure of one column, [`COLUMN`] wide, without panels.
    pub fn new(name: impl Into<String>) -> Figure {
        Figure {
            name: name.into(),
            panels: vec![],
            columns: 1,
            width: COLUMN,
            title: String::new(),
            scale: 1.0,
            note: String::new(),
        }
    }

    /// With one panel more.
    pub fn with(mut self, panel: Panel) -> Figure {
        self.panels.push(panel);
        self
    }

    /// With its panels in `columns` columns on a page of that width (inches).
    pub fn grid(mut self, columns: usize, width: f64) -> Figure {
        (self.columns, self.width) = (columns.max(1), width);
        self
    }

    /// With a line below; several are joined.
    pub fn note(mut self, note: impl AsRef<str>) -> Figure {
        let note = note.as_ref().trim();
        if !note.is_empty() {
            self.note = if self.note.is_empty() { note.to_string() } else { format!("{} {note}", self.note) };
        }
        self
    }
}

/// A pair of axes and what is drawn between them, first layer lowest.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its name in tables of data.
    pub name: String,
    /// A line above; empty for none.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub layers: Vec<Layer>,
    /// Height of the frame (inches).
    pub height: f64,
    /// Whether one unit is as long on both axes; the ranges grow to make it so.
    pub equal: bool,
    /// Columns of the grid that it takes.
    pub span: usize,
}

impl Panel {
    /// An empty panel, 1.7 inches high.
    pub fn new(name: impl Into<String>, x: Axis, y: Axis) -> Panel {
        let name = name.into();
        Panel { name, title: String::new(), x, y, layers: vec![], height: 1.7, equal: false, span: 1 }
    }

    /// With a layer more, on top.
    pub fn with(mut self, layer: Layer) -> Panel {
        self.layers.push(layer);
        self
    }

    /// With layers more, on top.
    pub fn with_all(mut self, layers: impl IntoIterator<Item = Layer>) -> Panel {
        self.layers.extend(layers);
        self
    }

    /// With a line above.
    pub fn title(mut self, title: impl Into<String>) -> Panel {
        self.title = title.into();
        self
    }

    /// With a frame of that height (inches).
    pub fn height(mut self, height: f64) -> Panel {
        self.height = height;
        self
    }

    /// With equal units on both axes.
    pub fn equal(mut self) -> Panel {
        self.equal = true;
        self
    }

    /// Over that many columns of the grid.
    pub fn span(mut self, columns: usize) -> Panel {
        self.span = columns.max(1);
        self
    }

    /// The coloured layer whose colours need explaining by a bar.
    pub(crate) fn bar(&self) -> Option<&super::raster::Coloring> {
        self.layers.iter().find_map(|layer| match &layer.mark {
            Mark::Raster(raster) if !raster.coloring.label.is_empty() => Some(&raster.coloring),
            _ => None,
        })
    }
}
