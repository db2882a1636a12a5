//! Particles as points or, where there are many, as a density; and the clusters of pinned ones.

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::problem::PlaceKind;

use super::super::color::{BLACK, Color, NEGATIVE, POSITIVE};
use super::super::layer::{Layer, Shape};
use super::super::raster::Raster;
use super::super::source::Scatter;

/// More particles than this are drawn as a density.
pub(super) const MANY: usize = 3000;

/// Where a particle is drawn: a function of `(r, theta)`.
pub(super) type Place = fn(f64, f64) -> [f64; 2];

/// `(|r| cos theta, |r| sin theta)`, W eq. 6.
pub(super) fn plane(r: f64, theta: f64) -> [f64; 2] {
    let (sin, cos) = theta.sin_cos();
    [r.abs() * cos, r.abs() * sin]
}

/// `(theta, r)`, with `theta` in `[-pi/2, 3 pi/2)`: no live region is cut.
pub(super) fn cylinder(r: f64, theta: f64) -> [f64; 2] {
    [(theta + FRAC_PI_2).rem_euclid(TAU) - FRAC_PI_2, r]
}

pub(super) fn is_pinned(kind: PlaceKind) -> bool {
    matches!(kind, PlaceKind::Pinned | PlaceKind::StuckPinned)
}

/// Entries of the legend for both signs, without data.
pub(super) fn sign_entries() -> Vec<Layer> {
    let entry = |(name, label, color): (&str, &str, Color)| {
        Layer::points(format!("entry of {name}"), vec![], vec![], Shape::Square)
            .color(color)
            .size(5.0)
            .label(label)
    };
    [("r >= 0", "r ≥ 0", POSITIVE), ("r < 0", "r < 0", NEGATIVE)].map(entry).into()
}

/// The layers of the particles in a window, and a note if they are not all.
pub(super) fn layers(
    scatter: &Scatter,
    place: Place,
    window: [[f64; 2]; 2],
    cells: [usize; 2],
) -> (Vec<Layer>, String) {
    let mut layers = sign_entries();
    if scatter.len() > MANY {
        let p = &scatter.particles;
        let all = (0..scatter.len()).map(|i| {
            let [x, y] = place(p.r[i], p.theta[i]);
            (x, y, scatter.mass[i], p.r[i] < 0.0)
        });
        let mut raster = Raster::density(window[0], window[1], cells, all);
        raster.coloring.label = "mass in a cell".to_string();
        layers.insert(0, Layer::raster("density", raster));
        layers.extend(clusters(scatter, place));
    } else {
        layers.extend(points(scatter, place));
    }
    let share = scatter.share();
    (layers, if share.is_empty() { share } else { format!("{share} are drawn.") })
}

fn points(scatter: &Scatter, place: Place) -> Vec<Layer> {
    let p = &scatter.particles;
    let size = if scatter.len() > 600 { 1.6 } else { 2.4 };
    let of = |negative: bool, pinned: bool| -> [Vec<f64>; 2] {
        let chosen = (0..scatter.len())
            .filter(|&i| (p.r[i] < 0.0) == negative && is_pinned(p.place[i].kind()) == pinned)
            .map(|i| place(p.r[i], p.theta[i]));
        let (x, y) = chosen.map(|[x, y]| (x, y)).unzip();
        [x, y]
    };
    let signs = [(false, "r >= 0", POSITIVE), (true, "r < 0", NEGATIVE)];
    let mut layers = vec![];
    for (negative, sign, color) in signs {
        let [x, y] = of(negative, false);
        let free = Layer::points(format!("free, {sign}"), x, y, Shape::Disc);
        layers.push(free.color(color).size(size).opacity(0.75));
    }
    // All rims below all discs: a crowded cluster has one rim around it.
    let (mut rims, mut discs) = (vec![], vec![]);
    for (negative, sign, color) in signs {
        let [x, y] = of(negative, true);
        if x.is_empty() {
            continue;
        }
        let rim = Layer::points(format!("rim of pinned, {sign}"), x.clone(), y.clone(), Shape::Disc);
        rims.push(rim.color(BLACK).size(size + 2.2));
        discs.push(Layer::points(format!("pinned, {sign}"), x, y, Shape::Disc).color(color).size(size + 1.0));
    }
    if !rims.is_empty() {
        layers.push(pinned_entry(size));
    }
    layers.extend(rims.into_iter().chain(discs));
    layers
}

/// Entry of the legend for pinned particles, without data; `size` is that of free ones (points).
pub(super) fn pinned_entry(size: f64) -> Layer {
    let entry = Layer::points("entry of pinned", vec![], vec![], Shape::Ring);
    entry.size(size + 1.6).width(0.8).label("pinned")
}

/// A bar along each cluster of pinned particles, over the middle nine tenths of its mass.
fn clusters(scatter: &Scatter, place: Place) -> Vec<Layer> {
    let p = &scatter.particles;
    let mut pinned: Vec<(usize, bool, f64, usize)> = (0..scatter.len())
        .filter(|&i| is_pinned(p.place[i].kind()))
        .map(|i| (p.place[i].index(), p.r[i] < 0.0, p.r[i], i))
        .collect();
    pinned.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    let mut bars = [[vec![], vec![]], [vec![], vec![]]];
    for cluster in pinned.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let mass: f64 = cluster.iter().map(|one| scatter.mass[one.3]).sum();
        let quantile = |share: f64| {
            let mut sum = 0.0;
            let found = cluster.iter().find(|one| {
                sum += scatter.mass[one.3];
                sum >= share * mass
            });
            found.unwrap_or(&cluster[cluster.len() - 1])
        };
        let bar = &mut bars[usize::from(cluster[0].1)];
        for end in [quantile(0.05), quantile(0.95)] {
            let [x, y] = place(end.2, p.theta[end.3]);
            bar[0].push(x);
            bar[1].push(y);
        }
        bar.iter_mut().for_each(|column| column.push(f64::NAN));
    }
    let mut layers = vec![];
    for ([x, y], (sign, color)) in bars.into_iter().zip([("r >= 0", POSITIVE), ("r < 0", NEGATIVE)]) {
        if x.is_empty() {
            continue;
        }
        layers.push(Layer::line(format!("rim of clusters, {sign}"), x.clone(), y.clone()).width(3.2));
        layers.push(Layer::line(format!("clusters, {sign}"), x, y).color(color).width(2.0));
    }
    if let Some(first) = layers.first_mut() {
        first.label = "pinned, 90 % of each cluster".to_string();
    }
    layers
}

/// A number that all but `outside` of the absolute values are below; the largest if it is not far.
pub(super) fn reach(values: impl Iterator<Item = f64>, outside: f64) -> f64 {
    let mut values: Vec<f64> = values.map(f64::abs).filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return 1.0;
    }
    let at = ((1.0 - outside) * (values.len() - 1) as f64) as usize;
    let (_, &mut most, rest) = values.select_nth_unstable_by(at, f64::total_cmp);
    let largest = rest.iter().copied().fold(most, f64::max);
    let reach = if largest <= 1.8 * most { largest } else { 1.25 * most };
    if reach > 0.0 { reach } else { 1.0 }
}
