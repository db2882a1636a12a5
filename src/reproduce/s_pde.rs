//! S 2.6.2: the kernel regime as a partial differential equation for the curvature.

use crate::flow::Flow;
use crate::kernel::{
    BiasLaw, GradientFlow, Kernel, KernelFunction, Regime, SlopeLaw, StartLaw, WeightLaw, curvature,
};
use crate::math::even;
use crate::math::quadrature::gauss_legendre;
use crate::plot::color::{BLUE, GREEN, GREY, VERMILION};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::problem::{Neurons, Samples};
use crate::system::text::digits;

use super::in_process::{neurons, run};
use super::pictures::curve;
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-pde",
    place: "S 2.6.2",
    claim: "from a flat start in the kernel regime the curvature that neurons of either facing add obeys a partial differential equation \
            whose right side is linear in x between samples, with jumps at them: it is piecewise linear, and f piecewise cubic, at all times",
    chosen: "6 samples, a = +-1, b uniform up to 1.5 either way, seven times from 0.1 to 1000; particles: Gauss nodes of the kernel flow, \
             c = 0 at the start, and neurons without mass on either side of each sample; f'' by second differences of f",
    work,
    picture,
};

const X: [f64; 6] = [-1.0, -0.55, -0.1, 0.3, 0.7, 1.0];
const Y: [f64; 6] = [0.5, -0.8, 0.2, 0.9, -0.1, 0.6];
const BOUND: f64 = 1.5;
const TIMES: [f64; 7] = [0.1, 0.5, 2.0, 10.0, 50.0, 250.0, 1000.0];
/// Of a knot from the sample that it is beside.
const BESIDE: f64 = 1e-9;

/// Largest deviations, all times together.
#[derive(Default)]
struct Deviations {
    particles: f64,
    differences: f64,
    line: f64,
    cubic: f64,
    jump: f64,
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let b = BiasLaw::Uniform { low: -BOUND, high: BOUND };
    let weights = WeightLaw::Independent { a: SlopeLaw::Sign { size: 1.0 }, b };
    let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &X), &[1.0; X.len()])?;
    let grid = even::points(-1.0, 1.0, 201);
    let mut table = Table::new("curvature").with("x", grid.clone());
    let mut off = Deviations::default();
    let times = &TIMES[..stage.pick(7, 4)];
    for &time in times {
        let alpha = flow.coefficients(&Y.map(|y| -y), time).to_vec();
        let density = curvature(&kernel, &X, &alpha, &grid).expect("a law with a density");
        let largest = density.iter().flatten().fold(0.0, |most: f64, h| most.max(h.abs()));
        off.beside_particles(stage, time, largest, |at| {
            curvature(&kernel, &X, &alpha, &[at]).expect("a law with a density").map(|h| h[0])
        })?;
        let f = KernelFunction::new(&kernel, Regime::RandomFeatures, &X, &alpha);
        let sum = |at| curvature(&kernel, &X, &alpha, &[at]).map_or(f64::NAN, |h| h[0][0] + h[1][0]);
        off.beside_the_function(largest, |x| f.value(x), sum);
        for (name, values) in ["right", "left"].into_iter().zip(density) {
            table = table.with(format!("{name}_{time}"), values);
        }
    }
    Ok(off.finding(times.len(), table))
}

/// Gauss nodes in `b` between the kinks at samples, of both facings, with `c = 0`; then two neurons without mass of either
/// facing beside each sample within the range.
fn start() -> Neurons {
    let (mut a, mut b, mut mass) = (vec![], vec![], vec![]);
    let (nodes, weights) = gauss_legendre(12);
    for facing in [1.0, -1.0] {
        for pair in [&[-BOUND], &X[..], &[BOUND]].concat().windows(2) {
            let half = 0.5 * (pair[1] - pair[0]);
            for (node, weight) in nodes.iter().zip(&weights) {
                a.push(facing);
                b.push(facing * (0.5 * (pair[0] + pair[1]) + half * node));
                mass.push(half * weight / (4.0 * BOUND));
            }
        }
    }
    for (x, side) in X[1..5].iter().flat_map(|x| [(x, -BESIDE), (x, BESIDE)]) {
        for facing in [1.0, -1.0] {
            a.push(facing);
            b.push(facing * (x + side));
            mass.push(0.0);
        }
    }
    Neurons::new(vec![0.0; a.len()], a, b, mass).expect("finite")
}

