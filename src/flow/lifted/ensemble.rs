//! The neurons of a run, as the step controller moves them.

use rayon::prelude::*;

use crate::flow::error::FlowError;
use crate::flow::events::Tally;
use crate::flow::field::{Vec2, gradients};
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::push::Push;
use crate::flow::state::State;
use crate::problem::{Neurons, Place, Regions, Samples};

use super::bins::{Bins, ENTRIES};
use super::displacement::Displacement;
use super::field_sign::{FieldSign, Signs};
use super::frame::Neuron;
use super::frame::{IDENTITY, Mat};
use super::kind::Kind;
use super::order::order;
use super::queue::{Candidate, integrate_all};
use super::rebase::{rebase_all, rebase_some, to_laboratory};
use super::search::find;
use super::start::{Totals, from_origin, start_of};
use super::step_tables::StepTables;
use super::sums::Sums;
use super::totals::{add_movers, moments_of};

/// A frame whose entries pass this is applied to its neurons and starts anew: every neuron that comes in
/// is rounded in frame coordinates, which costs its invariant this squared times the rounding.
const LARGEST_ENTRY: f64 = 4.0;
/// A step whose boosts may grow neurons by `exp` of this is not worth a push: rounding would leave
/// nothing of their invariants, and every integration would take thousands of substeps.
const LONGEST_RAPIDITY: f64 = 40.0;
/// Neurons are grouped anew when this share of them lies out of its bin: testing those one by one then has cost
/// about as much as grouping.
const OUT_OF_BIN_SHARE: usize = 6;

/// Neurons by bin, their frames and moments, and what the last push made of them.
pub struct Ensemble {
    kind: Kind,
    kappa: f64,
    bins: Bins,
    frames: Vec<Mat>,
    totals: Totals,
    trial: Trial,
    batches: Vec<Sums>,
    sums: Sums,
    /// Whether frames are applied after every step: the plain way, for comparison.
    plain: bool,
    /// Neurons tested since the start of the step.
    touched: u64,
}

/// What a push has found.
#[derive(Default)]
struct Trial {
    frames: Vec<Mat>,
    /// What the displacements of each frame's bins advance, and the signs of the field there.
    displacement: Vec<(Displacement, Option<Signs>)>,
    totals: Option<Totals>,
    /// The neurons that met an event, batch by batch, ascending.
    moved: Vec<Vec<Moved>>,
}

/// A neuron that met an event.
struct Moved {
    /// Where it lies in memory.
    at: u32,
    /// Where it was, and where it is at the end.
    place: [Place; 2],
    /// What it is at the end, in the frame of its place.
    z: Neuron,
}

impl Ensemble {
    /// The neurons at the start of a run, grouped by bin: fills the columns of the state and returns
    /// the mass whose start was ambiguous.
    pub fn start(
        samples: &Samples,
        regions: &Regions,
        neurons: Neurons,
        kind: Kind,
        kappa: f64,
        margins: impl Fn(&[f64]) -> Margins,
        state: &mut State,
    ) -> f64 {
        let mut mass = neurons.mass().to_vec();
        (state.c, state.w_x, state.w_y, _) = neurons.into_columns();
        state.w_y.par_iter_mut().for_each(|b| *b = -*b);
        // Where exactly a neuron on a line is counted does not matter to the residuals.
        let none = vec![[0.0; 2]; regions.boundaries()];
        Ensemble::place(regions, Kind::KERNEL, &none, &Margins::none(samples.len()), &mass, state);
        let frames = vec![IDENTITY; 2 * regions.boundaries()];
        let sum = |mass: &[f64], state: &State| {
            Totals::sum(regions, mass, &state.place, |i| [state.c[i], state.w_x[i], state.w_y[i]])
        };
        let moments = moments_of(samples, regions, kind, kappa, &frames, &sum(&mass, state));
        let mut rho = vec![0.0; samples.len()];
        moments.residual(samples, regions, &mut rho);
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(samples, &rho, &mut g);
        let ambiguous = Ensemble::place(regions, kind, &g, &margins(&rho), &mass, state);
        order(state, &mut mass, regions, &vec![FieldSign::NEW; Bins::number(regions.boundaries())]);
        state.frame = frames.concat();
        state.moments = sum(&mass, state).to_flat();
        let mut bins = Bins::grouped(regions.boundaries(), &state.room);
        bins.store(&mut state.travel, &mut state.deadline);
        ambiguous
    }

    /// Finds the places of neurons that are stored as they are, in the field `g`; returns the mass
    /// whose start is ambiguous.
    fn place(
        regions: &Regions,
        kind: Kind,
        g: &[Vec2],
        margins: &Margins,
        mass: &[f64],
        state: &mut State,
    ) -> f64 {
        state.place.resize(mass.len(), Place::DEAD);
        let origin = [1.0, -1.0].map(|sign| from_origin(regions, kind, g, margins, sign));
        let columns = state.c.par_iter_mut().zip(&mut state.w_x).zip(&mut state.w_y).zip(&mut state.place);
        let ambiguous: Vec<usize> = columns
            .enumerate()
            .filter_map(|(i, (((c, x), y), place))| {
                let mut z = [*c, *x, *y];
                let (found, ambiguous) = start_of(regions, kind, g, margins, &origin, &mut z);
                ([*c, *x, *y], *place) = (z, found);
                ambiguous.then_some(i)
            })
            .collect();
        ambiguous.into_iter().map(|i| mass[i]).sum()
    }

