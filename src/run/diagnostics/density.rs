//! Sums over the cells of a density that only snapshots need.

use crate::flow::moments::Moments;
use crate::flow::{Density, Flow, Places, Vec2};
use crate::problem::Regions;

use super::ParticleSums;

impl ParticleSums {
    /// Sums over cells in the field `g_k = Sum n rho xt`. The dissipation is made of the moments, which are more
    /// exact than sums over middles of cells:
    ///
    /// ```text
    /// Int |velocity|^2 mu = Sum_k (g_k^T Sigma_k g_k + 2 lambda <g_k, T_k>) + lambda^2 (mass with r != 0)
    /// ```
    ///
    /// * `moments`: of the same cells.
    pub fn of_density(
        density: &Density,
        moments: &Moments,
        regions: &Regions,
        g: &[Vec2],
        flow: &Flow,
    ) -> ParticleSums {
        let Places { region, pinned, stuck, at_rest, absolute } = Places::of(density, regions, *flow);
        let sigma = moments.sigma_with_pinned(regions);
        let of_loss: f64 = g
            .iter()
            .zip(&sigma)
            .map(|(g, [xx, xy, yy])| g[0] * g[0] * xx + 2.0 * g[0] * g[1] * xy + g[1] * g[1] * yy)
            .sum();
        let (lambda, signs) = (flow.tv(), moments.sign_moment(regions));
        let mixed: f64 = g.iter().zip(&signs).map(|(g, sign)| g[0] * sign[0] + g[1] * sign[1]).sum();
        // What is at rest at r = 0 has no sign.
        let dissipation = of_loss + lambda * (2.0 * mixed + lambda * (1.0 - at_rest));
        ParticleSums {
            region_mass: region,
            pinned_mass: pinned,
            stuck_mass: stuck,
            absolute,
            decay_penalty: 0.0,
            dissipation,
        }
    }
}
