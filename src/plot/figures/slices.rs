//! Slices of the kernels (W Fig. 3).

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLACK, CURVES, GREY};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::Layer;
use super::super::ticks::number;

/// Slices drawn at most.
const MOST: usize = 3;

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    if !file.has("kernel_slice") {
        return Err(PlotError::Lacks {
            path: file.path().to_owned(),
            figure: "slices",
            needed: "slices of the kernels".to_string(),
            remedy: "run `reluflow kernel` with --slices X0".to_string(),
        });
    }
    let (grid, slices) = (file.numbers("grid")?, file.numbers("slice")?);
    let terms = file.texts("term")?.unwrap_or_default();
    let values = file.numbers("kernel_slice")?;
    let count = slices.len().min(MOST);
    let mut figure = Figure::new("slices");
    for k in 0..count {
        let i = if count == 1 { 0 } else { k * (slices.len() - 1) / (count - 1) };
        let label = if k + 1 == count { "x" } else { "" };
        let axis = Axis::new(label).range(grid[0], grid[grid.len() - 1]);
        let mut panel = Panel::new(format!("x0 = {}", slices[i]), axis, Axis::new("K(x₀, x)"));
        panel = panel.title(format!("x₀ = {}", number(slices[i]))).height(1.3);
        panel = panel.with(Layer::vertical("x0", vec![slices[i]]).color(GREY).dashed());
        for (t, term) in terms.iter().enumerate() {
            let from = (t * slices.len() + i) * grid.len();
            let line = Layer::line(term.clone(), grid.clone(), values[from..from + grid.len()].to_vec());
            let (color, width, word) = match term.as_str() {
                "random_features" => (CURVES[0], 1.2, "random features"),
                "activation" => (CURVES[1], 1.2, "second term"),
                "tangent" => (BLACK, 1.4, "tangent kernel"),
                other => (CURVES[t % CURVES.len()], 1.0, other),
            };
            let line = line.color(color).width(width);
            let line = if term == "tangent" { line.dashed() } else { line };
            panel = panel.with(if k == 0 { line.label(word) } else { line });
        }
        figure = figure.with(panel);
    }
    let note = if count < slices.len() {
        format!("{count} of {} slices are drawn.", slices.len())
    } else {
        String::new()
    };
    Ok(figure.note(note))
}
