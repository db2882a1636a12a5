//! What the step controller needs of the particles, whatever they are.

use crate::problem::{Regions, Samples};

use super::counters::Counters;
use super::events::Tally;
use super::moments::Moments;
use super::push::Push;
use super::response::Turning;
use super::state::State;

/// A representation of the measure and what it takes to move it: masses, the order in memory, and the trial, which is
/// what the last push has made of the particles. Its columns are in the [`State`].
pub trait System: Send + Sync {
    /// Masses, in the order of memory.
    fn mass(&self) -> &[f64];

    /// Moments of the particles of a state.
    fn moments(&self, samples: &Samples, regions: &Regions, state: &State) -> Moments;

    /// Pushes all particles from a state along a path, into the trial; sums and events go to `tally`.
    fn push(&mut self, push: &Push<'_>, state: &State, tally: &mut Tally);

    /// Sets the rates in these moments of the trial to those in the field of `rho`. Rates that come from a push are for
    /// the residuals at the end of its path; where a particle relaxes fast (some were integrated implicitly) the
    /// difference counts.
    fn renew_rates(&self, _samples: &Samples, _rho: &[f64], _lambda: f64, _moments: &mut Moments) {}

    /// Makes the trial, whose moments these are, the particles of the state, and puts them into a better order in
    /// memory if enough has happened. Whether that changed the moments by rounding: then they are to be taken anew.
    fn accept(&mut self, regions: &Regions, moments: &Moments, state: &mut State) -> bool;

    /// Events of the last step that were found as it was accepted, beside those of its push.
    fn take_counted(&mut self) -> Counters {
        Counters::default()
    }

    /// Puts the particles of a new run into a good order in memory, where the start has not done so.
    fn group(&mut self, _regions: &Regions, _state: &mut State) {}

    /// Whether particles can grow like `exp(|g| t)` by themselves; not where one layer stands still.
    fn grows(&self) -> bool;

    /// Largest angle (of neurons: rapidity, by half) by which one step of the method may turn a particle.
    fn turn(&self, tolerance: f64) -> f64;

    /// Whether particles take substeps of their own, as many as their motion needs.
    fn takes_substeps(&self) -> bool {
        false
    }

    /// Whether the measure is on a grid, the error of which no shorter step takes away: the residual ODE then does not
    /// judge steps.
    fn is_on_grid(&self) -> bool {
        false
    }

    /// What particles that relax towards `-g` within a step of length `h` add to its
    /// [`Response`](super::response::Response), if there are any and one may relax by `exp(-least)`.
    fn aligning(
        &self,
        _samples: &Samples,
        _state: &State,
        _rho: &[f64],
        _h: f64,
        _least: f64,
    ) -> Option<Vec<Turning>> {
        None
    }

    /// Particles tested or integrated one by one since this was last called, in so many pushes.
    fn take_touched(&mut self, pushes: u32) -> u64;

    /// Applies frames after every step, so that every neuron is touched in each: the plain way, for comparison.
    fn without_frames(&mut self) {}
}
