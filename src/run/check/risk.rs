//! The risk of a snapshot, once more from its particles.

use crate::math::norm::{ratio, worst};
use crate::problem::{Risk, add_bias, function_values};
use crate::run::Snapshot;

use super::Checker;
use super::columns::Columns;
use super::table::Law;

impl Checker<'_> {
    /// The stored distances to the truth against those of the function that all particles make, relative to the terms
    /// whose sum it is where it is largest: neurons that are dead at all samples may be active beyond them.
    pub(super) fn risk(&mut self, snapshot: &Snapshot, p: &Columns<'_>) {
        let Some(truth) = &self.description.truth else { return };
        let mut f = function_values(truth.x(), p.r, p.theta, &self.description.mass);
        add_bias(&mut f, snapshot.output_bias);
        // Where the truth is not known there is none, neither here nor there.
        let off = |stored: f64, found: f64| {
            if stored.is_nan() && found.is_nan() { 0.0 } else { (stored - found).abs() }
        };
        let risks = |[inside, outside]: [Risk; 2]| inside.values().into_iter().chain(outside.values());
        let error = snapshot.risk.map_or(f64::INFINITY, |stored| {
            worst(risks(stored).zip(risks(truth.risks(&f))).map(|(stored, found)| off(stored, found)))
        });
        let sizes: Vec<f64> = p.r.iter().map(|r| r.abs()).collect();
        let terms = function_values(truth.x(), &sizes, p.theta, &self.description.mass);
        let unit = worst(terms) + snapshot.output_bias.abs();
        self.note(Law::Risk, ratio(error, unit.max(f64::MIN_POSITIVE)), snapshot.time);
    }
}
