//! S Table 2: distance to the linear and the cubic interpolant over the scale of the start.

use crate::plot::color::{BLUE, GREY, VERMILION};
use crate::plot::{Axis, Figure, PAGE, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, spread, with_spread};

pub const ITEM: Item = Item {
    name: "s-table2",
    place: "S Table 2",
    claim: "as alpha grows the fit goes from an underfitting over an interpolating linear spline to the natural cubic spline; with \
            He's start as drawn the linear regime disappears",
    chosen: "eight samples of noise, 1000 neurons, gradient flow, eight draws of both; flat starts are antisymmetric; again \
             with 12 samples",
    work,
    picture,
};

const SCALES: [f64; 7] = [0.1, 0.2, 0.3, 1.0, 3.0, 10.0, 100.0];
/// Name, whether knots are uniform, whether the start is flat, samples.
const STARTS: [(&str, bool, bool, u64); 4] = [
    ("uniform_flat", true, true, 8),
    ("he_flat", false, true, 8),
    ("he", false, false, 8),
    ("uniform_12", true, true, 12),
];

/// Means over draws at each scale: distances to both interpolants in units of the deviation of `y`,
/// and the loss per sample.
struct Row {
    linear: Vec<f64>,
    cubic: Vec<f64>,
    loss: Vec<f64>,
    told: Vec<String>,
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let draws: u64 = stage.pick(8, 2);
    let mut finding = Finding::default();
    let mut rows = vec![];
    for start in STARTS {
        let mut row = Row { linear: vec![], cubic: vec![], loss: vec![], told: vec![] };
        for alpha in SCALES {
            let traces =
                stage.run_all(&(1..=draws).map(|seed| job(stage, start, alpha, seed)).collect::<Vec<_>>())?;
            let (mut linear, mut cubic, mut loss) = (vec![], vec![], vec![]);
            for trace in &traces {
                let [to_linear, to_cubic] = trace.distances(trace.end());
                let size = spread(trace.y())[1];
                linear.push(to_linear[0] / size);
                cubic.push(to_cubic[0] / size);
                loss.push(2.0 * trace.last().loss / trace.x().len() as f64 / size.powi(2));
            }
            row.told.push(format!("{} / {}", with_spread(&linear), with_spread(&cubic)));
            row.linear.push(spread(&linear)[0]);
            row.cubic.push(spread(&cubic)[0]);
            row.loss.push(spread(&loss)[0]);
        }
        finding.tables.push(
            Table::new(start.0)
                .with("alpha", SCALES)
                .with("to_linear", row.linear.clone())
                .with("to_cubic", row.cubic.clone())
                .with("root_loss", row.loss.iter().map(|loss| loss.sqrt()).collect::<Vec<_>>())
                .with("loss", row.loss.clone()),
        );
        rows.push(row);
    }
    judge(&mut finding, &rows);
    Ok(finding)
}

fn judge(finding: &mut Finding, rows: &[Row]) {
    // Scales 0.1, 0.3, 100.
    let told = |row: &Row| [0, 2, 6].map(|k| row.told[k].clone()).join(", ");
    finding.numbers = format!(
        "rms to linear / cubic in units of the deviation of y at alpha = 0.1, 0.3, 100: uniform {}; He, flat {}; He as drawn {}",
        told(&rows[0]),
        told(&rows[1]),
        told(&rows[2])
    );
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    for (k, name) in [(0, "uniform"), (1, "He, flat"), (3, "uniform, 12 samples")] {
        let row = &rows[k];
        let at_linear = least(&row.linear);
        let closest = row.linear.iter().position(|&d| d == at_linear).unwrap_or(0);
        finding.needs(
            format!("{name}: mean square at the samples over their variance, alpha = 0.1 (underfits)"),
            row.loss[0],
            Bound::AtLeast(1e-4),
        );
        finding.needs(format!("{name}: the same at alpha = 100"), row.loss[6], Bound::AtMost(1e-6));
        let says = format!(
            "{name}: distance to linear over that to cubic, where linear is nearest (alpha = {})",
            SCALES[closest]
        );
        let share = at_linear / row.cubic[closest];
        // With more samples the middle regime is less pure.
        match k {
            3 => finding.should(says, share, Bound::AtMost(0.6)),
            _ => finding.needs(says, share, Bound::AtMost(0.6)),
        }
        finding.needs(
            format!("{name}: distance to cubic over that to linear at alpha = 100"),
            row.cubic[6] / row.linear[6],
            Bound::AtMost(0.6),
        );
    }
    let he = &rows[2];
    finding.should(
        "He as drawn: distance to linear over that to cubic, least (the linear regime is gone)",
        least(&he.linear.iter().zip(&he.cubic).map(|(a, b)| a / b).collect::<Vec<_>>()),
        Bound::AtLeast(0.9),
    );
    let worse = least(&he.cubic.iter().zip(&rows[0].cubic).map(|(a, b)| a / b).collect::<Vec<_>>());
    finding.should(
        "He as drawn: distance to cubic over that of uniform, least over alpha",
        worse,
        Bound::AtLeast(1.0),
    );
    finding.remarks.push(format!(
        "S finds linear at alpha = 3 and cubic at 100 (uniform); here linear at 0.3 and cubic from 3 on, where its distance is {} of the \
         deviation of y. Where the turn comes depends on width and data",
        digits(rows[0].cubic[4], 3)
    ));
}

fn job(stage: &Stage, (name, uniform, flat, samples): (&str, bool, bool, u64), alpha: f64, seed: u64) -> Job {
    let m = stage.pick(1000u64, 200);
    let mut job = Job::new("s_table2").called(format!("{name}_{alpha}_seed{seed}"));
    if uniform {
        job = job.with("measure.law", "\"two-sided\"").with("measure.hidden_scale", 2f64.sqrt());
        job = job.with("measure.c_law", "\"normal\"").with("measure.output_scale", (2.0 / m as f64).sqrt());
    }
    job.with("measure.antisymmetric", flat)
        .with("measure.particles", m)
        .with("measure.seed", seed)
        .with("samples.seed", seed)
        .with("samples.count", samples)
        .with("flow.balance", alpha)
        .with("time.end", format!("{:e}", 1e3 / (m as f64 * alpha.powi(2).max(alpha.powi(-2)))))
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("s-table2")
        .grid(2, PAGE)
        .note("Means of draws, in units of the standard deviation of y.");
    let titles =
        ["uniform knots, flat start", "He, flat start", "He as drawn", "uniform knots, flat, 12 samples"];
    for ((table, ..), title) in STARTS.iter().zip(titles) {
        let axes = (Axis::new("α").log(), Axis::new("distance").range(0.0, 0.35));
        let mut panel = Panel::new(*table, axes.0, axes.1).title(title).height(1.3);
        for (name, label, color) in [
            ("to_linear", "to linear", VERMILION),
            ("to_cubic", "to cubic", BLUE),
            ("root_loss", "at samples", GREY),
        ] {
            let (x, y) = (column(finding, table, "alpha"), column(finding, table, name));
            panel = panel.with(curve(finding, table, "alpha", name, label, color)).with(points(
                &format!("{name} points"),
                x,
                y,
                color,
                3.4,
            ));
        }
        figure = figure.with(panel);
    }
    figure
}
