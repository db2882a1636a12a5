//! One step of an ordinary differential equation by extrapolation of the modified midpoint rule
//! (Gragg, Bulirsch and Stoer; Hairer, Norsett, Wanner, *Solving ODEs I*, II.9).
//!
//! Its error has an expansion in even powers of the substep, so that column `k` of the table has order
//! `2 k`. Columns are added until two agree.

/// The unknowns of a characteristic: amplitude, both components of the vector, logarithm of the factor.
pub type State = [f64; 4];

/// Columns of the table; the last has order 16.
const COLUMNS: usize = 8;

/// The solution after a step of length `step` (of either sign) from `u`; `None` where the columns do not
/// agree to `tolerance`, relative to `scale`.
pub fn step(
    rates: impl Fn(f64, &State) -> State,
    u: f64,
    start: &State,
    step: f64,
    tolerance: f64,
) -> Option<State> {
    let mut table = [[0.0; 4]; COLUMNS];
    let first = rates(u, start);
    for k in 0..COLUMNS {
        let n = 2 * (k + 1);
        // Row k of Aitken's and Neville's scheme, from right to left the row before.
        let mut entry = midpoint(&rates, u, start, &first, step, n);
        for j in 1..=k {
            let ratio = (n as f64 / (2 * (k + 1 - j)) as f64).powi(2);
            let before = table[j - 1];
            table[j - 1] = entry;
            entry = std::array::from_fn(|i| entry[i] + (entry[i] - before[i]) / (ratio - 1.0));
        }
        let last = if k > 0 { table[k - 1] } else { *start };
        table[k] = entry;
        let error = distance(&entry, &last);
        if k > 0 && error <= tolerance * scale(&entry) {
            return Some(entry);
        }
        // NaN, or so far off that more columns are a waste.
        if error.is_nan() || (k >= 4 && error > 1e8 * tolerance * scale(&entry)) {
            return None;
        }
    }
    None
}

fn midpoint(
    rates: &impl Fn(f64, &State) -> State,
    u: f64,
    start: &State,
    first: &State,
    step: f64,
    n: usize,
) -> State {
    let h = step / n as f64;
    let mut before = *start;
    let mut now: State = std::array::from_fn(|i| start[i] + h * first[i]);
    for m in 1..n {
        let rate = rates(u + m as f64 * h, &now);
        let next = std::array::from_fn(|i| before[i] + 2.0 * h * rate[i]);
        (before, now) = (now, next);
    }
    let rate = rates(u + step, &now);
    std::array::from_fn(|i| 0.5 * (now[i] + before[i] + h * rate[i]))
}

/// The size of the neuron; the logarithm counts against 1.
fn scale(state: &State) -> f64 {
    state[0].abs().max(state[1].abs()).max(state[2].abs())
}

fn distance(a: &State, b: &State) -> f64 {
    let neuron = (0..3).map(|i| (a[i] - b[i]).abs()).fold(0.0, f64::max);
    neuron.max((a[3] - b[3]).abs() * scale(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rotation, its angle, and a decay: one step of length 1, backwards.
    #[test]
    fn a_step_is_exact_to_its_tolerance() {
        let rates = |u: f64, y: &State| [-y[1], y[0], -2.0 * u * y[2], 1.0];
        let start = [1.0, 0.0, 1.0, 0.0];
        let end = step(rates, 0.5, &start, -1.0, 1e-13).unwrap();
        let expected = [1f64.cos(), -1f64.sin(), 1.0, -1.0];
        for (found, expected) in end.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{end:?}");
        }
        assert_eq!(step(rates, 0.5, &start, -40.0, 1e-13), None);
    }
}
