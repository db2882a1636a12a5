//! The least value of a function of one variable.

/// How far on either side of where the minimum is thought to be values are taken, as a share of the interval.
const SHARE: f64 = 0.05;

/// A point and the value there.
type Point = (f64, f64);

/// Where `f` has a minimum, enclosed to twice `tolerance`, of which a parabola then tells a small part where `f` is
/// smooth: rounds of two values each, taken in parallel, close on either side of the vertex of the parabola through the
/// least point and its neighbours, or halfway to these.
///
/// * `around`: three points, ascending, and their values, of which the one in the middle is the least. What is no number
///   counts as infinite.
///
/// ```
/// use reluflow::math::minimum::minimum;
/// let f = |x: f64| (x - 0.3).powi(2) + 1.0;
/// let x = minimum([0.0, 1.0, 2.0].map(|x| (x, f(x))), 1e-3, f);
/// assert!((x - 0.3).abs() < 1e-12);
/// ```
pub fn minimum(mut around: [Point; 3], tolerance: f64, f: impl Fn(f64) -> f64 + Sync) -> f64 {
    let f = |x: f64| or_infinite(f(x));
    around = around.map(|(x, value)| (x, or_infinite(value)));
    let mut halve = true;
    for _ in 0..100 {
        let [low, best, high] = around.map(|point| point.0);
        let width = high - low;
        if width <= 2.0 * tolerance {
            break;
        }
        let (at, off) = (vertex(&around), SHARE * width);
        let wanted = match halve || at - off <= low || at + off >= high {
            true => [0.5 * (low + best), 0.5 * (best + high)],
            false => [at - off, at + off],
        };
        let (first, second) = rayon::join(|| f(wanted[0]), || f(wanted[1]));
        let mut points = around.to_vec();
        points.extend([(wanted[0], first), (wanted[1], second)]);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup_by(|a, b| a.0 == b.0);
        let inner = 1..points.len() - 1;
        let least = inner
            .min_by(|&i, &j| points[i].1.total_cmp(&points[j].1))
            .expect("the ends stay, and one between");
        around = std::array::from_fn(|i| points[least - 1 + i]);
        // Where the parabola has misled, or there is none yet.
        halve = around[2].0 - around[0].0 > 0.5 * width;
    }
    vertex(&around)
}

/// Of the parabola through three points, no further away than these; the one in the middle if there is none.
fn vertex(&[(low, of_low), (best, least), (high, of_high)]: &[Point; 3]) -> f64 {
    let [left, right] = [(least - of_low) / (best - low), (of_high - least) / (high - best)];
    let curvature = (right - left) / (high - low);
    // The slope in the middle, by the parabola.
    let slope = left + curvature * (best - low);
    let at = best - 0.5 * slope / curvature;
    if curvature > 0.0 && at.is_finite() { at.clamp(low, high) } else { best }
}

fn or_infinite(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn it_takes_few_rounds() {
        for (least, bound, f) in [
            (1.3f64, 1e-6, (|x: f64| (x - 1.3).cosh()) as fn(f64) -> f64),
            (-0.7, 1e-4, |x| (x + 0.7).abs()),
            (1.9, 1e-4, |x| (x - 1.9).powi(4)),
            (0.2, 1e-4, |x| if x < 0.2 { -10.0 * (x - 0.2) } else { 0.1 * (x - 0.2).sqrt() }),
        ] {
            let count = AtomicUsize::new(0);
            let counted = |x: f64| {
                count.fetch_add(1, Ordering::Relaxed);
                f(x)
            };
            let around = [-3.0, 0.3, 3.0].map(|x| (x, f(x)));
            let x = minimum(around, 1e-4, counted);
            let count = count.into_inner();
            assert!((x - least).abs() < bound && count <= 40, "{least}: {x}, {count} values");
        }
    }

    #[test]
    fn what_is_no_number_is_no_minimum() {
        for nothing in [f64::INFINITY, f64::NAN, -f64::NAN] {
            let f = |x: f64| if x > 0.4 { nothing } else { (x - 0.3).powi(2) };
            let x = minimum([-1.0, 0.2, 1.0].map(|x| (x, f(x))), 1e-4, f);
            assert!((x - 0.3).abs() < 2e-4, "{x}");
        }
    }
}