    /// The neurons of a state, and their moments.
    ///
    /// # Errors
    /// [`FlowError::State`] if columns have the wrong length.
    pub fn resume(
        samples: &Samples,
        regions: &Regions,
        kind: Kind,
        kappa: f64,
        state: &State,
    ) -> Result<(Ensemble, Moments), FlowError> {
        let (count, m) = (regions.boundaries(), state.c.len());
        let wrong = |what, found, expected| FlowError::State { what, found, expected };
        let bins_expected = Bins::number(count) + 1;
        if state.room.len() != bins_expected {
            return Err(wrong("room", state.room.len(), bins_expected));
        }
        let ascending = state.room.windows(2).all(|pair| pair[0] <= pair[1]);
        let last = state.room[bins_expected - 1] as usize;
        if !ascending || state.room[0] != 0 || last != m {
            return Err(wrong("room", last, m));
        }
        if state.frame.len() != 18 * count {
            return Err(wrong("frame", state.frame.len(), 18 * count));
        }
        let totals = Totals::from_flat(count, &state.moments)
            .ok_or_else(|| wrong("moments", state.moments.len(), Totals::zero(count).to_flat().len()))?;
        let frames: Vec<Mat> = state.frame.as_chunks::<9>().0.to_vec();
        let mut bins = Bins::new(count, &state.room, &state.place);
        for (what, found, expected) in [
            ("travel", state.travel.len(), ENTRIES * bins.displacement.len()),
            ("deadline", state.deadline.len(), 3 * Bins::most_blocks(count, m)),
        ] {
            if found != expected {
                return Err(wrong(what, found, expected));
            }
        }
        bins.restore(&state.travel, &state.deadline);
        let moments = moments_of(samples, regions, kind, kappa, &frames, &totals);
        let sums = Sums::none(count);
        let (trial, batches) = (Trial::default(), vec![]);
        let ensemble =
            Ensemble { kind, kappa, bins, frames, totals, trial, batches, sums, plain: false, touched: 0 };
        Ok((ensemble, moments))
    }

    /// Whether neurons can grow like `exp(|g| t)`: where both layers move.
    pub fn grows(&self) -> bool {
        self.kind.is_lorentz()
    }

    /// Applies frames after every step, so that every neuron is touched in each: for comparison.
    pub fn without_frames(&mut self) {
        self.plain = true;
    }

    /// Neurons tested one by one since this was last asked.
    pub fn take_touched(&mut self) -> u64 {
        std::mem::take(&mut self.touched)
    }

    /// Pushes all neurons from `state`; sums and events go to `tally`.
    pub fn push(&mut self, push: &Push<'_>, mass: &[f64], state: &State, tally: &mut Tally) {
        let significant = push.significant;
        let count = push.regions.boundaries();
        let tables = StepTables::new(push, self.kind, self.kappa, &self.bins, &self.frames);
        if self.kind.is_lorentz() && tables.strongest(&self.bins) > LONGEST_RAPIDITY {
            tally.clear(significant);
            tally.events.given_up = true;
            return;
        }
        let (candidates, looked) = find(&tables, &mut self.bins, state);
        self.touched += looked;
        let size = (candidates.len() / 64).clamp(512, 65536).max(32 * count);
        let batches = candidates.len().div_ceil(size);
        self.batches.resize_with(batches, || Sums::none(count));
        self.trial.moved.resize_with(batches, Vec::new);
        candidates
            .par_chunks(size)
            .zip(self.batches.par_iter_mut())
            .zip(self.trial.moved.par_iter_mut())
            .for_each(|((candidates, sums), moved)| {
                sums.clear(significant);
                moved.clear();
                // Fetched all together: they lie scattered in memory, and tally would wait for each.
                let fetch = |&i: &u32| {
                    let (at, i) = (i, i as usize);
                    let z = [state.c[i], state.w_x[i], state.w_y[i]];
                    Candidate { at, mass: mass[i], place: [state.place[i]; 2], z, met: false }
                };
                let mut candidates: Vec<Candidate> = candidates.iter().map(fetch).collect();
                let settle = |place: Place, z: Neuron| {
                    let frame = self.bins.frame(self.bins.of(place));
                    frame.map_or(z, |frame| to_laboratory(&self.frames[frame], z, place))
                };
                integrate_all(&tables, &mut candidates, settle, sums);
                let met = || candidates.iter().filter(|candidate| candidate.met);
                moved.reserve_exact(met().count());
                moved.extend(met().map(|&Candidate { at, place, z, .. }| Moved { at, place, z }));
            });
        self.sums.clear(significant);
        self.sums.merge(&self.batches);
        self.finish(push.samples, push.regions, &tables, tally);
    }

