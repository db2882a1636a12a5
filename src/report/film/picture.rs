//! One picture of the film: the function on the left, neurons in the plane on the right.

use std::f64::consts::{PI, TAU};

use super::canvas::{Align, Canvas, Ink};
use super::gif::Rgb;
use crate::problem::{PlaceKind, Regions, knot_of};
use crate::report::gather::{Frame, Gathered};
use crate::system::text::{digits, line, percent};

/// Size of the pictures.
pub const WIDTH: u32 = 1120;
/// Size of the pictures.
pub const HEIGHT: u32 = 572;

const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [28, 35, 48];
const MUTED: Rgb = [88, 99, 114];
const FAINT: Rgb = [169, 177, 187];
const RULE: Rgb = [223, 226, 230];
const POSITIVE: Rgb = [15, 109, 181];
const NEGATIVE: Rgb = [207, 90, 10];
const REGION: Rgb = [63, 109, 158];
const DEAD_REGION: Rgb = [230, 232, 234];
const DEAD: Rgb = [139, 149, 161];
/// Left, top, right, bottom.
const FUNCTION: [f32; 4] = [70.0, 70.0, 545.0, 470.0];
const PLANE: [f32; 4] = [590.0, 70.0, 1090.0, 470.0];
/// Most neurons of a film.
const DOTS: usize = 2500;

/// What all pictures share.
pub struct Scene<'a> {
    run: &'a Gathered,
    regions: Regions,
    /// Ends of the axes of the function.
    x: [f64; 2],
    y: [f64; 2],
    /// Pixels to a unit of `|r|`.
    scale: f64,
    title: String,
}

