//! S Thm 4: critical states are piecewise least-squares lines.

use crate::flow::Layers;
use crate::landscape::{Around, Landscape, Neuron};
use crate::math::random::{Purpose, Stream};
use crate::plot::color::BLUE;
use crate::plot::{Axis, Figure, Panel};
use crate::problem::{Place, Regions, Samples};
use crate::system::text::digits;

use super::pictures::{column, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-thm4",
    place: "S Thm 4, 5",
    claim: "with a neuron active on all samples, parameters are critical if and only if f is the least-squares line of the samples of every \
            piece; there the Hessian has no negative eigenvalue",
    chosen: "300 random states of up to 40 neurons and 12 samples, with the residuals that they have, and with those that are left by the \
             lines of their pieces",
    work,
    picture,
};

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let (mut deviations, mut gradients) = (vec![], vec![]);
    let (mut critical, mut least, mut losses): (f64, f64, f64) = (0.0, f64::INFINITY, f64::INFINITY);
    let mut negative = 0;
    let states: u64 = stage.pick(300, 60);
    for state in 0..states {
        let mut stream = Stream::new(4, Purpose::Starts, state);
        let (samples, regions, neurons) = random(&mut stream);
        let look = |rho: &[f64]| {
            let around = Around {
                samples: &samples,
                regions: &regions,
                rho,
                kappa: 1.0,
                layers: Layers::Both,
                output_bias_rate: 0.0,
                uncertainty: 0.0,
                directions: false,
            };
            Landscape::new(&around, neurons.len(), |i| neurons[i]).expect("finite")
        };
        let rho: Vec<f64> = samples.x().iter().map(|_| stream.normal()).collect();
        let found = look(&rho);
        deviations.push(found.critical.worst());
        gradients.push(found.critical.gradient_norm);
        negative += usize::from(found.hessian.signs[0] > 0);
        // What the lines leave.
        let rest: Vec<f64> = rho.iter().zip(&found.critical.deviation).map(|(rho, fit)| rho - fit).collect();
        let there = look(&rest);
        critical = critical.max(there.critical.gradient_norm / found.critical.gradient_norm);
        let [low, high] = there.hessian.spectrum.range();
        least = least.min(low / high);
        if found.pieces.samples.iter().any(|piece| piece.len() > 2) {
            losses = losses.min(rest.iter().map(|rho| rho * rho).sum());
        }
    }
    let ratio = deviations.iter().zip(&gradients).map(|(d, g)| g / d).fold(f64::INFINITY, f64::min);
    let mut finding = Finding {
        numbers: format!(
            "{states} states: where f is the least-squares line of every piece the gradient is {} of that before, the least eigenvalue {} of the \
             largest; elsewhere the gradient is at least {} times the deviation from the lines, and the Hessian has negative eigenvalues in {} %",
            digits(critical, 2),
            digits(least, 2),
            digits(ratio, 2),
            digits(100.0 * negative as f64 / states as f64, 3),
        ),
        ..Finding::default()
    };
    finding.needs("gradient at piecewise least-squares lines, relative", critical, Bound::AtMost(1e-11));
    finding.needs("gradient over deviation elsewhere, least", ratio, Bound::AtLeast(1e-6));
    finding.needs("least eigenvalue at critical states over the largest", least, Bound::AtLeast(-1e-11));
    finding.needs("least loss at critical states that are not lonely", losses, Bound::AtLeast(1e-12));
    finding.remarks.push(
        "a neuron pinned to a sample is critical along its line alone: f is then the least-squares line with a knot at that sample; \
         reluflow landscape RUN"
            .into(),
    );
    finding.tables.push(Table::new("states").with("deviation", deviations).with("gradient", gradients));
    Ok(finding)
}

/// Samples, and neurons of mass `1 / m`, the first active on all.
fn random(stream: &mut Stream) -> (Samples, Regions, Vec<Neuron>) {
    let (s, m) = (2 + stream.below(11) as usize, 1 + stream.below(40) as usize);
    let x: Vec<f64> = (0..s).map(|_| stream.uniform(-1.0, 1.0)).collect();
    let samples = Samples::new(&x, &vec![0.0; s]).expect("finite");
    let regions = Regions::new(&samples);
    let neuron = |i: usize| {
        let [c, a, b] = [(); 3].map(|()| stream.normal());
        let b = if i == 0 { -1.5 * a.abs() } else { b };
        let place = Place::in_region(regions.region_of((-b).atan2(a)));
        Neuron { c, w: [a, -b], mass: 1.0 / m as f64, place }
    };
    let neurons = (0..m).map(neuron).collect();
    (samples, regions, neurons)
}

fn picture(finding: &Finding) -> Figure {
    let (x, y) = (column(finding, "states", "deviation"), column(finding, "states", "gradient"));
    let panel = Panel::new(
        "states",
        Axis::new("largest deviation from least-squares lines").log(),
        Axis::new("norm of the gradient").log(),
    )
    .title("random states")
    .height(1.8)
    .with(points("states", x, y, BLUE, 2.0));
    Figure::new("s-thm4").with(panel)
}
