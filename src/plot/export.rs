//! From SVG to the other formats. All are the same picture.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::error::PlotError;
use super::font::FONT;

/// SVG counts 96 pixels to the inch.
const SVG_DPI: f32 = 96.0;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Vectors for the web and for editing; text is text.
    Svg,
    /// Vectors for papers; text is text, in an embedded font.
    Pdf,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Png, Format::Svg, Format::Pdf];

    /// The ending of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
            Format::Pdf => "pdf",
        }
    }
}

/// The fonts: the shipped one alone, so that every machine draws the same picture.
fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        Arc::new(fonts)
    };
    FONTS.get_or_init(load).clone()
}

fn parse(svg: &str) -> Result<Tree, PlotError> {
    let options = Options { fontdb: fonts(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| PlotError::Converting { found: error.to_string() })
}

/// Pixels, `dpi` of them to the inch.
///
/// # Errors
/// The text is no SVG, or the picture would have no pixels or too many.
pub fn to_png(svg: &str, dpi: f64) -> Result<Vec<u8>, PlotError> {
    render(svg, dpi)?.encode_png().map_err(|error| PlotError::Converting { found: error.to_string() })
}

/// The pixels themselves, and how many columns and rows of them there are.
///
/// # Errors
/// As [`to_png`].
pub(crate) fn to_pixels(svg: &str, dpi: f64) -> Result<([u32; 2], Vec<[u8; 3]>), PlotError> {
    let pixels = render(svg, dpi)?;
    let colors = pixels.data().chunks(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Ok(([pixels.width(), pixels.height()], colors))
}

/// An opaque picture.
fn render(svg: &str, dpi: f64) -> Result<Pixmap, PlotError> {
    let tree = parse(svg)?;
    let scale = dpi as f32 / SVG_DPI;
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    let mut pixels = Pixmap::new(width.round() as u32, height.round() as u32).ok_or_else(|| {
        PlotError::Converting { found: format!("a picture of {width} by {height} pixels cannot be made") }
    })?;
    // A page that ends within a pixel would leave it half transparent.
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels)
}

/// A PDF of one page.
///
/// # Errors
/// The text is no SVG.
pub fn to_pdf(svg: &str) -> Result<Vec<u8>, PlotError> {
    let tree = parse(svg)?;
    let page = svg2pdf::PageOptions { dpi: SVG_DPI };
    svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), page)
        .map_err(|error| PlotError::Converting { found: error.to_string() })
}
