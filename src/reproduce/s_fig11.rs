//! S Fig. 10, bottom, and Fig. 11: roughness in a gap of the data over width and variance.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use crate::plot::color::{BLUE, VERMILION};
use crate::plot::{Axis, Figure, PAGE, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "s-fig11",
    place: "S Fig. 10 and 11",
    claim: "in a gap of the data, roughness of the trained network falls with its width and rises with the variance of its start, on a \
            smooth and on a sharp target",
    chosen: "12 samples about a gap [-1/2, 1/2], sine and step, Glorot's and He's start, gradient flow, eight seeds",
    work,
    picture,
};

/// Factors on all weights; variances double from one to the next.
const SCALES: [f64; 5] = [0.5, FRAC_1_SQRT_2, 1.0, SQRT_2, 2.0];

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let widths: Vec<u64> = stage.pick(vec![25, 50, 100, 200, 400, 800, 1600], vec![25, 200]);
    let scales = if stage.small { &SCALES[2..] } else { &SCALES[..] };
    let mut finding = Finding::default();
    let mut told = vec![];
    for target in ["sine", "step"] {
        let mut table = Table::new(format!("width_{target}"))
            .with("m", widths.iter().map(|&m| m as f64).collect::<Vec<_>>());
        for law in ["glorot", "he"] {
            let mut rough = vec![];
            for &m in &widths {
                rough.push(roughness(stage, target, law, m, 1.0)?);
            }
            let mean: Vec<f64> = rough.iter().map(|r| spread(r)[0]).collect();
            let fall = mean[mean.len() - 1] / mean[0];
            let says =
                format!("{law}, {target}: roughness at m = {} over that at m = 25", widths[widths.len() - 1]);
            // He's start has roughness 4 at every width (S Theorem 2), and keeps it.
            match law {
                "glorot" => finding.needs(says, fall, Bound::AtMost(stage.pick(0.5, 0.8))),
                _ => finding.should(says, fall, Bound::AtMost(0.5)),
            }
            told.push(format!(
                "{target}, {law}: {} at m = 25, {} at m = {}",
                with_spread(&rough[0]),
                with_spread(&rough[rough.len() - 1]),
                widths[widths.len() - 1]
            ));
            table = table
                .with(law, mean)
                .with(format!("{law}_deviation"), rough.iter().map(|r| spread(r)[1]).collect::<Vec<_>>());
        }
        finding.tables.push(table);
        let mut table = Table::new(format!("variance_{target}"))
            .with("variance", scales.iter().map(|s| s * s).collect::<Vec<_>>());
        for law in ["glorot", "he"] {
            let mut mean = vec![];
            for &scale in scales {
                mean.push(spread(&roughness(stage, target, law, 200, scale)?)[0]);
            }
            let least = mean.windows(2).map(|w| w[1] / w[0]).fold(f64::INFINITY, f64::min);
            finding.needs(
                format!("{law}, {target}: roughness at four times the variance over that at once"),
                mean[mean.len() - 1] / mean[mean.len() - 3],
                Bound::AtLeast(1.5),
            );
            finding.should(
                format!("{law}, {target}: roughness from one variance to the next (each twice the last), least factor"),
                least,
                Bound::AtLeast(1.0),
            );
            told.push(format!(
                "{target}, {law}: times {} as the variance goes from 1 to 4",
                digits(mean[mean.len() - 1] / mean[mean.len() - 3], 3)
            ));
            table = table.with(law, mean);
        }
        finding.tables.push(table);
    }
    finding.numbers = told.join("; ");
    finding.remarks.push(
        "He's start has Sum mu^2 = 4 at every width (S Theorem 2) and training keeps it, so there the roughness does not fall; Glorot's \
         falls with the width, and what is trained with it"
            .into(),
    );
    Ok(finding)
}

/// `Sum mu_i^2` of the knots in the open gap at the end, by seed.
fn roughness(stage: &Stage, target: &str, law: &str, m: u64, scale: f64) -> Result<Vec<f64>, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let job = |seed: u64| {
        let mut job = Job::new("s_fig11").called(format!("{target}_{law}_{m}_{scale:.2}_seed{seed}"));
        if target == "step" {
            job = job.with("samples.function", "\"step\"").without("samples.frequency");
        }
        // Rates: kappa^2 = m^2 times the second moments, 2 / m of Glorot's and 2 of He's start.
        let rate = if law == "he" { (m * m) as f64 } else { m as f64 } * scale * scale;
        job.with("measure.law", format!("\"{law}\""))
            .with("measure.particles", m)
            .with("measure.hidden_scale", scale)
            .with("measure.output_scale", scale)
            .with("measure.seed", seed)
            .with("time.end", format!("{:e}", 400.0 / rate))
    };
    let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
    // Neurons caught at the samples that bound the gap, 1/2 up to rounding, are not in it.
    let inside = |trace: &Trace| {
        let spline = trace.spline(trace.end());
        spline
            .knots()
            .iter()
            .filter(|knot| knot.at.abs() < 0.5 - 1e-9)
            .map(|knot| knot.delta_slope.powi(2))
            .sum()
    };
    Ok(traces.iter().map(inside).collect())
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("s-fig11").grid(2, PAGE).note("Sum of squared delta-slopes in the gap, mean of seeds.");
    for (what, x, label) in
        [("width", "m", "width m"), ("variance", "variance", "variance of the start, relative")]
    {
        for target in ["sine", "step"] {
            let table = format!("{what}_{target}");
            let mut panel =
                Panel::new(&table, Axis::new(label).log(), Axis::new("roughness").log()).height(1.4);
            panel = panel.title(format!("{target} ({})", if target == "sine" { "smooth" } else { "sharp" }));
            for (law, color) in [("he", VERMILION), ("glorot", BLUE)] {
                let (at, rough) = (column(finding, &table, x), column(finding, &table, law));
                panel = panel.with(curve(finding, &table, x, law, law, color)).with(points(
                    &format!("{law} points"),
                    at,
                    rough,
                    color,
                    3.4,
                ));
            }
            figure = figure.with(panel);
        }
    }
    figure
}
