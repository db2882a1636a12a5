//! Neurons that may meet an event, stepped side by side.
//!
//! Every neuron that moves freely takes a lane and keeps it until it has reached the end of the step:
//! substep by substep ([`lanes`](super::lanes)), each lane at its own instant in its own region. A
//! neuron whose substep is not a plain one, or that stops moving freely, leaves its lane and is integrated to the end
//! event by event.
//! Lanes are filled and emptied in an order that depends on the neurons alone, so that sums have the same bits
//! on any number of threads.

use crate::flow::events::lanes::{ASIDE, INSIDE, LANES, UP};
use crate::flow::events::substep::MAX_SUBSTEPS;
use crate::problem::{Place, PlaceKind};

use super::frame::Neuron;
use super::integration::{Integration, Moving, integrate};
use super::lanes::{SubstepLanes, TRACK};
use super::step_tables::StepTables;
use super::sums::Sums;

/// A neuron before a step, and after.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Where it lies in memory.
    pub at: u32,
    /// Mass.
    pub mass: f64,
    /// Where it was, and where it is at the end.
    pub place: [Place; 2],
    /// In the frame of its place: at the start, and, if it met an event, at the end.
    pub z: Neuron,
    /// Whether it met an event.
    pub met: bool,
}

/// What a lane remembers besides the numbers of its substep.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// Which neuron it is.
    index: usize,
    /// The region it is in.
    region: usize,
    /// Whether it has met nothing yet.
    fresh: bool,
    substeps: usize,
}

/// Integrates all these neurons over the step.
///
/// * `laboratory`: a neuron in the laboratory frame, from its place and its coordinates in the frame there.
pub fn integrate_all(
    tables: &StepTables<'_>,
    candidates: &mut [Candidate],
    laboratory: impl Fn(Place, Neuron) -> Neuron,
    sums: &mut Sums,
) {
    let mut queue = LaneQueue {
        lanes: Box::new(SubstepLanes::empty(tables.factors.covariance)),
        lane: [Lane::default(); LANES],
        taken: 0,
    };
    for index in 0..candidates.len() {
        let Candidate { mass, place, z: stored, .. } = candidates[index];
        let z = laboratory(place[0], stored);
        // Where w stands still no line is crossed.
        if place[0].kind() == PlaceKind::Free && tables.kind.beta > 0.0 {
            let k = place[0].index();
            queue.lane[queue.taken] = Lane { index, region: k, fresh: true, substeps: 0 };
            queue.lanes.set_neuron(queue.taken, mass, z, 0.0);
            queue.lanes.set_region(queue.taken, tables, k);
            queue.taken += 1;
            while queue.taken == LANES {
                queue.substep(tables, candidates, sums);
            }
        } else {
            let neuron = Moving { mass, z, place: place[0] };
            arrive(&mut candidates[index], integrate(tables, Some(stored), neuron, 0.0, sums));
        }
    }
    while queue.taken > 0 {
        queue.substep(tables, candidates, sums);
    }
}

/// Notes where a neuron ends that met an event.
fn arrive(candidate: &mut Candidate, end: Option<Moving>) {
    if let Some(end) = end {
        (candidate.place[1], candidate.z, candidate.met) = (end.place, end.z, true);
    }
}

struct LaneQueue {
    lanes: Box<SubstepLanes>,
    lane: [Lane; LANES],
    taken: usize,
}

impl LaneQueue {
    /// One substep of all that are under way.
    fn substep(&mut self, tables: &StepTables<'_>, candidates: &mut [Candidate], sums: &mut Sums) {
        self.lanes.substep(self.taken, tables.kind.is_lorentz());
        for lane in (0..self.taken).rev() {
            let index = self.lane[lane].index;
            let Some(end) = self.after_substep(lane, tables, candidates[index].z, sums) else { continue };
            arrive(&mut candidates[index], end);
            // The last lane, which has been dealt with already, moves up.
            self.taken -= 1;
            self.lane[lane] = self.lane[self.taken];
            self.lanes.copy_start(self.taken, lane);
        }
    }

