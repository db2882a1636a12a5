//! Particles that may meet an event, stepped side by side.
//!
//! Every particle that may meet an event within the step takes a lane and keeps it until it has reached the end of
//! the step: substep by substep ([`lanes`](super::lanes)), each lane at its own instant in its own region. A
//! particle whose substep is not a plain one is integrated by [`go_on`] until it moves freely again; the lane of
//! one that has reached the end of the step goes to the next. Lanes are filled and emptied in an order that depends
//! on the particles alone, so that sums have the same bits on any number of threads.

use crate::flow::events::ChunkTally;
use crate::flow::events::lanes::{ASIDE, DOWN, INSIDE, LANES, UP};
use crate::flow::events::particles::TRACK;
use crate::flow::events::substep::MAX_SUBSTEPS;
use crate::flow::moments::{REGION, SIGMA, SIGN};
use crate::problem::Place;

use super::integration::{Stage, go_on};
use super::lanes::SubstepLanes;
use super::particle::{Particle, Particles};
use super::step_tables::StepTables;

/// What a lane remembers besides the numbers of its substep.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    /// Which particle it is.
    index: usize,
    /// The region it is in.
    region: usize,
    /// The region it came from, if it has just reached a boundary.
    came_from: usize,
    /// `abs(dtheta/du)` with which it reached that boundary.
    arrived_with: f64,
    /// Whether it is still at the start of the step.
    fresh: bool,
    substeps: usize,
}

/// A particle that waits for a lane.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    index: usize,
    stage: Stage,
    fresh: bool,
}

/// The lanes of one chunk of particles, and the particles that wait for one.
pub struct LaneQueue {
    lanes: Box<SubstepLanes>,
    lane: [Lane; LANES],
    taken: usize,
    waiting: Vec<Waiting>,
}

impl LaneQueue {
    /// No particle in any lane.
    pub fn new() -> LaneQueue {
        LaneQueue {
            lanes: Box::new(SubstepLanes::empty()),
            lane: [Lane::default(); LANES],
            taken: 0,
            waiting: vec![],
        }
    }

    /// Free particle `index` of the chunk waits to be integrated from the start of the step.
    pub fn join(&mut self, index: usize, particle: Particle) {
        let stage = Stage { particle, u: 0.0, substeps: 0 };
        self.waiting.push(Waiting { index, stage, fresh: true });
    }

    /// Particle `index`, which moves freely by now, waits to be integrated on.
    pub fn join_late(&mut self, index: usize, stage: Stage) {
        self.waiting.push(Waiting { index, stage, fresh: false });
    }

    /// Integrates into `tally` as long as all lanes are taken; until none is left, if `all`.
    pub fn integrate<const TV: bool>(
        &mut self,
        tables: &StepTables<'_>,
        particles: &mut Particles<'_>,
        tally: &mut ChunkTally,
        all: bool,
    ) {
        loop {
            while self.taken < LANES
                && let Some(next) = self.waiting.pop()
            {
                self.taken += 1;
                self.load(self.taken - 1, next, tables);
            }
            if self.taken == 0 || (self.taken < LANES && !all) {
                return;
            }
            self.lanes.substep::<TV>(self.taken, tables.tv, tables.turn);
            for lane in (0..self.taken).rev() {
                let Some(end) = self.after_substep::<TV>(lane, tables, tally) else { continue };
                let i = self.lane[lane].index;
                (particles.r_end[i], particles.theta_end[i]) = (end.r, end.theta);
                particles.place_end[i] = end.place;
                if let Some(next) = self.waiting.pop() {
                    self.load(lane, next, tables);
                } else {
                    // The last lane, which has been dealt with already, moves up.
                    self.taken -= 1;
                    self.lane[lane] = self.lane[self.taken];
                    self.lanes.copy_start(self.taken, lane);
                }
            }
        }
    }

    fn load(&mut self, lane: usize, Waiting { index, stage, fresh }: Waiting, tables: &StepTables<'_>) {
        let region = stage.particle.place.index();
        let substeps = stage.substeps;
        self.lane[lane] = Lane { index, region, fresh, substeps, ..Lane::default() };
        self.place(lane, stage, tables);
    }

    /// Sets a lane to a particle that moves freely, not coming from a boundary.
    fn place(&mut self, lane: usize, Stage { particle, u, .. }: Stage, tables: &StepTables<'_>) {
        let (k, lanes) = (particle.place.index(), &mut self.lanes);
        (lanes.mass[lane], lanes.r[lane], lanes.theta[lane]) = (particle.mass, particle.r, particle.theta);
        (lanes.u[lane], lanes.entering[lane]) = (u, 0.0);
        lanes.set_region(lane, tables, k);
    }

