//! The slices of a law of `(c, a, b)` at the start of a run.
//!
//! **Lifted.** With `p = abs(c^2 - abs(w)^2)`, every neuron is `c = sqrt(p) C(q)`, `abs(w) = sqrt(p) N(q)`, and the
//! motion of `(q, theta)` does not depend on `p`, while `r` and `M` are proportional to it: the flow has no scale of its
//! own. So mass may be moved along a ray, to the slices `p_i` and `p_(i + 1)` beside it, and as long as the mean of `p`
//! stays that of the ray, all residuals at all times are those of the law: slices only say how finely the measure is
//! told, not how well the function is. Below the least slice the share `p / p_1` is put on it, and what is left, as good
//! as zero neurons, where that slice has its smallest neurons.
//!
//! **Kernel limit.** `c` moves at the speed `abs(w)`, and `r` with it, so that the mean of `abs(w)^2` in every direction is
//! all that counts: the same holds.
//!
//! **Adaptive limit.** `c` is independent of everything else: its slices are the nodes of a Gauss rule.

use rayon::prelude::*;

use crate::flow::Flow;
use crate::math::quadrature::gauss_legendre;
use crate::problem::{Bundle, DrawnLaw, Ray};

use super::coordinate::Coordinate;
use super::grid::Grid;
use super::rows::Rows;
use super::slice::Slice;

/// Slices of the lifted flow with `abs(q)` up to this: beyond is `exp(-2 q)` of the mass.
const REACH: f64 = 9.0;
/// The least `p`, in units of `E (c^2 + abs(w)^2)`; next to none of `Int p mu` is below it.
const LEAST: f64 = 1e-3;
/// Nodes of the Gauss rule of a row.
const NODES: usize = 3;

/// Slices with their cells.
type Filled = Vec<(Slice, Vec<f64>)>;

/// The slices of a law with their masses, which sum to 1 but for a tail.
///
/// * `slices`: how many, for each sign of `c^2 - abs(w)^2` in the lifted flow.
/// * `across`: rows of those with both signs of `r`; the others have half as many.
pub fn fill(grid: &Grid, law: &DrawnLaw, slices: usize, flow: Flow, across: usize) -> Filled {
    match flow {
        Flow::Kernel { kappa, .. } => kernel(grid, law, slices, kappa, across),
        Flow::Adaptive { kappa, .. } => adaptive(grid, law, slices, kappa, across),
        _ => [true, false]
            .into_iter()
            .flat_map(|inner| lifted(grid, law, slices, (flow, inner), across))
            .collect(),
    }
}

fn kernel(grid: &Grid, law: &DrawnLaw, slices: usize, kappa: f64, across: usize) -> Filled {
    let [longest, shortest] = law.norms();
    let largest = law.ends(longest)[1];
    let norms: Vec<f64> = if law.has_one_length() {
        let step = (largest - shortest) / (slices - 1) as f64;
        (0..slices).map(|i| shortest + i as f64 * step).collect()
    } else {
        // The least slice is below the mean length in every direction: masses stay positive.
        let fewest = (0.5 * largest / law.mean_length(shortest) + 0.5).ceil() as usize;
        let step = largest / (slices.max(fewest) as f64 - 0.5);
        (0..slices.max(fewest)).map(|i| (i as f64 + 0.5) * step).collect()
    };
    let squares: Vec<f64> = norms.iter().map(|norm| norm * norm).collect();
    let by_column: Vec<Vec<f64>> = columns(grid, |between| {
        let mut shares = vec![0.0; norms.len()];
        for bundle in law.bundles(between[0], between[1]) {
            law.over_lengths(bundle, &norms, |norm, mass| {
                let (below, share) = beside(&squares, norm * norm);
                shares[below] += (1.0 - share) * mass * bundle.mass;
                shares[below + 1] += share * mass * bundle.mass;
            });
        }
        shares
    });
    let end = law.ends(longest)[0];
    norms
        .iter()
        .enumerate()
        .map(|(i, &norm)| {
            let rows = Rows::new(Coordinate::Kernel { norm, kappa }, [-end, end], across);
            let masses = halves(&rows.faces(), |c| law.output_beyond(c));
            (rows.slice.clone(), product(grid, &rows, &masses, |column| by_column[column][i].max(0.0)))
        })
        .collect()
}

