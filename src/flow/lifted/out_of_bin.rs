//! Neurons that lie in the memory of a bin in which they no longer are.
//!
//! Each has a safe displacement of its own, of the lines of the bin it is in. Those whose safe displacement
//! is some steps away are *inactive*: they are kept apart, bin by bin, and cost nothing until the first of their bin is due
//! (section 10, "Out of bin").
//!
//! Invariant: in every bin `earliest` is at most the safe displacement of each of its inactive neurons, in every
//! component, and `NEVER` where there is none.
//!
//! If all were active, the steps after the first crossings would cost 1.3 to 1.7 times the processor time (guide,
//! performance).

use super::displacement::{Displacement, Short};

/// The number of a bin.
pub type Bin = u32;

/// A neuron that lies in the memory of another bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Where it lies in memory.
    pub at: u32,
    /// The bin it is in.
    pub bin: Bin,
    /// The displacement of that bin's lines past which it must be tested.
    pub safe: Short,
}

impl Entry {
    /// A neuron that must be tested.
    pub fn due(at: u32, bin: Bin) -> Entry {
        Entry { at, bin, safe: Displacement::DUE.into() }
    }
}

/// A neuron is made inactive if its safe displacement is not passed within this many steps like the last ones.
const HORIZON: f64 = 8.0;
/// The active ones are divided anew when they are twice as many as after the last time, or after this many steps, ...
const STEPS: usize = 8;
/// ... but not when they are fewer than this, or than this share of the others.
const FEW: usize = 256;
const SHARE: usize = 16;

/// All neurons that lie in the memory of another bin.
#[derive(Debug, Clone)]
pub struct OutOfBin {
    /// Those that are active, ascending in memory.
    pub active: Vec<Entry>,
    /// The others, by the bin they are in.
    inactive: Vec<Vec<Entry>>,
    /// How many these are.
    waiting: usize,
    /// Componentwise minimum of the safe displacements of the inactive ones in each bin.
    earliest: Vec<Displacement>,
    /// How many were active after they were last divided, and how many steps ago that was.
    divided: usize,
    steps: usize,
}

