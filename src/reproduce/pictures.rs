//! What the pictures of the figures are made of: panels and layers from the columns of tables, so
//! that the CSV files hold every number that is drawn.

use crate::plot::color::{BLACK, Color, GREEN, GREY, NEGATIVE, POSITIVE};
use crate::plot::{Axis, Layer, Panel, Shape};

use super::Finding;

/// A column of a table; empty if there is none.
pub fn column(finding: &Finding, table: &str, name: &str) -> Vec<f64> {
    let table = finding.tables.iter().find(|found| found.name == table);
    let column = table.and_then(|table| table.columns.iter().find(|(found, _)| found == name));
    column.map(|(_, values)| values.clone()).unwrap_or_default()
}

/// A curve from two columns of a table; its name in the legend is `label`.
pub fn curve(finding: &Finding, table: &str, x: &str, y: &str, label: &str, color: Color) -> Layer {
    let name = format!("{table} {y}");
    let line = Layer::line(name, column(finding, table, x), column(finding, table, y));
    line.color(color).width(1.2).label(label)
}

/// The samples, from the columns `sample_x` and `sample_y` of a table.
pub fn samples(finding: &Finding, table: &str) -> Layer {
    let (x, y) = (column(finding, table, "sample_x"), column(finding, table, "sample_y"));
    points("samples", x, y, BLACK, 3.6)
}

/// Filled points.
pub fn points(name: &str, x: Vec<f64>, y: Vec<f64>, color: Color, size: f64) -> Layer {
    Layer::points(name, x, y, Shape::Disc).color(color).size(size)
}

/// Most knots that are drawn: of more, evenly chosen ones.
const MOST: usize = 300;

/// Knots as rings on the curve `(x, f)` of the same table; those beyond its ends are left out.
pub fn knots(finding: &Finding, table: &str, name: &str) -> Layer {
    let (x, f) = (column(finding, table, "x"), column(finding, table, "f"));
    let inside = |knot: &f64| !x.is_empty() && (x[0]..=x[x.len() - 1]).contains(knot);
    let at: Vec<f64> = column(finding, table, name).into_iter().filter(inside).collect();
    let value = |knot: &f64| {
        let after = x.partition_point(|x| x < knot).clamp(1, x.len() - 1);
        let share = (knot - x[after - 1]) / (x[after] - x[after - 1]);
        f[after - 1] + share * (f[after] - f[after - 1])
    };
    let step = at.len().div_ceil(MOST).max(1);
    let at: Vec<f64> = at.into_iter().step_by(step).collect();
    let values = at.iter().map(value).collect();
    Layer::points(format!("{table} knots"), at, values, Shape::Ring).color(GREEN).size(4.6).width(0.6)
}

/// A panel for functions of `x`.
pub fn functions(name: &str, title: &str) -> Panel {
    Panel::new(name, Axis::new("x"), Axis::new("f(x)")).title(title).height(1.3)
}

/// Particles in the plane of W eq. 6, from the columns `u`, `v`, `r`: blue for `r > 0`, vermilion for
/// `r < 0`.
///
/// * `share`: of the particles that the axes have room for; those beyond are not drawn.
pub fn plane(finding: &Finding, table: &str, title: &str, share: f64) -> Panel {
    let (u, v, r) = (column(finding, table, "u"), column(finding, table, "v"), column(finding, table, "r"));
    let limit = reach(r.iter().map(|r| r.abs()).collect(), share);
    let of_sign = |positive: bool| -> [Vec<f64>; 2] {
        let chosen = (0..r.len()).filter(|&i| (r[i] > 0.0) == positive && u[i].hypot(v[i]) < limit);
        let chosen: Vec<usize> = chosen.collect();
        [chosen.iter().map(|&i| u[i]).collect(), chosen.iter().map(|&i| v[i]).collect()]
    };
    let mut panel = empty_plane(table, title, limit);
    for (positive, color) in [(true, POSITIVE), (false, NEGATIVE)] {
        let [x, y] = of_sign(positive);
        let name = if positive { "r > 0" } else { "r < 0" };
        panel = panel.with(points(name, x, y, color, 2.4).opacity(0.7));
    }
    panel
}

/// A little more than what this share of the values is below.
pub fn reach(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = (share * values.len() as f64).ceil() as usize;
    1.08 * values.get(last.saturating_sub(1)).copied().unwrap_or(1.0)
}

/// The plane of W eq. 6 with nothing in it.
pub fn empty_plane(name: &str, title: &str, limit: f64) -> Panel {
    let axis = |label: &str| Axis::new(label).range(-limit, limit);
    Panel::new(name, axis("u"), axis("v")).title(title).height(1.5).equal()
}

/// Half-lines from the origin at these angles (rad), `length` long.
pub fn rays(name: &str, angles: &[f64], length: f64, color: Color) -> Layer {
    let (mut x, mut y) = (vec![], vec![]);
    for angle in angles {
        x.extend([0.0, length * angle.cos(), f64::NAN]);
        y.extend([0.0, length * angle.sin(), f64::NAN]);
    }
    Layer::line(name, x, y).color(color).width(0.6)
}

/// The lines `u x_j + v = 0` of samples.
pub fn sample_lines(x: &[f64], length: f64) -> Layer {
    let angles: Vec<f64> = x.iter().flat_map(|x| [-x.atan(), std::f64::consts::PI - x.atan()]).collect();
    rays("sample lines", &angles, length, GREY).width(0.4)
}

/// Paths from columns `u0`, `v0`, `u1`, ... of a table as one layer, and the ends of the paths.
pub fn paths(finding: &Finding, table: &str, color: Color) -> [Layer; 2] {
    let (mut x, mut y, mut ends) = (vec![], vec![], [vec![], vec![]]);
    let found = finding.tables.iter().find(|found| found.name == table);
    for pair in found.map_or(&[][..], |table| &table.columns).chunks_exact(2) {
        let (u, v) = (&pair[0].1, &pair[1].1);
        x.extend(u.iter().chain([&f64::NAN]));
        y.extend(v.iter().chain([&f64::NAN]));
        ends[0].extend(u.last());
        ends[1].extend(v.last());
    }
    let [u, v] = ends;
    [Layer::line("paths", x, y).color(color).width(0.6), points("ends of paths", u, v, color, 2.0)]
}
