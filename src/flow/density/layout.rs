//! How slices are written down: `[columns per turn]`, then for each slice `[parameter, first row, blocks, width of a row]`.

use crate::flow::Flow;

use super::coordinate::Coordinate;
use super::parabola::Lanes;
use super::slice::Slice;

/// Numbers of a slice.
const NUMBERS: usize = 4;

/// The layout of these slices.
pub fn write(per_turn: f64, slices: &[Slice]) -> Vec<f64> {
    let mut layout = vec![per_turn];
    for slice in slices {
        layout.extend([slice.coordinate.parameter(), slice.first as f64, slice.blocks as f64, slice.width]);
    }
    layout
}

/// The slices of a layout; `None` if it is not one of this flow.
pub fn read(layout: &[f64], flow: Flow) -> Option<Vec<Slice>> {
    let (_, slices) = layout.split_first()?;
    let (slices, rest) = slices.as_chunks::<NUMBERS>();
    let parameters: Vec<f64> = slices.iter().map(|slice| slice[0]).collect();
    let coordinates = coordinates(flow, &parameters)?;
    let slice = |(coordinate, [_, first, blocks, width]): (Coordinate, &[f64; NUMBERS])| {
        Slice::new(coordinate, *first as isize, *blocks as usize, *width)
    };
    rest.is_empty().then(|| coordinates.into_iter().zip(slices).map(slice).collect())
}

/// The slices of a layout, each with its cells.
///
/// * `all`: columns of a block.
pub fn parts<'a>(layout: &[f64], cells: &'a [f64], flow: Flow, all: usize) -> Vec<(Slice, &'a [Lanes])> {
    let slices = read(layout, flow).unwrap_or_default();
    let mut rest = cells.as_chunks().0;
    slices
        .into_iter()
        .map(|slice| {
            let (part, after) = rest.split_at(slice.blocks * all);
            rest = after;
            (slice, part)
        })
        .collect()
}

/// The coordinates of slices with these parameters; `None` if the flow has no such slices.
///
/// With `delta >= 0` there is a slice for `c > 0`, then one for `c < 0`.
pub fn coordinates(flow: Flow, parameters: &[f64]) -> Option<Vec<Coordinate>> {
    if parameters.is_empty() {
        return None;
    }
    match flow {
        Flow::Canonical { .. } => (parameters == [0.0]).then(|| vec![Coordinate::Canonical]),
        Flow::Lifted { kappa, .. } => lifted(kappa, parameters),
        Flow::Kernel { kappa, .. } => {
            let slice = |&norm: &f64| (norm > 0.0).then_some(Coordinate::Kernel { norm, kappa });
            parameters.iter().map(slice).collect()
        }
        Flow::Adaptive { kappa, .. } => {
            let slice = |&c: &f64| (c.abs() > 0.0).then_some(Coordinate::Adaptive { c, kappa });
            parameters.iter().map(slice).collect()
        }
        Flow::Descent { .. } => None,
    }
}

fn lifted(kappa: f64, mut parameters: &[f64]) -> Option<Vec<Coordinate>> {
    let mut coordinates = vec![];
    loop {
        parameters = match *parameters {
            [] => return Some(coordinates),
            [delta, ref rest @ ..] if delta < 0.0 => {
                coordinates.push(Coordinate::Negative { delta, kappa });
                rest
            }
            [delta, second, ref rest @ ..] if delta >= 0.0 && second == delta => {
                coordinates.extend([1.0, -1.0].map(|sign| match delta {
                    0.0 => Coordinate::Zero { sign, kappa },
                    delta => Coordinate::Positive { delta, sign, kappa },
                }));
                rest
            }
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_come_back_from_their_layout() {
        let flow = Flow::Lifted { kappa: 1.5, decay: 0.0 };
        let slices: Vec<Slice> = coordinates(flow, &[-2.0, 0.0, 0.0, 0.3, 0.3])
            .unwrap()
            .into_iter()
            .map(|coordinate| Slice::new(coordinate, -16, 4, 0.125))
            .collect();
        let layout = write(64.0, &slices);
        assert_eq!(read(&layout, flow).unwrap(), slices);
        for flow in [
            Flow::Canonical { tv: 0.0 },
            Flow::Kernel { kappa: 1.5, decay: 0.0 },
            Flow::Adaptive { kappa: 1.5, decay: 0.0 },
        ] {
            assert_eq!(read(&layout, flow), None, "{flow:?}");
        }
        assert_eq!(read(&layout[..layout.len() - 1], flow), None);
        // c > 0 without c < 0.
        assert_eq!(coordinates(flow, &[0.3]), None);
    }
}
