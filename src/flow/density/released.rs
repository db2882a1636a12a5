//! What a boundary has released: lines that move through the bulk. Remapped into cells they would spread by a cell; as
//! particles, one for each row, they stay sharp until another boundary holds them.
//!
//! They take the same half shifts and turns as the cells, forward in time.

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, leaves_zero};
use crate::flow::moments::{Moments, SIGMA, SIGMA_RATE, SIGN, SIGN_RATE};
use crate::problem::Regions;

use super::coordinate::Coordinate;
use super::sums::Field;
use super::turn::used;

/// Numbers of a particle in the columns of a state.
pub const NUMBERS: usize = 5;

/// Part of a released line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Released {
    /// Slice.
    pub slice: usize,
    /// Region.
    pub region: usize,
    /// Amplitude coordinate.
    pub q: f64,
    /// Unwrapped angle, within the region.
    pub theta: f64,
    /// Mass.
    pub mass: f64,
}

/// Where a turn ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrival {
    /// In a region.
    Free,
    /// On this boundary, which holds it.
    Pinned(usize),
    /// At the edge of the dead region, which is this boundary.
    Dead(usize),
}

impl Released {
    /// From the columns of a state; `None` if a number is out of place.
    pub fn read(numbers: &[f64; NUMBERS], slices: usize, regions: usize) -> Option<Released> {
        let [slice, region, q, theta, mass] = *numbers;
        let fits = (0.0..slices as f64).contains(&slice) && (1.0..regions as f64).contains(&region);
        (fits && q.is_finite() && theta.is_finite()).then_some(Released {
            slice: slice as usize,
            region: region as usize,
            q,
            theta,
            mass,
        })
    }

    /// For the columns of a state.
    pub fn numbers(&self) -> [f64; NUMBERS] {
        [self.slice as f64, self.region as f64, self.q, self.theta, self.mass]
    }

    /// Adds another one's mass, at the mean of both places.
    pub fn take_in(&mut self, other: &Released) {
        let share = other.mass / (self.mass + other.mass);
        self.q += share * (other.q - self.q);
        self.theta += share * (other.theta - self.theta);
        self.mass += other.mass;
    }

    /// Moves along `q` while `h g` has this integral; `tv` is how far the total-variation term pushes towards `r = 0`.
    /// Whether it now is stuck there.
    pub fn shift(&mut self, coordinate: Coordinate, regions: &Regions, field: &[Vec2], tv: f64) -> bool {
        let (sin, cos) = libm::sincos(self.theta);
        let g = field[self.region];
        let free = coordinate.speed() * (g[0] * cos + g[1] * sin);
        let sign = self.q.signum();
        let moved = free - sign * tv;
        let to = self.q + moved;
        if tv > 0.0 && to * sign < 0.0 {
            if leaves_zero(free + tv, free - tv, 0.0) != -sign {
                self.q = 0.0;
                return true;
            }
            // What is left of the half step is spent on the other side.
            self.q = (free + sign * tv) * (to / moved);
            return false;
        }
        self.q = to;
        if coordinate.has_origin() && to < 0.0 {
            self.q = -to;
            let half = regions.samples();
            let opposite = (self.region + half) % (2 * half);
            self.theta += if opposite > self.region { std::f64::consts::PI } else { -std::f64::consts::PI };
            self.region = opposite;
        }
        false
    }

    /// Turns while `h g` has this mean; stops where a boundary holds it.
    ///
    /// * `margin`: how far `h g_k` may be from the truth.
    pub fn turn(&mut self, turn: f64, regions: &Regions, field: &[Vec2], margin: &[f64]) -> Arrival {
        let mut left = 1.0;
        // A boundary is met once; twice, and rounding holds it there.
        for _ in 0..2 * regions.boundaries() {
            let (k, g) = (self.region, field[self.region]);
            if k == 0 {
                return Arrival::Free;
            }
            let psi = self.theta - libm::atan2(g[1], g[0]);
            let (sin, cos) = libm::sincos(psi);
            let exponent = -turn * libm::hypot(g[0], g[1]) * left;
            let grown = libm::expm1(exponent);
            let to = self.theta + 2.0 * libm::atan(grown * sin / (2.0 + grown * (1.0 - cos)));
            let (low, high) = (regions.angle(k - 1), regions.angle(k));
            if to >= low && to <= high {
                self.theta = to;
                return Arrival::Free;
            }
            let upward = to > high;
            let b = if upward { k } else { k - 1 };
            let end = regions.angle(b);
            left *= 1.0 - used(psi, end - libm::atan2(g[1], g[0]), exponent);
            self.theta = end;
            let boundary = Interface::new(regions, b, -turn.signum(), |k| field[k], |k| margin[k]);
            match boundary.on_arrival(upward) {
                Fate::Pinned => return Arrival::Pinned(b),
                Fate::Dies => return Arrival::Dead(b),
                Fate::Enters { .. } => self.region = if upward { regions.above(b) } else { b },
            }
        }
        Arrival::Free
    }

    /// Adds its moments and their rates within its region.
    pub fn add_moments(&self, coordinate: Coordinate, moments: &mut Moments, field: Field<'_>) {
        if self.region == 0 {
            return;
        }
        let (row, g) = (coordinate.row(self.q), field.g[self.region]);
        let (s, c) = libm::sincos(self.theta);
        let (along, across) = (g[0] * c + g[1] * s, g[1] * c - g[0] * s);
        let (mass, sign) = (self.mass, row.r.signum());
        let velocity = coordinate.speed() * along - sign * field.lambda;
        let (radial, angular) = (mass * row.radial, mass * row.angular);
        let (up, out) = (mass * velocity * row.radial_slope, mass * velocity * row.angular_slope);
        let shear = across * row.turn * (radial - angular);
        let m = &mut moments.region[self.region];
        m[0] += mass * row.r * c;
        m[1] += mass * row.r * s;
        m[SIGMA] += radial * c * c + angular * s * s;
        m[SIGMA + 1] += (radial - angular) * s * c;
        m[SIGMA + 2] += radial * s * s + angular * c * c;
        m[SIGMA_RATE] += up * c * c + out * s * s - 2.0 * shear * s * c;
        m[SIGMA_RATE + 1] += (up - out) * s * c + shear * (c * c - s * s);
        m[SIGMA_RATE + 2] += up * s * s + out * c * c + 2.0 * shear * s * c;
        m[SIGN] += mass * sign * c;
        m[SIGN + 1] += mass * sign * s;
        let turned = mass * sign * across * row.turn;
        m[SIGN_RATE] -= turned * s;
        m[SIGN_RATE + 1] += turned * c;
    }
}
