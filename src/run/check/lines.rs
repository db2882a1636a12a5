//! What the field holds on a boundary is not released (sections 6 and 15): of the lines of a density.

use crate::flow::tangent_kernel::trace;
use crate::flow::{Densities, Invariants, add_rate};
use crate::run::{Description, Snapshot};

use super::Checker;
use super::line_masses::Lines;
use super::releases::{Bounds, Interval};
use super::table::Law;

impl Checker<'_> {
    /// Takes in the densities of the snapshot that was checked last.
    pub fn densities(&mut self, densities: &Densities) {
        let Description { samples, density, flow, output, tolerance, .. } = self.description;
        let (Some(grid), Some(invariants), Some(now)) = (density, &self.invariants, &self.previous) else {
            return;
        };
        let faces = grid.amplitude_faces();
        let height = faces[1] - faces[0];
        let mass = densities.line_density.iter().map(|density| density * height).collect();
        let mut lines = Lines { mass, faces, trace: 0.0 };
        lines.trace = self.largest_trace(now, &lines, invariants);
        if let Some((before, held)) = &self.lines {
            let interval = Interval {
                samples,
                regions: &self.regions,
                flow,
                before,
                now,
                trace: [held.trace, lines.trace],
                eps: tolerance * self.scale,
            };
            let digits = if output.single_precision { 1e-6 } else { 1e-12 };
            let released = released(&Bounds::new(&interval), held, now, invariants, digits);
            self.table.note(Law::Held, released, now.time);
        }
        self.lines = Some((now.clone(), lines));
    }

    /// `tr(K_t N)`, with the largest weights that pinned neurons may have.
    fn largest_trace(&self, snapshot: &Snapshot, lines: &Lines, invariants: &Invariants) -> f64 {
        let regions = &self.regions;
        let mut sigma: Vec<[f64; 3]> = (0..regions.boundaries())
            .map(|k| std::array::from_fn(|i| snapshot.region_covariance[[k, i]]))
            .collect();
        let weights: Vec<f64> =
            (0..lines.rows()).map(|row| invariants.largest_weight(lines.middle(row))).collect();
        for b in 0..regions.boundaries() {
            let held = &lines.mass[b * lines.rows()..(b + 1) * lines.rows()];
            let weight: f64 = held.iter().zip(&weights).map(|(mass, weight)| mass * weight).sum();
            let ([x, y], sum) = (regions.direction(b), &mut sigma[regions.inactive_side(b)]);
            *sum = [sum[0] + weight * x * x, sum[1] + weight * x * y, sum[2] + weight * y * y];
        }
        add_rate(&mut sigma, self.description.output_bias.rate);
        trace(&self.description.samples, &sigma)
    }
}

/// Mass that is not on its boundary any more and cannot have been released: lines of either sign whose boundary held
/// them all the time have at least what was there beyond the amplitudes that may have changed their sign.
fn released(bounds: &Bounds<'_>, held: &Lines, now: &Snapshot, invariants: &Invariants, digits: f64) -> f64 {
    let mut most: f64 = 0.0;
    for ((b, side), &pinned) in now.pinned_mass.indexed_iter() {
        let sign = if side == 0 { 1.0 } else { -1.0 };
        let safe = held.beyond(b, sign, invariants.keep_sign_beyond(bounds.pull(b)));
        if safe * (1.0 - digits) > pinned && bounds.hold(b, sign) {
            most += safe - pinned;
        }
    }
    most
}
