//! Neurons that cross lines, walked side by side.
//!
//! Every neuron that moves freely takes a lane and keeps it until it has reached the end of the step:
//! stretch by stretch ([`abreast`](super::abreast)), each lane at its own instant in its own region. A
//! neuron that needs more care, or stops moving freely, leaves its lane and is walked to the end alone.
//! Lanes are filled and emptied in an order that depends on the neurons alone, so that sums have the same bits
//! on any number of threads.

use crate::problem::{Place, PlaceKind};

use super::abreast::{ASIDE, Abreast, INSIDE, LANES, TRACK, UP};
use super::kind::Neuron;
use super::sums::Sums;
use super::tables::Tables;
use super::walk::{MAX_STRETCHES, Walked, Walker, walk_on};

/// A neuron before a step, and after.
#[derive(Debug, Clone, Copy)]
pub struct Traveller {
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

/// What a lane remembers besides the numbers of its stretch.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// Which neuron it is.
    index: usize,
    /// The region it is in.
    region: usize,
    /// Whether it has met nothing yet.
    fresh: bool,
    stretches: usize,
}

/// Walks all these neurons through the step.
///
/// * `settle`: a neuron as it is, from its place and its coordinates in the frame there.
pub fn walk_all(
    tables: &Tables<'_>,
    travellers: &mut [Traveller],
    settle: impl Fn(Place, Neuron) -> Neuron,
    sums: &mut Sums,
) {
    let mut convoy = Convoy { abreast: Box::new(Abreast::empty()), lane: [Lane::default(); LANES], taken: 0 };
    for index in 0..travellers.len() {
        let Traveller { mass, place, z: stored, .. } = travellers[index];
        let z = settle(place[0], stored);
        // Where w stands still nobody crosses anything.
        if place[0].kind() == PlaceKind::Free && tables.kind.beta > 0.0 {
            let k = place[0].index();
            convoy.lane[convoy.taken] = Lane { index, region: k, fresh: true, stretches: 0 };
            convoy.abreast.set_neuron(convoy.taken, mass, z, 0.0);
            convoy.abreast.set_region(convoy.taken, tables, k);
            convoy.taken += 1;
            while convoy.taken == LANES {
                convoy.stretch(tables, travellers, sums);
            }
        } else {
            let neuron = Walked { mass, z, place: place[0] };
            arrive(&mut travellers[index], walk_on(tables, Some(stored), neuron, 0.0, sums));
        }
    }
    while convoy.taken > 0 {
        convoy.stretch(tables, travellers, sums);
    }
}

fn arrive(traveller: &mut Traveller, end: Option<Walked>) {
    if let Some(end) = end {
        (traveller.place[1], traveller.z, traveller.met) = (end.place, end.z, true);
    }
}

struct Convoy {
    abreast: Box<Abreast>,
    lane: [Lane; LANES],
    taken: usize,
}

impl Convoy {
    /// One stretch of all that are under way.
    fn stretch(&mut self, tables: &Tables<'_>, travellers: &mut [Traveller], sums: &mut Sums) {
        self.abreast.stretch(self.taken, tables.kind.is_lorentz());
        for lane in (0..self.taken).rev() {
            let index = self.lane[lane].index;
            let Some(end) = self.after_stretch(lane, tables, travellers[index].z, sums) else { continue };
            arrive(&mut travellers[index], end);
            // The last lane, which has been seen to already, moves up.
            self.taken -= 1;
            self.lane[lane] = self.lane[self.taken];
            self.abreast.copy_start(self.taken, lane);
        }
    }

