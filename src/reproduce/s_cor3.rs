//! S Cor. 3: the Hessian of a trained, lonely network.

use ndarray::Array2;
use ndarray_linalg::{EigValsh, UPLO};

use crate::flow::{Flow, Layers};
use crate::landscape::{Around, CAUSES, Landscape, Neuron};
use crate::plot::color::{BLUE, GREY};
use crate::plot::{Axis, Figure, Panel};
use crate::problem::{LawKind, NeuronLaw, OutputLaw, PlaceKind, Regions, Samples};
use crate::run::Simulation;
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-cor3",
    place: "S Cor. 3",
    claim: "at a critical point with a lonely partition and a neuron active on all samples the loss is zero and the Hessian has exactly N \
            eigenvalues that are not zero: wider networks are flatter",
    chosen: "lifted flow, uniform weights, kappa = sqrt(H), in which neurons move little, 4 samples, widths 60 to 3000, to rest; of each \
             width the first draw that ends lonely",
    work,
    picture,
};

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let x = [-1.0, -0.3, 0.4, 1.0];
    let samples = Samples::new(&x, &[0.4, -0.2, 0.3, -0.1]).expect("finite");
    let widths = stage.pick(vec![60, 200, 600, 3000], vec![60, 200]);
    let mut finding = Finding::default();
    let (mut exact, mut kernel, mut lonely, mut loss): (usize, f64, usize, f64) = (0, 0.0, 0, 0.0);
    let (mut words, mut last) = (vec![], vec![]);
    for &width in &widths {
        let failed =
            |problem| ReproduceError::Run { path: stage.folder.join(format!("width{width}")), problem };
        let Some(found) = lonely_at_rest(&samples, width).map_err(failed)? else { continue };
        let (landscape, values) = (found.landscape, found.kernel);
        exact += usize::from(landscape.hessian.signs == [0, 3 * width - found.pinned - x.len(), x.len()]);
        lonely += 1;
        loss = loss.max(found.loss);
        let all = landscape.hessian.spectrum.all();
        last = all[all.len() - x.len()..].to_vec();
        for (found, expected) in last.iter().zip(&values) {
            kernel = kernel.max((found / expected - 1.0).abs());
        }
        let causes = CAUSES.iter().zip(landscape.hessian.zeros.by_cause).filter(|(_, count)| *count > 0);
        let causes: Vec<String> = causes.map(|(cause, count)| format!("{count} {cause}")).collect();
        words.push(format!("H = {width}: {} zeros ({})", landscape.hessian.signs[1], causes.join(", ")));
    }
    finding.numbers = format!(
        "{exact} of {} trained networks have exactly N = 4 eigenvalues that are not zero, those of the tangent kernel to {}; {}",
        widths.len(),
        digits(kernel, 2),
        words.join("; ")
    );
    let all = widths.len() as f64;
    finding.needs("networks with exactly N eigenvalues that are not zero", exact as f64, Bound::AtLeast(all));
    finding.needs(
        "networks that are lonely with a neuron active on all samples",
        lonely as f64,
        Bound::AtLeast(all),
    );
    finding.needs("largest loss", loss, Bound::AtMost(1e-15));
    finding.needs("largest relative deviation from an eigenvalue of K N", kernel, Bound::AtMost(1e-8));
    finding.remarks.push("S has an output bias and 3 H + 1 - N zeros; a neuron pinned to a sample has two parameters, c and its length".into());
    let ranks: Vec<f64> = (1..=last.len()).map(|rank| rank as f64).collect();
    finding.tables.push(Table::new("eigenvalues").with("rank", ranks).with("value", last));
    Ok(finding)
}

struct AtRest {
    landscape: Landscape,
    /// Eigenvalues of `N^(1/2) K N^(1/2)`, ascending.
    kernel: Vec<f64>,
    pinned: usize,
    loss: f64,
}