fn adaptive(grid: &Grid, law: &DrawnLaw, slices: usize, kappa: f64, across: usize) -> Filled {
    let end = law.ends(law.norms()[0])[1];
    let rows = |c| Rows::new(Coordinate::Adaptive { c, kappa }, [0.0, end], across / 2);
    let faces = rows(1.0).faces();
    let by_column: Vec<Vec<f64>> = columns(grid, |between| {
        let mut masses = vec![0.0; faces.len() - 1];
        for bundle in law.bundles(between[0], between[1]) {
            let beyond: Vec<f64> = faces.iter().map(|&w| law.length_beyond(bundle, w)).collect();
            masses
                .iter_mut()
                .zip(beyond.windows(2))
                .for_each(|(mass, ends)| *mass += bundle.mass * (ends[0] - ends[1]));
            *masses.last_mut().expect("rows") += bundle.mass * beyond[beyond.len() - 1];
        }
        masses
    });
    law.outputs(slices)
        .into_iter()
        .flat_map(|[c, weight]| [[c, weight], [-c, weight]])
        .map(|[c, weight]| {
            let rows = rows(c);
            let mut cells = rows.cells(grid);
            for (column, masses) in by_column.iter().enumerate() {
                for (i, mass) in masses.iter().enumerate() {
                    cells[rows.place(grid, column, i)] = 0.5 * weight * mass;
                }
            }
            (rows.slice, cells)
        })
        .collect()
}

/// The slices with `c^2 < abs(w)^2` (`inner`), or the others.
fn lifted(grid: &Grid, law: &DrawnLaw, slices: usize, (flow, inner): (Flow, bool), across: usize) -> Filled {
    let kappa = flow.kappa();
    let longest = law.norms()[0];
    let [c_end, w_end] = law.ends(longest);
    let least = LEAST * (law.mean_output().powi(2) + law.mean_length(longest).powi(2));
    let most = (if inner { w_end } else { c_end }).powi(2).max(2.0 * least);
    let sizes: Vec<f64> =
        (0..slices).map(|i| least * libm::pow(most / least, i as f64 / (slices - 1) as f64)).collect();
    let family = Family { law, inner, edges: sizes.iter().map(|size| size.sqrt()).collect(), sizes };
    let coordinate = |size: f64, sign: f64| match inner {
        true => Coordinate::Negative { delta: -size, kappa },
        false => Coordinate::Positive { delta: size, sign, kappa },
    };
    // `q >= 0`: the rows of c < 0 have the same masses.
    let rows = Rows::new(
        coordinate(1.0, 1.0),
        [if inner { -REACH } else { 0.0 }, REACH],
        if inner { across } else { across / 2 },
    );
    let upper: Vec<f64> = rows.faces().into_iter().filter(|&q| q >= 0.0).collect();
    let by_column = family.masses(grid, &upper);
    let signs: &[f64] = if inner { &[1.0] } else { &[1.0, -1.0] };
    let mut filled = vec![];
    for (i, &size) in family.sizes.iter().enumerate() {
        for &sign in signs {
            let slice =
                Slice::new(coordinate(size, sign), rows.slice.first, rows.slice.blocks, rows.slice.width);
            let rows = Rows { slice, ..rows };
            let mut cells = rows.cells(grid);
            let zero = rows.faces().len() - upper.len();
            for (column, masses) in by_column.iter().enumerate() {
                for (row, mass) in masses[i].iter().enumerate() {
                    cells[rows.place(grid, column, zero + row)] = *mass;
                    if inner {
                        cells[rows.place(grid, column, zero - 1 - row)] = *mass;
                    }
                }
            }
            filled.push((rows.slice, cells));
        }
    }
    filled
}

/// Neurons with one sign of `c^2 - abs(w)^2`, in slices.
struct Family<'a> {
    law: &'a DrawnLaw,
    /// Whether `c^2 < abs(w)^2`.
    inner: bool,
    /// `p` of the slices.
    sizes: Vec<f64>,
    /// Their roots.
    edges: Vec<f64>,
}

