//! The function of a snapshot and its distances to the truth, once more from its particles.

use crate::math::norm::{ratio, worst};
use crate::problem::{Risk, add_bias, function_values};
use crate::run::Snapshot;

use super::Checker;
use super::columns::Columns;
use super::table::Law;

impl Checker<'_> {
    /// What is stored of the function against what all particles make, relative to the terms whose sum it is where it is
    /// largest: neurons that are dead at all samples may be active beyond them.
    pub(super) fn function(&mut self, snapshot: &Snapshot, p: &Columns<'_>) {
        let summed = |points: &[f64]| {
            let mass = &self.description.mass;
            let mut f = function_values(points, p.r, p.theta, mass);
            add_bias(&mut f, snapshot.output_bias);
            let sizes: Vec<f64> = p.r.iter().map(|r| r.abs()).collect();
            let unit = worst(function_values(points, &sizes, p.theta, mass)) + snapshot.output_bias.abs();
            (f, unit.max(f64::MIN_POSITIVE))
        };
        let of_grid = (self.description.output.function > 0).then(|| {
            let (f, unit) = summed(&self.description.grid());
            let stored = snapshot.function.as_ref().filter(|stored| stored.len() == f.len());
            let error = stored.map_or(f64::INFINITY, |stored| {
                worst(stored.iter().zip(&f).map(|(stored, found)| (stored - found).abs()))
            });
            ratio(error, unit)
        });
        let of_truth = self.description.truth.as_ref().map(|truth| {
            let (f, unit) = summed(truth.x());
            // Where the truth is not known there is none, neither here nor there.
            let off = |stored: f64, found: f64| {
                if stored.is_nan() && found.is_nan() { 0.0 } else { (stored - found).abs() }
            };
            let risks = |[inside, outside]: [Risk; 2]| inside.values().into_iter().chain(outside.values());
            let error = snapshot.risk.map_or(f64::INFINITY, |stored| {
                worst(risks(stored).zip(risks(truth.risks(&f))).map(|(stored, found)| off(stored, found)))
            });
            ratio(error, unit)
        });
        for (law, error) in [(Law::Function, of_grid), (Law::Risk, of_truth)] {
            if let Some(error) = error {
                self.note(law, error, snapshot.time);
            }
        }
    }
}