    /// Takes note of a lane's stretch and readies the lane for its next one; or returns what
    /// [`walk_on`] does of a neuron that is at the end of the step.
    fn after_stretch(
        &mut self,
        i: usize,
        tables: &Tables<'_>,
        stored: Neuron,
        sums: &mut Sums,
    ) -> Option<Option<Walked>> {
        let (lane, abreast) = (&mut self.lane[i], &mut self.abreast);
        let (k, mass, verdict, to) = (lane.region, abreast.mass[i], abreast.verdict[i], abreast.to[i]);
        let neuron = Walked { mass, z: abreast.start(i), place: Place::in_region(k) };
        let start = lane.fresh.then_some(stored);
        lane.stretches += 1;
        if verdict == ASIDE || lane.stretches > MAX_STRETCHES {
            return Some(walk_on(tables, start, neuron, abreast.u[i], sums));
        }
        if lane.fresh && verdict == INSIDE && to == 1.0 {
            return Some(None);
        }
        let mut walker = Walker { tables, neuron, u: to, sums, start };
        walker.begin();
        lane.fresh = false;
        let sum = &mut walker.sums.region[k];
        for p in 0..TRACK / 2 {
            sum.sigma[p] += abreast.track[p][i];
            sum.sigma_u[p] += abreast.track[3 + p][i];
        }
        walker.neuron.z = std::array::from_fn(|p| abreast.end[p][i]);
        if verdict != INSIDE {
            let upward = verdict == UP;
            let (b, upward) = walker.ray(if upward { k } else { k - 1 }, upward);
            walker.put_on_line(b);
            walker.arrive(b, upward);
        }
        let Walked { z, place, .. } = walker.neuron;
        if place.kind() != PlaceKind::Free || to == 1.0 {
            let neuron = walker.neuron;
            return Some(walk_on(tables, None, neuron, to, sums));
        }
        abreast.set_neuron(i, mass, z, to);
        if place.index() != k {
            lane.region = place.index();
            abreast.set_region(i, tables, lane.region);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::interface::Margins;
    use crate::flow::lifted::frame::IDENTITY;
    use crate::flow::lifted::kind::Kind;
    use crate::flow::lifted::rooms::Rooms;
    use crate::flow::lifted::start::locate;
    use crate::flow::path::Path;
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
        let mut starts = vec![m as u32; Rooms::number(count) + 1];
        starts[0] = 0;
        let rooms = Rooms::new(count, &starts, &place);
        let frames = vec![IDENTITY; 2 * count];
        let tables = Tables::new(
            &samples,
            &regions,
            &path,
            &Margins::new(&samples, 1.0, 1e-9),
            kind,
            1.0,
            &rooms,
            &frames,
        );
        let mass = 1.0 / f64::from(m);
        let traveller =
            |i: usize| Traveller { at: i as u32, mass, place: [place[i]; 2], z: z[i], met: false };
        let mut travellers: Vec<Traveller> = (0..z.len()).map(traveller).collect();
        let (mut together, mut alone) = (Sums::none(count), Sums::none(count));
        walk_all(&tables, &mut travellers, |_, z| z, &mut together);
        for (i, found) in travellers.iter().enumerate() {
            let neuron = Walked { mass, z: z[i], place: place[i] };
            let expected = walk_on(&tables, Some(z[i]), neuron, 0.0, &mut alone);
            assert_eq!(found.met, expected.is_some(), "neuron {i}");
            let Some(expected) = expected else { continue };
            assert_eq!(found.place[1], expected.place, "neuron {i}");
            (0..3).for_each(|p| assert!((found.z[p] - expected.z[p]).abs() < 1e-12, "neuron {i}"));
        }
        let counters = alone.counters;
        assert_eq!(together.counters, counters);
        assert!(counters.crossings > 3000 && counters.pins > 50 && counters.deaths > 20, "{counters:?}");
        assert!((together.largest_jump / alone.largest_jump - 1.0).abs() < 1e-10);
        for (a, b) in together.region.iter().zip(&alone.region) {
            let pairs = [(a.sigma, b.sigma), (a.sigma_u, b.sigma_u)];
            pairs.iter().for_each(|(a, b)| (0..3).for_each(|p| assert!((a[p] - b[p]).abs() < 1e-9)));
            let pairs = [(a.start, b.start), (a.end, b.end)];
            pairs.iter().for_each(|(a, b)| (0..6).for_each(|p| assert!((a[p] - b[p]).abs() < 1e-12)));
        }
        for (a, b) in together.boundary.iter().zip(&alone.boundary) {
            assert!((a.weight - b.weight).abs() < 1e-10 && (a.weight_u - b.weight_u).abs() < 1e-10);
        }
    }

    #[test]
    fn a_convoy_goes_where_each_goes_alone() {
        compare(Kind::LIFTED);
    }

    #[test]
    fn in_the_adaptive_limit_too() {
        compare(Kind::ADAPTIVE);
    }
}
