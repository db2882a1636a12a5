//! The neurons of a run, as the step controller moves them.

use rayon::prelude::*;

use crate::flow::error::FlowError;
use crate::flow::events::Tally;
use crate::flow::events::order::permute;
use crate::flow::field::{Vec2, gradients};
use crate::flow::interface::Margins;
use crate::flow::moments::{MERGE_LENGTH, Moments};
use crate::flow::push::Push;
use crate::flow::state::State;
use crate::flow::system::System;
use crate::problem::{Neurons, Place, Regions, Samples};

use super::bins::{Bins, start_anew};
use super::columns::{ENTRIES, Lifted, number_of_bins};
use super::decay::{Factors, StepFactors};
use super::frame::{IDENTITY, Mat, Neuron, frames, frames_mut};
use super::kind::{Kind, Scaled};
use super::moments::{Scratch, add_event_particles, moments_of, set_moments};
use super::order::order;
use super::queue::{Candidate, integrate_all};
use super::rebase::{rebase_all, rebase_some, to_laboratory};
use super::search::Search;
use super::start::{from_origin, start_of};
use super::step_tables::{Memory, StepTables};
use super::sums::Sums;
use super::totals::Totals;

/// A frame with an entry above this is applied to its neurons and starts anew: a neuron that comes in
/// is rounded in frame coordinates, which changes its `delta` by the square of this times the rounding.
const LARGEST_ENTRY: f64 = 4.0;
/// A step whose boosts may grow neurons by `exp` of this is not worth a push: rounding would leave
/// nothing of their invariants, and every integration would take thousands of substeps.
const LONGEST_RAPIDITY: f64 = 40.0;
/// Fewer neurons than this are integrated in one batch, and many in batches of more than about half of it: while the last
/// ones of a batch are on their way lanes are empty.
const SMALLEST_BATCH: usize = 256;
/// Neurons are grouped anew when more than one in so many lies out of its bin: testing those one by one then has cost
/// about as much as grouping.
const OUT_OF_BIN_SHARE: usize = 6;

/// Masses of the neurons, which lie in which bin, and what the last push made of them.
pub struct Ensemble {
    scaled: Scaled,
    mass: Vec<f64>,
    bins: Bins,
    trial: Trial,
    search: Search,
    memory: Memory,
    batches: Vec<Sums>,
    sums: Sums,
    /// Whether frames are applied after every step: the plain way, for comparison.
    plain: bool,
    /// Neurons tested or integrated one by one since the start of the step.
    touched: u64,
}

/// What a push has found.
#[derive(Default)]
struct Trial {
    totals: Totals,
    scratch: Scratch,
    /// The factors of decay at the end.
    factors: Option<Factors>,
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

/// The neurons at the start of a run, grouped by bin; also the mass whose start was ambiguous.
///
/// * `margins`: how far the field of these residuals may be from the truth.
pub fn start(
    samples: &Samples,
    regions: &Regions,
    neurons: Neurons,
    scaled: Scaled,
    margins: impl Fn(&[f64]) -> Margins,
) -> (Lifted, f64) {
    let count = regions.boundaries();
    let (c, w_x, b, mut mass) = neurons.into_columns();
    let position = (0..mass.len() as u32).collect();
    let mut columns = Lifted { position, c, w_x, w_y: b, ..Lifted::default() };
    columns.w_y.par_iter_mut().for_each(|b| *b = -*b);
    columns.decay = vec![0.0, 1.0, 1.0];
    // Placed twice: first in any region next to the line of those that are on one, which does not matter to the
    // residuals; then, when the field is known, where the field says.
    let none = vec![[0.0; 2]; count];
    place(regions, Kind::KERNEL, &none, &Margins::none(samples.len()), &mass, &mut columns);
    let frames = vec![IDENTITY; 2 * count];
    let moments =
        moments_of(samples, regions, scaled, Factors::ONE, &frames, &totals(regions, &mass, &columns));
    let mut rho = vec![0.0; samples.len()];
    moments.residual(samples, regions, &mut rho);
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, &rho, &mut g);
    let ambiguous = place(regions, scaled.kind, &g, &margins(&rho), &mass, &mut columns);
    columns.displacements = vec![0.0; ENTRIES * number_of_bins(count)];
    order(&mut columns, &mut mass, regions);
    columns.frame = frames.into_flattened();
    columns.moments = totals(regions, &mass, &columns).to_flat();
    Bins::grouped(count, &columns.bins).store(&mut columns.safe_displacements);
    (columns, ambiguous)
}

/// Sums over neurons in the laboratory frame.
fn totals(regions: &Regions, mass: &[f64], columns: &Lifted) -> Totals {
    Totals::sum(regions, mass, &columns.place, |i| [columns.c[i], columns.w_x[i], columns.w_y[i]])
}

