//! The loss as a function of the knot of one neuron (S Fig. 3).

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREEN, GREY, ORANGE};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    if !file.has("slice_loss") {
        return Err(PlotError::Lacks {
            path: file.path().to_owned(),
            figure: "slice",
            needed: "the loss along a knot".to_string(),
            remedy: "make it again with --neuron I".to_string(),
        });
    }
    let [at, loss, x] = [file.numbers("slice_knot")?, file.numbers("slice_loss")?, file.numbers("x")?];
    let types = file.numbers("slice_type")?;
    let knot = file.numbers("neuron_knot")?;
    let value = |x: f64| {
        let i = at.partition_point(|at| *at < x).min(at.len() - 1);
        loss[i]
    };
    let mut panel = Panel::new("slice", Axis::new("knot b/a"), Axis::new("loss"))
        .height(2.0)
        .with(Layer::vertical("samples", x.clone()).color(GREY).width(0.3))
        .with(Layer::line("loss", at.clone(), loss.clone()).color(BLUE).width(1.2));
    let kinds = [
        (1.0, "attractor", GREEN, Shape::Disc),
        (-1.0, "repulsor", ORANGE, Shape::Triangle),
        (0.0, "passthrough", GREY, Shape::Ring),
    ];
    for (code, name, color, shape) in kinds {
        let of: Vec<f64> = x.iter().zip(&types).filter(|(_, kind)| **kind == code).map(|(x, _)| *x).collect();
        let heights = of.iter().map(|x| value(*x)).collect();
        panel = panel.with(Layer::points(name, of, heights, shape).color(color).size(3.4).label(name));
    }
    let heights = knot.iter().map(|x| value(*x)).collect();
    let own = Layer::points("its knot", knot, heights, Shape::Cross).color(BLACK).size(5.0).label("its knot");
    Ok(Figure::new("slice").with(panel.with(own)))
}
