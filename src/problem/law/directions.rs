//! Quadrature over the directions of a law, aligned with the regions of the samples.

use std::f64::consts::{PI, TAU};

use crate::math::quadrature::gauss_legendre;

use super::polar::{Curve, on};

/// No arc is longer (rad): with eight nodes on each, trigonometric functions of twice the angle are
/// integrated to rounding.
const ARC: f64 = 0.5;
/// No piece of a side is longer than this part of its distance from the origin, around which
/// `1 / |p|^2` has its poles: eight nodes integrate that to rounding too.
const SIDE: f64 = 0.5;
/// Shorter pieces, between samples that angles do not tell apart, have no mass worth a particle.
const SHORTEST: f64 = 1e-14;

/// A node: a point of the curve, its norm and its mass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Direction {
    pub point: [f64; 2],
    pub norm: f64,
    pub mass: f64,
}

impl Curve {
    /// Pieces of the curve on which the set of active samples does not change: arcs `[from, to]`
    /// (rad) of the circle, or parts of its sides, each with its mass.
    fn pieces(&self, x: &[f64]) -> Vec<Piece> {
        match self {
            Curve::Circle => {
                let mut cuts: Vec<f64> =
                    x.iter().flat_map(|x| [-libm::atan(*x), PI - libm::atan(*x)]).collect();
                cuts.sort_by(f64::total_cmp);
                cuts.push(cuts[0] + TAU);
                cuts.windows(2).map(|arc| Piece::Arc([arc[0], arc[1]])).collect()
            }
            _ => {
                let sides = self.sides();
                let share = 1.0 / sides.len() as f64;
                sides.into_iter().flat_map(|side| cut(side, x, share)).collect()
            }
        }
    }

    /// `nodes` Gauss-Legendre nodes on every piece, after long pieces are divided.
    ///
    /// * `x`: the samples, whose boundaries no piece crosses.
    pub fn directions(&self, x: &[f64], nodes: usize) -> Vec<Direction> {
        let (z, w) = gauss_legendre(nodes);
        let pieces: Vec<Piece> = self.pieces(x).into_iter().flat_map(Piece::divided).collect();
        let mut directions = Vec::with_capacity(pieces.len() * nodes);
        for piece in &pieces {
            if piece.is_point() {
                directions.push(piece.node(0.5, 1.0));
                continue;
            }
            for (z, w) in z.iter().zip(&w) {
                let (p, weight) = (0.5 + 0.5 * z, 0.5 * w);
                directions.push(piece.node(p, weight));
            }
        }
        directions
    }

    /// How many directions there are.
    pub fn count(&self, x: &[f64], nodes: usize) -> usize {
        let of = |piece: Piece| if piece.is_point() { 1 } else { nodes };
        self.pieces(x).into_iter().flat_map(Piece::divided).map(of).sum()
    }
}

/// A piece of a curve.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// Angles; mass is length over `2 pi`.
    Arc([f64; 2]),
    /// A part of a side, with its mass.
    Side([[f64; 2]; 2], f64),
}

impl Piece {
    fn is_point(&self) -> bool {
        matches!(self, Piece::Side([from, to], _) if from == to)
    }

    /// The node a part `p` of the way along it.
    fn node(&self, p: f64, weight: f64) -> Direction {
        match self {
            Piece::Arc([from, to]) => {
                let (sin, cos) = libm::sincos(from + p * (to - from));
                Direction { point: [cos, sin], norm: 1.0, mass: weight * (to - from) / TAU }
            }
            Piece::Side(side, mass) => {
                let point = on(side, p);
                Direction { point, norm: libm::hypot(point[0], point[1]), mass: weight * mass }
            }
        }
    }

    /// Equal parts, short enough for their nodes.
    fn divided(self) -> Vec<Piece> {
        match self {
            Piece::Arc([from, to]) => {
                if to - from < SHORTEST {
                    return vec![];
                }
                let parts = ((to - from) / ARC).ceil();
                let at = |k: f64| from + (to - from) * k / parts;
                (0..parts as usize).map(|k| Piece::Arc([at(k as f64), at(k as f64 + 1.0)])).collect()
            }
            Piece::Side([from, to], mass) => {
                let middle = on(&[from, to], 0.5);
                let length = libm::hypot(to[0] - from[0], to[1] - from[1]);
                if mass < SHORTEST {
                    return vec![];
                }
                if length <= SIDE * libm::hypot(middle[0], middle[1]) {
                    return vec![self];
                }
                let halves = [[from, middle], [middle, to]].map(|half| Piece::Side(half, 0.5 * mass));
                halves.into_iter().flat_map(Piece::divided).collect()
            }
        }
    }
}

/// A side, cut where a sample switches: `x w_x + w_y = 0`.
fn cut(side: [[f64; 2]; 2], x: &[f64], mass: f64) -> Vec<Piece> {
    let height = |x: f64, w: [f64; 2]| x * w[0] + w[1];
    let mut at: Vec<f64> = x
        .iter()
        .filter_map(|&x| {
            let (from, to) = (height(x, side[0]), height(x, side[1]));
            // Strictly inside, or on the other side of the origin.
            (from * to < 0.0).then(|| from / (from - to))
        })
        .chain([0.0, 1.0])
        .collect();
    at.sort_by(f64::total_cmp);
    at.windows(2).map(|p| Piece::Side([on(&side, p[0]), on(&side, p[1])], mass * (p[1] - p[0]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Regions, Samples};

    #[test]
    fn no_piece_crosses_a_boundary_and_all_mass_is_there() {
        let x = [-1.5, -0.2, 0.0, 0.3, 7.0];
        let regions = Regions::new(&Samples::new(&x, &[0.0; 5]).unwrap());
        for curve in [Curve::Circle, Curve::Rectangle { a: 2.0, b: 0.5 }, Curve::Lines { b: 100.0 }] {
            let nodes = curve.directions(&x, 6);
            assert_eq!(nodes.len(), curve.count(&x, 6));
            let mass: f64 = nodes.iter().map(|node| node.mass).sum();
            assert!((mass - 1.0).abs() < 1e-13, "{curve:?}: {mass}");
            for piece in nodes.chunks(6) {
                let region = |node: &Direction| regions.region_of(node.point[1].atan2(node.point[0]));
                assert!(piece.iter().all(|node| region(node) == region(&piece[0])), "{curve:?}");
            }
        }
        assert_eq!(Curve::Circle.directions(&[0.0, 1e-300], 4).len(), 2 * 7 * 4);
        let points = Curve::Lines { b: 0.0 }.directions(&x, 6);
        let found: Vec<([f64; 2], f64)> = points.iter().map(|node| (node.point, node.mass)).collect();
        assert_eq!(found, [([1.0, 0.0], 0.5), ([-1.0, 0.0], 0.5)]);
    }
}
