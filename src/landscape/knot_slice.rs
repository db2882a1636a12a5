//! The loss as a function of one knot (S Thm 3, Cor. 2), and of a small neuron that turns (section 6).

use crate::problem::Samples;

/// What a sample does to a knot that moves down the loss (S Fig. 3). The numbers are those of
/// [`BoundaryClass`](crate::run::BoundaryClass).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum SliceType {
    /// Type II, `m_1 < x_j < m_2`: the loss falls to either side.
    Repulsor = -1,
    /// Type I: it falls through.
    Passthrough = 0,
    /// Type III, `m_2 < x_j < m_1`: it rises to either side.
    Attractor = 1,
    /// On one side no sample is active, and the loss is constant.
    DeadEdge = 2,
}

impl SliceType {
    /// From the slopes of the loss just before and just after the sample.
    pub fn of_slopes(before: f64, after: f64) -> SliceType {
        match (before, after) {
            (before, after) if before < 0.0 && after > 0.0 => SliceType::Attractor,
            (before, after) if before > 0.0 && after < 0.0 => SliceType::Repulsor,
            _ => SliceType::Passthrough,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            SliceType::Repulsor => "repulsor",
            SliceType::Passthrough => "passthrough",
            SliceType::Attractor => "attractor",
            SliceType::DeadEdge => "dead edge",
        }
    }
}

/// The loss as a function of the knot of one neuron whose delta-slope and facing stay: continuous, and a parabola
/// between neighbouring samples.
///
/// ```
/// use reluflow::landscape::{KnotSlice, SliceType};
/// use reluflow::problem::Samples;
/// // f = [x - 0.5]_+ on samples of [x - 1]_+: the loss is least where the knot is at 1.
/// let samples = Samples::new(&[0.0, 1.0, 2.0, 3.0], &[0.0, 0.0, 1.0, 2.0])?;
/// let slice = KnotSlice::new(&samples, &[0.0, 0.5, 0.5, 0.5], 0.5, 1.0, true);
/// assert_eq!(slice.loss(0.5), 0.375);
/// assert_eq!((slice.loss(1.0), slice.minimum(1)), (0.0, Some(1.0)));
/// assert_eq!(slice.types()[3], SliceType::DeadEdge); // beyond, no sample is active
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KnotSlice {
    x: Vec<f64>,
    /// Of each interval: `L = at + slope (beta - origin) + curve (beta - origin)^2`.
    pieces: Vec<Parabola>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Parabola {
    origin: f64,
    at: f64,
    slope: f64,
    curve: f64,
}

impl Parabola {
    fn value(&self, beta: f64) -> f64 {
        let t = beta - self.origin;
        self.at + t * (self.slope + t * self.curve)
    }

    fn slope_at(&self, beta: f64) -> f64 {
        self.slope + 2.0 * self.curve * (beta - self.origin)
    }
}

impl KnotSlice {
    /// * `rho`: residuals of the state.
    /// * `knot`, `delta_slope`, `right_facing`: of the neuron, which is part of it. In `O(s^2)`.
    pub fn new(samples: &Samples, rho: &[f64], knot: f64, delta_slope: f64, right_facing: bool) -> KnotSlice {
        let (x, n, s) = (samples.x(), samples.weight(), samples.len());
        let is_active = |j: usize, beta: f64| if right_facing { x[j] > beta } else { x[j] < beta };
        // Without the neuron.
        let rest: Vec<f64> = (0..s)
            .map(|j| rho[j] - if is_active(j, knot) { delta_slope * (x[j] - knot) } else { 0.0 })
            .collect();
        let piece = |p: usize| {
            let active = if right_facing { p..s } else { 0..p };
            let origin = x[p.min(s - 1)];
            let mut parabola = Parabola { origin, at: 0.0, slope: 0.0, curve: 0.0 };
            for j in 0..s {
                let reach = if active.contains(&j) { delta_slope } else { 0.0 };
                let residual = rest[j] + reach * (x[j] - origin);
                parabola.at += 0.5 * n[j] * residual * residual;
                parabola.slope -= n[j] * residual * reach;
                parabola.curve += 0.5 * n[j] * reach * reach;
            }
            parabola
        };
        KnotSlice { x: x.to_vec(), pieces: (0..=s).map(piece).collect() }
    }

    /// The loss with the knot at `beta`.
    pub fn loss(&self, beta: f64) -> f64 {
        self.pieces[self.x.partition_point(|x| *x <= beta)].value(beta)
    }

    /// Where the parabola of an interval has its minimum, also outside of it: `m_1` and `m_2` of sample `j` are those of
    /// the intervals `j` and `j + 1`. `None` where no sample is active.
    pub fn minimum(&self, interval: usize) -> Option<f64> {
        let piece = &self.pieces[interval];
        (piece.curve > 0.0).then(|| piece.origin - 0.5 * piece.slope / piece.curve)
    }

    /// The type of every sample.
    pub fn types(&self) -> Vec<SliceType> {
        let of = |j: usize| {
            let [before, after] = [&self.pieces[j], &self.pieces[j + 1]];
            if before.curve == 0.0 || after.curve == 0.0 {
                return SliceType::DeadEdge;
            }
            SliceType::of_slopes(before.slope_at(self.x[j]), after.slope_at(self.x[j]))
        };
        (0..self.x.len()).map(of).collect()
    }
}

/// The types of all samples for a neuron too small to move `f`, by boundary and sign of `r`: column 0 for `r > 0`.
///
/// * `turning`: the neuron turns, `w = d + tau n` with `n` the normal of the boundary: what the flow does at a boundary
///   (section 6). Else its knot moves and its delta-slope stays, as S Thm 3 has it.
///
/// Both are slopes of sums over the samples `i` on which the neuron is active, `Sum n_i rho_i <xt_i, xt_j>` of the
/// one, `Sum n_i rho_i` of the other. They agree where the neuron has nothing to gain by growing, `<g, d> = 0`: at rest.
pub fn probe_types(samples: &Samples, rho: &[f64], turning: bool) -> Vec<[SliceType; 2]> {
    let (x, n, s) = (samples.x(), samples.weight(), samples.len());
    let sum = |range: std::ops::Range<usize>, j: usize| -> f64 {
        range.map(|i| n[i] * rho[i] * if turning { 1.0 + x[i] * x[j] } else { 1.0 }).sum()
    };
    let of = |b: usize| {
        if b == 0 || b + 1 == 2 * s {
            return [SliceType::DeadEdge; 2];
        }
        let on = b < s;
        let j = if on { s - 1 - b } else { 2 * s - 1 - b };
        // Without and with the sample itself.
        let [without, with] =
            if on { [sum(j + 1..s, j), sum(j..s, j)] } else { [sum(0..j, j), sum(0..j + 1, j)] };
        // Along the way on which the sample switches on, the loss of r > 0 changes with the sign of the sum.
        [SliceType::of_slopes(without, with), SliceType::of_slopes(-without, -with)]
    };
    (0..2 * s).map(of).collect()
}
