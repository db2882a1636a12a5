//! The least value of a function of one variable.

/// Golden section: the larger part of an interval goes to the smaller as the whole to the larger.
const GOLDEN: f64 = 0.381_966_011_250_105;

/// Where `f` has a minimum between `low` and `high`, to `tolerance`, and the value there: by parabolas through the three
/// best points, by golden section where they do not help (Brent 1973, chapter 5).
///
/// * `start`: a point between, and its value.
///
/// ```
/// use reluflow::math::minimum::minimum;
/// let f = |x: f64| (x - 0.3).powi(2) + 1.0;
/// let (x, value) = minimum([0.0, 2.0], (1.0, f(1.0)), 1e-3, f);
/// assert!((x - 0.3).abs() < 1e-3 && value - 1.0 < 1e-6);
/// ```
pub fn minimum(
    [mut low, mut high]: [f64; 2],
    start: (f64, f64),
    tolerance: f64,
    mut f: impl FnMut(f64) -> f64,
) -> (f64, f64) {
    // The best point, the second, and the second before it.
    let (mut best, mut second, mut third) = (start, start, start);
    let (mut step, mut before) = (0.0f64, 0.0f64);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if (best.0 - middle).abs() <= 2.0 * tolerance - 0.5 * (high - low) {
            break;
        }
        let to_far_end = if best.0 >= middle { low - best.0 } else { high - best.0 };
        let (mut next, mut parabola) = (GOLDEN * to_far_end, false);
        if before.abs() > tolerance {
            let r = (best.0 - second.0) * (best.1 - third.1);
            let q = (best.0 - third.0) * (best.1 - second.1);
            let p = (best.0 - third.0) * q - (best.0 - second.0) * r;
            let vertex = -p / (2.0 * (q - r));
            let at = best.0 + vertex;
            if vertex.abs() < 0.5 * before.abs() && at > low && at < high {
                (next, parabola) = (vertex, true);
                if at - low < 2.0 * tolerance || high - at < 2.0 * tolerance {
                    next = tolerance.copysign(middle - best.0);
                }
            }
        }
        before = if parabola { step } else { to_far_end };
        step = if next.abs() >= tolerance { next } else { tolerance.copysign(next) };
        let at = best.0 + step;
        let found = (at, f(at));
        if found.1 <= best.1 {
            if at >= best.0 {
                low = best.0
            } else {
                high = best.0
            }
            (third, second, best) = (second, best, found);
        } else {
            if at < best.0 {
                low = at
            } else {
                high = at
            }
            if found.1 <= second.1 || second.0 == best.0 {
                (third, second) = (second, found);
            } else if found.1 <= third.1 || third.0 == best.0 || third.0 == second.0 {
                third = found;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_few_values() {
        for (least, f) in [
            (1.3f64, (|x: f64| (x - 1.3).cosh()) as fn(f64) -> f64),
            (-0.7, |x| (x + 0.7).abs()),
            (2.9, |x| (x - 2.9).powi(4)),
        ] {
            let mut count = 0;
            let counted = |x: f64| {
                count += 1;
                f(x)
            };
            let (x, value) = minimum([-3.0, 3.0], (0.1, f(0.1)), 1e-4, counted);
            let off = if least == 2.9 { 3e-2 } else { 3e-4 };
            assert!((x - least).abs() < off && value == f(x) && count < 40, "{least}: {x}, {count} values");
        }
    }
}
