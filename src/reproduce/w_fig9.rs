//! W Fig. 9: the field of a single particle, and the neurons that gather at its attractors.

use std::f64::consts::{PI, TAU};

use crate::flow::gradients;
use crate::math::even;
use crate::plot::color::{BLUE, GREEN, GREY, VERMILION};
use crate::plot::{Figure, Layer, Mark, PAGE};
use crate::problem::Regions;

use super::pictures::{column, curve, empty_plane, functions, knots, plane, rays, samples};
use super::potential::extremum;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig9",
    place: "W Fig. 9",
    claim: "at delta = inf the field of a particle changes direction at certain samples, and neurons gather at those that \
            attract, not at those that repel",
    chosen: "eight samples of a sine, 1000 neurons, a and b train by gradient descent; ten snapshots, five seeds",
    work,
    picture,
};

/// Neurons within this angle of a line count as gathered there (rad).
const NEAR: f64 = 0.01;
/// The snapshot that is drawn.
const DRAWN: usize = 5;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let job = |seed: u64| Job::new("w_fig9").called(format!("seed{seed}")).with("measure.seed", seed);
    let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
    let densities: Vec<[f64; 3]> = traces.iter().map(gathered).collect();
    let column = |k: usize| densities.iter().map(|d| d[k]).collect::<Vec<f64>>();
    let changes = traces[0].snapshots.iter().map(|s| s.attractor.iter().filter(|&&c| c.abs() == 1).count());
    let numbers = format!(
        "neurons of a line that attracts them lie {} times as dense as spread evenly, {} at one that repels, {} at one that \
         lets pass; {} boundaries change the direction of the field in ten snapshots",
        with_spread(&column(2)),
        with_spread(&column(0)),
        with_spread(&column(1)),
        changes.sum::<usize>() / 2
    );
    let mut finding = Finding { numbers, ..Finding::default() };
    let least = |k: usize| column(k).into_iter().fold(f64::INFINITY, f64::min);
    let most = |k: usize| column(k).into_iter().fold(0.0, f64::max);
    finding.needs("density at attractors over an even one, least of seeds", least(2), Bound::AtLeast(5.0));
    finding.needs(
        "density at repulsors over that at attractors, most",
        most(0) / least(2),
        Bound::AtMost(0.2),
    );
    finding.remarks.push(
        "what attracts and repels is told here by the potential to either side of a line, not by Lemma 2"
            .into(),
    );
    let trace = &traces[0];
    finding.tables = vec![field(trace), lines(trace), particles(trace), function(trace)];
    Ok(finding)
}

/// Density of the neurons near the lines that repel, let pass and attract them, over an even
/// density; mean over all lines of all snapshots but the first.
fn gathered(trace: &Trace) -> [f64; 3] {
    let (samples, regions) = (&trace.description.samples, trace.regions());
    let (mut sums, mut counts) = ([0.0; 3], [0.0; 3]);
    for snapshot in 1..trace.snapshots.len() {
        let (rho, particles) = (trace.snapshots[snapshot].residual.to_vec(), &trace.particles[snapshot]);
        for b in inner(&regions) {
            let theta = regions.angle(b);
            let class = extremum(samples, &rho, theta);
            for (sign, class) in [(1.0, class), (-1.0, -class)] {
                let of_sign = particles.r.iter().zip(&particles.theta).filter(|(r, _)| *r * sign > 0.0);
                let (mut all, mut near) = (0.0, 0.0);
                for (_, at) in of_sign {
                    all += 1.0;
                    near += f64::from(((at - theta + PI).rem_euclid(TAU) - PI).abs() <= NEAR);
                }
                let which = (class + 1) as usize;
                sums[which] += near / (all * 2.0 * NEAR / TAU);
                counts[which] += 1.0;
            }
        }
    }
    [0, 1, 2].map(|k| sums[k] / counts[k])
}

/// Boundaries that are not the edge of the dead region.
fn inner(regions: &Regions) -> impl Iterator<Item = usize> + '_ {
    (1..regions.boundaries()).filter(|&b| regions.above(b) != 0)
}

