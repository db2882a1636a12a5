//! After the papers: early alignment of small starts.

use crate::plot::color::{BLUE, CURVES, GREY};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::run::{Alignment, Columns, Losses, extremal_directions};
use crate::system::text::digits;

use super::pictures::{column, curve};
use super::trace::Trace;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "a-alignment",
    place: "Boursier and Flammarion 2024",
    claim: "small neurons turn to the extremal directions of the field before they grow, within a time that does not depend on their \
            size, and leave the plateau of the zero network at log(1 / scale) / (2 h); three points on which they then stay at the loss of \
            the least-squares line, where a large start interpolates",
    chosen: "x = -0.75, -0.5, 0.125, y = 1.1, 0.1, 0.8; 400 balanced neurons at five scales, until at rest; aligned within 0.1 rad; h is \
             the growth rate in the extremal direction",
    work,
    picture,
};

/// How near counts as aligned (rad).
const ANGLE: f64 = 0.1;

/// Times of snapshots: fine while neurons turn and grow, then coarse.
fn times() -> Vec<f64> {
    let fine = (1..=160).map(|i| 0.05 * f64::from(i));
    let coarse = [9, 10, 12, 15, 20, 30, 40, 60, 80, 100].map(f64::from);
    fine.chain(coarse).collect()
}

/// Shares of the live mass that are aligned, at all snapshots.
fn shares(trace: &Trace) -> Vec<f64> {
    let d = &trace.description;
    let of = |i: usize| {
        let p = &trace.particles[i];
        let columns =
            Columns { index: &p.index, r: &p.r, theta: &p.theta, c: &p.c, a: &p.a, b: &p.b, place: &p.place };
        Alignment::new(&d.samples, &trace.snapshots[i].residual.to_vec(), &d.mass, &columns, ANGLE).share
    };
    (0..trace.snapshots.len()).map(of).collect()
}

/// Where `values`, at ascending times, first reach `level`: straight between snapshots.
fn reached(time: &[f64], values: &[f64], level: f64) -> f64 {
    let Some(i) = values.iter().position(|&value| value >= level) else { return f64::NAN };
    if i == 0 {
        return time[0];
    }
    let share = (level - values[i - 1]) / (values[i] - values[i - 1]);
    time[i - 1] + share * (time[i] - time[i - 1])
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let scales: Vec<f64> = vec![1e-8, 1e-6, 1e-4, 1e-2, 1.0];
    let job = |&scale: &f64| {
        let job =
            Job::new("a_alignment").called(format!("{scale:e}")).with("measure.scale", format!("{scale:e}"));
        job.with("output.snapshots", format!("{{ times = {:?} }}", times()))
    };
    let traces = stage.run_all(&scales.iter().map(job).collect::<Vec<_>>())?;
    let samples = &traces[0].description.samples;
    let losses = Losses::of(samples);
    // A network that is zero has the residuals -y.
    let directions = extremal_directions(samples, &samples.y().iter().map(|y| -y).collect::<Vec<_>>());
    let growth = directions.iter().map(|direction| direction.growth).fold(0.0, f64::max);
    let middle = 0.5 * (losses.zero + losses.line);
    let (mut aligned, mut left, mut ends) = (vec![], vec![], vec![]);
    let mut finding = Finding::default();
    for (trace, scale) in traces.iter().zip(&scales) {
        let time: Vec<f64> = trace.snapshots.iter().map(|snapshot| snapshot.time).collect();
        let loss: Vec<f64> = trace.snapshots.iter().map(|snapshot| snapshot.loss).collect();
        let share = shares(trace);
        aligned.push(reached(&time, &share, 0.9));
        left.push(reached(&time, &loss.iter().map(|loss| -loss).collect::<Vec<_>>(), -middle));
        ends.push(trace.last().loss);
        let table = Table::new(format!("scale_{scale:e}"));
        finding.tables.push(table.with("time", time).with("loss", loss).with("aligned", share));
    }
    let [first, second, third] = [0, 1, 2];
    let slope = (left[first] - left[third]) / (scales[third] / scales[first]).ln();
    let line = [first, second, third].map(|i| (ends[i] - losses.line).abs()).into_iter().fold(0.0, f64::max);
    let apart = (aligned[first] - aligned[second]).abs();
    finding.numbers = format!(
        "one extremal direction, h = {}; 90 % of the live mass within {ANGLE} rad of it at t = {} (scale 1e-8) and {} (1e-6), half-way to \
         the line's loss at t = {}, {}, {} (1e-8, 1e-6, 1e-4); at rest the loss is {} to {} from that of the line, {}, and {} with scale 1",
        digits(growth, 4),
        digits(aligned[first], 3),
        digits(aligned[second], 3),
        digits(left[first], 3),
        digits(left[second], 3),
        digits(left[third], 3),
        digits(ends[first].min(ends[second]).min(ends[third]), 7),
        digits(line, 2),
        digits(losses.line, 7),
        digits(ends[4], 2)
    );
    finding.needs("extremal directions", directions.len() as f64, Bound::Within(1.0, 1.0));
    finding.needs("alignment at scales 1e-8 and 1e-6: times apart", apart, Bound::AtMost(0.05));
    finding.needs(
        "aligned before half-way, scale 1e-6: times apart",
        left[second] - aligned[second],
        Bound::AtLeast(0.3),
    );
    finding.needs(
        "time to leave the plateau per log(1 / scale), times 2 h",
        slope * 2.0 * growth,
        Bound::Within(0.98, 1.02),
    );
    finding.needs("small starts at rest: loss off that of the line", line, Bound::AtMost(1e-6));
    finding.needs("scale 1 at rest: loss", ends[4], Bound::AtMost(1e-12));
    finding.tables.push(
        Table::new("scales")
            .with("scale", scales)
            .with("aligned_at", aligned)
            .with("half_way_at", left)
            .with("loss_at_rest", ends),
    );
    finding.tables.push(Table::new("levels").with("loss", [losses.zero, losses.line]));
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let scales = column(finding, "scales", "scale");
    let mut loss =
        Panel::new("loss", Axis::new("t").range(0.0, 12.0), Axis::new("loss").range(0.0, 1.0)).height(1.4);
    let mut share =
        Panel::new("aligned", Axis::new("t").range(0.0, 12.0), Axis::new("share").range(-0.03, 1.05))
            .title("share of the live mass that is aligned")
            .height(1.1);
    for (k, scale) in scales.iter().enumerate() {
        let (table, color) = (format!("scale_{scale:e}"), CURVES[k]);
        loss = loss.with(curve(finding, &table, "time", "loss", &format!("scale {scale:e}"), color));
        share = share.with(curve(finding, &table, "time", "aligned", "", color));
    }
    let levels = Layer::horizontal("levels", column(finding, "levels", "loss")).color(GREY).dashed();
    let mark = Layer::vertical("aligned", column(finding, "scales", "aligned_at")[..1].to_vec())
        .color(BLUE)
        .dashed();
    Figure::new("a-alignment").with(loss.with(levels.label("zero network, line"))).with(share.with(mark))
}