impl<'a> Scene<'a> {
    /// Chooses axes that hold the whole run.
    pub fn new(run: &'a Gathered) -> Scene<'a> {
        let (grid, at) = (run.grid.x(), run.grid.samples());
        let (first, last) = (at[0], at[at.len() - 1]);
        let mut values: Vec<f64> =
            run.frames.iter().flat_map(|frame| frame.function[first..=last].iter().copied()).collect();
        values.sort_by(f64::total_cmp);
        let quantile = |values: &[f64], part: f64| match values.len() {
            0 => 1.0,
            n => values[((n as f64 * part) as usize).min(n - 1)],
        };
        let samples = run.description.samples.y().iter().copied();
        let low = samples.clone().fold(quantile(&values, 0.002), f64::min);
        let high = samples.fold(quantile(&values, 0.998), f64::max);
        let room = if high > low { 0.1 * (high - low) } else { 1.0 };
        let mut reach: Vec<f64> = run
            .frames
            .iter()
            .flat_map(|frame| frame.drawn.r.iter().zip(&frame.drawn.place))
            .filter(|(_, place)| **place != PlaceKind::Dead as u8)
            .map(|(r, _)| r.abs())
            .collect();
        reach.sort_by(f64::total_cmp);
        let reach = 1.08 * quantile(&reach, 0.995).max(f64::MIN_POSITIVE);
        let regions = Regions::new(&run.description.samples);
        let title: String = line(&run.description.title).chars().take(60).collect();
        Scene {
            run,
            regions,
            x: [grid[0], grid[grid.len() - 1]],
            y: [low - room, high + room],
            scale: f64::from(PLANE[3] - PLANE[1]) / 2.0 / reach,
            title,
        }
    }

    /// The picture `part` of the way from a snapshot to the next.
    pub fn picture(&self, frame: usize, part: f64) -> Vec<Rgb> {
        let frames = &self.run.frames;
        let (now, next) = (&frames[frame], &frames[(frame + 1).min(frames.len() - 1)]);
        let near = if part < 0.5 { now } else { next };
        let mut c = Canvas::new(WIDTH, HEIGHT, PAPER);
        self.function(&mut c, now, next, part);
        self.plane(&mut c, now, next, part, near);
        let mut title = self.title.clone();
        while title.chars().count() > 1 && c.width(&title, 22.0) > f32::from(FUNCTION[2] as u16) {
            title.pop();
        }
        c.text(&title, [FUNCTION[0], 36.0], 22.0, Ink(INK, 1.0), Align::Left);
        let legend = [("r > 0", POSITIVE, 590.0), ("r < 0", NEGATIVE, 680.0), ("dead", DEAD, 770.0)];
        for (words, colour, x) in legend {
            c.disc([x + 6.0, 37.0], 6.0, Some(Ink(colour, 1.0)), None);
            c.text(words, [x + 18.0, 37.0], 16.0, Ink(MUTED, 1.0), Align::Left);
        }
        self.clock(&mut c, mix(now.snapshot.time, next.snapshot.time, part), near);
        c.into_pixels()
    }

    fn at(&self, x: f64, y: f64) -> [f32; 2] {
        let [left, top, right, bottom] = FUNCTION.map(f64::from);
        let across = (x - self.x[0]) / (self.x[1] - self.x[0]);
        let up = (y - self.y[0]) / (self.y[1] - self.y[0]);
        [(left + across * (right - left)) as f32, (bottom - up * (bottom - top)) as f32]
    }

    fn function(&self, c: &mut Canvas, now: &Frame, next: &Frame, part: f64) {
        let [left, top, right, bottom] = FUNCTION;
        for (value, words) in ticks(self.y) {
            let [_, y] = self.at(0.0, value);
            c.line(&[[left, y], [right, y]], Ink(RULE, 0.7), 1.0, None);
            c.text(&words, [left - 8.0, y], 15.0, Ink(MUTED, 1.0), Align::Right);
        }
        for (value, words) in ticks(self.x) {
            let [x, _] = self.at(value, 0.0);
            c.line(&[[x, top], [x, bottom]], Ink(RULE, 0.7), 1.0, None);
            c.text(&words, [x, bottom + 30.0], 15.0, Ink(MUTED, 1.0), Align::Center);
        }
        // Knots, coloured by sign.
        c.clip(Some([left, top, right, bottom + 16.0]));
        let step = self.run.picks.len().div_ceil(DOTS).max(1);
        let faint = (14.0 / (self.run.picks.len() as f32 / step as f32).sqrt()).clamp(0.16, 0.8);
        for i in (0..now.drawn.r.len()).step_by(step) {
            if now.drawn.place[i] == PlaceKind::Dead as u8 {
                continue;
            }
            let theta = turn(now.drawn.theta[i], next.drawn.theta[i], part);
            let Some(knot) = knot_of(theta) else { continue };
            let [x, _] = self.at(knot, 0.0);
            if (left..=right).contains(&x) {
                let ink = Ink(colour(mix(now.drawn.r[i], next.drawn.r[i], part)), faint);
                c.line(&[[x, bottom + 4.0], [x, bottom + 14.0]], ink, 1.2, None);
            }
        }
        c.clip(Some(FUNCTION));
        let curve = |value: &dyn Fn(usize) -> f64| -> Vec<[f32; 2]> {
            self.run.grid.x().iter().enumerate().map(|(i, &x)| self.at(x, value(i))).collect()
        };
        let start = &self.run.frames[0].function;
        c.line(&curve(&|i| start[i]), Ink(FAINT, 1.0), 2.0, None);
        let moving = curve(&|i| mix(now.function[i], next.function[i], part));
        c.line(&moving, Ink(INK, 1.0), 3.2, None);
        let samples = &self.run.description.samples;
        let radius = if self.run.shown.len() > 40 { 3.4 } else { 5.5 };
        for &j in &self.run.shown {
            let at = self.at(samples.x()[j], samples.y()[j]);
            c.disc(at, radius, Some(Ink(PAPER, 1.0)), Some((Ink(INK, 1.0), 1.8)));
        }
        c.clip(None);
        frame_of(c, FUNCTION);
    }

    /// Pixels of a vector of the plane; beyond the edge it is drawn at the edge.
    fn plane_at(&self, r: f64, theta: f64) -> [f32; 2] {
        let [left, top, right, bottom] = PLANE.map(f64::from);
        let (sin, cos) = theta.sin_cos();
        let [x, y] = [self.scale * r.abs() * cos, -self.scale * r.abs() * sin];
        let out =
            (x.abs() / (0.5 * (right - left) - 5.0)).max(y.abs() / (0.5 * (bottom - top) - 5.0)).max(1.0);
        [(0.5 * (left + right) + x / out) as f32, (0.5 * (top + bottom) + y / out) as f32]
    }

    fn plane(&self, c: &mut Canvas, now: &Frame, next: &Frame, part: f64, near: &Frame) {
        let [left, top, right, bottom] = PLANE;
        c.clip(Some(PLANE));
        c.polygon(&[[left, top], [right, top], [right, bottom], [left, bottom]], Ink(DEAD_REGION, 1.0));
        let center = [(left + right) / 2.0, (top + bottom) / 2.0];
        let ray = |angle: f64| {
            let (sin, cos) = angle.sin_cos();
            [center[0] + 1500.0 * cos as f32, center[1] - 1500.0 * sin as f32]
        };
        let (count, s) = (self.regions.boundaries(), self.regions.samples());
        // One fan of all live regions, and over it the tint of each.
        let angles: Vec<f64> = (0..count).map(|b| self.regions.angle(b)).collect();
        for k in 1..count {
            let (a, b) = (angles[k - 1], angles[k]);
            let wedge = [center, ray(a), ray((a + b) / 2.0), ray(b)];
            let active = self.regions.active(k).len() as f32 / s as f32;
            // Blended beforehand, so that no seam shows between neighbours.
            let tint = 0.03 + 0.15 * active;
            let colour = std::array::from_fn(|i| {
                (f32::from(PAPER[i]) * (1.0 - tint) + f32::from(REGION[i]) * tint).round() as u8
            });
            c.polygon(&wedge, Ink(colour, 1.0));
        }
        let many = s > 30;
        for (b, &angle) in angles.iter().enumerate() {
            let (ink, width) = match [near.snapshot.attractor[[b, 0]], near.snapshot.attractor[[b, 1]]] {
                [1, _] => (Ink(POSITIVE, 0.8), if many { 1.2 } else { 2.2 }),
                [_, 1] => (Ink(NEGATIVE, 0.8), if many { 1.2 } else { 2.2 }),
                _ => (Ink(FAINT, 0.8), if many { 0.4 } else { 1.0 }),
            };
            c.line(&[center, ray(angle)], ink, width, None);
        }
        let step = self.run.picks.len().div_ceil(DOTS).max(1);
        let drawn = self.run.picks.len().div_ceil(step) as f32;
        let (radius, alpha) = ((70.0 / drawn.sqrt()).clamp(1.8, 4.6), (26.0 / drawn.sqrt()).clamp(0.4, 0.85));
        for dead in [true, false] {
            for i in (0..now.drawn.r.len()).step_by(step) {
                if (near.drawn.place[i] == PlaceKind::Dead as u8) != dead {
                    continue;
                }
                let r = mix(now.drawn.r[i], next.drawn.r[i], part);
                let at = self.plane_at(r, turn(now.drawn.theta[i], next.drawn.theta[i], part));
                let ink = if dead { Ink(DEAD, 0.5 * alpha) } else { Ink(colour(r), alpha) };
                c.disc(at, radius, Some(ink), None);
            }
        }
        for cluster in near.clusters.iter().filter(|cluster| cluster.r.is_finite()) {
            let at = self.plane_at(cluster.r, angles[cluster.boundary]);
            let colour = if cluster.side == 0 { POSITIVE } else { NEGATIVE };
            let radius = 4.0 + 34.0 * cluster.mass.sqrt() as f32;
            c.disc(at, radius, Some(Ink(colour, 0.2)), Some((Ink(colour, 1.0), 2.0)));
        }
        if angles[count - 1] - angles[0] < 1.7 * PI && !many {
            let down = (angles[0] + angles[count - 1] - TAU) / 2.0;
            let at = self.plane_at(0.62 / self.scale * f64::from(bottom - top) / 2.0, down);
            c.text("dead", at, 15.0, Ink(MUTED, 1.0), Align::Center);
        }
        c.clip(None);
        frame_of(c, PLANE);
    }

    /// Time as a bar, and what there is to say of it.
    fn clock(&self, c: &mut Canvas, time: f64, near: &Frame) {
        let (left, right, y) = (FUNCTION[0], PLANE[2], 522.0);
        let frames = &self.run.frames;
        let (start, end) = (frames[0].snapshot.time, self.run.last().snapshot.time);
        let part = if end > start { ((time - start) / (end - start)) as f32 } else { 1.0 };
        c.line(&[[left, y], [right, y]], Ink(RULE, 1.0), 6.0, None);
        c.line(&[[left, y], [left + part * (right - left), y]], Ink(POSITIVE, 1.0), 6.0, None);
        c.text(&format!("t = {}", digits(time, 3)), [left, 544.0], 17.0, Ink(INK, 1.0), Align::Left);
        let said = format!(
            "loss {}   {} pinned   {} dead",
            digits(near.snapshot.loss, 3),
            percent(near.snapshot.pinned_mass.sum(), 2),
            percent(near.snapshot.region_mass[0], 2)
        );
        c.text(&said, [right, 544.0], 16.0, Ink(MUTED, 1.0), Align::Right);
    }
}

fn frame_of(c: &mut Canvas, [left, top, right, bottom]: [f32; 4]) {
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    c.line(&corners, Ink(RULE, 1.0), 1.2, None);
}

fn colour(r: f64) -> Rgb {
    if r < 0.0 { NEGATIVE } else { POSITIVE }
}

fn mix(a: f64, b: f64, part: f64) -> f64 {
    a + part * (b - a)
}

/// Angles go the short way round.
fn turn(a: f64, b: f64, part: f64) -> f64 {
    a + part * ((b - a + PI).rem_euclid(TAU) - PI)
}

/// Round numbers between two ends, about five, with their words.
fn ticks([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    let rough = (high - low) / 5.0;
    let unit = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * unit).find(|step| *step >= rough).unwrap_or(unit);
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let mut ticks = vec![];
    let mut i = (low / step).ceil();
    while i * step <= high && ticks.len() < 20 {
        // ceil gives -0 below zero.
        let words = format!("{:.*}", digits, i * step + 0.0);
        ticks.push((i * step, words.replace('-', "\u{2212}")));
        i += 1.0;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    #[test]
    fn ticks_are_round() {
        let words = |ends| ticks(ends).into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(words([-1.1, 1.1]), ["\u{2212}1.0", "\u{2212}0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(words([-0.1, 1.05]), ["0.0", "0.5", "1.0"]);
        assert_eq!(words([0.0, 0.004]), ["0.000", "0.001", "0.002", "0.003", "0.004"]);
    }

    #[test]
    fn angles_turn_the_short_way() {
        assert!((turn(0.1, TAU - 0.1, 0.5) - 0.0).abs() < 1e-15);
        assert!((turn(FRAC_PI_2, PI, 0.5) - 0.75 * PI).abs() < 1e-15);
    }
}
