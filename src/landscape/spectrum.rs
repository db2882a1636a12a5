//! The whole spectrum of the Hessian, by the reduction of section 19.
//!
//! In mean-field units the Hessian of `m L` over the parameters that train is
//!
//! ```text
//! H = (+)_i B_i + kappa^2 Sum_j n_j u_j u_j^T
//! free neuron i of region k:   B_i = [[0, g_k^T], [g_k, 0]],   u_j = sqrt(mass_i) (<xt_j, w_i>, c_i xt_j), j active in k
//! pinned neuron on line b:     B_i = [[0, <g,d>], [<g,d>, 0]] in (c, l),   u_j = sqrt(mass_i) <xt_j, d> (l_i, c_i)
//! ```
//!
//! `B_i` has the eigenvectors `(1, +-g/|g|) / sqrt 2` and `(0, t)`, with `t` across `g`. Of all neurons of a region, `u_j`
//! reaches only two vectors of each of the first two eigenspaces and one of the third, the components of
//!
//! ```text
//! sqrt(mass_i) (w_i +- c_i g/|g|) / sqrt 2,     sqrt(mass_i) c_i
//! ```
//!
//! so that all eigenvalues but `5 (2 s - 1) + 2 * 2 s` are `+|g_k|`, `-|g_k|`, `0`, `+-<g,d>`, and the others are those of one
//! symmetric matrix, which needs nothing but second moments. Activation patterns are held: on its kinks, for
//! neurons pinned to a sample, the loss has no second derivative but along the line.
//!
//! An output bias that moves is one more parameter, `b / sqrt(rate)` in the units of the others: `B = 0`, `u_j = sqrt(rate)`.

use ndarray::Array2;
use ndarray_linalg::error::LinalgError;
use ndarray_linalg::{EigValsh, Eigh, UPLO};

use crate::flow::{Layers, Vec2};
use crate::problem::{Regions, Samples};

use super::second_moments::{Moments, SecondMoments};

/// Where neurons are that share their part of the Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Free in a region; region 0 is the dead one.
    Region(usize),
    /// Pinned on a boundary.
    Line(usize),
}

/// An eigenvalue that many neurons share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bulk {
    /// Of which neurons.
    pub site: Site,
    /// The eigenvalue.
    pub value: f64,
    /// How often it occurs besides the others.
    pub multiplicity: usize,
    /// The mass of the neurons.
    pub mass: f64,
}

/// All eigenvalues of the Hessian of `m L`.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Eigenvalues of which the eigenvectors move no value of `f` at a sample.
    pub bulk: Vec<Bulk>,
    /// The others, ascending.
    pub others: Vec<f64>,
    /// For each of the others, if asked for: by how much a unit step along the eigenvector moves `f` at the samples.
    pub directions: Vec<Vec<f64>>,
}

/// What trains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trained {
    /// Of the neurons.
    pub layers: Layers,
    /// The rate of the output bias; 0 where there is none, or a fixed one.
    pub output_bias_rate: f64,
}

/// A row of the reduced matrix: its diagonal entry, and `u_j` along it for the active samples.
struct Row {
    value: f64,
    along: Vec<f64>,
}

