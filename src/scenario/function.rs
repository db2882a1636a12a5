//! Samples of a known function.

use std::f64::consts::TAU;

use crate::math::random::{Purpose, Stream};

use super::ScenarioError;
use super::entry::Entry;
use super::section::Section;

/// More samples than this are refused.
const MAX_COUNT: u64 = 10_000_000;

/// The shape of a function, in `u = x - center` and `p = fractional part of
/// (frequency x + phase / 2 pi)`.
///
/// | shape | value (times `amplitude`) | keys |
/// |---|---|---|
/// | `sine` | `sin(2 pi p)` | `frequency`, `phase` |
/// | `square` | `1` for `p < 1/2`, else `-1` | `frequency`, `phase` |
/// | `sawtooth` | `2 p - 1` | `frequency`, `phase` |
/// | `step` | `1` for `u >= 0`, else `0` | `center` |
/// | `linear` | `u` | `center` |
/// | `abs` | `abs(u)` | `center` |
/// | `quadratic` | `u^2` | `center` |
/// | `gaussian` | `exp(-u^2 / (2 width^2))` | `center`, `width` |
/// | `spike` | `1` at the sample nearest to `center`, else `0` | `center` |
/// | `constant` | `1` | |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sine,
    Square,
    Sawtooth,
    Step,
    Linear,
    Abs,
    Quadratic,
    Gaussian,
    Spike,
    Constant,
}

const SHAPES: [(&str, Shape); 10] = [
    ("sine", Shape::Sine),
    ("square", Shape::Square),
    ("sawtooth", Shape::Sawtooth),
    ("step", Shape::Step),
    ("linear", Shape::Linear),
    ("abs", Shape::Abs),
    ("quadratic", Shape::Quadratic),
    ("gaussian", Shape::Gaussian),
    ("spike", Shape::Spike),
    ("constant", Shape::Constant),
];

/// A function sampled at equally spaced points, with or without noise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Function {
    shape: Shape,
    count: usize,
    interval: [f64; 2],
    /// Points strictly inside are left out.
    gap: Option<[f64; 2]>,
    amplitude: f64,
    frequency: f64,
    phase: f64,
    center: f64,
    width: f64,
    /// Standard deviation of normal noise on `y`.
    noise: f64,
    seed: u64,
}

/// Keys of `[samples]` that belong to a function.
pub(super) const KEYS: [&str; 11] = [
    "function",
    "count",
    "interval",
    "gap",
    "amplitude",
    "frequency",
    "phase",
    "center",
    "width",
    "noise",
    "seed",
];

impl Function {
    /// From `[samples]`, whose `function` is there.
    pub fn read(section: &mut Section) -> Result<(Function, &'static str), ScenarioError> {
        let shape = section.choice("function", &SHAPES)?;
        let name = SHAPES.iter().find(|(_, of)| *of == shape).expect("every shape is listed").0;
        let Some(count) = section.count(
            "count",
            1,
            MAX_COUNT,
            " (each takes kilobytes of memory: two regions, and rows of tables)",
        )?
        else {
            return Err(section
                .missing("has a function but no `count`", "say how many samples, for example count = 20"));
        };
        let mut function = Function {
            count: count.value,
            interval: section.interval("interval")?.map_or([-1.0, 1.0], |entry| entry.value),
            gap: section.interval("gap")?.map(|entry| entry.value),
            seed: section.seed()?,
            ..Function::shaped(section, shape)?
        };
        if let Some(noise) = section.number("noise")? {
            if noise.value < 0.0 {
                return Err(noise.refuse("is negative", "noise is a standard deviation: give 0 or more"));
            }
            function.noise = noise.value;
        }
        if function.points().is_empty() {
            return Err(section.missing(
                "has a gap that leaves no samples",
                "make the gap smaller than the interval, or raise count",
            ));
        }
        Ok((function, name))
    }

    /// A function named by `samples.truth`, with its keys.
    pub fn read_truth(section: &mut Section, name: &Entry<String>) -> Result<Function, ScenarioError> {
        let known: Vec<_> = SHAPES.into_iter().filter(|(_, shape)| *shape != Shape::Spike).collect();
        Function::shaped(section, name.one_of(&known)?)
    }

    /// The shape with its keys; one sample.
    fn shaped(section: &mut Section, shape: Shape) -> Result<Function, ScenarioError> {
        let mut function = Function {
            shape,
            count: 1,
            interval: [-1.0, 1.0],
            gap: None,
            amplitude: section.number_or("amplitude", 1.0)?,
            frequency: 1.0,
            phase: 0.0,
            center: 0.0,
            width: 0.25,
            noise: 0.0,
            seed: 0,
        };
        match shape {
            Shape::Sine | Shape::Square | Shape::Sawtooth => {
                function.frequency = section.number_or("frequency", 1.0)?;
                function.phase = section.number_or("phase", 0.0)?;
            }
            Shape::Constant => {}
            _ => function.center = section.number_or("center", 0.0)?,
        }
        if shape == Shape::Gaussian {
            function.width = section.positive_or("width", 0.25)?;
        }
        Ok(function)
    }

    /// Number of points, before a gap takes some.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The function without noise, anywhere; `None` of a spike, which is one at a sample alone.
    pub fn truth(&self, x: f64) -> Option<f64> {
        (self.shape != Shape::Spike).then(|| self.amplitude * self.value(x, false))
    }

