//! Figures of finished files.
//!
//! A [`Figure`] is data: panels with axes, layers with numbers. From it come the picture
//! ([`to_svg`], and from that [`to_png`] and [`to_pdf`]: one picture in three formats) and the table of what
//! is drawn ([`to_csv`]). This module decides what is shown of a file and how; what is in the file
//! it takes as it is. It knows nothing of the terminal.

mod axis;
pub mod color;
mod draw;
mod error;
mod export;
mod figure;
mod figures;
mod font;
mod layer;
mod layout;
mod raster;
mod rect;
mod shape;
mod source;
mod table;
mod ticks;

pub use axis::{Axis, Scale, Ticks};
pub use draw::to_svg;
pub use error::PlotError;
pub(crate) use export::to_pixels;
pub use export::{Format, to_pdf, to_png};
pub use figure::{COLUMN, Figure, PAGE, Panel};
pub(crate) use figures::film;
pub(crate) use figures::several::{Named, figure as figure_of_several};
pub use figures::{FIGURES, Kind};
pub use layer::{Dash, Layer, Mark, Shape, Style};
pub use raster::{Coloring, Map, Raster, edges};
pub use shape::PageShape;
pub(crate) use source::Scatter;
pub use source::{RunSource, Source};
pub use table::to_csv;
pub use ticks::{number, subscript, superscript};