impl Spectrum {
    /// * `g`: of each region, with `kappa`.
    /// * `trained`: which parameters train.
    /// * `directions`: whether the directions are wanted.
    ///
    /// # Errors
    /// LAPACK fails, which it does for what is not finite.
    pub fn new(
        samples: &Samples,
        regions: &Regions,
        moments: &SecondMoments,
        g: &[Vec2],
        kappa: f64,
        trained: Trained,
        directions: bool,
    ) -> Result<Spectrum, LinalgError> {
        let Trained { layers, output_bias_rate } = trained;
        let mut builder = Builder { samples, regions, kappa, layers, bulk: vec![], rows: vec![] };
        for (k, region) in moments.region.iter().enumerate().filter(|(_, region)| region.count > 0) {
            builder.add_region(k, region, g[k]);
        }
        for (b, line) in moments.line.iter().enumerate().filter(|(_, line)| line.count > 0) {
            builder.add_line(b, line, g[regions.inactive_side(b)]);
        }
        let Builder { mut bulk, mut rows, .. } = builder;
        if output_bias_rate > 0.0 {
            rows.push(Row { value: 0.0, along: vec![output_bias_rate.sqrt(); samples.len()] });
        }
        bulk.retain(|line| line.multiplicity > 0);
        if rows.is_empty() {
            return Ok(Spectrum { bulk, others: vec![], directions: vec![] });
        }
        let root: Vec<f64> = samples.weight().iter().map(|n| n.sqrt()).collect();
        let coupling =
            Array2::from_shape_fn((rows.len(), samples.len()), |(i, j)| rows[i].along[j] * root[j]);
        let mut reduced = coupling.dot(&coupling.t());
        for (i, row) in rows.iter().enumerate() {
            reduced[[i, i]] += row.value;
        }
        if !directions {
            return Ok(Spectrum {
                bulk,
                others: reduced.eigvalsh(UPLO::Lower)?.to_vec(),
                directions: vec![],
            });
        }
        let (others, vectors) = reduced.eigh(UPLO::Lower)?;
        let moved = coupling.t().dot(&vectors);
        let directions = (0..others.len())
            .map(|k| (0..samples.len()).map(|j| moved[[j, k]] / root[j]).collect())
            .collect();
        Ok(Spectrum { bulk, others: others.to_vec(), directions })
    }

    /// Every eigenvalue as often as it occurs, ascending.
    pub fn all(&self) -> Vec<f64> {
        let bulk = self.bulk.iter().flat_map(|line| std::iter::repeat_n(line.value, line.multiplicity));
        let mut all: Vec<f64> = bulk.chain(self.others.iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// How many eigenvalues there are.
    pub fn len(&self) -> usize {
        self.others.len() + self.bulk.iter().map(|line| line.multiplicity).sum::<usize>()
    }

    /// Whether nothing trains.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Least and largest eigenvalue; zeros of none.
    pub fn range(&self) -> [f64; 2] {
        let values = || self.bulk.iter().map(|line| line.value).chain(self.others.iter().copied());
        if self.is_empty() {
            return [0.0; 2];
        }
        [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)]
    }

    /// The least eigenvalue above `zero`, if there is one.
    pub fn least_positive(&self, zero: f64) -> Option<f64> {
        let values = self.bulk.iter().map(|line| line.value).chain(self.others.iter().copied());
        values.filter(|value| *value > zero).min_by(f64::total_cmp)
    }

    /// How many eigenvalues are below `-zero`, within, and above.
    pub fn signs(&self, zero: f64) -> [usize; 3] {
        let mut counts = [0; 3];
        let mut add = |value: f64, times: usize| {
            counts[if value < -zero { 0 } else { 1 + usize::from(value > zero) }] += times;
        };
        self.bulk.iter().for_each(|line| add(line.value, line.multiplicity));
        self.others.iter().for_each(|value| add(*value, 1));
        counts
    }
}

struct Builder<'a> {
    samples: &'a Samples,
    regions: &'a Regions,
    kappa: f64,
    layers: Layers,
    bulk: Vec<Bulk>,
    rows: Vec<Row>,
}