/// Finds the places of neurons in the laboratory frame, in the field `g`; returns the mass
/// whose start is ambiguous.
fn place(
    regions: &Regions,
    kind: Kind,
    g: &[Vec2],
    margins: &Margins,
    mass: &[f64],
    columns: &mut Lifted,
) -> f64 {
    let Lifted { c, w_x, w_y, place, .. } = columns;
    place.resize(mass.len(), Place::DEAD);
    let origin = [1.0, -1.0].map(|sign| from_origin(regions, kind, g, margins, sign));
    let columns = c.par_iter_mut().zip(w_x).zip(w_y).zip(place);
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

/// Multiplies all neurons, which are in the laboratory frame.
fn multiply(columns: &mut Lifted, factors: Factors) {
    if factors == Factors::ONE {
        return;
    }
    let Lifted { c, w_x, w_y, .. } = columns;
    c.par_iter_mut().zip(w_x).zip(w_y).for_each(|((c, x), y)| {
        [*c, *x, *y] = factors.neuron([*c, *x, *y]);
    });
}

impl Ensemble {
    /// For the neurons of a state whose columns have the right lengths.
    ///
    /// * `mass`: in the neurons' own order.
    ///
    /// # Errors
    /// [`FlowError::State`] if its bins are not those of so many neurons.
    pub fn new(
        regions: &Regions,
        mut mass: Vec<f64>,
        scaled: Scaled,
        columns: &Lifted,
    ) -> Result<Ensemble, FlowError> {
        let (count, m) = (regions.boundaries(), mass.len());
        let ascending = columns.bins.windows(2).all(|pair| pair[0] <= pair[1]);
        let last = columns.bins[number_of_bins(count)] as usize;
        if !ascending || columns.bins[0] != 0 || last != m {
            return Err(FlowError::State { what: "bins", found: last, expected: m });
        }
        let [_, of_c, of_w] = columns.decay[..] else { unreachable!("lengths are checked") };
        if !(of_c > 0.0 && of_c <= 1.0 && of_w > 0.0 && of_w <= 1.0) {
            return Err(FlowError::State { what: "decay", found: 0, expected: 1 });
        }
        permute(&mut mass, &columns.position, &mut vec![0.0; m]);
        let mut bins = Bins::new(count, &columns.bins, &columns.place);
        bins.safe.restore(&columns.safe_displacements);
        let (trial, batches, sums) = (Trial::default(), vec![], Sums::none(count));
        let (search, memory) = (Search::default(), Memory::default());
        Ok(Ensemble { scaled, mass, bins, trial, search, memory, batches, sums, plain: false, touched: 0 })
    }

    /// Totals and moments at the end of a push.
    fn finish(&mut self, push: &Push<'_>, tables: &StepTables<'_>, columns: &Lifted, tally: &mut Tally) {
        let moves = self.trial.moved.iter().flatten();
        let moves = moves.map(|moved| moved.place.map(|place| self.bins.of(place)));
        let after = self.bins.counts_after(moves);
        let Trial { totals, scratch, .. } = &mut self.trial;
        totals.set_after(&columns.moments, &self.sums, &after);
        let scaled = (self.scaled, tables.factors.end);
        // Of a place that has only now been entered it is the identity.
        let frame = |frame: usize| &tables.propagators[frame].end;
        set_moments(push.samples, push.regions, scaled, frame, totals, scratch, &mut tally.moments);
        self.trial.factors = Some(tables.factors.end);
        tally.event_particles.clear();
        add_event_particles(tables, &self.sums, &mut tally.event_particles);
        tally.events = self.sums.events;
    }

    /// Whether a frame is to be applied to its neurons.
    fn due(&self, frame: &Mat) -> bool {
        let largest = frame.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
        (largest > LARGEST_ENTRY && self.scaled.kind.beta > 0.0) || (self.plain && *frame != IDENTITY)
    }

    /// Groups the neurons by bin in memory, if many are out of theirs or weight decay has gone far: all frames and factors
    /// are applied and all totals summed anew. Returns whether it did.
    fn regroup(&mut self, time: f64, columns: &mut Lifted, regions: &Regions) -> bool {
        let (m, factors) = (columns.c.len(), columns.factors());
        if self.bins.out_of_bin.len() <= (m / OUT_OF_BIN_SHARE).max(256) && !factors.are_due() {
            return false;
        }
        // Frees memory: while neurons are brought into another order there are two copies of every column.
        self.trial.moved = vec![];
        self.bins = Bins::grouped(regions.boundaries(), &[]);
        rebase_all(columns);
        multiply(columns, factors);
        columns.decay = vec![time, 1.0, 1.0];
        order(columns, &mut self.mass, regions);
        self.touched += m as u64;
        self.bins = Bins::grouped(regions.boundaries(), &columns.bins);
        start_anew(&mut columns.displacements);
        columns.moments = totals(regions, &self.mass, columns).to_flat();
        columns.safe_displacements.clear();
        true
    }
}

impl System for Ensemble {
    fn mass(&self) -> &[f64] {
        &self.mass
    }

    fn moments(&self, samples: &Samples, regions: &Regions, state: &State) -> Moments {
        let columns = state.particles.lifted();
        let totals = Totals::of(regions.boundaries(), columns);
        moments_of(samples, regions, self.scaled, columns.factors(), frames(&columns.frame), &totals)
    }

    fn push(&mut self, push: &Push<'_>, state: &State, tally: &mut Tally) {
        let (columns, significant) = (state.particles.lifted(), push.significant);
        let count = push.regions.boundaries();
        let frames = frames(&columns.frame);
        let Scaled { kind, decay, .. } = self.scaled;
        let (h, since) = (push.path.h, columns.decay[0]);
        let end = Factors::after(kind, decay, state.time + h - since);
        let factors = StepFactors::new(kind, [columns.factors(), end], decay * h);
        let memory = std::mem::take(&mut self.memory);
        let tables = StepTables::new(push, (self.scaled, factors), &self.bins, frames, memory);
        if self.scaled.kind.is_lorentz() && tables.strongest(&self.bins) > LONGEST_RAPIDITY {
            tally.clear(significant);
            tally.events.given_up = true;
            self.memory = tables.into_memory();
            return;
        }
        let (candidates, tested) = self.search.candidates(&tables, &mut self.bins, columns);
        self.touched += tested;
        let least = (candidates.len() / 64).clamp(SMALLEST_BATCH, 65536);
        // An even number of several, so that two threads have the same to do.
        let batches = match candidates.len().div_ceil(least) {
            few @ (0 | 1) => few,
            several => several.next_multiple_of(2),
        };
        let size = candidates.len().div_ceil(batches.max(1)).max(1);
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
                // Fetched all together: they lie scattered in memory, and integration would wait for each.
                let fetch = |&i: &u32| {
                    let (at, i) = (i, i as usize);
                    let z = [columns.c[i], columns.w_x[i], columns.w_y[i]];
                    Candidate { at, mass: self.mass[i], place: [columns.place[i]; 2], z, met: false }
                };
                let mut candidates: Vec<Candidate> = candidates.iter().map(fetch).collect();
                let laboratory = |place: Place, z: Neuron| {
                    let frame = self.bins.frame(self.bins.of(place));
                    frame.map_or(z, |frame| to_laboratory(&frames[frame], z, place))
                };
                integrate_all(&tables, &mut candidates, laboratory, sums);
                let met = || candidates.iter().filter(|candidate| candidate.met);
                moved.reserve_exact(met().count());
                moved.extend(met().map(|&Candidate { at, place, z, .. }| Moved { at, place, z }));
            });
        self.sums.clear(significant);
        self.sums.merge(&self.batches);
        self.finish(push, &tables, columns, tally);
        self.memory = tables.into_memory();
    }

    fn accept(&mut self, regions: &Regions, _: &Moments, state: &mut State) -> bool {
        let (time, columns) = (state.time, state.particles.lifted_mut());
        self.bins.advance(&mut columns.displacements, &self.memory.propagators);
        self.trial.totals.store(&mut columns.moments);
        if let Some(Factors { c, w }) = self.trial.factors.take() {
            (columns.decay[1], columns.decay[2]) = (c, w);
        }
        for Moved { at, place, z } in self.trial.moved.iter().flatten() {
            let i = *at as usize;
            self.bins.moved(self.bins.of(place[0]), self.bins.of(place[1]));
            columns.place[i] = place[1];
            [columns.c[i], columns.w_x[i], columns.w_y[i]] = *z;
        }
        let now = frames_mut(&mut columns.frame).par_iter_mut().zip(&self.memory.propagators).enumerate();
        let due = now.with_min_len(MERGE_LENGTH).filter_map(|(at, (frame, propagator))| {
            *frame = if self.bins.is_inhabited(at) { propagator.end } else { IDENTITY };
            self.due(frame).then_some(at)
        });
        let due: Vec<usize> = due.collect();
        let moved = self.trial.moved.iter().map(Vec::len).sum();
        self.bins.update(moved, self.trial.moved.iter().flatten().map(|moved| moved.at), columns);
        if !due.is_empty() {
            self.touched += rebase_some(&due, &mut self.bins, columns, &self.mass, regions);
        }
        let regrouped = self.regroup(time, columns, regions);
        self.bins.store(&mut columns.safe_displacements);
        !due.is_empty() || regrouped
    }

    /// Where both layers move.
    fn grows(&self) -> bool {
        self.scaled.kind.is_lorentz()
    }

    /// Half the rapidity of one step: neurons are moved by maps that are exact but for the change of the field.
    fn turn(&self, _: f64) -> f64 {
        0.5
    }

    fn take_touched(&mut self, _: u32) -> u64 {
        std::mem::take(&mut self.touched)
    }

    fn without_frames(&mut self) {
        self.plain = true;
    }
}
