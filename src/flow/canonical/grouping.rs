//! The order in which particles lie in memory: grouped by place.
//!
//! Particles of one region side by side share their field and their sums in the inner loop
//! (`block`). Events mix the groups, so they are sorted anew from time to time.

use crate::problem::Place;

/// Below this many particles the order does not matter for speed, and they stay as they came.
const WORTH_SORTING: usize = 8192;

/// Particles are grouped anew when there were more events than one per so many particles: mixed blocks then cost the
/// inner loop more time than grouping does.
const MIXED: usize = 8;

/// Whether particles should be grouped anew, after this many events since they last were.
pub fn due(particles: usize, events: u64) -> bool {
    particles >= WORTH_SORTING && events as usize > particles / MIXED
}

/// Positions after sorting by place, stable: `target[i]` is where the particle at `i` goes.
///
/// A counting sort, in `O(m + s)`. `None` for fewer than [`WORTH_SORTING`] particles.
pub fn targets(place: &[Place], regions: usize) -> Option<Vec<u32>> {
    if place.len() < WORTH_SORTING {
        return None;
    }
    // Five kinds, each with an index below `regions`.
    let bucket = |place: Place| place.kind() as usize * regions + place.index();
    let mut next = vec![0u32; 5 * regions + 1];
    place.iter().for_each(|&place| next[bucket(place) + 1] += 1);
    for i in 1..next.len() {
        next[i] += next[i - 1];
    }
    let target = place.iter().map(|&place| {
        let slot = &mut next[bucket(place)];
        *slot += 1;
        *slot - 1
    });
    Some(target.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::events::order::permute;

    #[test]
    fn groups_are_contiguous_and_stable() {
        let place: Vec<Place> = (0..WORTH_SORTING)
            .map(|i| if i % 3 == 0 { Place::pinned(i % 4) } else { Place::in_region(i % 4) })
            .collect();
        let target = targets(&place, 4).unwrap();
        let mut sorted: Vec<(Place, usize)> = place.iter().copied().zip(0..).collect();
        let mut scratch = sorted.clone();
        permute(&mut sorted, &target, &mut scratch);
        let mut seen = vec![];
        for group in sorted.chunk_by(|a, b| a.0 == b.0) {
            assert!(!seen.contains(&group[0].0), "a group in two pieces");
            assert!(group.windows(2).all(|pair| pair[0].1 < pair[1].1), "not stable");
            seen.push(group[0].0);
        }
        assert_eq!(targets(&place[..100], 4), None);
    }
}
