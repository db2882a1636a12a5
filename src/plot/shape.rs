//! How large a picture is to be, where that is not left to the figure.

use super::error::PlotError;
use super::figure::Figure;
use super::font::LABEL;
use super::layout::Layout;
use super::rect::POINT;

/// Frames are at least so many times as high as those of the figure.
const LEAST: f64 = 0.2;

/// Size of the page and of the letters, and a title.
///
/// ```
/// use reluflow::plot::{Axis, Figure, Layer, PageShape, Panel, to_svg};
/// let panel = Panel::new("line", Axis::new("x"), Axis::new("y"))
///     .with(Layer::line("line", vec![0.0, 1.0], vec![0.0, 2.0]));
/// let shape = PageShape { width: Some(5.0), height: Some(4.0), ..PageShape::default() };
/// let svg = to_svg(&shape.of(Figure::new("line").with(panel))?)?;
/// assert!(svg.contains("width=\"5in\" height=\"4in\""));
/// # Ok::<(), reluflow::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageShape {
    /// Inches across.
    pub width: Option<f64>,
    /// Inches from the top to the bottom, labels and legends included.
    pub height: Option<f64>,
    /// Size of the labels (points), 8 unless it is given; all other text and lines go with it.
    pub font_size: Option<f64>,
    /// Above all panels.
    pub title: Option<String>,
}

impl PageShape {
    /// The figure in this shape.
    ///
    /// # Errors
    /// [`PlotError::Shape`] if labels and legends leave no room for what is drawn.
    pub fn of(&self, mut figure: Figure) -> Result<Figure, PlotError> {
        if let Some(title) = &self.title {
            figure.title.clone_from(title);
        }
        let scale = self.font_size.map_or(1.0, |size| size / LABEL);
        // A figure that is made larger in the end is laid out smaller before.
        figure.width = self.width.unwrap_or(figure.width) / scale;
        figure.scale *= scale;
        let Some(height) = self.height else { return Ok(figure) };
        let with = |factor: f64| {
            let mut scaled = figure.clone();
            scaled.panels.iter_mut().for_each(|panel| panel.height *= factor);
            let inches = Layout::new(&scaled).size[1] / (72.0 * POINT);
            (scaled, inches)
        };
        // Frames are a linear part of the whole.
        let (one, two) = (with(1.0).1, with(2.0).1);
        let frames = two - one;
        let factor = 1.0 + (height / scale - one) / frames;
        if factor < LEAST {
            let least = (scale * (one - (1.0 - LEAST) * frames) * 10.0).ceil() / 10.0;
            return Err(PlotError::Shape { figure: figure.name, height, least });
        }
        Ok(with(factor).0)
    }
}
