//! The formats: one picture, of the right size, with real text; and its numbers in the SVG.

use reluflow::plot::{Axis, Figure, Layer, PAGE, Panel, Raster, Shape, to_csv, to_pdf, to_png, to_svg};
use resvg::tiny_skia::Pixmap;

use crate::plot_support::*;

fn powers() -> Figure {
    let x: Vec<f64> = (0..=20).map(|i| 0.1 * f64::from(i)).collect();
    let y = x.iter().map(|x| 10f64.powf(3.0 * x - 1.0)).collect();
    let panel = Panel::new("powers", Axis::new("ρ"), Axis::new("growth").log())
        .with(Layer::line("growth", x, y).color(reluflow::plot::color::BLUE).label("10³ˣ⁻¹"));
    Figure::new("powers").with(panel.title("W₁ ≥ ∫ |f″|"))
}

/// From the positions of two labelled ticks, the map from page to numbers along an axis.
fn axis(svg: &str, along: &str, ticks: [(&str, f64); 2]) -> impl Fn(f64) -> f64 {
    let texts = elements(svg, "text");
    let place = |label: &str| {
        let found: Vec<f64> = texts.iter().filter(|t| t.text == label).map(|t| t.number(along)).collect();
        assert_eq!(found.len(), 1, "{label}");
        found[0]
    };
    let [(a, at_a), (b, at_b)] = ticks;
    let (from, to) = (place(a), place(b));
    move |page| at_a + (page - from) * (at_b - at_a) / (to - from)
}

#[test]
fn numbers_come_back_from_the_svg() {
    let figure = powers();
    let svg = to_svg(&figure).unwrap();
    let to_x = axis(&svg, "x", [("0.0", 0.0), ("2.0", 2.0)]);
    let to_y = axis(&svg, "y", [("1", 0.0), ("10⁴", 4.0)]);
    let curve = elements(&svg, "polyline").into_iter().find(|line| {
        line.attributes["stroke"] == "#0072B2" && line.attributes["points"].split(' ').count() > 10
    });
    let points: Vec<[f64; 2]> = curve.unwrap().attributes["points"]
        .split_whitespace()
        .map(|pair| pair.split_once(',').unwrap())
        .map(|(x, y)| [to_x(x.parse().unwrap()), to_y(y.parse().unwrap())])
        .collect();
    let drawn = layer_of(&figure);
    assert_eq!(points.len(), drawn.len());
    for (found, drawn) in points.iter().zip(drawn) {
        // A unit is 1/1440 inch; the frame is about 2.7 inches wide and 1.7 high.
        assert!((found[0] - drawn.numbers[0]).abs() < 2.0 * 2.1 / 3800.0, "{found:?} {drawn:?}");
        assert!((found[1] - drawn.numbers[1].log10()).abs() < 2.0 * 6.5 / 2400.0, "{found:?} {drawn:?}");
    }
}

fn layer_of(figure: &Figure) -> Vec<Row> {
    table(&to_csv(figure)).into_iter().filter(|row| row.layer == "growth").collect()
}

#[test]
fn pictures_have_the_size_that_was_asked_for() {
    let svg = to_svg(&powers().grid(1, PAGE)).unwrap();
    let root = &elements(&svg, "svg")[0];
    assert_eq!(root.attributes["width"], "7in");
    let height: f64 = root.attributes["height"].trim_end_matches("in").parse().unwrap();
    for dpi in [72.0, 300.0] {
        let picture = Pixmap::decode_png(&to_png(&svg, dpi).unwrap()).unwrap();
        assert_eq!(picture.width(), (7.0 * dpi) as u32);
        assert!((f64::from(picture.height()) - height * dpi).abs() <= 1.0);
    }
    // The PDF counts in points.
    let pdf = to_pdf(&svg).unwrap();
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let bounds = text.split("/MediaBox [").nth(1).unwrap().split(']').next().unwrap();
    let bounds: Vec<f64> = bounds.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert!((bounds[2] - 504.0).abs() < 0.01 && (bounds[3] - 72.0 * height).abs() < 0.01, "{bounds:?}");
}

