//! Sums over samples, each by its definition in section 4 and with what cancels in it.

use crate::flow::Vec2;
use crate::math::sum::Sum;
use crate::problem::Samples;

/// `g_k = Sum_{j active in k} n_j rho_j xt_j` and the sums of the sizes of its terms, per region.
pub(super) struct Field {
    pub g: Vec<Vec2>,
    /// `Sum_{j active in k} n_j |rho_j| |xt_j|`.
    pub size: Vec<f64>,
}

impl Field {
    /// Of these residuals, by running sums: the samples `j >= s-k` of region `k <= s`, and the
    /// samples `j < 2s-k` of region `k > s`.
    pub fn new(samples: &Samples, rho: &[f64]) -> Field {
        let s = samples.len();
        let mut field = Field { g: vec![[0.0; 2]; 2 * s], size: vec![0.0; 2 * s] };
        let mut right = Running::default();
        for k in 1..=s {
            right.add(samples, rho, s - k);
            (field.g[k], field.size[k]) = right.value();
        }
        let mut left = Running::default();
        for k in (s + 1..2 * s).rev() {
            left.add(samples, rho, 2 * s - 1 - k);
            (field.g[k], field.size[k]) = left.value();
        }
        field
    }
}

#[derive(Default)]
struct Running {
    g: [Sum; 2],
    size: f64,
}

impl Running {
    fn add(&mut self, samples: &Samples, rho: &[f64], j: usize) {
        let (x, weighted) = (samples.x()[j], samples.weight()[j] * rho[j]);
        self.g[0].add(weighted * x);
        self.g[1].add(weighted);
        self.size += weighted.abs() * libm::hypot(x, 1.0);
    }

    fn value(&self) -> (Vec2, f64) {
        (self.g.map(|sum| sum.value()), self.size)
    }
}

/// `Sum_{k: j active} v_k` for every sample, of vectors given as sums: the regions `s-j ..= 2s-1-j`.
pub(super) fn over_active<const N: usize>(samples: usize, v: &[[Sum; N]]) -> Vec<[f64; N]> {
    let s = samples;
    let mut total = vec![[Sum::default(); N]; s];
    let mut right = [Sum::default(); N];
    for j in 0..s {
        merge(&mut right, &v[s - j]);
        merge(&mut total[j], &right);
    }
    let mut left = [Sum::default(); N];
    for j in (0..s - 1).rev() {
        merge(&mut left, &v[2 * s - 1 - j]);
        merge(&mut total[j], &left);
    }
    total.into_iter().map(|sums| sums.map(|sum| sum.value())).collect()
}

fn merge<const N: usize>(sum: &mut [Sum; N], part: &[Sum; N]) {
    sum.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Regions;

    #[test]
    fn both_are_sums_over_the_active() {
        let samples = Samples::new(&[-2.0, 0.5, 0.5, 3.0], &[0.0; 4]).unwrap();
        let (regions, rho) = (Regions::new(&samples), [1.0, -2.0, 0.25]);
        let field = Field::new(&samples, &rho);
        let v: Vec<[Sum; 1]> = (0..6)
            .map(|k| {
                let mut sum = Sum::default();
                sum.add(f64::from(k) + 1.0);
                [sum]
            })
            .collect();
        let found = over_active(3, &v);
        let mut expected = [0.0; 3];
        for k in 0..6 {
            let (mut g, mut size) = ([0.0; 2], 0.0);
            for j in regions.active(k) {
                let weighted = samples.weight()[j] * rho[j];
                g = [g[0] + weighted * samples.x()[j], g[1] + weighted];
                size += weighted.abs() * samples.x()[j].hypot(1.0);
                expected[j] += k as f64 + 1.0;
            }
            assert!((field.g[k][0] - g[0]).abs() < 1e-14 && (field.g[k][1] - g[1]).abs() < 1e-14, "{k}");
            assert!((field.size[k] - size).abs() < 1e-14, "{k}");
        }
        assert_eq!(found.iter().map(|v| v[0]).collect::<Vec<_>>(), expected);
    }
}