impl Family<'_> {
    /// Masses of neurons with one sign of `c`, `[column][slice][row]`.
    ///
    /// * `faces`: of the rows, ascending from 0.
    fn masses(&self, grid: &Grid, faces: &[f64]) -> Vec<Vec<Vec<f64>>> {
        let one = |norm: f64| self.of_norm(norm, faces);
        // Directions of one norm share what they have.
        let [longest, shortest] = self.law.norms();
        let shared = (longest == shortest && self.law.bundles(0.0, 0.1).len() == 1).then(|| one(longest));
        columns(grid, |between| {
            let mut total = vec![vec![0.0; faces.len() - 1]; self.sizes.len()];
            for bundle in self.law.bundles(between[0], between[1]) {
                let own;
                let masses = match &shared {
                    Some(shared) => shared,
                    None => {
                        own = one(bundle.norm);
                        &own
                    }
                };
                for (total, masses) in total.iter_mut().zip(masses) {
                    total.iter_mut().zip(masses).for_each(|(total, mass)| *total += bundle.mass * mass);
                }
                self.add_atom(bundle, faces, &mut total);
            }
            total
        })
    }

    /// The ray `q`.
    fn ray(&self, q: f64) -> Ray {
        match self.inner {
            true => Ray { c: libm::sinh(q), w: libm::cosh(q) },
            false => Ray { c: libm::cosh(q), w: libm::sinh(q) },
        }
    }

    /// Masses of directions with one factor before the radius, per mass of them.
    fn of_norm(&self, norm: f64, faces: &[f64]) -> Vec<Vec<f64>> {
        let mut masses = vec![vec![0.0; faces.len() - 1]; self.sizes.len()];
        let [c_end, w_end] = self.law.ends(norm);
        // Where the end of rays passes from one bound to the other.
        let ratio = if self.inner { c_end / w_end } else { w_end / c_end };
        let kink = libm::atanh(ratio.min(1.0));
        let (z, w) = gauss_legendre(NODES);
        for (row, pair) in faces.windows(2).enumerate() {
            let cut = kink.clamp(pair[0], pair[1]);
            for [from, to] in [[pair[0], cut], [cut, pair[1]]] {
                if to - from <= 0.0 {
                    continue;
                }
                for (z, w) in z.iter().zip(&w) {
                    let (q, weight) = (0.5 * (from + to) + 0.5 * z * (to - from), 0.5 * w * (to - from));
                    self.law.on_ray(norm, self.ray(q), &self.edges, |s, mass| {
                        self.put(&mut masses, row, s * s, weight * mass);
                    });
                }
            }
        }
        masses
    }

    /// A bundle of which all neurons have one `c` and one `abs(w)`.
    fn add_atom(&self, bundle: Bundle, faces: &[f64], masses: &mut [Vec<f64>]) {
        let Some([c, w]) = self.law.atom(bundle).filter(|[c, w]| (c < w) == self.inner) else { return };
        let ratio = if self.inner { c / w } else { w / c };
        let row = faces.partition_point(|&q| q <= libm::atanh(ratio)).saturating_sub(1).min(faces.len() - 2);
        self.put(masses, row, ((c - w) * (c + w)).abs(), 0.5 * bundle.mass);
    }

    /// Puts mass on the slices beside `p`.
    fn put(&self, masses: &mut [Vec<f64>], row: usize, p: f64, mass: f64) {
        if p < self.sizes[0] {
            let share = p / self.sizes[0];
            masses[0][row] += share * mass;
            masses[0][0] += (1.0 - share) * mass;
        } else {
            let (below, share) = beside(&self.sizes, p);
            masses[below][row] += (1.0 - share) * mass;
            masses[below + 1][row] += share * mass;
        }
    }
}

/// The node below a number and the share of the next, so that the mean is that number; the first or last pair goes on
/// beyond the ends.
fn beside(nodes: &[f64], value: f64) -> (usize, f64) {
    let below = nodes.partition_point(|&node| node <= value).saturating_sub(1).min(nodes.len() - 2);
    (below, (value - nodes[below]) / (nodes[below + 1] - nodes[below]))
}

