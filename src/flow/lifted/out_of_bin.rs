//! Neurons that lie in the memory of a bin in which they no longer are.
//!
//! Each has a safe displacement of its own, of the lines of the bin it is in. Those whose safe displacement
//! is many steps away are *inactive*: they are kept apart, and cost nothing until the first of them is due
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
const HORIZON: f64 = 32.0;
/// The active ones are divided anew when they are twice as many as after the last time, or after this many steps, ...
const STEPS: usize = 8;
/// ... but not when they are fewer than this, or than this share of the others.
const FEW: usize = 256;
const SHARE: usize = 16;

/// All neurons that lie in the memory of another bin, each list ascending in memory.
#[derive(Debug, Clone)]
pub struct OutOfBin {
    /// Those that are active.
    pub active: Vec<Entry>,
    inactive: Vec<Entry>,
    /// Componentwise minimum of the safe displacements of the inactive ones in each bin.
    earliest: Vec<Displacement>,
    /// How many were active after they were last divided, and how many steps ago that was.
    divided: usize,
    steps: usize,
}

impl OutOfBin {
    /// These neurons, all active, among `bins` bins.
    pub fn new(active: Vec<Entry>, bins: usize) -> OutOfBin {
        OutOfBin { active, inactive: vec![], earliest: vec![Displacement::NEVER; bins], divided: 0, steps: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.active.len() + self.inactive.len()
    }

    /// All of them, ascending.
    pub fn all(&self) -> impl Iterator<Item = Entry> {
        merge(self.active.iter().copied(), self.inactive.iter().copied())
    }

    /// Has all in these bins tested again.
    pub fn disturb(&mut self, bins: impl Fn(usize) -> bool) {
        for entry in self.active.iter_mut().chain(&mut self.inactive).filter(|e| bins(e.bin as usize)) {
            entry.safe = Displacement::DUE.into();
        }
        for (bin, earliest) in self.earliest.iter_mut().enumerate() {
            // Never, where none is inactive.
            if bins(bin) && *earliest != Displacement::NEVER {
                *earliest = Displacement::DUE;
            }
        }
    }

    /// If one of the inactive may be due: makes all active whose safe displacement is near.
    ///
    /// * `due`: whether a safe displacement in a bin has been passed;
    /// * `displacement`: the displacement of each bin, and what it advances in a step.
    pub fn activate(
        &mut self,
        due: impl Fn(usize, Displacement) -> bool,
        displacement: impl Fn(usize) -> [Displacement; 2],
    ) {
        let occupied =
            self.earliest.iter().enumerate().filter(|(_, earliest)| **earliest != Displacement::NEVER);
        let mut occupied = occupied.map(|(bin, &earliest)| due(bin, earliest));
        if !occupied.any(|due| due) {
            return;
        }
        let inactive = std::mem::take(&mut self.inactive).into_iter();
        let (inactive, activated): (Vec<Entry>, Vec<Entry>) = inactive
            .partition(|entry| !due(entry.bin as usize, entry.safe.into()) && is_far(entry, &displacement));
        let active = std::mem::take(&mut self.active);
        self.active = merged(active, activated);
        self.earliest.fill(Displacement::NEVER);
        self.deactivate(inactive);
    }

    /// Makes these inactive, besides those that are so already, until the first of them is due.
    fn deactivate(&mut self, inactive: Vec<Entry>) {
        for entry in &inactive {
            let earliest = &mut self.earliest[entry.bin as usize];
            *earliest = earliest.earliest(entry.safe.into());
        }
        self.inactive = merged(std::mem::take(&mut self.inactive), inactive);
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
        let many = self.active.len() > FEW.max(self.inactive.len() / SHARE);
        if many && (self.active.len() > 2 * self.divided || self.steps > STEPS) {
            self.divide(displacement);
        }
    }

    /// Makes those inactive whose safe displacement is far away.
    fn divide(&mut self, displacement: impl Fn(usize) -> [Displacement; 2]) {
        let active = std::mem::take(&mut self.active).into_iter();
        let (inactive, active): (Vec<Entry>, Vec<Entry>) =
            active.partition(|entry| is_far(entry, &displacement));
        (self.divided, self.steps, self.active) = (active.len(), 0, active);
        self.deactivate(inactive);
    }
}

/// Whether a safe displacement is further away than the horizon.
fn is_far(entry: &Entry, displacement: impl Fn(usize) -> [Displacement; 2]) -> bool {
    let ([total, step], safe) = (displacement(entry.bin as usize), Displacement::from(entry.safe));
    // The dead (bin 0) are inactive for ever.
    !total.advanced(HORIZON, step).is_past(safe) && (safe != Displacement::NEVER || entry.bin == 0)
}

/// Two ascending lists as one, in no more memory than it needs.
fn merged(one: Vec<Entry>, other: Vec<Entry>) -> Vec<Entry> {
    if one.is_empty() || other.is_empty() {
        return if one.is_empty() { other } else { one };
    }
    let mut all = Vec::with_capacity(one.len() + other.len());
    all.extend(merge(one.into_iter(), other.into_iter()));
    all
}

/// Two ascending lists as one.
fn merge(
    one: impl Iterator<Item = Entry>,
    other: impl Iterator<Item = Entry>,
) -> impl Iterator<Item = Entry> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if b.at < a.at => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All are there in order, active or not, and the inactive become active when one of them is due.
    #[test]
    fn no_neuron_is_lost() {
        let at = |across: f64| Displacement { across, ..Displacement::NEVER }.into();
        let entries = (0..2000).map(|i| Entry { at: 2 * i, bin: i % 3, safe: at(f64::from(i)) }).collect();
        let step = [Displacement::ZERO, Displacement { across: 1.0, output: 1.0, turns: 0.0 }];
        let mut out_of_bin = OutOfBin::new(entries, 3);
        let everything = |out_of_bin: &OutOfBin| out_of_bin.all().map(|entry| entry.at).collect::<Vec<u32>>();
        // One comes back, one leaves, one moves on: those due after 32 steps of length 1 or later become inactive.
        out_of_bin.update(3, [(4, None), (7, Some(1)), (8, Some(2))].into_iter(), |_| step);
        let mut expected: Vec<u32> = (0..2000).map(|i| 2 * i).filter(|&at| at != 4).chain([7]).collect();
        expected.sort_unstable();
        assert_eq!(everything(&out_of_bin), expected);
        assert_eq!((out_of_bin.active.len(), out_of_bin.len()), (32, 2000));
        assert_eq!(out_of_bin.active.iter().find(|entry| entry.at == 7).map(|entry| entry.bin), Some(1));
        // The first inactive one of bin 2 is due at 32, of bin 0 at 33, of bin 1 at 34.
        out_of_bin.activate(|_, earliest| earliest.across < 32.0, |_| step);
        assert_eq!(out_of_bin.active.len(), 32);
        // After 3 steps bin 2 is due: those that are due within 32 more steps are active then.
        let later = [Displacement { across: 3.0, output: 3.0, turns: 0.0 }, step[1]];
        out_of_bin.activate(|bin, earliest| bin == 2 && earliest.across < 32.5, |_| later);
        assert_eq!((out_of_bin.active.len(), everything(&out_of_bin) == expected), (35, true));
        assert!(out_of_bin.active.iter().all(|entry| Displacement::from(entry.safe).across < 35.0));
        out_of_bin.disturb(|bin| bin == 1);
        out_of_bin.activate(|_, earliest| earliest == Displacement::DUE, |_| later);
        assert_eq!(out_of_bin.active.len(), 35 + (35..2000).filter(|i| i % 3 == 1).count());
        let disturbed = |entry: &Entry| entry.safe == Displacement::DUE.into();
        assert!(out_of_bin.all().filter(|entry| entry.bin == 1).all(|entry| disturbed(&entry)));
        assert_eq!(out_of_bin.all().filter(|entry| entry.bin != 1 && disturbed(entry)).count(), 1);
    }
}
