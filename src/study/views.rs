//! The final measure of a run as it is kept: knots, angles and projections, each on a line.

use rayon::prelude::*;

use crate::math::cells::Cells;
use crate::math::instructions::vectorized;
use crate::math::transport::sliced::{Sliced, directions};
use crate::math::transport::{Sorted, circle_w1, circle_w2, line_w1, line_w2};

use super::columns::Columns;
use super::record::Record;

/// Directions of the sliced distance: eight icosahedra.
const DIRECTIONS: usize = 48;
/// Fewest and most cells of a view.
const CELLS: [usize; 2] = [1 << 10, 1 << 16];

/// Distances between final measures, in this order; the names of their quantities.
pub(crate) const DISTANCES: [&str; 5] = ["knots W1", "knots W2", "theta W1", "theta W2", "cylinder SW2"];

/// Cells in which the measures of networks up to this width are gathered, so that what this moves is
/// a small part of the distance that independent draws have: `range / 64 sqrt(m)`.
pub(crate) fn cells(largest: u64) -> usize {
    ((64.0 * (largest as f64).sqrt()) as usize).next_power_of_two().clamp(CELLS[0], CELLS[1])
}

/// A measure seen along its knots, its angles, and many directions of space.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Views {
    /// `None` if no neuron has a knot.
    knots: Option<Cells>,
    theta: Cells,
    slices: Vec<Cells>,
}

impl Views {
    /// In `O(m)` for each view, but for measures of no more particles than cells, which are sorted.
    ///
    /// # Panics
    /// If nothing has mass.
    pub fn of(columns: &Columns, cells: usize) -> Views {
        let (knots, masses): (Vec<f64>, Vec<f64>) =
            columns.knots.iter().zip(&columns.mass).filter(|(knot, _)| !knot.is_nan()).unzip();
        let of = |points: &[f64], sums: &mut Vec<[f64; 2]>| {
            Cells::gathered(points, &columns.mass, cells, sums).expect("masses sum to 1")
        };
        let slice = |(along, sums): &mut (Vec<f64>, Vec<[f64; 2]>), direction: &[f64; 3]| {
            along.resize(columns.space.len(), 0.0);
            project(&columns.space, *direction, along);
            of(along, sums)
        };
        Views {
            knots: Cells::new(&knots, &masses, cells),
            theta: of(&columns.theta, &mut vec![]),
            slices: directions(DIRECTIONS).par_iter().map_init(Default::default, slice).collect(),
        }
    }

    /// The [`DISTANCES`] to another measure, NaN where there is none, and the standard error of the
    /// sliced one over the choice of directions.
    pub fn distances(&self, other: &Views) -> ([f64; DISTANCES.len()], f64) {
        let knots = |distance: fn(&Sorted, &Sorted) -> f64| match (&self.knots, &other.knots) {
            (Some(a), Some(b)) => distance(a.sorted(), b.sorted()),
            _ => f64::NAN,
        };
        let (a, b) = (self.theta.sorted(), other.theta.sorted());
        let square = |(a, b): (&Cells, &Cells)| line_w2(a.sorted(), b.sorted()).powi(2);
        let squares: Vec<f64> = self.slices.iter().zip(&other.slices).map(square).collect();
        let Sliced { distance, error } = Sliced::of_squares(&squares);
        ([knots(line_w1), knots(line_w2), circle_w1(a, b), circle_w2(a, b), distance], error)
    }

    /// How far gathering in cells has moved the mass in each of the [`DISTANCES`].
    pub fn spread(&self) -> [f64; DISTANCES.len()] {
        let knots = self.knots.as_ref().map_or(0.0, Cells::spread);
        let theta = self.theta.spread();
        let squares: f64 = self.slices.iter().map(|slice| slice.spread().powi(2)).sum();
        [knots, knots, theta, theta, (squares / self.slices.len() as f64).sqrt()]
    }

    fn all(&self) -> impl Iterator<Item = (String, &Cells)> {
        let knots = self.knots.as_ref().map(|knots| ("view_knots".to_string(), knots));
        let slices = self.slices.iter().enumerate().map(|(i, slice)| (slice_name(i), slice));
        knots.into_iter().chain([("view_theta".to_string(), &self.theta)]).chain(slices)
    }

    /// Keeps points, masses and spread of every view.
    pub fn keep(&self, record: &mut Record) {
        for (name, cells) in self.all() {
            let sorted = cells.sorted();
            let mut values = sorted.points().to_vec();
            let mut before = 0.0;
            values.extend(sorted.cumulative().iter().map(|&end| end - std::mem::replace(&mut before, end)));
            record.keep(&name, &[("column", 2), ("cell", sorted.len())], values);
            record.keep_number(&format!("{name}_spread"), cells.spread());
        }
    }