/// Half of what lies between neighbouring faces, which are symmetric, of a number of either sign.
fn halves(faces: &[f64], beyond: impl Fn(f64) -> f64) -> Vec<f64> {
    let last = faces.len() - 1;
    let tail = |i: usize| if i == 0 || i == last { 0.0 } else { beyond(faces[i].abs()) };
    let below = |i: usize| if faces[i] <= 0.0 { 0.5 * tail(i) } else { 1.0 - 0.5 * tail(i) };
    (0..last)
        .map(|i| match faces[i] >= 0.0 {
            // From the tail, in which nothing cancels.
            true => 0.5 * (beyond(faces[i]) - tail(i + 1)),
            false => below(i + 1) - below(i),
        })
        .collect()
}

fn product(grid: &Grid, rows: &Rows, masses: &[f64], share: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut cells = rows.cells(grid);
    for column in 0..grid.columns() {
        let share = share(column);
        masses.iter().enumerate().for_each(|(i, mass)| cells[rows.place(grid, column, i)] = share * mass);
    }
    cells
}

fn columns<T: Send>(grid: &Grid, of: impl Fn([f64; 2]) -> T + Sync) -> Vec<T> {
    grid.faces().par_windows(2).map(|pair| of([pair[0], pair[1]])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::slice::weight;
    use super::*;
    use crate::flow::density::parabola::LANES;
    use crate::problem::{LawKind, OutputLaw, Regions, Samples};

    /// Mass (beyond the reach is `exp(-18)`), and `E |w|^2` and `E c^2` of what moves, by the weights of the rows: `M = kappa^2 (w w^T + c^2 1)`.
    #[test]
    fn masses_have_the_moments_of_the_law_whatever_the_slices() {
        let samples = Samples::new(&[-1.0, 0.2, 0.3], &[0.0; 3]).unwrap();
        let grid = Grid::new(&Regions::new(&samples), 48);
        let boxed = |c| LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c };
        let kinds = [
            LawKind::Normal,
            LawKind::Pytorch,
            boxed(OutputLaw::Normal),
            boxed(OutputLaw::Sign),
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform },
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Sign },
        ];
        for kind in kinds {
            let law = DrawnLaw { kind, hidden_scale: 0.7, output_scale: 1.3 };
            let cc = law.mean_output().powi(2);
            let ww = {
                let faces = grid.faces();
                let all = faces.windows(2).flat_map(|pair| law.bundles(pair[0], pair[1]));
                all.map(|bundle| bundle.mass * law.mean_length(bundle.norm).powi(2)).sum::<f64>()
            };
            let k = 1.5;
            let flows = [
                (Flow::Lifted { kappa: k, decay: 0.0 }, ww + 2.0 * cc),
                (Flow::Kernel { kappa: k, decay: 0.0 }, ww),
                (Flow::Adaptive { kappa: k, decay: 0.0 }, 2.0 * cc),
            ];
            for (flow, expected) in flows {
                for slices in [2, 3, 9] {
                    let (mut mass, mut trace) = (0.0, 0.0);
                    for (slice, cells) in fill(&grid, &law, slices, flow, 256) {
                        for (i, cell) in cells.as_chunks::<LANES>().0.iter().enumerate() {
                            let weights = &slice.weights[i / grid.all()];
                            for lane in 0..LANES {
                                assert!(cell[lane] >= 0.0, "{kind:?} {flow:?}");
                                mass += cell[lane];
                                trace += cell[lane]
                                    * (weights[weight::RADIAL][lane] + weights[weight::ANGULAR][lane]);
                            }
                        }
                    }
                    // Atoms are put into rows as a whole, and lines of them are cut by rows.
                    let bound = match flow {
                        Flow::Lifted { .. }
                            if kind == LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Sign } =>
                        {
                            1e-2
                        }
                        Flow::Lifted { .. } => 1e-4,
                        _ => 1e-9,
                    };
                    let error = (trace / (k * k * expected) - 1.0).abs();
                    assert!((mass - 1.0).abs() < 2e-6, "{kind:?} {flow:?} {slices}: mass {mass}");
                    assert!(error < bound, "{kind:?} {flow:?} {slices}: {error:e}");
                }
            }
        }
    }
}