impl Deviations {
    /// Particles of the kernel flow: `h_e = nu_e c` at their knots, for `|a| = 1` and `c = 0` at the start.
    fn beside_particles(
        &mut self,
        stage: &Stage,
        time: f64,
        largest: f64,
        density: impl Fn(f64) -> [f64; 2],
    ) -> Result<(), ReproduceError> {
        let samples = Samples::new(&X, &Y).expect("finite");
        let flow = Flow::Kernel { kappa: 1.0, decay: 0.0 };
        let nu = 0.25 / BOUND;
        let found = neurons(&run(stage, &samples, start(), flow, time)?);
        let share = |value: f64| value.abs() / largest;
        for [c, a, b] in &found {
            let facing = usize::from(*a < 0.0);
            self.particles = self.particles.max(share(nu * c - density(b / a)[facing]));
        }
        // Of a polynomial through the nodes of a part that is a line nothing but the line is left.
        for part in found[..24 * (X.len() + 1)].chunks(12) {
            let [l, r] = [part[0], part[11]];
            for z in part {
                let on_line = l[0] + (r[0] - l[0]) * (z[2] - l[2]) / (r[2] - l[2]);
                self.line = self.line.max(share(nu * (z[0] - on_line)));
            }
        }
        for pair in found[24 * (X.len() + 1)..].chunks(4) {
            for facing in 0..2 {
                self.jump = self.jump.max(share(nu * (pair[facing][0] - pair[facing + 2][0])));
            }
        }
        Ok(())
    }

    /// Second differences of `f` are its second derivative, fourth ones of one cubic vanish.
    fn beside_the_function(&mut self, largest: f64, f: impl Fn(f64) -> f64, density: impl Fn(f64) -> f64) {
        let step = 2e-3;
        for pair in X.windows(2) {
            for share in [0.1, 0.5, 0.9] {
                let x = pair[0] + share * (pair[1] - pair[0]);
                let second = (f(x + step) - 2.0 * f(x) + f(x - step)) / (step * step);
                self.differences = self.differences.max((second - density(x)).abs() / largest);
            }
            let at: Vec<f64> =
                (0..5).map(|k| f(pair[0] + 0.25 * f64::from(k) * (pair[1] - pair[0]))).collect();
            let size = at.iter().fold(0.0, |most: f64, f| most.max(f.abs()));
            let fourth = at[0] - 4.0 * at[1] + 6.0 * at[2] - 4.0 * at[3] + at[4];
            self.cubic = self.cubic.max(fourth.abs() / size);
        }
    }

    fn finding(self, times: usize, table: Table) -> Finding {
        let mut finding = Finding {
            numbers: format!(
                "{times} times: particles of the kernel flow have the density to {} of its largest value and lie on a line between samples to \
                 {}, second differences of f have it to {}; fourth differences between samples are {} of f; at samples particles jump by {}",
                digits(self.particles, 2),
                digits(self.line, 2),
                digits(self.differences, 2),
                digits(self.cubic, 2),
                digits(self.jump, 2),
            ),
            ..Finding::default()
        };
        finding.needs("density against particles, relative", self.particles, Bound::AtMost(1e-9));
        finding.needs("particles off a line between samples, relative", self.line, Bound::AtMost(1e-9));
        finding.needs(
            "density against second differences of f, relative",
            self.differences,
            Bound::AtMost(1e-6),
        );
        finding.needs("fourth differences of f between samples, relative", self.cubic, Bound::AtMost(1e-11));
        finding.should("largest jump at a sample, relative", self.jump, Bound::AtLeast(1e-3));
        finding.remarks.push(
            "S calls the density discontinuous at samples: only its slope jumps there, since a neuron with its knot on a sample does not see \
             it, so that f has two continuous derivatives; reluflow kernel stores the density (curvature_density, figure curvature)"
                .into(),
        );
        finding.tables.push(table);
        finding
    }
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("s-pde");
    for (name, title) in [("right", "h₊, of right-facing neurons"), ("left", "h₋, of left-facing neurons")]
    {
        let mut panel = Panel::new(name, Axis::new("x"), Axis::new("per unit of x"))
            .height(1.4)
            .title(title)
            .with(Layer::vertical("samples", X.to_vec()).color(GREY).width(0.4));
        for (time, color) in [(0.1, GREEN), (2.0, VERMILION), (10.0, BLUE)] {
            let density = format!("{name}_{time}");
            panel = panel.with(curve(finding, "curvature", "x", &density, &format!("t = {time}"), color));
        }
        figure = figure.with(panel);
    }
    figure
}