/// Draws that are tried for one that ends lonely: neurons may leave a gap for its samples.
const DRAWS: u64 = 40;

/// The first draw that ends lonely, with a neuron active on all samples.
fn lonely_at_rest(samples: &Samples, width: usize) -> Result<Option<AtRest>, String> {
    for seed in 1..=DRAWS {
        let found = at_rest(samples, width, seed)?;
        if found.landscape.pieces.is_lonely() && found.landscape.pieces.has_active_on_all {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn at_rest(samples: &Samples, width: usize, seed: u64) -> Result<AtRest, String> {
    let kind = LawKind::Uniform { a_bound: 1.0, b_bound: 1.0, c: OutputLaw::Uniform };
    let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    let start = law.draw(width, seed).map_err(|error| error.to_string())?;
    // Neurons move little in this scaling, and partitions stay as they start.
    let kappa = (width as f64).sqrt();
    let flow = Flow::Lifted { kappa, decay: 0.0 };
    let mut simulation =
        Simulation::with(samples.clone(), start, flow, 1e-11).map_err(|error| error.to_string())?;
    simulation.advance_to(3000.0 / width as f64).map_err(|error| error.to_string())?;
    let (state, rho) = (simulation.state(), simulation.stepper().residual().to_vec());
    let regions = Regions::new(samples);
    let neuron = |i: usize| {
        let ([c, x, y], place) = (state.neuron(i), state.place()[state.position_of(i)]);
        Neuron { c, w: [x, y], mass: 1.0 / width as f64, place }
    };
    let around = Around {
        samples,
        regions: &regions,
        rho: &rho,
        kappa,
        layers: Layers::Both,
        output_bias_rate: 0.0,
        uncertainty: 1e-9,
        directions: false,
    };
    let landscape = Landscape::new(&around, width, neuron).map_err(|error| error.to_string())?;
    let pinned = landscape.moments.line.iter().map(|line| line.count).sum();
    let kernel = tangent_kernel(samples, &regions, kappa, (0..width).map(neuron));
    let kernel = kernel.eigvalsh(UPLO::Lower).map_err(|error| error.to_string())?.to_vec();
    let loss = 0.5 * rho.iter().map(|rho| rho * rho).sum::<f64>();
    Ok(AtRest { landscape, kernel, pinned, loss })
}

/// `K_t` by its definition (section 7), over neurons one by one; all weights of samples are 1.
fn tangent_kernel(
    samples: &Samples,
    regions: &Regions,
    kappa: f64,
    neurons: impl Iterator<Item = Neuron>,
) -> Array2<f64> {
    let (x, s) = (samples.x(), samples.len());
    let mut kernel = Array2::zeros((s, s));
    for Neuron { c, w, mass, place } in neurons {
        let line = (place.kind() == PlaceKind::Pinned).then(|| place.index());
        let active = regions.active(line.map_or(place.index(), |b| regions.inactive_side(b)));
        let along = |direction: [f64; 2], j: usize| direction[0] * x[j] + direction[1];
        for i in active.clone() {
            for j in active.clone() {
                let hidden = match line {
                    Some(b) => along(regions.direction(b), i) * along(regions.direction(b), j),
                    None => 1.0 + x[i] * x[j],
                };
                kernel[[i, j]] += kappa * kappa * mass * (along(w, i) * along(w, j) + c * c * hidden);
            }
        }
    }
    kernel
}

fn picture(finding: &Finding) -> Figure {
    let (rank, value) = (column(finding, "eigenvalues", "rank"), column(finding, "eigenvalues", "value"));
    let panel = Panel::new("eigenvalues", Axis::new("rank"), Axis::new("eigenvalue").log())
        .title("those that are not zero, widest network")
        .height(1.6)
        .with(curve(finding, "eigenvalues", "rank", "value", "", GREY))
        .with(points("eigenvalues", rank, value, BLUE, 3.6));
    Figure::new("s-cor3").with(panel)
}
