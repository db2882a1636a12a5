//! Where learning is lazy: invariant against scaling.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLACK, WHITE};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Mark};
use super::super::raster::{Map, Raster};
use super::study::{PerRun, StudyAxis, axes, mean_and_error};

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    let axes = axes(file)?;
    let find = |name: &str| axes.iter().position(|axis| axis.name == name);
    let (Some(power), Some(width)) = (find("power"), find("width")) else {
        return Err(PlotError::Lacks {
            path: file.path().to_owned(),
            figure: "phase",
            needed: "the dimensions power and width".to_string(),
            remedy: "make the study again with `reluflow study phase`".to_string(),
        });
    };
    let share = 0;
    let change = PerRun::read(file, "final_tangent_kernel_change")?;
    let widest = axes[width].len() - 1;
    let cells = (0..axes[power].len()).flat_map(|p| (0..axes[share].len()).map(move |d| (d, p)));
    let at = |(d, p): (usize, usize)| change.at(&[(share, d), (power, p), (width, widest)]);
    let at_end = cells.clone().map(|cell| mean_and_error(&at(cell))[0]).collect();
    // The file has them with the share first.
    let stored = |name: &str| -> Result<Vec<f64>, PlotError> {
        let values = file.numbers(name)?;
        Ok(cells.clone().map(|(d, p)| values[d * axes[power].len() + p]).collect())
    };
    let exponent = stored("kernel_change_exponent")?;
    let phases = file.texts("phase")?.unwrap_or_default();
    let words: Vec<String> = cells
        .clone()
        .map(|(d, p)| match phases.get(d * axes[power].len() + p).map(String::as_str) {
            Some("lazy") => "L".to_string(),
            Some("lazy at any width") => "L*".to_string(),
            Some("adaptive") => "A".to_string(),
            Some("?") => String::new(),
            Some(word) => word.to_string(),
            None => String::new(),
        })
        .collect();
    let (x, y) = (edges(&axes[share]), edges(&axes[power]));
    // Dark is adaptive in both, each in colours of its own.
    let exponents =
        Raster::map(x.clone(), y.clone(), exponent, false, "exponent").colored(Map::Fading, -1.0, 0.0);
    let changes = Raster::map(x, y, at_end, true, "|K − K₀| / |K₀|");
    let symbol = if axes[share].name == "delta" { "δ = c² − |w|²" } else { "balance of the layers" };
    let panel = |name: &str, raster: Raster| {
        // Words are black on light cells and white on dark ones.
        let dark: Vec<bool> = raster
            .values
            .iter()
            .map(|&value| {
                let color = raster.coloring.color(value, 0.0);
                u32::from(color.0) + u32::from(color.1) + u32::from(color.2) < 380
            })
            .collect();
        let mut panel = Panel::new(name, named(&axes[share], symbol), named(&axes[power], "p in α = mᵖ"));
        panel = panel.height(1.25).with(Layer::raster(name, raster));
        for (white, color) in [(false, BLACK), (true, WHITE)] {
            let of = cells.clone().zip(&words).zip(&dark).filter(|(_, dark)| **dark == white);
            let (mut x, mut y, mut text) = (vec![], vec![], vec![]);
            for (((d, p), word), _) in of {
                x.push(d as f64);
                y.push(p as f64);
                text.push(word.clone());
            }
            let name = if white { "phase, on dark" } else { "phase, on light" };
            panel =
                panel.with(Layer::new(name, Mark::Text { x, y, text, centred: true }).color(color).size(7.0));
        }
        panel
    };
    let title = format!("change of the kernel at width {}", axes[width].words[widest]);
    Ok(Figure::new("phase")
        .with(panel("exponent", exponents).title("exponent of the change with the width"))
        .with(panel("change", changes).title(title))
        .note("L: lazy; L*: lazy at any width; A: adaptive; no letter: the exponent does not tell."))
}

/// Cells of equal width: values of these axes lie orders of magnitude apart, and change sign.
fn edges(axis: &StudyAxis) -> Vec<f64> {
    (0..=axis.len()).map(|i| i as f64 - 0.5).collect()
}

fn named(axis: &StudyAxis, label: &str) -> Axis {
    Axis::new(label)
        .range(-0.5, axis.len() as f64 - 0.5)
        .named((0..axis.len()).map(|i| (i as f64, axis.words[i].clone())).collect())
}
