//! Layers: the marks of a panel with their numbers and their style.

use super::color::{BLACK, Color};
use super::raster::Raster;

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Filled circle.
    Disc,
    /// Open circle.
    Ring,
    /// Filled square.
    Square,
    /// Filled triangle.
    Triangle,
    /// Two crossing strokes.
    Cross,
}

/// How a line is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Long strokes.
    Dashed,
    /// Short strokes.
    Dotted,
}

/// What a layer draws. Columns of one mark have equal lengths; NaN interrupts a line and leaves
/// out a point; so does what a logarithmic axis cannot show.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // columns are named as what they are
pub enum Mark {
    /// Straight lines from point to point.
    Line { x: Vec<f64>, y: Vec<f64> },
    /// Points.
    Points { x: Vec<f64>, y: Vec<f64>, shape: Shape },
    /// The area between two curves.
    Band { x: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// Error bars.
    Bars { x: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// Lines across the panel at values of `x`.
    Vertical { x: Vec<f64> },
    /// Lines across the panel at values of `y`.
    Horizontal { y: Vec<f64> },
    /// Strips across the panel from one value of `x` to another.
    Strips { from: Vec<f64>, to: Vec<f64> },
    /// One filled polygon.
    Polygon { x: Vec<f64>, y: Vec<f64> },
    /// Arrows from `(x, y)` to `(x + dx, y + dy)`.
    Arrows { x: Vec<f64>, y: Vec<f64>, dx: Vec<f64>, dy: Vec<f64> },
    /// Coloured cells, embedded as an image.
    Raster(Raster),
    /// Words, to the right of their points, or centred on them.
    Text { x: Vec<f64>, y: Vec<f64>, text: Vec<String>, centred: bool },
}

/// How a layer looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Its colour.
    pub color: Color,
    /// From 0, nothing, to 1.
    pub opacity: f64,
    /// Width of lines (points).
    pub width: f64,
    /// Diameter of points, height of letters (points).
    pub size: f64,
    /// How lines are interrupted.
    pub dash: Dash,
}

/// One layer of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its name in tables of data; unique in its panel.
    pub name: String,
    /// Its entry in the legend; none when empty.
    pub label: String,
    /// What it draws.
    pub mark: Mark,
    /// How it looks.
    pub style: Style,
}

impl Layer {
    /// A layer of any mark, black.
    pub fn new(name: impl Into<String>, mark: Mark) -> Layer {
        let style = Style { color: BLACK, opacity: 1.0, width: 1.0, size: 3.0, dash: Dash::Solid };
        Layer { name: name.into(), label: String::new(), mark, style }
    }

    /// A line.
    pub fn line(name: impl Into<String>, x: Vec<f64>, y: Vec<f64>) -> Layer {
        Layer::new(name, Mark::Line { x, y })
    }

    /// Points.
    pub fn points(name: impl Into<String>, x: Vec<f64>, y: Vec<f64>, shape: Shape) -> Layer {
        Layer::new(name, Mark::Points { x, y, shape })
    }

    /// The area between two curves, light.
    pub fn band(name: impl Into<String>, x: Vec<f64>, low: Vec<f64>, high: Vec<f64>) -> Layer {
        Layer::new(name, Mark::Band { x, low, high }).opacity(0.25)
    }

    /// Error bars.
    pub fn bars(name: impl Into<String>, x: Vec<f64>, low: Vec<f64>, high: Vec<f64>) -> Layer {
        Layer::new(name, Mark::Bars { x, low, high })
    }

    /// Vertical lines, thin.
    pub fn vertical(name: impl Into<String>, x: Vec<f64>) -> Layer {
        Layer::new(name, Mark::Vertical { x }).width(0.5)
    }

    /// Horizontal lines, thin.
    pub fn horizontal(name: impl Into<String>, y: Vec<f64>) -> Layer {
        Layer::new(name, Mark::Horizontal { y }).width(0.5)
    }

    /// Coloured cells.
    pub fn raster(name: impl Into<String>, raster: Raster) -> Layer {
        Layer::new(name, Mark::Raster(raster))
    }

    /// Words to the right of their points, 7 points high.
    pub fn text(name: impl Into<String>, x: Vec<f64>, y: Vec<f64>, text: Vec<String>) -> Layer {
        Layer::new(name, Mark::Text { x, y, text, centred: false }).size(7.0)
    }

    /// With an entry in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Layer {
        self.label = label.into();
        self
    }

    /// In that colour.
    pub fn color(mut self, color: Color) -> Layer {
        self.style.color = color;
        self
    }

    /// With that opacity, from 0 to 1.
    pub fn opacity(mut self, opacity: f64) -> Layer {
        self.style.opacity = opacity;
        self
    }

    /// With lines of that width (points).
    pub fn width(mut self, width: f64) -> Layer {
        self.style.width = width;
        self
    }

    /// With points of that diameter (points).
    pub fn size(mut self, size: f64) -> Layer {
        self.style.size = size;
        self
    }

    /// With dashed lines.
    pub fn dashed(mut self) -> Layer {
        self.style.dash = Dash::Dashed;
        self
    }

    /// With dotted lines.
    pub fn dotted(mut self) -> Layer {
        self.style.dash = Dash::Dotted;
        self
    }
}