    /// Adds a lane's substep to the sums and prepares the lane for its next one; or returns what
    /// [`integrate`] does of a neuron that is at the end of the step.
    fn after_substep(
        &mut self,
        i: usize,
        tables: &StepTables<'_>,
        stored: Neuron,
        sums: &mut Sums,
    ) -> Option<Option<Moving>> {
        let (lane, lanes) = (&mut self.lane[i], &mut self.lanes);
        let (k, mass, verdict, to) = (lane.region, lanes.mass[i], lanes.verdict[i], lanes.to[i]);
        let neuron = Moving { mass, z: lanes.start(i), place: Place::in_region(k) };
        let start = lane.fresh.then_some(stored);
        lane.substeps += 1;
        if verdict == ASIDE || lane.substeps > MAX_SUBSTEPS {
            return Some(integrate(tables, start, neuron, lanes.u[i], sums));
        }
        if lane.fresh && verdict == INSIDE && to == 1.0 {
            return Some(None);
        }
        let mut integration = Integration { tables, neuron, u: to, sums, start };
        integration.begin();
        lane.fresh = false;
        let sum = &mut integration.sums.region[k];
        for p in 0..TRACK / 2 {
            sum.sigma[p] += lanes.track[p][i];
            sum.sigma_u[p] += lanes.track[3 + p][i];
        }
        integration.neuron.z = std::array::from_fn(|p| lanes.end[p][i]);
        if verdict != INSIDE {
            let upward = verdict == UP;
            let (b, upward) = integration.ray(if upward { k } else { k - 1 }, upward);
            integration.put_on_line(b);
            integration.arrive(b, upward);
        }
        let Moving { z, place, .. } = integration.neuron;
        if place.kind() != PlaceKind::Free || to == 1.0 {
            let neuron = integration.neuron;
            return Some(integrate(tables, None, neuron, to, sums));
        }
        lanes.set_neuron(i, mass, z, to);
        if place.index() != k {
            lane.region = place.index();
            lanes.set_region(i, tables, lane.region);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::interface::Margins;
    use crate::flow::lifted::bins::Bins;
    use crate::flow::lifted::columns::number_of_bins;
    use crate::flow::lifted::decay::{Factors, StepFactors};
    use crate::flow::lifted::frame::IDENTITY;
    use crate::flow::lifted::kind::{Kind, Scaled};
    use crate::flow::lifted::start::locate;
    use crate::flow::lifted::step_tables::Memory;
    use crate::flow::moments::Moments;
    use crate::flow::path::Path;
    use crate::flow::push::Push;
    use crate::problem::{Regions, Samples};

    /// Side by side and one by one, from every region and across many of them.
    fn compare(kind: Kind) {
        let s = 60;
        let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * f64::from(j) / f64::from(s - 1)).collect();
        let samples = Samples::new(&x, &vec![0.0; x.len()]).unwrap();
        let regions = Regions::new(&samples);
        let count = regions.boundaries();
        let rho: Vec<f64> = x.iter().map(|x| (20.0 * x).sin()).collect();
        let rate: Vec<f64> = x.iter().map(|x| 30.0 * x).collect();
        let path = Path::line(0.05, &rho, &rate);
        let m = 4000;
        let z: Vec<Neuron> =
            (0..m).map(|i| [0.77, 1.31, 2.17].map(|step| 1.5 * (f64::from(i) * step).sin())).collect();
        let place: Vec<Place> = z.iter().map(|&z| Place::in_region(locate(&regions, z).unwrap())).collect();
        let mut starts = vec![m as u32; number_of_bins(count) + 1];
        starts[0] = 0;
        let bins = Bins::new(count, &starts, &place);
        let frames = vec![IDENTITY; 2 * count];
        let push = Push {
            samples: &samples,
            regions: &regions,
            path: &path,
            start: &Moments::zero(count),
            margins: &Margins::new(&samples, 1.0, 1e-9),
            lambda: 0.0,
            turn: 0.5,
            significant: f64::INFINITY,
        };
        let factors = StepFactors::new(kind, [Factors::ONE; 2], 0.0);
        let tables = StepTables::new(
            &push,
            (Scaled { kind, kappa: 1.0, decay: 0.0 }, factors),
            &bins,
            &frames,
            Memory::default(),
        );
        let mass = 1.0 / f64::from(m);
        let candidate =
            |i: usize| Candidate { at: i as u32, mass, place: [place[i]; 2], z: z[i], met: false };
        let mut candidates: Vec<Candidate> = (0..z.len()).map(candidate).collect();
        let (mut together, mut alone) = (Sums::none(count), Sums::none(count));
        integrate_all(&tables, &mut candidates, |_, z| z, &mut together);
        for (i, found) in candidates.iter().enumerate() {
            let neuron = Moving { mass, z: z[i], place: place[i] };
            let expected = integrate(&tables, Some(z[i]), neuron, 0.0, &mut alone);
            assert_eq!(found.met, expected.is_some(), "neuron {i}");
            let Some(expected) = expected else { continue };
            assert_eq!(found.place[1], expected.place, "neuron {i}");
            (0..3).for_each(|p| assert!((found.z[p] - expected.z[p]).abs() < 1e-12, "neuron {i}"));
        }
        let counters = alone.events.counters;
        assert_eq!(together.events.counters, counters);
        assert!(counters.crossings > 3000 && counters.pins > 50 && counters.deaths > 20, "{counters:?}");
        assert!((together.events.largest_jump / alone.events.largest_jump - 1.0).abs() < 1e-10);
        for (a, b) in (0..count).map(|k| (together.region[k], alone.region[k])) {
            let pairs = [(a.sigma, b.sigma), (a.sigma_u, b.sigma_u)];
            pairs.iter().for_each(|(a, b)| (0..3).for_each(|p| assert!((a[p] - b[p]).abs() < 1e-9)));
            let pairs = [(a.start, b.start), (a.end, b.end)];
            pairs.iter().for_each(|(a, b)| (0..6).for_each(|p| assert!((a[p] - b[p]).abs() < 1e-12)));
        }
        for (a, b) in (0..count).map(|b| (together.boundary[b], alone.boundary[b])) {
            assert!((a.weight - b.weight).abs() < 1e-10 && (a.weight_u - b.weight_u).abs() < 1e-10);
        }
    }

    #[test]
    fn lanes_go_where_each_particle_goes_by_itself() {
        compare(Kind::LIFTED);
    }

    #[test]
    fn in_the_adaptive_limit_too() {
        compare(Kind::ADAPTIVE);
    }
}
