//! The checks of a whole run file.

use crate::run::{Check, Checker, Columns};

use super::error::IoError;
use super::particles::Particles;
use super::reader::RunFile;

impl RunFile {
    /// Goes through all snapshots and steps, and recomputes what can be recomputed: every law with
    /// its worst violation. Laws that need all particles are checked at every snapshot if the file
    /// stores all of them, else at the last one, from the checkpoint.
    ///
    /// # Errors
    /// Reading fails.
    pub fn checks(&self) -> Result<Vec<Check>, IoError> {
        let description = self.description()?;
        let checkpoint = self.checkpoint().ok();
        let mut checker = Checker::new(&description);
        if let Some(state) = &checkpoint {
            checker = checker.with_checkpoint(state);
        }
        // The checkpoint has all particles of the last snapshot, in full precision.
        let last = self.len().checked_sub(1).map(|index| self.time(index)).transpose()?;
        let state = checkpoint.filter(|state| Some(state.time) == last);
        let saved = state.as_ref().and_then(|state| Particles::of_state(state, description.flow.kappa()));
        for index in 0..self.len() {
            let stored = self.particles(index)?;
            let saved = saved.as_ref().filter(|_| index + 1 == self.len());
            checker.snapshot(self.snapshot(index)?, stored.as_ref().map(columns), saved.map(columns));
            if let Some(densities) = self.densities(index)? {
                checker.densities(&densities);
            }
        }
        for first in (0..self.step_len()).step_by(self.sets().layout.step_batch()) {
            let (numbers, steps) =
                self.step_batch(first, self.sets().layout.step_batch().min(self.step_len() - first))?;
            checker.steps(&numbers, &steps);
        }
        Ok(checker.finish(self.has_all_steps(), state.as_ref(), saved.as_ref().map(columns)))
    }
}

fn columns(p: &Particles) -> Columns<'_> {
    Columns { index: &p.index, r: &p.r, theta: &p.theta, c: &p.c, a: &p.a, b: &p.b, place: &p.place }
}