    /// The shape at `x`; `peak`: whether this is the sample nearest to the center.
    fn value(&self, x: f64, peak: bool) -> f64 {
        let u = x - self.center;
        let p = (self.frequency * x + self.phase / TAU).rem_euclid(1.0);
        let one_if = |is: bool| if is { 1.0 } else { 0.0 };
        match self.shape {
            Shape::Sine => libm::sin(TAU * p),
            Shape::Square => 2.0 * one_if(p < 0.5) - 1.0,
            Shape::Sawtooth => 2.0 * p - 1.0,
            Shape::Step => one_if(u >= 0.0),
            Shape::Linear => u,
            Shape::Abs => u.abs(),
            Shape::Quadratic => u * u,
            Shape::Gaussian => libm::exp(-0.5 * (u / self.width).powi(2)),
            Shape::Spike => one_if(peak),
            Shape::Constant => 1.0,
        }
    }

    /// The samples `(x, y)`.
    pub fn samples(&self) -> (Vec<f64>, Vec<f64>) {
        let x = self.points();
        let distance = |&i: &usize| (x[i] - self.center).abs();
        let peak = (0..x.len()).min_by(|i, j| distance(i).total_cmp(&distance(j)));
        let value = |(i, &x): (usize, &f64)| {
            let shape = self.value(x, Some(i) == peak);
            let noise = match self.noise {
                0.0 => 0.0,
                noise => noise * Stream::new(self.seed, Purpose::Noise, i as u64).normal(),
            };
            self.amplitude * shape + noise
        };
        let y = x.iter().enumerate().map(value).collect();
        (x, y)
    }

    /// Equally spaced, both ends included; the middle if there is only one.
    fn points(&self) -> Vec<f64> {
        let [lo, hi] = self.interval;
        let last = self.count - 1;
        let point = |i: usize| match last {
            0 => 0.5 * lo + 0.5 * hi,
            // Written so that both ends are exact and a symmetric interval has symmetric points.
            _ => (lo * (last - i) as f64 + hi * i as f64) / last as f64,
        };
        let outside = |x: &f64| self.gap.is_none_or(|[from, to]| *x <= from || *x >= to);
        (0..self.count).map(point).filter(outside).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(shape: Shape, count: usize) -> Function {
        Function {
            shape,
            count,
            interval: [-1.0, 1.0],
            gap: None,
            amplitude: 2.0,
            frequency: 0.5,
            phase: 0.0,
            center: 0.0,
            width: 0.5,
            noise: 0.0,
            seed: 0,
        }
    }

    #[test]
    fn shapes_have_their_values() {
        let y = |shape| plain(shape, 5).samples().1;
        assert_eq!(plain(Shape::Sine, 5).samples().0, [-1.0, -0.5, 0.0, 0.5, 1.0]);
        let sine = [0.0, -2.0, 0.0, 2.0, 0.0];
        assert!(y(Shape::Sine).iter().zip(sine).all(|(a, b)| (a - b).abs() < 1e-15));
        assert_eq!(y(Shape::Square), [-2.0, -2.0, 2.0, 2.0, -2.0]);
        assert_eq!(y(Shape::Sawtooth), [0.0, 1.0, -2.0, -1.0, 0.0]);
        assert_eq!(y(Shape::Step), [0.0, 0.0, 2.0, 2.0, 2.0]);
        assert_eq!(y(Shape::Linear), [-2.0, -1.0, 0.0, 1.0, 2.0]);
        assert_eq!(y(Shape::Abs), [2.0, 1.0, 0.0, 1.0, 2.0]);
        assert_eq!(y(Shape::Quadratic), [2.0, 0.5, 0.0, 0.5, 2.0]);
        assert_eq!(y(Shape::Spike), [0.0, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!(y(Shape::Constant), [2.0; 5]);
        assert!((y(Shape::Gaussian)[3] - 2.0 * (-0.5f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn a_phase_of_a_quarter_turn_makes_a_cosine() {
        let cosine = Function { phase: TAU / 4.0, ..plain(Shape::Sine, 5) };
        let expected = [-2.0, 0.0, 2.0, 0.0, -2.0];
        assert!(cosine.samples().1.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
    }

    #[test]
    fn gaps_single_points_and_symmetry() {
        let gap = Function { gap: Some([-0.5, 0.5]), ..plain(Shape::Linear, 5) };
        assert_eq!(gap.points(), [-1.0, -0.5, 0.5, 1.0]); // the ends of the gap stay
        assert_eq!(Function { interval: [1.0, 3.0], ..plain(Shape::Linear, 1) }.points(), [2.0]);
        let points = plain(Shape::Linear, 7).points();
        assert!((0..7).all(|i| points[i] == -points[6 - i]), "{points:?}");
    }

    #[test]
    fn noise_has_its_size_and_follows_its_seed() {
        let noisy = |seed| Function { noise: 0.3, seed, ..plain(Shape::Constant, 20_000) }.samples().1;
        let noise: Vec<f64> = noisy(1).iter().map(|y| y - 2.0).collect();
        let mean = noise.iter().sum::<f64>() / 20_000.0;
        let variance = noise.iter().map(|n| n * n).sum::<f64>() / 20_000.0;
        // Five standard errors.
        assert!(mean.abs() < 5.0 * 0.3 / 20_000f64.sqrt(), "{mean}");
        assert!((variance - 0.09).abs() < 5.0 * 0.09 * (2.0 / 20_000f64).sqrt(), "{variance}");
        assert_eq!(noisy(1), noisy(1));
        assert_ne!(noisy(1), noisy(2));
    }
}
