//! The numbers of a figure as a table.

use std::fmt::Write;

use super::figure::Figure;
use super::layer::{Layer, Mark};

/// Everything that is drawn as CSV, numbers in full, so that reading gives the same bits.
///
/// Columns `panel, layer, mark, x, y, x2, y2, value`; empty where a mark has no such number:
///
/// | mark | columns |
/// |---|---|
/// | `line`, `points`, `polygon` | `x`, `y` |
/// | `band`, `bars` | `x`, `y` (low), `y2` (high) |
/// | `vertical`, `horizontal` | `x`; `y` |
/// | `strips` | `x` (from), `x2` (to) |
/// | `arrows` | `x`, `y`, `x2` and `y2` (the tip) |
/// | `cell` | `x` to `x2`, `y` to `y2`, `value` |
/// | `positive`, `negative` | as `cell`: mass of `r >= 0` and of `r < 0`; cells without mass are left out |
/// | `text` | `x`, `y`, `value`: the words |
pub fn to_csv(figure: &Figure) -> String {
    let mut table = String::from("panel,layer,mark,x,y,x2,y2,value\n");
    for panel in &figure.panels {
        for layer in &panel.layers {
            rows(&mut table, &panel.name, layer);
        }
    }
    table
}

/// A cell of text, quoted where it must be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

fn rows(table: &mut String, panel: &str, layer: &Layer) {
    let (panel, name) = (quoted(panel), quoted(&layer.name));
    // x, y, x2, y2, value
    let mut row = |mark: &str, numbers: [Option<f64>; 5]| {
        let _ = write!(table, "{panel},{name},{mark}");
        for number in numbers {
            match number {
                Some(number) => {
                    let _ = write!(table, ",{number}");
                }
                None => table.push(','),
            }
        }
        table.push('\n');
    };
    match &layer.mark {
        Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Polygon { x, y } => {
            let mark = match layer.mark {
                Mark::Line { .. } => "line",
                Mark::Points { .. } => "points",
                _ => "polygon",
            };
            (0..x.len()).for_each(|i| row(mark, [Some(x[i]), Some(y[i]), None, None, None]));
        }
        Mark::Band { x, low, high } | Mark::Bars { x, low, high } => {
            let mark = if matches!(layer.mark, Mark::Band { .. }) { "band" } else { "bars" };
            (0..x.len()).for_each(|i| row(mark, [Some(x[i]), Some(low[i]), None, Some(high[i]), None]));
        }
        Mark::Vertical { x } => x.iter().for_each(|&x| row("vertical", [Some(x), None, None, None, None])),
        Mark::Horizontal { y } => {
            y.iter().for_each(|&y| row("horizontal", [None, Some(y), None, None, None]))
        }
        Mark::Strips { from, to } => {
            (0..from.len()).for_each(|i| row("strips", [Some(from[i]), None, Some(to[i]), None, None]));
        }
        Mark::Arrows { x, y, dx, dy } => (0..x.len()).for_each(|i| {
            row("arrows", [Some(x[i]), Some(y[i]), Some(x[i] + dx[i]), Some(y[i] + dy[i]), None])
        }),
        Mark::Raster(raster) => {
            let columns = raster.columns();
            for cell in 0..columns * raster.rows() {
                let (i, j) = (cell % columns, cell / columns);
                let mut cell_row = |mark: &str, value: f64| {
                    let [x, y] = [&raster.x[i..i + 2], &raster.y[j..j + 2]];
                    row(mark, [Some(x[0]), Some(y[0]), Some(x[1]), Some(y[1]), Some(value)]);
                };
                if raster.negative.is_empty() {
                    cell_row("cell", raster.values[cell]);
                    continue;
                }
                for (mark, mass) in [("positive", raster.values[cell]), ("negative", raster.negative[cell])] {
                    if mass > 0.0 {
                        cell_row(mark, mass);
                    }
                }
            }
        }
        Mark::Text { x, y, text, .. } => {
            for i in 0..x.len() {
                let _ = writeln!(table, "{panel},{name},text,{},{},,,{}", x[i], y[i], quoted(&text[i]));
            }
        }
    }
}