    /// Adds a lane's substep to the tally and prepares the lane for its next one; or returns the particle
    /// at the end of the step.
    fn after_substep<const TV: bool>(
        &mut self,
        i: usize,
        tables: &StepTables<'_>,
        tally: &mut ChunkTally,
    ) -> Option<Particle> {
        let (lane, lanes) = (&mut self.lane[i], &mut self.lanes);
        let k = lane.region;
        if lane.fresh {
            lane.fresh = false;
            tally.event_particles.any = true;
            let start = &mut tally.event_particles.region[k].start;
            (SIGMA..length::<TV>()).for_each(|p| start[p] += lanes.ends[0][p][i]);
        }
        lane.substeps += 1;
        let verdict = lanes.verdict[i];
        if verdict == ASIDE || lane.substeps > MAX_SUBSTEPS {
            return self.integrate_alone::<TV>(i, tables, tally);
        }
        if lanes.entering[i] != 0.0 {
            tally.events.counters.crossings += 1;
            let fastest = lane.arrived_with.max(lanes.speed[0][i].abs());
            let jump = lanes.mass[i] * tables.reach * lanes.r[i].abs() * fastest / tables.h;
            tally.events.jump(jump, lanes.u[i]);
        }
        let track: [f64; TRACK] = std::array::from_fn(|p| lanes.track[p][i]);
        tally.event_particles.add_integrals::<TV>(k, &track);
        (lanes.r[i], lanes.u[i]) = (lanes.r_end[i], lanes.to[i]);
        if verdict == INSIDE {
            let (low, high) = lanes.limits(i);
            // Within rounding of the boundary is on it, not across.
            lanes.theta[i] = lanes.theta_end[i].clamp(low, high);
            lanes.entering[i] = 0.0;
            if lanes.to[i] < 1.0 {
                return None;
            }
            let (sum, end) = (&mut tally.moments.region[k], &mut tally.event_particles.region[k].end);
            for p in 0..length::<TV>() {
                sum[p] += lanes.ends[1][p][i];
                end[p] += lanes.ends[1][p][i];
            }
            return Some(self.particle(i));
        }
        let upward = verdict == UP;
        let (b, next) = if upward { (k, tables.regions.above(k)) } else { (k - 1, k - 1) };
        lanes.theta[i] = tables.regions.angle(b);
        (lane.came_from, lane.region) = (k, next);
        lane.arrived_with = lanes.speed[1][i].abs();
        lanes.entering[i] = if upward { UP } else { DOWN };
        if next == 0 {
            return self.integrate_alone::<TV>(i, tables, tally);
        }
        lanes.set_region(i, tables, next);
        None
    }

    /// The particle of a lane, in the region of its next substep.
    fn particle(&self, i: usize) -> Particle {
        let (mass, r, theta) = (self.lanes.mass[i], self.lanes.r[i], self.lanes.theta[i]);
        Particle { mass, r, theta, place: Place::in_region(self.lane[i].region) }
    }

    /// Integrates the particle of a lane event by event, from the start of its substep until it moves freely again;
    /// returns it if that took it to the end of the step.
    fn integrate_alone<const TV: bool>(
        &mut self,
        i: usize,
        tables: &StepTables<'_>,
        tally: &mut ChunkTally,
    ) -> Option<Particle> {
        let (came_from, entering) = (self.lane[i].came_from, self.lanes.entering[i]);
        let mut stage =
            Stage { particle: self.particle(i), u: self.lanes.u[i], substeps: self.lane[i].substeps };
        let arrived = (entering != 0.0).then(|| {
            // What becomes of it on the boundary is still to be decided.
            stage.particle.place = Place::in_region(came_from);
            let upward = entering == UP;
            (if upward { came_from } else { came_from - 1 }, upward)
        });
        let stage = go_on::<TV>(tables, stage, arrived, tally);
        if stage.u >= 1.0 {
            return Some(stage.particle);
        }
        self.lane[i].region = stage.particle.place.index();
        self.lane[i].substeps = stage.substeps;
        self.place(i, stage, tables);
        None
    }
}