impl OutOfBin {
    /// These neurons, all active, among `bins` bins.
    pub fn new(active: Vec<Entry>, bins: usize) -> OutOfBin {
        OutOfBin {
            active,
            inactive: vec![vec![]; bins],
            waiting: 0,
            earliest: vec![Displacement::NEVER; bins],
            divided: 0,
            steps: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.active.len() + self.waiting
    }

    /// Those that are in these bins, ascending in memory.
    pub fn those_in(&self, bins: impl Fn(usize) -> bool) -> Vec<Entry> {
        let entries = self.active.iter().chain(self.inactive.iter().flatten());
        let mut those: Vec<Entry> = entries.filter(|entry| bins(entry.bin as usize)).copied().collect();
        those.sort_unstable_by_key(|entry| entry.at);
        those
    }

    /// All of them, ascending in memory.
    #[cfg(test)]
    pub fn all(&self) -> Vec<Entry> {
        self.those_in(|_| true)
    }

    /// The displacement of a bin past which one of its inactive neurons may have to be tested.
    pub fn earliest(&self, bin: usize) -> Displacement {
        self.earliest[bin]
    }

    /// Has all in these bins tested again.
    pub fn disturb(&mut self, bins: impl Fn(usize) -> bool) {
        for entry in self.active.iter_mut().filter(|entry| bins(entry.bin as usize)) {
            entry.safe = Displacement::DUE.into();
        }
        let inactive = self.inactive.iter_mut().zip(&mut self.earliest).enumerate();
        for (_, (entries, earliest)) in
            inactive.filter(|(bin, (entries, _))| !entries.is_empty() && bins(*bin))
        {
            entries.iter_mut().for_each(|entry| entry.safe = Displacement::DUE.into());
            *earliest = Displacement::DUE;
        }
    }

    /// Makes those active in these bins whose safe displacement is near.
    ///
    /// * `due`: whether a safe displacement in a bin has been passed;
    /// * `displacement`: the displacement of each bin, and what it advances in a step.
    pub fn activate(
        &mut self,
        bins: &[Bin],
        due: impl Fn(usize, Displacement) -> bool,
        displacement: impl Fn(usize) -> [Displacement; 2],
    ) {
        let mut activated = vec![];
        for &bin in bins {
            let bin = bin as usize;
            let mut earliest = Displacement::NEVER;
            self.inactive[bin].retain(|entry| {
                let waits = !due(bin, entry.safe.into()) && is_far(entry, &displacement);
                if waits {
                    earliest = earliest.earliest(entry.safe.into());
                } else {
                    activated.push(*entry);
                }
                waits
            });
            self.earliest[bin] = earliest;
        }
        if activated.is_empty() {
            return;
        }
        self.waiting -= activated.len();
        self.active.append(&mut activated);
        self.active.sort_by_key(|entry| entry.at);
    }

    /// After a step in which `count` neurons, `moved`, ascending, have moved: the new bin of each, `None`
    /// when it lies in its bin's memory.
    ///
    /// * `displacement`: the displacement of each bin, and what it advances in a step.
    pub fn update(
        &mut self,
        count: usize,
        moved: impl Iterator<Item = (u32, Option<Bin>)>,
        displacement: impl Fn(usize) -> [Displacement; 2],
    ) {
        let bin = Vec::with_capacity(self.active.len() + count);
        let mut old = std::mem::replace(&mut self.active, bin).into_iter().peekable();
        for (at, bin) in moved {
            while let Some(entry) = old.next_if(|entry| entry.at < at) {
                self.active.push(entry);
            }
            old.next_if(|entry| entry.at == at);
            if let Some(bin) = bin {
                self.active.push(Entry::due(at, bin));
            }
        }
        self.active.extend(old);
        self.steps += 1;
        let many = self.active.len() > FEW.max(self.waiting / SHARE);
        if many && (self.active.len() > 2 * self.divided || self.steps > STEPS) {
            self.divide(displacement);
        }
    }

    /// Makes those inactive whose safe displacement is far away.
    fn divide(&mut self, displacement: impl Fn(usize) -> [Displacement; 2]) {
        let OutOfBin { active, inactive, waiting, earliest, .. } = self;
        active.retain(|entry| {
            let waits = is_far(entry, &displacement);
            if waits {
                let bin = entry.bin as usize;
                inactive[bin].push(*entry);
                *waiting += 1;
                earliest[bin] = earliest[bin].earliest(entry.safe.into());
            }
            !waits
        });
        (self.divided, self.steps) = (self.active.len(), 0);
    }
}

/// Whether a safe displacement is further away than the horizon.
fn is_far(entry: &Entry, displacement: impl Fn(usize) -> [Displacement; 2]) -> bool {
    let ([total, step], safe) = (displacement(entry.bin as usize), Displacement::from(entry.safe));
    // The dead (bin 0) are inactive for ever.
    !total.advanced(HORIZON, step).is_past(safe) && (safe != Displacement::NEVER || entry.bin == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All are there in order, active or not, and the inactive become active when one of their bin is due.
    #[test]
    fn no_neuron_is_lost() {
        let at = |across: f64| Displacement { across, ..Displacement::NEVER }.into();
        let entries = (0..2000).map(|i| Entry { at: 2 * i, bin: i % 3, safe: at(f64::from(i)) }).collect();
        let step = [Displacement::ZERO, Displacement { across: 1.0, output: 1.0, turns: 0.0 }];
        let mut out_of_bin = OutOfBin::new(entries, 3);
        let everything =
            |out_of_bin: &OutOfBin| out_of_bin.all().iter().map(|entry| entry.at).collect::<Vec<u32>>();
        // One comes back, one leaves, one moves on: those due after 8 steps of length 1 or later become inactive.
        out_of_bin.update(3, [(4, None), (7, Some(1)), (8, Some(2))].into_iter(), |_| step);
        let mut expected: Vec<u32> = (0..2000).map(|i| 2 * i).filter(|&at| at != 4).chain([7]).collect();
        expected.sort_unstable();
        assert_eq!(everything(&out_of_bin), expected);
        assert_eq!((out_of_bin.active.len(), out_of_bin.len()), (8, 2000));
        assert_eq!(out_of_bin.active.iter().find(|entry| entry.at == 7).map(|entry| entry.bin), Some(1));
        // The first inactive one of bin 2 is due at 8, of bin 0 at 9, of bin 1 at 10.
        assert_eq!([0, 1, 2].map(|bin| out_of_bin.earliest(bin).across), [9.0, 10.0, 8.0]);
        // After 3 steps bin 2 is looked at: its neurons that are due within 8 more steps are active then, 8 and 11 no longer.
        let later = [Displacement { across: 3.0, output: 3.0, turns: 0.0 }, step[1]];
        out_of_bin.activate(&[2], |_, safe| safe.across < 8.5, |_| later);
        assert_eq!((out_of_bin.active.len(), out_of_bin.len()), (9, 2000));
        assert_eq!([0, 1, 2].map(|bin| out_of_bin.earliest(bin).across), [9.0, 10.0, 11.0]);
        assert_eq!(everything(&out_of_bin), expected);
        assert!(out_of_bin.active.is_sorted_by_key(|entry| entry.at));
        out_of_bin.disturb(|bin| bin == 1);
        assert_eq!(out_of_bin.earliest(1), Displacement::DUE);
        let disturbed = |entry: &Entry| entry.safe == Displacement::DUE.into();
        assert!(out_of_bin.all().iter().filter(|entry| entry.bin == 1).all(disturbed));
        // Beside them only the one that has moved on to bin 2.
        assert_eq!(out_of_bin.all().iter().filter(|entry| entry.bin != 1 && disturbed(entry)).count(), 1);
        out_of_bin.activate(&[1], |_, safe| safe == Displacement::DUE, |_| later);
        assert_eq!(out_of_bin.active.len(), 9 + (10..2000).filter(|i| i % 3 == 1).count());
        assert_eq!(out_of_bin.earliest(1), Displacement::NEVER);
    }
}
