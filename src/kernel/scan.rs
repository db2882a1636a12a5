//! Times at which a path is looked at.

/// Ratio of the first times, and of times where the path moves.
const COARSE: f64 = 100.0;
const FINE: f64 = 10.1;
/// Times that are looked at together; a multiple of what threads take at once.
const BATCH: usize = 8;

/// Times between `first` and `last`, and what there is: two factors of ten apart, closer where the path is not `still`,
/// until it has `arrived` for the first time.
///
/// * `at`: what there is at times in any order.
pub(super) fn scan<T>(
    [first, last]: [f64; 2],
    at: impl Fn(&[f64]) -> Vec<T>,
    arrived: impl Fn(&T) -> bool,
    still: impl Fn(&T, &T) -> bool,
) -> (Vec<f64>, Vec<T>) {
    let count = (last / first).log(COARSE).ceil().max(1.0) as usize;
    let coarse: Vec<f64> =
        (0..=count).map(|i| first * (last / first).powf(i as f64 / count as f64)).collect();
    let mut found: Vec<(f64, T)> = vec![];
    for batch in coarse.chunks(BATCH) {
        found.extend(batch.iter().copied().zip(at(batch)));
        if let Some(end) = found.iter().position(|(_, found)| arrived(found)) {
            found.truncate(end + 1);
            break;
        }
    }
    loop {
        let wanted: Vec<(usize, f64)> = (1..found.len())
            .filter(|&i| found[i].0 / found[i - 1].0 > FINE && !still(&found[i - 1].1, &found[i].1))
            .map(|i| (i, (found[i].0 * found[i - 1].0).sqrt()))
            .collect();
        if wanted.is_empty() {
            return found.into_iter().unzip();
        }
        let times: Vec<f64> = wanted.iter().map(|(_, t)| *t).collect();
        for (&(i, t), value) in wanted.iter().zip(at(&times)).rev() {
            found.insert(i, (t, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_close_where_the_path_moves_and_end_where_it_has_arrived() {
        let at = |times: &[f64]| times.iter().map(|t| (-t).exp()).collect();
        let (times, values) = scan([1e-9, 1e9], at, |v| *v < 1e-3, |a, b| a - b < 0.1);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]) && times.len() == values.len());
        assert!(times[times.len() - 1] > 6.9 && times[times.len() - 1] < 1e4, "{times:?}");
        assert!(times.len() < 16, "{times:?}");
        assert!(
            times
                .windows(2)
                .all(|pair| (-pair[0]).exp() - (-pair[1]).exp() < 0.1 || pair[1] / pair[0] < 10.2)
        );
    }
}
