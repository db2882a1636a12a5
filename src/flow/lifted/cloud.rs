//! The neurons of a run, as the step controller moves them.

use rayon::prelude::*;

use crate::flow::canonical::Walks;
use crate::flow::error::FlowError;
use crate::flow::field::gradients;
use crate::flow::moments::{Moments, add};
use crate::flow::path::Path;
use crate::flow::state::State;
use crate::problem::{Neurons, Place, PlaceKind, Regions, Samples};

use super::find::find;
use super::frame::{IDENTITY, Mat, apply};
use super::kind::{Kind, Neuron};
use super::order::order;
use super::rooms::{Rooms, room_of};
use super::second::{Cluster, Second, of_neuron, of_pinned};
use super::start::{Totals, start_of};
use super::sums::Sums;
use super::tables::Tables;
use super::totals::{add_movers, moments_of};
use super::walk::{Walked, walk};

/// A frame whose entries pass this is applied to its neurons and starts anew: beyond, rounding in
/// frame coordinates would be felt.
const LARGEST_ENTRY: f64 = 10.0;
/// Neurons are grouped anew when this share of them is loose.
const LOOSE_SHARE: usize = 16;

/// Neurons by room, their frames and moments, and what the last push made of them.
pub struct Cloud {
    kind: Kind,
    kappa: f64,
    rooms: Rooms,
    frames: Vec<Mat>,
    totals: Totals,
    trial: Trial,
    batches: Vec<Sums>,
    sums: Sums,
    /// Whether frames are applied after every step: the plain way, for comparison.
    plain: bool,
    /// Neurons looked at since the start of the step.
    touched: u64,
}

/// What a push has found.
#[derive(Default)]
struct Trial {
    frames: Vec<Mat>,
    travel: Vec<f64>,
    totals: Option<Totals>,
    /// Who met an event, ascending, and where it is at the end.
    moved: Vec<(u32, Walked)>,
}

impl Cloud {
    /// The neurons at the start of a run: fills the columns of the state and returns the mass whose
    /// start was ambiguous.
    pub fn start(
        samples: &Samples,
        regions: &Regions,
        neurons: &Neurons,
        kind: Kind,
        kappa: f64,
        state: &mut State,
    ) -> f64 {
        let m = neurons.len();
        let mut z: Vec<Neuron> = (0..m).map(|i| [neurons.c()[i], neurons.a()[i], -neurons.b()[i]]).collect();
        // Where exactly a neuron on a line is counted does not matter to the residuals.
        let first: Vec<_> =
            z.par_iter().map(|&z| start_of(regions, Kind::KERNEL, &[], &mut { z }).0).collect();
        let frames = vec![IDENTITY; 2 * regions.boundaries()];
        let totals = Totals::sum(regions, neurons.mass(), &first, |i| z[i]);
        let moments = moments_of(samples, regions, kind, kappa, &frames, &totals);
        let mut rho = vec![0.0; samples.len()];
        moments.residual(samples, regions, &mut rho);
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(samples, &rho, &mut g);
        let starts: Vec<_> = z.par_iter_mut().map(|z| start_of(regions, kind, &g, z)).collect();
        state.place = starts.iter().map(|start| start.0).collect();
        (state.c, state.w_x, state.w_y) = (
            z.iter().map(|z| z[0]).collect(),
            z.iter().map(|z| z[1]).collect(),
            z.iter().map(|z| z[2]).collect(),
        );
        state.frame = frames.concat();
        state.moments = Totals::sum(regions, neurons.mass(), &state.place, |i| z[i]).to_flat();
        // All in the memory of the first room until they are grouped.
        state.room = vec![m as u32; Rooms::number(regions.boundaries()) + 1];
        state.room[0] = 0;
        let mut rooms = Rooms::new(regions.boundaries(), &state.room, &state.place);
        rooms.store(&mut state.travel, &mut state.deadline);
        starts.iter().zip(neurons.mass()).filter(|(start, _)| start.1).map(|(_, mass)| mass).sum()
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
    ) -> Result<(Cloud, Moments), FlowError> {
        let (count, m) = (regions.boundaries(), state.c.len());
        let wrong = |what, found, expected| FlowError::State { what, found, expected };
        let rooms_expected = Rooms::number(count) + 1;
        if state.room.len() != rooms_expected {
            return Err(wrong("room", state.room.len(), rooms_expected));
        }
        let ascending = state.room.windows(2).all(|pair| pair[0] <= pair[1]);
        let last = state.room[rooms_expected - 1] as usize;
        if !ascending || state.room[0] != 0 || last != m {
            return Err(wrong("room", last, m));
        }
        if state.frame.len() != 18 * count {
            return Err(wrong("frame", state.frame.len(), 18 * count));
        }
        let totals = Totals::from_flat(count, &state.moments)
            .ok_or_else(|| wrong("moments", state.moments.len(), Totals::zero(count).to_flat().len()))?;
        let frames: Vec<Mat> = state.frame.as_chunks::<9>().0.to_vec();
        let mut rooms = Rooms::new(count, &state.room, &state.place);
        for (what, found, expected) in [
            ("travel", state.travel.len(), rooms.travel.len()),
            ("deadline", state.deadline.len(), Rooms::most_blocks(count, m)),
        ] {
            if found != expected {
                return Err(wrong(what, found, expected));
            }
        }
        rooms.restore(&state.travel, &state.deadline);
        let moments = moments_of(samples, regions, kind, kappa, &frames, &totals);
        let sums = Sums::none(count);
        let (trial, batches) = (Trial::default(), vec![]);
        let cloud =
            Cloud { kind, kappa, rooms, frames, totals, trial, batches, sums, plain: false, touched: 0 };
        Ok((cloud, moments))
    }

