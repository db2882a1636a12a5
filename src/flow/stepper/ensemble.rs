//! The particles of a run, whichever kind its flow moves.

use crate::flow::canonical;
use crate::flow::error::FlowError;
use crate::flow::events::Tally;
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::push::Push;
use crate::flow::response::Turning;
use crate::flow::state::State;
use crate::flow::{Flow, lifted};
use crate::problem::{Regions, Samples, Start};

/// Canonical particles or neurons, at the end of an attempted step.
pub(super) enum Ensemble {
    /// Particles `(r, theta)`.
    Canonical(canonical::Ensemble),
    /// Neurons `(c, w)`.
    Lifted(Box<lifted::Ensemble>),
}

impl Ensemble {
    /// Fills the particles of a state at the start of a run; returns the mass whose start was
    /// ambiguous.
    pub(super) fn start(
        samples: &Samples,
        regions: &Regions,
        start: Start,
        flow: Flow,
        margins: impl Fn(&[f64]) -> Margins,
        state: &mut State,
    ) -> Result<f64, FlowError> {
        let refuse = |found, expected| Err(FlowError::Start { flow: flow.name(), found, expected });
        match (start, lifted::Kind::of(flow)) {
            (Start::Canonical(measure), None) => {
                let (moments, ambiguous) =
                    canonical::Ensemble::start(samples, regions, measure, flow.tv(), margins, state);
                state.moments = moments.to_flat();
                Ok(ambiguous)
            }
            (Start::Lifted(neurons), Some(kind)) => {
                Ok(lifted::Ensemble::start(samples, regions, neurons, kind, flow.kappa(), margins, state))
            }
            (Start::Canonical(_), Some(_)) => refuse("canonical particles (r, theta)", "neurons (c, a, b)"),
            (Start::Lifted(_), None) => refuse("neurons (c, a, b)", "canonical particles (r, theta)"),
        }
    }

    /// The particles of `state`, and their moments.
    pub(super) fn resume(
        samples: &Samples,
        regions: &Regions,
        flow: Flow,
        state: &State,
    ) -> Result<(Ensemble, Moments), FlowError> {
        let count = regions.boundaries();
        if let Some(kind) = lifted::Kind::of(flow) {
            let (ensemble, moments) = lifted::Ensemble::resume(samples, regions, kind, flow.kappa(), state)?;
            return Ok((Ensemble::Lifted(Box::new(ensemble)), moments));
        }
        let moments = Moments::from_flat(count, &state.moments).ok_or(FlowError::State {
            what: "moments",
            found: state.moments.len(),
            expected: Moments::zero(count).to_flat().len(),
        })?;
        Ok((Ensemble::Canonical(canonical::Ensemble::new(state)), moments))
    }

    /// Whether particles can grow like `exp(|g| t)` by themselves; not where one layer stands still.
    pub(super) fn grows(&self) -> bool {
        match self {
            Ensemble::Canonical(_) => true,
            Ensemble::Lifted(ensemble) => ensemble.grows(),
        }
    }

    /// What particles that turn back within a step add to its [`Response`](crate::flow::response::Response), if
    /// there are any. Neurons do not: boosts have no rate of their own at which directions return.
    pub(super) fn aligning(
        &self,
        samples: &Samples,
        mass: &[f64],
        state: &State,
        rho: &[f64],
        h: f64,
    ) -> Option<Vec<Turning>> {
        match self {
            Ensemble::Canonical(_) => canonical::aligning(samples, mass, state, rho, h),
            Ensemble::Lifted(_) => None,
        }
    }

    /// Pushes all particles from `state`, whose moments these are; sums and events go to `tally`.
    pub(super) fn push(
        &mut self,
        push: &Push<'_>,
        mass: &[f64],
        moments: &Moments,
        state: &State,
        tally: &mut Tally,
    ) {
        match self {
            Ensemble::Canonical(ensemble) => ensemble.push(push, mass, moments, state, tally),
            Ensemble::Lifted(ensemble) => ensemble.push(push, mass, state, tally),
        }
    }

    /// Makes the particles of the last push those of the state, `moments` theirs, and puts them into
    /// a better order in memory if enough has happened. Returns the moments anew if that changed them
    /// by rounding.
    pub(super) fn accept(
        &mut self,
        samples: &Samples,
        regions: &Regions,
        moments: &Moments,
        mass: &mut Vec<f64>,
        state: &mut State,
    ) -> Option<Moments> {
        match self {
            Ensemble::Canonical(ensemble) => {
                ensemble.accept(state);
                state.moments = moments.to_flat();
                if canonical::Ensemble::due(state) {
                    ensemble.group(state, mass, regions.boundaries());
                }
                None
            }
            Ensemble::Lifted(ensemble) => {
                let applied = ensemble.accept(state, mass, regions);
                let grouped = ensemble.group(state, mass, regions);
                (applied || grouped).then(|| ensemble.moments(samples, regions))
            }
        }
    }

    /// Puts the particles of a new run into a good order in memory, where the start has not done so.
    pub(super) fn group(&mut self, regions: &Regions, mass: &mut Vec<f64>, state: &mut State) {
        if let Ensemble::Canonical(ensemble) = self {
            ensemble.group(state, mass, regions.boundaries());
        }
    }

    /// Has frames applied after every step.
    pub(super) fn without_frames(&mut self) {
        if let Ensemble::Lifted(ensemble) = self {
            ensemble.without_frames();
        }
    }

    /// Particles looked at one by one since this was last asked; `m` in every push of canonical
    /// ones.
    pub(super) fn take_touched(&mut self, m: usize, pushes: u32) -> u64 {
        match self {
            Ensemble::Canonical(_) => m as u64 * u64::from(pushes),
            Ensemble::Lifted(ensemble) => ensemble.take_touched(),
        }
    }
}
