//! The output bias from one snapshot to the next.

use crate::run::Snapshot;

use super::Checker;
use super::table::Law;

impl Checker<'_> {
    /// Its start, and how far it goes: as `db/dt = -rate S` takes `rate S^2` from the energy `E`, by Schwarz
    ///
    /// ```text
    /// (b(t) - b(t_0))^2 <= rate (t - t_0) (E(t_0) - E(t))
    /// ```
    pub(super) fn bias(&mut self, snapshot: &Snapshot) {
        let bias = self.description.output_bias;
        let unit = self.scale.max(bias.start.abs());
        if snapshot.step == 0 {
            self.note(Law::Bias, (snapshot.output_bias - bias.start).abs() / unit, snapshot.time);
        }
        // Finite steps come near to it only.
        let in_time = self.description.flow.descriptor().learning_rate.is_none();
        if let Some(previous) = self.previous.as_ref().filter(|_| in_time || bias.rate == 0.0) {
            let energy = |snapshot: &Snapshot| snapshot.loss + snapshot.penalty;
            let fall = (energy(previous) - energy(snapshot)).max(0.0);
            let most = (bias.rate * (snapshot.time - previous.time) * fall).sqrt();
            let way = (snapshot.output_bias - previous.output_bias).abs();
            self.note(Law::Bias, (way - most).max(0.0) / unit, snapshot.time);
        }
    }
}