impl Builder<'_> {
    /// An eigenvalue of every neuron of a site: `reached` says along how many vectors, the rest is bulk.
    fn add(&mut self, site: Site, moments: &Moments, value: f64, all: usize, rows: Vec<Vec<f64>>) {
        let (multiplicity, mass) = (all - rows.len(), moments.mass);
        self.bulk.push(Bulk { site, value, multiplicity, mass });
        self.rows.extend(rows.into_iter().map(|along| Row { value, along }));
    }

    fn add_region(&mut self, k: usize, moments: &Moments, g: Vec2) {
        let (site, count) = (Site::Region(k), moments.count);
        let [xx, xy, yy] = moments.ww;
        if k == 0 {
            let trained = usize::from(self.layers.output()) + 2 * usize::from(self.layers.hidden());
            return self.add(site, moments, 0.0, trained * count, vec![]);
        }
        match self.layers {
            Layers::Output => {
                let rows = self.factor(k, [xx, xy, yy], count);
                self.add(site, moments, 0.0, count, rows);
            }
            Layers::Hidden => {
                // c along either axis: two vectors, of one neuron as well.
                let rows = self.factor(k, [moments.cc, 0.0, moments.cc], 2);
                self.add(site, moments, 0.0, 2 * count, rows);
            }
            Layers::Both => {
                let size = g[0].hypot(g[1]);
                let u = if size > 0.0 { [g[0] / size, g[1] / size] } else { [1.0, 0.0] };
                for sign in [1.0, -1.0] {
                    // Half the moments of w + sign c u.
                    let ([cx, cy], cc) = (moments.cw.map(|cw| sign * cw), moments.cc);
                    let half = [
                        0.5 * (xx + 2.0 * cx * u[0] + cc * u[0] * u[0]),
                        0.5 * (xy + cx * u[1] + cy * u[0] + cc * u[0] * u[1]),
                        0.5 * (yy + 2.0 * cy * u[1] + cc * u[1] * u[1]),
                    ];
                    let rows = self.factor(k, half, count);
                    self.add(site, moments, sign * size, count, rows);
                }
                let across = moments.cc.sqrt();
                let rows = self.rows_of(k, vec![[-across * u[1], across * u[0]]]);
                self.add(site, moments, 0.0, count, rows);
            }
        }
    }

    fn add_line(&mut self, b: usize, moments: &Moments, g: Vec2) {
        let (site, count, d) = (Site::Line(b), moments.count, self.regions.direction(b));
        // Active on both sides of the line: its own sample adds nothing on it.
        let k = self.regions.inactive_side(b);
        let row = |size: f64| [size * d[0], size * d[1]];
        let (ll, cl, cc) = (moments.ww[0], moments.cw[0], moments.cc);
        match self.layers {
            Layers::Output | Layers::Hidden => {
                let square = if self.layers == Layers::Output { ll } else { cc };
                let rows = self.rows_of(k, vec![row(square.sqrt())]);
                self.add(site, moments, 0.0, count, rows);
            }
            Layers::Both => {
                let pull = g[0] * d[0] + g[1] * d[1];
                for sign in [1.0, -1.0] {
                    let square = 0.5 * (ll + sign * 2.0 * cl + cc);
                    let rows = self.rows_of(k, vec![row(square.max(0.0).sqrt())]);
                    self.add(site, moments, sign * pull, count, rows);
                }
            }
        }
    }

    /// Rows `R xt_j` with `R^T R` a matrix of moments (xx, xy, yy): at most as many as there are vectors.
    fn factor(&self, k: usize, [xx, xy, yy]: [f64; 3], vectors: usize) -> Vec<Vec<f64>> {
        // From the larger entry: what is left of the other is not negative but for rounding.
        let (first, second) = match xx >= yy {
            _ if xx.max(yy) <= 0.0 => ([0.0; 2], [0.0; 2]),
            true => ([xx.sqrt(), xy / xx.sqrt()], [0.0, (yy - xy * xy / xx).max(0.0).sqrt()]),
            false => ([xy / yy.sqrt(), yy.sqrt()], [(xx - xy * xy / yy).max(0.0).sqrt(), 0.0]),
        };
        self.rows_of(k, if vectors < 2 { vec![first] } else { vec![first, second] })
    }

    /// `kappa <row, xt_j>` of the samples that are active in region `k`.
    fn rows_of(&self, k: usize, rows: Vec<Vec2>) -> Vec<Vec<f64>> {
        let (x, active) = (self.samples.x(), self.regions.active(k));
        let of = |row: Vec2| {
            let mut along = vec![0.0; x.len()];
            active.clone().for_each(|j| along[j] = self.kappa * (row[0] * x[j] + row[1]));
            along
        };
        rows.into_iter().map(of).collect()
    }
}
