//! What lies outside a frame is cut off: plotters would draw it over the labels.

use crate::plot::rect::Rect;

/// A point in drawing units.
pub(super) type Point = [f64; 2];

/// The stretches of a broken line inside the frame; points that are not finite interrupt it.
pub(super) fn polylines(points: impl Iterator<Item = Point>, frame: &Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = vec![];
    let mut last: Option<Point> = None;
    for point in points {
        if !point[0].is_finite() || !point[1].is_finite() {
            last = None;
            continue;
        }
        if let Some(from) = last
            && let Some([a, b]) = segment(from, point, frame)
        {
            match pieces.last_mut() {
                // The stretch goes on where the last one ended.
                Some(piece) if piece.last() == Some(&a) => piece.push(b),
                _ => pieces.push(vec![a, b]),
            }
        }
        last = Some(point);
    }
    pieces
}

/// The part of a segment inside the frame (Liang and Barsky).
fn segment(a: Point, b: Point, frame: &Rect) -> Option<[Point; 2]> {
    let (mut first, mut last) = (0.0f64, 1.0f64);
    let delta = [b[0] - a[0], b[1] - a[1]];
    for (axis, low, high) in [(0, frame.left, frame.right), (1, frame.top, frame.bottom)] {
        if delta[axis] == 0.0 {
            if a[axis] < low || a[axis] > high {
                return None;
            }
            continue;
        }
        let (enters, leaves) = ((low - a[axis]) / delta[axis], (high - a[axis]) / delta[axis]);
        first = first.max(enters.min(leaves));
        last = last.min(enters.max(leaves));
    }
    let at = |t: f64| [a[0] + t * delta[0], a[1] + t * delta[1]];
    // Ends inside stay what they are, to the last bit, so that stretches join.
    let start = if first == 0.0 { a } else { at(first) };
    let end = if last == 1.0 { b } else { at(last) };
    (first <= last).then_some([start, end])
}

/// The part of a polygon inside the frame (Sutherland and Hodgman).
pub(super) fn polygon(points: Vec<Point>, frame: &Rect) -> Vec<Point> {
    let mut points = points;
    let sides = [(0, frame.left, 1.0), (0, frame.right, -1.0), (1, frame.top, 1.0), (1, frame.bottom, -1.0)];
    for (axis, edge, side) in sides {
        let inside = |p: &Point| side * (p[axis] - edge) >= 0.0;
        let mut kept = vec![];
        for i in 0..points.len() {
            let (a, b) = (points[i], points[(i + 1) % points.len()]);
            if inside(&a) {
                kept.push(a);
            }
            if inside(&a) != inside(&b) {
                let t = (edge - a[axis]) / (b[axis] - a[axis]);
                kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
            }
        }
        points = kept;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Rect = Rect { left: 0.0, right: 1.0, top: 0.0, bottom: 1.0 };

    #[test]
    fn lines_end_at_the_frame_and_begin_again() {
        let line =
            [[-1.0, 0.5], [0.5, 0.5], [0.5, 3.0], [0.75, 3.0], [0.75, 0.0], [f64::NAN, 0.0], [0.1, 0.1]];
        let pieces = polylines(line.into_iter(), &UNIT);
        assert_eq!(pieces, [vec![[0.0, 0.5], [0.5, 0.5], [0.5, 1.0]], vec![[0.75, 1.0], [0.75, 0.0]]]);
    }

    #[test]
    fn a_polygon_around_the_frame_is_the_frame() {
        let around = vec![[-5.0, -5.0], [9.0, -5.0], [9.0, 9.0], [-5.0, 9.0]];
        let mut corners = polygon(around, &UNIT);
        corners.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(corners, [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    }
}
