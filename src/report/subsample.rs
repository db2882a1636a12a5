//! Which particles are drawn: a fair subsample, whatever the width.

use std::f64::consts::TAU;

use crate::math::random::{Purpose, Stream};

/// A particle that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Its position among the stored particles.
    pub at: usize,
    /// How many of the equal shares of mass it stands for.
    pub shares: u32,
}

/// Chooses at most `shares` particles: the mass is cut into so many equal shares along the order
/// of sign and direction, and of each share one particle is drawn, with a probability proportional
/// to its part of the share.
///
/// A particle is thus drawn in proportion to its mass, every direction has as many as it has mass,
/// and no regularity in the numbering (pairs of opposite sign, low-discrepancy points) can favour
/// one kind. The same particles are chosen every time. If there are no more than `shares` of them,
/// all are.
///
/// * `mass`, `r`, `theta` (rad): of the stored particles at the start.
///
/// Returned in the order of the stored particles; those without mass are never chosen.
///
/// ```
/// use reluflow::report::subsample;
/// // A thousand particles, of which the last has half the mass: it stands for half the shares.
/// let mut mass = vec![0.5 / 999.0; 1000];
/// mass[999] = 0.5;
/// let theta: Vec<f64> = (0..1000).map(|i| 0.006 * i as f64).collect();
/// let picks = subsample(&mass, &vec![1.0; 1000], &theta, 100);
/// assert_eq!(picks.iter().map(|pick| pick.shares).sum::<u32>(), 100);
/// assert!((49..=51).contains(&picks.last().unwrap().shares));
/// ```
pub fn subsample(mass: &[f64], r: &[f64], theta: &[f64], shares: usize) -> Vec<Pick> {
    let massive: Vec<usize> = (0..mass.len()).filter(|&i| mass[i] > 0.0).collect();
    if massive.len() <= shares {
        return massive.into_iter().map(|at| Pick { at, shares: 1 }).collect();
    }
    let mut order = massive;
    let turned = |i: usize| theta[i].rem_euclid(TAU);
    order.sort_by(|&i, &j| {
        (r[i] < 0.0).cmp(&(r[j] < 0.0)).then(turned(i).total_cmp(&turned(j))).then(i.cmp(&j))
    });
    let total: f64 = order.iter().map(|&i| mass[i]).sum();
    let (mut picks, mut below, mut next): (Vec<Pick>, f64, usize) = (vec![], 0.0, 0);
    for share in 0..shares {
        let u = Stream::new(0, Purpose::Drawing, share as u64).unit();
        let target = (share as f64 + u) / shares as f64 * total;
        // Rounding in the sums may leave the last target beyond the last particle.
        while next + 1 < order.len() && below + mass[order[next]] < target {
            below += mass[order[next]];
            next += 1;
        }
        match picks.last_mut() {
            Some(last) if last.at == order[next] => last.shares += 1,
            _ => picks.push(Pick { at: order[next], shares: 1 }),
        }
    }
    picks.sort_by_key(|pick| pick.at);
    picks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of opposite sign, as `measure.antisymmetric` makes them: taking every second particle
    /// would show one sign only.
    #[test]
    fn both_signs_and_all_directions_are_drawn_alike() {
        let m = 100_000;
        let r: Vec<f64> = (0..m).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let theta: Vec<f64> = (0..m).map(|i| (i as f64 * 0.618).fract() * TAU).collect();
        let picks = subsample(&vec![1.0 / m as f64; m], &r, &theta, 1000);
        assert_eq!(picks.len(), 1000);
        let positive = picks.iter().filter(|pick| r[pick.at] > 0.0).count();
        assert_eq!(positive, 500);
        for eighth in 0..8 {
            let inside = |pick: &&Pick| (theta[pick.at] / TAU * 8.0) as usize == eighth;
            let drawn = picks.iter().filter(inside).count();
            assert!((122..=128).contains(&drawn), "{drawn} of 125 in eighth {eighth}");
        }
        assert_eq!(picks, subsample(&vec![1.0 / m as f64; m], &r, &theta, 1000));
    }

    /// Each particle is drawn in proportion to its mass: amplitudes that depend on the mass have the
    /// right mean.
    #[test]
    fn the_drawn_have_the_mean_of_all() {
        let m = 50_000;
        let raw: Vec<f64> = (0..m).map(|i| 1.0 + (i % 7) as f64).collect();
        let total: f64 = raw.iter().sum();
        let mass: Vec<f64> = raw.iter().map(|raw| raw / total).collect();
        let theta: Vec<f64> = (0..m).map(|i| (i as f64 * 0.618).fract() * TAU).collect();
        let mean: f64 = mass.iter().zip(&raw).map(|(mass, r)| mass * r).sum();
        let picks = subsample(&mass, &raw, &theta, 4000);
        let drawn: f64 = picks.iter().map(|pick| f64::from(pick.shares) * raw[pick.at]).sum::<f64>() / 4000.0;
        // Their standard deviation is 1.7, of a mean of 4000 it is 0.027.
        assert!((drawn - mean).abs() < 0.1, "{drawn} against {mean}");
    }

    #[test]
    fn few_particles_are_all_drawn_and_those_without_mass_never() {
        let picks = subsample(&[0.5, 0.0, 0.5], &[1.0; 3], &[0.0; 3], 3);
        assert_eq!(picks, [Pick { at: 0, shares: 1 }, Pick { at: 2, shares: 1 }]);
        let picks = subsample(&[0.0, 1.0, 0.0], &[1.0; 3], &[0.0, 1.0, 2.0], 0);
        assert!(picks.is_empty());
    }
}