/// The field of a particle of positive `r` in the plane: with `c` constant (`delta = inf`) the place
/// `(u, v) = |c| w` moves with `-c^2 kappa g`, whose direction is that of `-g`.
fn field(trace: &Trace) -> Table {
    let (samples, regions) = (&trace.description.samples, trace.regions());
    let mut g = vec![[0.0; 2]; regions.boundaries()];
    gradients(samples, &trace.snapshots[DRAWN].residual.to_vec(), &mut g);
    let mut columns = [(); 4].map(|()| vec![]);
    for radius in [0.25, 0.5, 0.75, 1.0] {
        let count = (32.0 * radius) as usize + 8;
        for i in 0..count {
            let theta = TAU * (i as f64 + 0.5) / count as f64;
            let (sin, cos) = theta.sin_cos();
            let g = g[regions.region_of(theta)];
            for (column, value) in columns.iter_mut().zip([radius * cos, radius * sin, -g[0], -g[1]]) {
                column.push(value);
            }
        }
    }
    let [u, v, du, dv] = columns;
    Table::new("field").with("u", u).with("v", v).with("du", du).with("dv", dv)
}

/// The half-lines of the samples and what they are for positive `r`.
fn lines(trace: &Trace) -> Table {
    let (samples, regions) = (&trace.description.samples, trace.regions());
    let rho = trace.snapshots[DRAWN].residual.to_vec();
    let angles: Vec<f64> = (0..regions.boundaries()).map(|b| regions.angle(b)).collect();
    let class: Vec<f64> = (0..regions.boundaries())
        .map(|b| match b == 0 || regions.above(b) == 0 {
            true => 0.0,
            false => f64::from(extremum(samples, &rho, angles[b])),
        })
        .collect();
    Table::new("lines").with("theta", angles).with("class", class)
}

fn particles(trace: &Trace) -> Table {
    let particles = &trace.particles[DRAWN];
    let coordinate = |f: fn(f64) -> f64| -> Vec<f64> {
        (0..particles.r.len()).map(|i| particles.r[i].abs() * f(particles.theta[i])).collect()
    };
    Table::new("particles")
        .with("u", coordinate(f64::cos))
        .with("v", coordinate(f64::sin))
        .with("r", particles.r.clone())
}

fn function(trace: &Trace) -> Table {
    let points = even::points(-1.0, 1.0, 401);
    Table::new("function")
        .with("x", points.clone())
        .with("f", trace.values(DRAWN, &points))
        .with("sample_x", trace.x())
        .with("sample_y", trace.y())
        .with("knot", trace.knots(DRAWN))
}

fn picture(finding: &Finding) -> Figure {
    let (theta, class) = (column(finding, "lines", "theta"), column(finding, "lines", "class"));
    let of_class = |wanted: f64| -> Vec<f64> {
        theta.iter().zip(&class).filter(|(_, class)| **class == wanted).map(|(theta, _)| *theta).collect()
    };
    let lines = || {
        [
            rays("lines that let pass", &of_class(0.0), 200.0, GREY),
            rays("attractors", &of_class(1.0), 200.0, GREEN).width(1.6).label("attracts r > 0"),
            rays("repulsors", &of_class(-1.0), 200.0, VERMILION).width(1.6).dashed().label("repels r > 0"),
        ]
    };
    let [u, v, du, dv] = ["u", "v", "du", "dv"].map(|name| column(finding, "field", name));
    let most = du.iter().zip(&dv).map(|(x, y)| x.hypot(*y)).fold(1e-300, f64::max);
    let scaled = |d: &[f64]| -> Vec<f64> {
        (0..d.len()).map(|i| 0.14 * d[i] / du[i].hypot(dv[i]).max(1e-3 * most)).collect()
    };
    let arrows = Layer::new("field", Mark::Arrows { x: u, y: v, dx: scaled(&du), dy: scaled(&dv) });
    let field = empty_plane("field", "direction of the field for r > 0", 1.2)
        .height(2.2)
        .with_all(lines())
        .with(arrows.color(BLUE).width(0.7));
    let mut gathered = plane(finding, "particles", "neurons (blue: r > 0)", 1.0).height(2.2);
    gathered.layers.splice(0..0, lines().map(|layer| layer.label("")));
    let function = functions("function", "the network then, with its knots")
        .height(1.4)
        .span(2)
        .with(curve(finding, "function", "x", "f", "", BLUE))
        .with(samples(finding, "function"))
        .with(knots(finding, "function", "knot"));
    Figure::new("w-fig9").grid(2, PAGE).with(field).with(gathered).with(function)
}