#[test]
fn text_is_text() {
    let svg = to_svg(&powers()).unwrap();
    let texts: Vec<String> = elements(&svg, "text").into_iter().map(|text| text.text).collect();
    for word in ["ρ", "growth", "10³ˣ⁻¹", "W₁ ≥ ∫ |f″|", "10²"] {
        assert!(texts.iter().any(|text| text == word), "{word} is not in {texts:?}");
    }
    let pdf = to_pdf(&svg).unwrap();
    let has = |word: &[u8]| pdf.windows(word.len()).any(|part| part == word);
    // An embedded font with a way back from its glyphs to letters: text can be searched and copied.
    assert!(has(b"/FontFile2") && has(b"/ToUnicode") && has(b"DejaVuSans"));
}

/// Every letter that labels use is in the font that is shipped: a missing one would be a box.
#[test]
fn the_font_has_the_signs() {
    use resvg::usvg::fontdb;
    let mut fonts = fontdb::Database::new();
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plot/font/DejaVuSans.ttf");
    fonts.load_font_data(std::fs::read(font).unwrap());
    let id = fonts.faces().next().unwrap().id;
    let signs = "θρλμκδαβΣΔ∫⟨⟩≥≤−±×½²″₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⱼₖₜπ∞ᵖˣ·";
    let missing: Vec<char> = fonts
        .with_face_data(id, |data, index| {
            let face = ttf_parser::Face::parse(data, index).unwrap();
            signs.chars().filter(|&c| face.glyph_index(c).is_none()).collect()
        })
        .unwrap();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn cells_keep_their_places_and_their_numbers() {
    let raster =
        Raster::map(vec![0.0, 1.0, 4.0], vec![0.0, 1.0, 2.0], vec![1.0, 2.0, 3.0, f64::NAN], false, "value");
    let panel = Panel::new("map", Axis::new("x").range(0.0, 4.0), Axis::new("y").range(0.0, 2.0)).height(2.0);
    let figure = Figure::new("map").with(panel.with(Layer::raster("cells", raster)));
    let rows = table(&to_csv(&figure));
    assert_eq!(rows[1].numbers, [1.0, 0.0, 4.0, 1.0, 2.0]);
    let svg = to_svg(&figure).unwrap();
    let image = &elements(&svg, "image")[0];
    let picture = Pixmap::decode_png(&to_png(&svg, 288.0).unwrap()).unwrap();
    // 288 dots to the inch, 1440 units: one dot is five units.
    let color = |x: f64, y: f64| {
        let (left, top) = (image.number("x"), image.number("y"));
        let (width, height) = (image.number("width"), image.number("height"));
        let at = [(left + x / 4.0 * width) / 5.0, (top + (1.0 - y / 2.0) * height) / 5.0];
        let pixel = picture.pixel(at[0] as u32, at[1] as u32).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    };
    let expected = |share: f64| {
        let color = reluflow::plot::color::sequential(share);
        [color.0, color.1, color.2]
    };
    // The middle of every cell, and just beside the edge at 1: cells are not blurred.
    for (x, y, share) in
        [(0.5, 0.5, 0.0), (2.5, 0.5, 0.5), (0.5, 1.5, 1.0), (0.93, 0.5, 0.0), (1.07, 0.5, 0.5)]
    {
        assert_eq!(color(x, y), expected(share), "at {x}, {y}");
    }
    assert_eq!(color(2.5, 1.5), [255; 3], "a cell without a value");
}

#[test]
fn nothing_to_draw_is_an_empty_panel() {
    let nothing = Layer::points("nothing", vec![f64::NAN], vec![1.0], Shape::Disc);
    let panel = Panel::new("empty", Axis::new("x").log(), Axis::new("y").log()).with(nothing);
    let svg = to_svg(&Figure::new("empty").with(panel)).unwrap();
    assert_eq!(elements(&svg, "circle").len(), 0);
    to_png(&svg, 100.0).unwrap();
}