    /// Those that a record keeps.
    pub fn of_record(record: &Record) -> Option<Views> {
        let cells = |name: &str| {
            let values = record.values(name)?;
            let (points, mass) = values.split_at(values.len() / 2);
            let spread = record.values(&format!("{name}_spread"))?[0];
            Some(Cells::from_parts(Sorted::new(points, mass), spread))
        };
        let slices: Option<Vec<Cells>> =
            (0..directions(DIRECTIONS).len()).map(|i| cells(&slice_name(i))).collect();
        Some(Views { knots: cells("view_knots"), theta: cells("view_theta")?, slices: slices? })
    }
}

vectorized! {
    fn project(points: &[[f64; 3]], direction: [f64; 3], along: &mut [f64]) {
        for (along, point) in along.iter_mut().zip(points) {
            *along = point[0] * direction[0] + point[1] * direction[1] + point[2] * direction[2];
        }
    }
}

fn slice_name(i: usize) -> String {
    format!("view_slice_{i:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Particles;
    use crate::math::transport::sliced::sliced_w2;
    use crate::problem::{Law, LawKind, Place, Regions, Samples};

    fn columns(particles: usize, seed: u64) -> Columns {
        let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
        let measure = law.draw(particles, seed).unwrap();
        let samples = Samples::new(&[-1.0, 0.0, 1.0], &[0.0; 3]).unwrap();
        let particles = Particles {
            index: (0..particles).collect(),
            r: measure.r().to_vec(),
            theta: measure.theta().iter().map(|theta| theta.rem_euclid(std::f64::consts::TAU)).collect(),
            c: vec![],
            a: vec![],
            b: vec![],
            place: vec![Place::in_region(1); particles],
        };
        Columns::of(&particles, measure.mass(), &Regions::new(&samples), samples.x())
    }

    /// Without gathering the distances are those of [`math::transport`](crate::math::transport) on
    /// all particles; with it they change by no more than what was moved.
    #[test]
    fn distances_are_those_of_the_particles() {
        let (a, b) = (columns(3000, 1), columns(500, 2));
        let sorted =
            |columns: &Columns, of: &dyn Fn(&Columns) -> Vec<f64>| Sorted::new(&of(columns), &columns.mass);
        let knots = |columns: &Columns| columns.knots.clone();
        let theta = |columns: &Columns| columns.theta.clone();
        let sliced = sliced_w2(&a.space, &a.mass, &b.space, &b.mass, DIRECTIONS);
        let expected = [
            line_w1(&sorted(&a, &knots), &sorted(&b, &knots)),
            line_w2(&sorted(&a, &knots), &sorted(&b, &knots)),
            circle_w1(&sorted(&a, &theta), &sorted(&b, &theta)),
            circle_w2(&sorted(&a, &theta), &sorted(&b, &theta)),
            sliced.distance,
        ];
        let (exact, error) = Views::of(&a, 4096).distances(&Views::of(&b, 4096));
        for q in 0..DISTANCES.len() {
            assert!((exact[q] - expected[q]).abs() < 1e-12, "{}: {exact:?} {expected:?}", DISTANCES[q]);
        }
        assert!((error - sliced.error).abs() < 1e-12);
        let (gathered, other) = (Views::of(&a, 256), Views::of(&b, 256));
        let (near, _) = gathered.distances(&other);
        for q in 0..DISTANCES.len() {
            let moved = gathered.spread()[q] + other.spread()[q];
            assert!(moved > 0.0 && moved < 0.02, "{moved}");
            assert!((near[q] - exact[q]).abs() <= moved, "{}: {near:?} {exact:?}", DISTANCES[q]);
        }
    }

    #[test]
    fn records_keep_views() {
        let views = Views::of(&columns(3000, 1), 1024);
        let mut record = Record::new("x");
        views.keep(&mut record);
        let back = Views::of_record(&Record::from_bytes(&record.to_bytes()).unwrap()).unwrap();
        assert_eq!(back.spread(), views.spread());
        let (apart, _) = views.distances(&back);
        // Masses are differences of running sums.
        assert!(apart.iter().all(|&distance| distance < 1e-7), "{apart:?}");
        assert_eq!(Views::of_record(&Record::new("y")), None);
    }

    #[test]
    fn cells_follow_the_width() {
        assert_eq!((cells(10), cells(10_000), cells(1_000_000_000)), (1 << 10, 1 << 13, 1 << 16));
    }
}