/// How many moments of a region are in use.
const fn length<const TV: bool>() -> usize {
    if TV { REGION } else { SIGN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::interface::Margins;
    use crate::flow::moments::Moments;
    use crate::flow::path::Path;
    use crate::flow::push::Push;
    use crate::problem::{Regions, Samples};

    /// Side by side and one by one, by two different integrations of the same motion.
    fn compare<const TV: bool>(lambda: f64) {
        let s = 90;
        let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * f64::from(j) / f64::from(s - 1)).collect();
        let samples = Samples::new(&x, &vec![0.0; x.len()]).unwrap();
        let regions = Regions::new(&samples);
        let count = regions.boundaries();
        let rho: Vec<f64> = x.iter().map(|x| (40.0 * x).sin()).collect();
        let rate: Vec<f64> = x.iter().map(|x| 300.0 * x).collect();
        let path = Path::line(0.0004, &rho, &rate);
        let margins = Margins::new(&samples, 1.0, 1e-9);
        let push = Push {
            samples: &samples,
            regions: &regions,
            path: &path,
            start: &Moments::zero(count),
            margins: &margins,
            lambda,
            turn: 0.01,
            significant: f64::INFINITY,
        };
        let tables = StepTables::new(&push);
        let m = 6000;
        let r: Vec<f64> = (0..m).map(|i| ((i as f64) * 0.77).sin() * 3.0).collect();
        let theta: Vec<f64> = (0..m).map(|i| regions.unwrapped(i as f64 * 0.618)).collect();
        let place: Vec<Place> =
            theta.iter().map(|&theta| Place::in_region(regions.region_of_unwrapped(theta))).collect();
        let (mut r_end, mut theta_end, mut place_end) = (r.clone(), theta.clone(), place.clone());
        let mass = vec![1.0 / m as f64; m];
        let mut particles = Particles {
            mass: &mass,
            r: &r,
            theta: &theta,
            place: &place,
            r_end: &mut r_end,
            theta_end: &mut theta_end,
            place_end: &mut place_end,
        };
        let (mut together, mut alone) = (ChunkTally::none(count), ChunkTally::none(count));
        let mut queue = LaneQueue::new();
        for i in (0..m).filter(|&i| place[i].is_free()) {
            let particle = Particle { mass: mass[i], r: r[i], theta: theta[i], place: place[i] };
            queue.join(i, particle);
            queue.integrate::<TV>(&tables, &mut particles, &mut together, false);
        }
        queue.integrate::<TV>(&tables, &mut particles, &mut together, true);
        for i in (0..m).filter(|&i| place[i].is_free()) {
            let particle = Particle { mass: mass[i], r: r[i], theta: theta[i], place: place[i] };
            alone.take_out_start::<TV>(&tables, &particle);
            let mut stage = Stage { particle, u: 0.0, substeps: 0 };
            while stage.u < 1.0 {
                stage = go_on::<TV>(&tables, stage, None, &mut alone);
            }
            let end = stage.particle;
            assert_eq!(end.place, place_end[i], "particle {i}");
            assert!((end.r - r_end[i]).abs() < 2e-8, "particle {i}: {} {}", end.r, r_end[i]);
            assert!((end.theta - theta_end[i]).abs() < 2e-8, "particle {i}: {} {}", end.theta, theta_end[i]);
        }
        assert!(
            alone.events.counters.crossings > 200 && alone.events.counters.pins > 0,
            "{:?}",
            alone.events.counters
        );
        assert!(!TV || alone.events.counters.sign_changes + alone.events.counters.sticks > 0);
        assert_eq!(together.events.counters, alone.events.counters);
        assert!((together.events.largest_jump / alone.events.largest_jump - 1.0).abs() < 1e-6);
        for k in 0..count {
            let (a, b) = (&together.event_particles.region[k], &alone.event_particles.region[k]);
            for (a, b) in [(a.start, b.start), (a.end, b.end)] {
                (SIGMA..REGION).for_each(|p| assert!((a[p] - b[p]).abs() < 2e-7, "{k} {p}"));
            }
            for (a, b) in [(a.sigma, b.sigma), (a.sigma_u, b.sigma_u)] {
                (0..3).for_each(|p| assert!((a[p] - b[p]).abs() < 2e-7, "{k} {p} {} {}", a[p], b[p]));
            }
            (0..2).for_each(|p| assert!((a.sign[p] - b.sign[p]).abs() < 2e-7, "{k} {p}"));
            let (a, b) = (&together.moments.region[k], &alone.moments.region[k]);
            (0..REGION).for_each(|p| assert!((a[p] - b[p]).abs() < 2e-7, "{k} {p}"));
        }
    }

    #[test]
    fn lanes_go_where_each_particle_goes_by_itself() {
        compare::<false>(0.0);
    }

    #[test]
    fn with_the_penalty_too() {
        compare::<true>(0.3);
    }
}
