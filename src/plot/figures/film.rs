//! A picture of a film: function, knots and plane at a moment between snapshots, and how far the loss
//! has come.

use crate::problem::Regions;
use crate::run::Description;

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREY};
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::Scatter;
use super::time::{moment, time_axis};
use super::{function, plane, scatter};

/// What all pictures of a film share.
pub(crate) struct Scene<'a> {
    /// The run.
    pub description: &'a Description,
    /// Its regions.
    pub regions: &'a Regions,
    /// Where functions are given.
    pub grid: &'a [f64],
    /// The function at the start, and the particles that make it.
    pub start: (&'a [f64], &'a Scatter),
    /// Ends of the axis of the function.
    pub range: [f64; 2],
    /// Half a side of the plane.
    pub limit: f64,
    /// Times of the snapshots.
    pub times: Vec<f64>,
    /// Losses at them.
    pub loss: Vec<f64>,
}

/// A moment of the film.
pub(crate) struct Moment {
    /// When.
    pub time: f64,
    /// The function on the grid.
    pub function: Vec<f64>,
    /// The particles.
    pub scatter: Scatter,
    /// The loss.
    pub loss: f64,
    /// What else is said of it.
    pub note: String,
}

impl Scene<'_> {
    /// The picture of a moment. All have the same size: their axes do not change.
    pub fn figure(&self, now: &Moment) -> Figure {
        let window = function::window(&self.description.samples);
        let drawn = |label: &str, y: &[f64], scatter| function::Drawn {
            label: label.to_string(),
            x: self.grid.to_vec(),
            y: y.to_vec(),
            scatter,
        };
        let start = drawn("start", self.start.0, self.start.1);
        let [mut curve, mut knots] = function::panels(
            self.description,
            window,
            Some(&start),
            &drawn("function", &now.function, &now.scatter),
        );
        curve.y = curve.y.range(self.range[0], self.range[1]);
        // The names are wrapped, and so must not change from picture to picture.
        curve = curve.title(self.description.title.clone()).height(2.4);
        let least = self.start.1.mass.iter().copied().filter(|mass| *mass > 0.0).fold(1.0, f64::min);
        knots.y = knots.y.range(0.5 * least, 1.0);
        let window = [[-self.limit, self.limit]; 2];
        let (mut layers, _) = scatter::layers(&now.scatter, scatter::plane, window, [plane::CELLS; 2]);
        // The legend has its entry from the start: with it the frame moves down a line.
        if layers.iter().all(|layer| layer.name != "entry of pinned") {
            layers.push(scatter::pinned_entry(2.4));
        }
        let plane =
            plane::empty(self.regions, self.limit).title(moment(now.time)).height(2.4).with_all(layers);
        let axis = time_axis(&self.times);
        let (mut x, mut y) = (vec![], vec![]);
        for (&time, &loss) in self.times.iter().zip(&self.loss).take_while(|(time, _)| **time <= now.time) {
            x.push(time);
            y.push(loss);
        }
        x.push(now.time);
        y.push(now.loss);
        let loss = Panel::new("loss", axis, Axis::new("loss").log())
            .height(0.75)
            .with(Layer::line("loss", self.times.clone(), self.loss.clone()).color(GREY).width(0.8))
            .with(Layer::line("loss so far", x, y).color(BLUE).width(1.4))
            .with(Layer::points("now", vec![now.time], vec![now.loss], Shape::Disc).color(BLACK).size(4.0));
        Figure::new("film")
            .grid(2, PAGE)
            .with(curve)
            .with(plane)
            .with(knots.height(0.75))
            .with(loss)
            .note(&now.note)
    }
}
