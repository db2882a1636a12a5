//! The cells of a density as rows of a table.

use std::fmt::Write;

use crate::flow::{Densities, DensityGrid};
use crate::problem::Regions;

/// One row for everything that holds mass: a cell, a stretch of a line, mass stuck at `r = 0`.
///
/// Where it is: `place` with the number of the region or boundary, and the edges `r_low` to `r_high`, `theta_low` to
/// `theta_high` (rad, unwrapped as in [`Regions`]). `density` is per unit of those lengths that are not 0, `mass` the
/// density times them. Masses sum to 1; the last row, without a place on the cylinder, is what lies beyond the stored
/// amplitudes.
pub(super) fn rows(text: &mut String, grid: &DensityGrid, densities: &Densities, regions: &Regions) {
    text.push_str("place,place_index,r_low,r_high,theta_low,theta_high,density,mass\n");
    let (r, theta) = (grid.amplitude_faces(), grid.theta_faces(regions));
    let columns = theta.len() - 1;
    let region = |column: usize| regions.region_of(0.5 * (theta[column] + theta[column + 1]));
    let mut row = |place: &str, index: usize, r: [f64; 2], theta: [f64; 2], density: f64, mass: f64| {
        if mass > 0.0 {
            let ([r0, r1], [theta0, theta1]) = (r, theta);
            let _ =
                writeln!(text, "{place},{index},{r0:?},{r1:?},{theta0:?},{theta1:?},{density:?},{mass:?}");
        }
    };
    for (i, density) in densities.density.iter().enumerate() {
        let (at, column) = (i / columns, i % columns);
        let (r, theta) = ([r[at], r[at + 1]], [theta[column], theta[column + 1]]);
        let (k, mass) = (region(column), density * (r[1] - r[0]) * (theta[1] - theta[0]));
        row(if k == 0 { "dead" } else { "free" }, k, r, theta, *density, mass);
    }
    let edges = [0, regions.boundaries() - 1];
    let pinned = densities.line_density.chunks(grid.rows).enumerate().map(|(b, line)| ("pinned", b, b, line));
    let dead = densities.dead_line_density.chunks(grid.rows).zip(edges).map(|(line, b)| ("dead", 0, b, line));
    for (place, index, b, line) in pinned.chain(dead) {
        for (at, density) in line.iter().enumerate() {
            let r = [r[at], r[at + 1]];
            row(place, index, r, [regions.angle(b); 2], *density, density * (r[1] - r[0]));
        }
    }
    for (column, density) in densities.stuck_density.iter().enumerate() {
        let (k, theta) = (region(column), [theta[column], theta[column + 1]]);
        row(
            if k == 0 { "dead" } else { "stuck" },
            k,
            [0.0; 2],
            theta,
            *density,
            density * (theta[1] - theta[0]),
        );
    }
    for (b, mass) in densities.stuck_line_mass.iter().enumerate() {
        row("stuck and pinned", b, [0.0; 2], [regions.angle(b); 2], *mass, *mass);
    }
    if densities.mass_outside > 0.0 {
        let _ = writeln!(text, "outside,,,,,,,{:?}", densities.mass_outside);
    }
}
