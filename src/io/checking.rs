//! The checks of a whole run file.

use crate::run::{Check, Checker, Columns};

use super::error::IoError;
use super::reader::{Particles, RunFile};

impl RunFile {
    /// Goes through all snapshots and steps, and recomputes what can be recomputed: every law with
    /// its worst violation. Laws that need all particles are checked at every snapshot if the file
    /// stores all of them, else at the last one, from the checkpoint.
    ///
    /// # Errors
    /// Reading fails.
    pub fn checks(&self) -> Result<Vec<Check>, IoError> {
        let description = self.description()?;
        let mut checker = Checker::new(&description);
        for index in 0..self.len() {
            let snapshot = self.snapshot(index)?;
            let stored = self.particles(index)?.filter(|stored| stored.index.len() == description.mass.len());
            // The checkpoint has all particles of the last snapshot, in full precision.
            let saved = match &stored {
                None if index + 1 == self.len() => self
                    .checkpoint()
                    .ok()
                    .filter(|state| state.time == snapshot.time)
                    .map(|state| Particles::of_state(&state, description.flow.kappa())),
                _ => None,
            };
            let columns = stored.as_ref().or(saved.as_ref()).map(|p| Columns {
                r: &p.r,
                theta: &p.theta,
                c: &p.c,
                a: &p.a,
                b: &p.b,
                place: &p.place,
            });
            checker.snapshot(snapshot, columns);
        }
        Ok(checker.finish(&self.steps()?))
    }
}
