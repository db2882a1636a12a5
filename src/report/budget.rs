//! How much of a run fits into a page.

use super::clusters::MOST as CLUSTERS;

/// Bytes of data, before base64 makes 4 of 3: the page stays well under 15 MB.
pub const BYTES: usize = 9_600_000;
/// Most snapshots that a slider steps through.
const FRAMES: usize = 240;
/// Most samples that are drawn one by one.
const SAMPLES: usize = 2000;
/// Bytes of one drawn particle in one snapshot: `r` and `theta` as `f32`, and its place.
pub const PARTICLE: usize = 4 + 4 + 1;
/// Bytes of one cluster.
const CLUSTER: usize = 4 + 1 + 8 + 4 + 4;

/// Which snapshots and how many particles a page holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Numbers of the snapshots, ascending; the first and the last are among them.
    pub frames: Vec<usize>,
    /// Most particles.
    pub particles: usize,
}

impl Budget {
    /// For a run of so many snapshots and shown samples, functions on so many points, and at most so
    /// many particles; thins the snapshots first, evenly by their number, then the particles.
    pub fn new(snapshots: usize, shown: usize, points: usize, particles: usize) -> Budget {
        let frame = shown * (3 * 8 + 4) + points * (4 + 4) + CLUSTERS.min(4 * shown) * CLUSTER + 128;
        let frames = snapshots.min(FRAMES).min((BYTES / 2 / frame).max(2));
        let rest = BYTES - (frame * frames).min(BYTES / 2);
        Budget {
            frames: spread(snapshots, frames),
            particles: particles.min(rest / (frames.max(1) * PARTICLE)).max(1),
        }
    }
}

/// The samples that are drawn one by one: all, or evenly spread ones.
pub fn shown_samples(samples: usize) -> Vec<usize> {
    spread(samples, samples.min(SAMPLES))
}

/// `count` of the numbers `0..n`, evenly spread, the first and the last among them.
fn spread(n: usize, count: usize) -> Vec<usize> {
    match count {
        0 => vec![],
        1 => vec![0],
        _ => (0..count).map(|i| (i * (n - 1) + (count - 1) / 2) / (count - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_whatever_is_asked_for() {
        for snapshots in [1, 2, 41, 5000] {
            for shown in [1, 94, 2000] {
                for particles in [0, 4000, usize::MAX] {
                    let budget = Budget::new(snapshots, shown, shown + 421, particles);
                    let frames = budget.frames.len();
                    assert_eq!(budget.frames[0], 0);
                    assert_eq!(*budget.frames.last().unwrap(), snapshots - 1);
                    assert!(budget.frames.windows(2).all(|pair| pair[0] < pair[1]));
                    let frame = shown * 28 + (shown + 421) * 8 + 400.min(4 * shown) * 21;
                    assert!(frames * (frame + budget.particles * PARTICLE) <= BYTES, "{budget:?}");
                    assert!(budget.particles >= 1 && (particles == 0 || budget.particles <= particles));
                }
            }
        }
        assert_eq!(Budget::new(41, 5, 426, 4000).particles, 4000);
        assert_eq!(Budget::new(41, 5, 426, 4000).frames, (0..41).collect::<Vec<_>>());
        assert_eq!(shown_samples(3), [0, 1, 2]);
        assert_eq!((shown_samples(10_001).len(), shown_samples(10_001)[1999]), (2000, 10_000));
    }
}
