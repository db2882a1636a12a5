//! One picture of the film, by the code of figures.

use std::f64::consts::{PI, TAU};

use crate::io::Particles;
use crate::plot::film::{Moment, Scene};
use crate::plot::{PlotError, Scatter, to_pixels, to_svg};
use crate::problem::Regions;
use crate::report::gather::{Drawn, Frame, Gathered};
use crate::system::text::{digits, percent};

use super::gif::Rgb;

/// Pixels to the inch: the pictures are 7 inches wide.
const DPI: f64 = 160.0;
/// Most neurons of a film.
const DOTS: usize = 2500;

/// A run that is filmed.
pub struct Film<'a> {
    run: &'a Gathered,
    regions: Regions,
    start: Scatter,
    range: [f64; 2],
    limit: f64,
}

impl<'a> Film<'a> {
    /// Chooses axes that hold the whole run.
    pub fn new(run: &'a Gathered) -> Film<'a> {
        let at = run.grid.samples();
        let (first, last) = (at[0], at[at.len() - 1]);
        let between = |frame: &'a Frame| frame.function[first..=last].iter().copied();
        let (low, high) = quantiles(run.frames.iter().flat_map(between).collect(), 0.002);
        let y = run.description.samples.y();
        let low = y.iter().copied().fold(low, f64::min);
        let high = y.iter().copied().fold(high, f64::max);
        let room = if high > low { 0.1 * (high - low) } else { 1.0 };
        let reach = run.frames.iter().flat_map(|frame| frame.drawn.r.iter().map(|r| r.abs()));
        let (_, reach) = quantiles(reach.collect(), 0.005);
        Film {
            regions: Regions::new(&run.description.samples),
            start: scatter(run, run.frames[0].drawn.clone(), run.frames[0].snapshot.output_bias),
            range: [low - room, high + room],
            limit: 1.08 * if reach > 0.0 { reach } else { 1.0 },
            run,
        }
    }

    /// The picture `part` of the way from a snapshot to the next, and its size.
    pub fn picture(&self, frame: usize, part: f64) -> Result<([u32; 2], Vec<Rgb>), PlotError> {
        let frames = &self.run.frames;
        let (now, next) = (&frames[frame], &frames[(frame + 1).min(frames.len() - 1)]);
        let near = if part < 0.5 { now } else { next };
        let mixed = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| mix(*a, *b, part)).collect();
        let turned = now.drawn.theta.iter().zip(&next.drawn.theta);
        let drawn = Drawn {
            r: mixed(&now.drawn.r, &next.drawn.r),
            theta: turned.map(|(a, b)| turn(*a, *b, part)).collect(),
            place: near.drawn.place.clone(),
        };
        let scene = Scene {
            description: &self.run.description,
            regions: &self.regions,
            grid: self.run.grid.x(),
            start: (&frames[0].function, &self.start),
            range: self.range,
            limit: self.limit,
            times: frames.iter().map(|frame| frame.snapshot.time).collect(),
            loss: frames.iter().map(|frame| frame.snapshot.loss).collect(),
        };
        let moment = Moment {
            time: mix(now.snapshot.time, next.snapshot.time, part),
            function: mixed(&now.function, &next.function),
            scatter: scatter(self.run, drawn, mix(now.snapshot.output_bias, next.snapshot.output_bias, part)),
            loss: mix(now.snapshot.loss, next.snapshot.loss, part),
            note: format!(
                "Loss {}, {} pinned, {} dead.",
                digits(near.snapshot.loss, 3),
                percent(near.snapshot.pinned_mass.sum(), 2),
                percent(near.snapshot.region_mass[0], 2)
            ),
        };
        to_pixels(&to_svg(&scene.figure(&moment))?, DPI)
    }
}

/// Some of the drawn particles, with their masses, and the output bias.
fn scatter(run: &Gathered, drawn: Drawn, bias: f64) -> Scatter {
    let step = run.picks.len().div_ceil(DOTS).max(1);
    fn every<T: Copy>(step: usize, column: &[T]) -> Vec<T> {
        column.iter().copied().step_by(step).collect()
    }
    let mass = every(step, &run.mass);
    let total: f64 = mass.iter().sum();
    let particles = Particles {
        index: every(step, &run.numbers),
        r: every(step, &drawn.r),
        theta: every(step, &drawn.theta),
        c: vec![],
        a: vec![],
        b: vec![],
        place: every(step, &drawn.place),
    };
    Scatter {
        mass: mass.iter().map(|mass| if total > 0.0 { mass / total } else { 0.0 }).collect(),
        all: run.description.mass.len(),
        bias,
        particles,
    }
}

/// Numbers that all but a share of the values lie above, and below.
fn quantiles(mut values: Vec<f64>, share: f64) -> (f64, f64) {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let at = |part: f64| match values.len() {
        0 => 1.0,
        n => values[((n as f64 * part) as usize).min(n - 1)],
    };
    (at(share), at(1.0 - share))
}

fn mix(a: f64, b: f64, part: f64) -> f64 {
    a + part * (b - a)
}

/// Angles go the short way round.
fn turn(a: f64, b: f64, part: f64) -> f64 {
    a + part * ((b - a + PI).rem_euclid(TAU) - PI)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    #[test]
    fn angles_turn_the_short_way() {
        assert!((turn(0.1, TAU - 0.1, 0.5) - 0.0).abs() < 1e-15);
        assert!((turn(FRAC_PI_2, PI, 0.5) - 0.75 * PI).abs() < 1e-15);
    }
}