    /// Frames, totals and moments at the end of a push.
    fn finish(&mut self, samples: &Samples, regions: &Regions, tables: &StepTables<'_>, tally: &mut Tally) {
        let count = regions.boundaries();
        let moves = self.trial.moved.iter().flatten();
        let moves = moves.map(|moved| moved.place.map(|place| self.bins.of(place)));
        let after = self.bins.counts_after(moves);
        let mut totals = self.totals.clone();
        for (k, (total, sums)) in totals.region.iter_mut().zip(&self.sums.region).enumerate() {
            (0..6).for_each(|i| total[i] += sums.end[i] - sums.start[i]);
            if after[k] == 0 {
                // Nothing remains, not even rounding.
                *total = [0.0; 6];
            }
        }
        for (b, (total, sums)) in totals.boundary.iter_mut().zip(&self.sums.boundary).enumerate() {
            for side in 0..2 {
                (0..4).for_each(|i| total[side][i] += sums.end[side][i] - sums.start[side][i]);
                if after[count + 2 * b + side] == 0 {
                    total[side] = [0.0; 4];
                }
            }
        }
        let inhabited = |frame: usize| {
            if frame < count {
                after[frame] > 0
            } else {
                after[count + 2 * (frame - count)] + after[count + 2 * (frame - count) + 1] > 0
            }
        };
        let propagators = &tables.propagators;
        let frame = |frame: usize| if inhabited(frame) { propagators[frame].end } else { IDENTITY };
        self.trial.frames = (0..2 * count).map(frame).collect();
        self.trial.displacement =
            tables.propagators.iter().map(|propagator| (propagator.advance, propagator.signs)).collect();
        tally.clear(self.sums.events.significant);
        tally.moments = moments_of(samples, regions, self.kind, self.kappa, &self.trial.frames, &totals);
        add_movers(tables, &self.sums, &mut tally.event_particles);
        tally.events = self.sums.events;
        self.trial.totals = Some(totals);
    }

    /// Makes the neurons of the last push those of the state. Returns whether frames were applied,
    /// which changes moments by rounding.
    pub fn accept(&mut self, state: &mut State, mass: &[f64], regions: &Regions) -> bool {
        self.bins.advance(&self.trial.displacement);
        std::mem::swap(&mut self.frames, &mut self.trial.frames);
        if let Some(totals) = self.trial.totals.take() {
            self.totals = totals;
        }
        for Moved { at, place, z } in self.trial.moved.iter().flatten() {
            let i = *at as usize;
            self.bins.moved(self.bins.of(place[0]), self.bins.of(place[1]));
            state.place[i] = place[1];
            [state.c[i], state.w_x[i], state.w_y[i]] = *z;
        }
        let event_particles = self.trial.moved.iter().map(Vec::len).sum();
        self.bins.update(
            event_particles,
            self.trial.moved.iter().flatten().map(|moved| moved.at),
            &state.place,
        );
        let due: Vec<usize> = (0..self.frames.len()).filter(|&frame| self.due(frame)).collect();
        if !due.is_empty() {
            let Ensemble { frames, totals, bins, .. } = self;
            self.touched += rebase_some(frames, &due, totals, bins, state, mass, regions);
        }
        self.store(state);
        !due.is_empty()
    }

    /// Whether a frame is to be applied to its neurons.
    fn due(&self, frame: usize) -> bool {
        let frame = &self.frames[frame];
        let largest = frame.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
        (largest > LARGEST_ENTRY && self.kind.beta > 0.0) || (self.plain && *frame != IDENTITY)
    }

    /// Moments of the present neurons.
    pub fn moments(&self, samples: &Samples, regions: &Regions) -> Moments {
        moments_of(samples, regions, self.kind, self.kappa, &self.frames, &self.totals)
    }

    /// Groups the neurons by bin in memory, if many are out-of-bin: all frames are applied and all totals
    /// summed anew. Returns whether it did.
    pub fn group(&mut self, state: &mut State, mass: &mut Vec<f64>, regions: &Regions) -> bool {
        let m = state.c.len();
        if self.bins.out_of_bin.len() <= (m / OUT_OF_BIN_SHARE).max(256) {
            return false;
        }
        // Memory that is not needed while there are two orders of everything.
        self.trial.moved = vec![];
        let field_sign = std::mem::take(&mut self.bins.field_sign);
        self.bins = Bins::grouped(regions.boundaries(), &[]);
        rebase_all(&mut self.frames, state);
        order(state, mass, regions, &field_sign);
        self.touched += m as u64;
        self.bins = Bins::grouped(regions.boundaries(), &state.room);
        self.bins.field_sign = field_sign;
        let z = |i: usize| [state.c[i], state.w_x[i], state.w_y[i]];
        self.totals = Totals::sum(regions, mass, &state.place, z);
        state.deadline.clear();
        self.store(state);
        true
    }

    /// Frames and totals into the state.
    fn store(&mut self, state: &mut State) {
        self.bins.store(&mut state.travel, &mut state.deadline);
        state.frame = self.frames.concat();
        state.moments = self.totals.to_flat();
    }
}