    /// Applies frames after every step, so that every neuron is touched in each: for comparison.
    pub fn without_frames(&mut self) {
        self.plain = true;
    }

    /// Neurons looked at one by one since this was last asked.
    pub fn take_touched(&mut self) -> u64 {
        std::mem::take(&mut self.touched)
    }

    /// Pushes all neurons from `state` along `path`; sums and events go to `walks`.
    #[allow(clippy::too_many_arguments)] // all that a push depends on
    pub fn push(
        &mut self,
        samples: &Samples,
        regions: &Regions,
        mass: &[f64],
        state: &State,
        path: &Path,
        significant: f64,
        walks: &mut Walks,
    ) {
        let count = regions.boundaries();
        let tables = Tables::new(samples, regions, path, self.kind, self.kappa, &self.rooms, &self.frames);
        let (candidates, looked) = find(&tables, &mut self.rooms, state);
        self.touched += looked;
        let size = (candidates.len() / 64).clamp(512, 65536).max(32 * count);
        self.batches.resize_with(candidates.len().div_ceil(size), || Sums::none(count));
        self.trial.moved = candidates
            .par_chunks(size)
            .zip(self.batches.par_iter_mut())
            .map(|(candidates, sums)| {
                sums.clear(significant);
                let one = |&i: &u32| {
                    let at = i as usize;
                    let (place, stored) = (state.place[at], [state.c[at], state.w_x[at], state.w_y[at]]);
                    let frame = self.rooms.frame(self.rooms.of(place));
                    let z = frame.map_or(stored, |frame| settled(&self.frames[frame], stored, place));
                    let neuron = Walked { mass: mass[at], z, place };
                    walk(&tables, stored, neuron, sums).map(|end| (i, end))
                };
                candidates.iter().filter_map(one).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
            .concat();
        self.sums.clear(significant);
        self.sums.merge(&self.batches);
        self.finish(samples, regions, state, &tables, walks);
    }

    /// Frames, totals and moments at the end of a push.
    fn finish(
        &mut self,
        samples: &Samples,
        regions: &Regions,
        state: &State,
        tables: &Tables<'_>,
        walks: &mut Walks,
    ) {
        let count = regions.boundaries();
        let after = self.rooms.counts_after(self.trial.moved.iter().map(|(i, end)| {
            let at = *i as usize;
            let before = self.rooms.of(state.place[at]);
            (before, self.rooms.of(end.place))
        }));
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
        let sweeps = &tables.sweeps;
        let frame = |frame: usize| if inhabited(frame) { sweeps[frame].end } else { IDENTITY };
        self.trial.frames = (0..2 * count).map(frame).collect();
        self.trial.travel = tables.sweeps.iter().map(|sweep| sweep.travel).collect();
        walks.clear(self.sums.significant);
        walks.moments = moments_of(samples, regions, self.kind, self.kappa, &self.trial.frames, &totals);
        add_movers(tables, &self.sums, &mut walks.movers);
        walks.counters = self.sums.counters;
        walks.largest_jump = self.sums.largest_jump;
        walks.notable = self.sums.notable;
        walks.first_significant = self.sums.first_significant;
        walks.given_up = self.sums.given_up;
        self.trial.totals = Some(totals);
    }

    /// Makes the neurons of the last push those of the state. Returns whether frames were applied,
    /// which changes moments by rounding.
    pub fn accept(&mut self, state: &mut State, mass: &[f64], regions: &Regions) -> bool {
        for (room, travel) in self.rooms.travel.iter_mut().enumerate() {
            let frame = room_frame(regions.boundaries(), room);
            *travel += frame.map_or(0.0, |frame| self.trial.travel[frame]);
        }
        std::mem::swap(&mut self.frames, &mut self.trial.frames);
        if let Some(totals) = self.trial.totals.take() {
            self.totals = totals;
        }
        for (i, end) in &self.trial.moved {
            let at = *i as usize;
            let before = self.rooms.of(state.place[at]);
            self.rooms.moved(before, self.rooms.of(end.place));
            state.place[at] = end.place;
            [state.c[at], state.w_x[at], state.w_y[at]] = end.z;
        }
        let moved = self.trial.moved.iter().map(|(i, _)| *i);
        self.rooms.update_loose(moved.clone(), &state.place);
        self.rooms.disturb_homes(moved);
        self.trial.moved.clear();
        let mut applied = false;
        for frame in 0..self.frames.len() {
            let largest = self.frames[frame].iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
            let due = largest > LARGEST_ENTRY && self.kind.beta > 0.0;
            if due || (self.plain && self.frames[frame] != IDENTITY) {
                self.apply_frame(state, mass, regions, frame);
                applied = true;
            }
        }
        self.store(state);
        applied
    }

    /// Moments of the present neurons.
    pub fn moments(&self, samples: &Samples, regions: &Regions) -> Moments {
        moments_of(samples, regions, self.kind, self.kappa, &self.frames, &self.totals)
    }

    /// Applies a frame to its neurons, which then are stored as they are, and sums them anew.
    fn apply_frame(&mut self, state: &mut State, mass: &[f64], regions: &Regions, frame: usize) {
        let count = regions.boundaries();
        let matrix = self.frames[frame];
        let rooms = if frame < count { frame..frame + 1 } else { 2 * frame - count..2 * frame - count + 2 };
        for room in rooms.clone() {
            let blocks = &self.rooms.blocks[self.rooms.blocks_of(room)];
            let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { continue };
            let range = first.first..last.first + last.len;
            self.touched += range.len() as u64;
            let place = &state.place[range.clone()];
            state.c[range.clone()]
                .par_iter_mut()
                .zip(&mut state.w_x[range.clone()])
                .zip(&mut state.w_y[range])
                .zip(place)
                .with_min_len(4096)
                .for_each(|(((c, x), y), &place)| {
                    if room_of(count, place) == room {
                        [*c, *x, *y] = settled(&matrix, [*c, *x, *y], place);
                    }
                });
            self.rooms.disturb(room);
        }
        for &i in &self.rooms.loose {
            let at = i as usize;
            if rooms.contains(&self.rooms.of(state.place[at])) {
                let z = [state.c[at], state.w_x[at], state.w_y[at]];
                [state.c[at], state.w_x[at], state.w_y[at]] = settled(&matrix, z, state.place[at]);
            }
        }
        self.frames[frame] = IDENTITY;
        self.sum_anew(state, mass, regions, frame, rooms);
    }

    /// Sums the moments of the rooms of a frame, which is the identity, over their neurons: rounding
    /// of sums that were kept up to date would grow like the square of every boost that follows.
    fn sum_anew(
        &mut self,
        state: &State,
        mass: &[f64],
        regions: &Regions,
        frame: usize,
        rooms: std::ops::Range<usize>,
    ) {
        let count = regions.boundaries();
        let z = |i: usize| [state.c[i], state.w_x[i], state.w_y[i]];
        let mut region = [0.0; 6];
        let mut clusters = [[0.0; 4]; 2];
        let d = if frame < count { [0.0; 2] } else { regions.direction(frame - count) };
        let neuron = |i: usize, (region, clusters): (&mut Second, &mut [Cluster; 2])| {
            let (place, [c, x, y]) = (state.place[i], z(i));
            match place.kind() {
                PlaceKind::Free => add(region, &of_neuron(mass[i], [c, x, y])),
                _ => add(
                    &mut clusters[usize::from(place.is_negative())],
                    &of_pinned(mass[i], c, x * d[0] + y * d[1]),
                ),
            }
        };
        let blocks = &self.rooms.blocks;
        let homes: Vec<usize> = rooms.clone().flat_map(|room| self.rooms.blocks_of(room)).collect();
        let parts: Vec<(Second, [Cluster; 2])> = homes
            .par_chunks(64)
            .map(|homes| {
                let (mut region, mut clusters) = ([0.0; 6], [[0.0; 4]; 2]);
                for block in homes.iter().map(|&home| blocks[home]) {
                    for i in block.first..block.first + block.len {
                        if room_of(count, state.place[i]) == block.room {
                            neuron(i, (&mut region, &mut clusters));
                        }
                    }
                }
                (region, clusters)
            })
            .collect();
        for (part, pinned) in &parts {
            add(&mut region, part);
            (0..2).for_each(|side| add(&mut clusters[side], &pinned[side]));
        }
        for i in self.rooms.loose.iter().map(|&i| i as usize) {
            if rooms.contains(&self.rooms.of(state.place[i])) {
                neuron(i, (&mut region, &mut clusters));
            }
        }
        if frame < count {
            self.totals.region[frame] = region;
        } else {
            self.totals.boundary[frame - count] = clusters;
        }
    }

    /// Groups the neurons by room in memory, if many are loose or in any case (`always`): all frames
    /// are applied and all totals summed anew. Returns whether it did.
    pub fn group(&mut self, state: &mut State, mass: &mut Vec<f64>, regions: &Regions, always: bool) -> bool {
        let m = state.c.len();
        if !always && self.rooms.loose.len() <= (m / LOOSE_SHARE).max(256) {
            return false;
        }
        for frame in 0..self.frames.len() {
            if self.frames[frame] != IDENTITY {
                self.apply_frame(state, mass, regions, frame);
            }
        }
        order(state, mass, regions);
        self.touched += m as u64;
        self.rooms = Rooms::new(regions.boundaries(), &state.room, &state.place);
        let z = |i: usize| [state.c[i], state.w_x[i], state.w_y[i]];
        self.totals = Totals::sum(regions, mass, &state.place, z);
        state.deadline.clear();
        state.grouped_at = state.counters.events();
        self.store(state);
        true
    }

    /// Frames and totals into the state.
    fn store(&mut self, state: &mut State) {
        self.rooms.store(&mut state.travel, &mut state.deadline);
        state.frame = self.frames.concat();
        state.moments = self.totals.to_flat();
    }
}

/// A neuron after its frame; rounding must not turn the sign of a pinned `c`.
fn settled(matrix: &Mat, z: Neuron, place: Place) -> Neuron {
    let [c, x, y] = apply(matrix, z);
    let pinned = place.kind() == PlaceKind::Pinned;
    let sign = if place.is_negative() { -1.0 } else { 1.0 };
    [if pinned { sign * (sign * c).max(0.0) } else { c }, x, y]
}

/// The frame of a room among those of `count = 2 s` regions.
fn room_frame(count: usize, room: usize) -> Option<usize> {
    match room {
        room if room < count => Some(room),
        room if room < 3 * count => Some(count + (room - count) / 2),
        _ => None,
    }
}
