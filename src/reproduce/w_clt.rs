//! W section 3.1: fluctuations of finite networks around the limit.

use crate::study::{Base, Monitor, Place, Quantity, Run, WidthPlan, WidthRequest};

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table};
use crate::plot::color::{BLUE, GREY, VERMILION};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::system::text::digits;

pub const ITEM: Item = Item {
    name: "w-clt",
    place: "W 3.1",
    claim: "networks of m neurons fluctuate around the limit by 1/sqrt(m), by a central limit theorem",
    chosen: "a width study: ten samples, (r, theta) normal and uniform, 64 networks of each of five widths",
    work,
    picture,
};

/// Progress of single runs is not shown.
struct Silent<'a>(&'a (dyn Fn(&str) + Sync));

impl Monitor for Silent<'_> {
    fn advanced(&self, _: f64) {}

    fn finished(&self, run: &Run, failure: &str) {
        if !failure.is_empty() {
            (self.0)(&format!("{}: {failure}", run.words()));
        }
    }
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let job = Job::new("w_clt");
    let job = if stage.small { job.with("time.end", 2.0) } else { job };
    let path = stage.prepare(&job)?;
    let request = WidthRequest {
        base: Base::read(&path)?,
        widths: stage.pick(vec![100, 316, 1000, 3162, 10_000], vec![100, 316, 1000]),
        seeds: stage.pick(64, 24),
        limit: None,
        limit_particles: stage.pick(None, Some(20_000)),
        limit_cells: None,
    };
    let place = Place { study: stage.folder.join("width.h5"), force: true, shard: None, merges: false };
    let ended = WidthPlan::new(&request)?.carry_out(&place, &Silent(stage.told), stage.stop)?;
    let report = ended.width.ok_or(ReproduceError::Interrupted)?;
    let mut finding = Finding::default();
    let approach = |quantity: Quantity| {
        report.approaches.iter().find(|approach| approach.quantity == quantity).expect("all are studied")
    };
    let mut told = vec![];
    let slack = stage.pick(0.06, 0.15);
    for quantity in [Quantity::Residual, Quantity::Function] {
        let found = approach(quantity);
        let slope = found.law.as_ref().map_or(f64::NAN, |law| law.exponent());
        let margin = found.law.as_ref().map_or(f64::NAN, |law| law.exponent_margin());
        told.push(format!("{} as m^({} +- {})", quantity.name(), digits(slope, 3), digits(margin, 3)));
        let says = format!("exponent of the mean distance to the limit, {}", quantity.name());
        finding.needs(says, slope, Bound::Within(-0.5 - slack, -0.5 + slack));
    }
    // One test at the start and one at the end for each width: the least of n is below 0.01 / n once in
    // a hundred times.
    let p: Vec<f64> =
        report.rows.iter().flat_map(|row| row.fluctuations.each_ref().map(|f| f.p_value())).collect();
    let corrected = p.iter().copied().fold(f64::INFINITY, f64::min) * p.len() as f64;
    let wide = report.rows.last().expect("there are widths");
    let wide_p = wide.fluctuations.each_ref().map(|f| f.p_value());
    let (error, expected) = wide.fluctuations[0].covariance_error(&report.theory);
    finding.numbers = format!(
        "{}; fluctuations normal at m = {}: p = {} at the start, {} at the end; their covariance {} off theory, {} expected of so many \
         networks",
        told.join(", "),
        wide.width,
        digits(wide_p[0], 3),
        digits(wide_p[1], 3),
        digits(error, 3),
        digits(expected, 3)
    );
    finding.needs(
        "widest networks: p of normality, lesser of start and end",
        wide_p[0].min(wide_p[1]),
        Bound::AtLeast(0.005),
    );
    finding.should(
        "all widths: least p of normality times the number of tests",
        corrected,
        Bound::AtLeast(0.01),
    );
    finding.needs(
        "relative error of the covariance at the start over the expected one",
        error / expected,
        Bound::AtMost(2.5),
    );
    finding.remarks.push(format!("limit: {}", report.limit));
    let mut table = Table::new("deviations")
        .with("m", report.rows.iter().map(|row| row.width as f64).collect::<Vec<_>>());
    for (q, quantity) in Quantity::ALL.iter().enumerate() {
        let column = |part: fn((f64, f64)) -> f64| {
            report.rows.iter().map(|row| part(row.deviation[q])).collect::<Vec<_>>()
        };
        table = table
            .with(quantity.name(), column(|d| d.0))
            .with(format!("{}_error", quantity.name()), column(|d| d.1));
    }
    finding.tables.push(table);
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let m = column(finding, "deviations", "m");
    let mut panel =
        Panel::new("deviations", Axis::new("m").log(), Axis::new("distance to the limit").log()).height(2.0);
    for (name, color) in [("residual", BLUE), ("function", VERMILION)] {
        let (mean, error) =
            (column(finding, "deviations", name), column(finding, "deviations", &format!("{name}_error")));
        let low = mean.iter().zip(&error).map(|(m, e)| m - 1.96 * e).collect();
        let high = mean.iter().zip(&error).map(|(m, e)| m + 1.96 * e).collect();
        panel = panel
            .with(Layer::bars(format!("{name} errors"), m.clone(), low, high).color(color))
            .with(curve(finding, "deviations", "m", name, name, color))
            .with(points(&format!("{name} points"), m.clone(), mean, color, 3.6));
    }
    let residual = column(finding, "deviations", "residual");
    let line = m.iter().map(|at| 1.3 * residual[0] * (at / m[0]).powf(-0.5)).collect();
    Figure::new("w-clt")
        .with(panel.with(Layer::line("slope", m, line).color(GREY).dashed().label("m^(−1/2)")))
}
