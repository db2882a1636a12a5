//! The page of a run.

use serde_json::{Value, json};

use crate::flow::Flow;
use crate::io::{IoError, RunFile, Status};
use crate::run::{Check, Verdict};
use crate::system::text::{digits, percent, time};

use super::arrays::Arrays;
use super::cells::Cells;
use super::gather::{Frame, Gathered};
use super::html::{Page, escape, slanted, table};
use super::provenance;

/// Scripts of a page of particles, in the order in which they follow each other.
const PARTICLES: &[&str] = &[
    include_str!("page/core.js"),
    include_str!("page/plot.js"),
    include_str!("page/pointer.js"),
    include_str!("page/time.js"),
    include_str!("page/link.js"),
    include_str!("page/pinned.js"),
    include_str!("page/particles.js"),
    include_str!("page/function.js"),
    include_str!("page/plane.js"),
    include_str!("page/cylinder.js"),
    include_str!("page/residuals.js"),
    include_str!("page/clusters.js"),
    include_str!("page/course.js"),
    include_str!("page/run.js"),
];

/// The same of a density.
const CELLS: &[&str] = &[
    include_str!("page/core.js"),
    include_str!("page/plot.js"),
    include_str!("page/pointer.js"),
    include_str!("page/time.js"),
    include_str!("page/link.js"),
    include_str!("page/pinned.js"),
    include_str!("page/cells.js"),
    include_str!("page/lines.js"),
    include_str!("page/function.js"),
    include_str!("page/plane.js"),
    include_str!("page/cylinder.js"),
    include_str!("page/residuals.js"),
    include_str!("page/clusters.js"),
    include_str!("page/course.js"),
    include_str!("page/run.js"),
];

/// What to do with the page.
const HINT: &str = r##"<p class="muted">Below, one network learns its samples. Press ▶ or move the slider: all pictures show the same moment. <a href="#learning-title">What kernel and adaptive learning are</a> is told further down.</p>"##;

/// The whole file.
pub(super) fn page(file: &RunFile, run: &Gathered) -> Result<String, IoError> {
    let checks = file.checks()?;
    let regime = run.regime();
    let (scripts, measure, knots, of) = match run.cells {
        None => (
            PARTICLES,
            include_str!("page/particles.html"),
            "ticks below, coloured by the sign of the neuron",
            "particles",
        ),
        Some(_) => (
            CELLS,
            include_str!("page/cells.html"),
            "their density in the strip below, by the sign of <i>r</i>",
            "density",
        ),
    };
    let fill = [
        ("measure", measure.to_string()),
        ("knots", knots.to_string()),
        ("of", of.to_string()),
        ("comparison", regime.comparison().map_or(String::new(), |text| format!("<p>{}</p>", escape(&text)))),
        ("flow", slanted(run.description.flow.descriptor().meaning)),
        ("checks_summary", escape(&checks_summary(&checks))),
        ("checks", checks_table(&checks)),
        ("provenance", provenance::of_run(run)),
        ("events", events(run.last())),
        ("scenario", provenance::scenario(&run.description.scenario)),
        ("drawn", escape(&drawn_words(run))),
    ];
    let page = Page {
        title: &run.description.title,
        subtitle: &subtitle(run),
        verdict: [&regime.heading(), &regime.sentence()],
        hint: HINT,
        body: include_str!("page/run.html"),
        fill: &fill,
        data: &data(run),
        scripts,
    };
    Ok(page.render())
}

fn subtitle(run: &Gathered) -> String {
    let d = &run.description;
    let (s, m) = (d.samples.len(), d.mass.len());
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let what = match &d.density {
        None => counted(m, "neuron"),
        Some(grid) => format!("a density in {} x {} cells", grid.cells[0], grid.cells[1]),
    };
    let mut text = format!("{what}, {}, {}", counted(s, "sample"), flow_name(&d.flow));
    text += &match run.status {
        Status::Finished => {
            let last = &run.last().snapshot;
            let verdict = Verdict::of(d, &run.frames[0].snapshot, last).map(|verdict| verdict.to_string());
            let ending = || last.ending.map(|ending| ending.to_string());
            let why = verdict.or_else(ending).map_or(String::new(), |why| format!(" ({why})"));
            format!(", until t = {}{why}", time(last.time))
        }
        Status::Interrupted => format!(", interrupted at t = {}", time(run.last().snapshot.time)),
        Status::Running => {
            format!(
                ", still running: t = {} of {} when this was made",
                time(run.last().snapshot.time),
                time(d.end)
            )
        }
        Status::Killed => format!(", killed after t = {} of {}", time(run.last().snapshot.time), time(d.end)),
    };
    text
}

/// Which flow, as a person says it.
fn flow_name(flow: &Flow) -> String {
    let d = flow.descriptor();
    let mut text = d.words.to_string();
    if let Some(tv) = d.tv.filter(|tv| *tv > 0.0) {
        text += &format!(" with a total-variation term, \u{3bb} = {tv}");
    }
    if let Some(rate) = d.learning_rate {
        text += &format!(", learning rate {rate}");
    }
    text
}

fn verdict(check: &Check) -> &'static str {
    match (check.done, check.holds()) {
        (false, _) => "not checked",
        (true, true) => "ok",
        (true, false) => "VIOLATED",
    }
}

fn checks_summary(checks: &[Check]) -> String {
    let done = checks.iter().filter(|check| check.done).count();
    let failed = checks.iter().filter(|check| !check.holds()).count();
    match failed {
        0 => format!("All {done} laws that can be checked hold."),
        _ => format!("{failed} of {done} laws are violated: do not trust this run."),
    }
}

fn checks_table(checks: &[Check]) -> String {
    let row = |check: &Check| {
        let shown = |text: String| if check.done { text } else { "\u{2013}".to_string() };
        vec![
            check.name.to_string(),
            verdict(check).to_string(),
            shown(format!("{:.1e}", check.worst)),
            format!("{:.1e}", check.bound),
            shown(time(check.time)),
            check.meaning.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = checks.iter().map(row).collect();
    let heads = ["law", "", "worst", "allowed", "at t", "what is compared"];
    table("Laws that every run obeys, recomputed from the file", &heads, &rows, &[2, 3, 4])
}

fn events(last: &Frame) -> String {
    let counters = &last.snapshot.counters;
    let mut rows: Vec<Vec<String>> = counters
        .counts()
        .iter()
        .map(|(name, count)| vec![name.replace('_', " "), count.to_string()])
        .collect();
    rows.push(vec!["ambiguous mass".into(), format!("{:.3e}", counters.ambiguous_mass)]);
    table("Events since the start", &[], &rows, &[1])
}

/// How the drawn cells of a density were chosen.
fn cells_words(cells: &Cells) -> String {
    format!(
        "This run has no neurons: it solves for the density of infinitely many. It is drawn in {} x {} cells, rows by \
         columns, of {} x {} in the file: means of those, in 255 steps of colour by the logarithm, from {} to {} per unit \
         r and radian. No column crosses the line of a sample, unless there are too many lines. Of {} lines that ever \
         held a thousandth of the mass, or of the heaviest where there are more, the density in r is shown. ",
        cells.r.len() - 1,
        cells.theta.len() - 1,
        cells.stored[0],
        cells.stored[1],
        digits(cells.range[0], 2),
        digits(cells.range[1], 2),
        cells.lines.len()
    )
}

/// How the drawn particles, samples and snapshots were chosen.
fn drawn_words(run: &Gathered) -> String {
    let (m, drawn) = (run.description.mass.len(), run.picks.len());
    let mut text = String::new();
    if run.stored < m {
        text += &format!(
            "The run file stores {} of {m} neurons, evenly spread over their numbers. Functions between samples \
             are estimated from those, and moved onto the values at the samples, which are of all neurons. ",
            run.stored
        );
    }
    text += &match drawn < run.stored {
        _ if run.cells.is_some() => run.cells.as_ref().map_or(String::new(), cells_words),
        true => format!(
            "Drawn are {drawn} of the {} stored neurons: their mass is cut into equal shares along the order of sign and \
             direction at the start, and of each share one neuron is drawn, with probability proportional to \
             mass. The same neurons are drawn at all times. ",
            run.stored
        ),
        false => format!("All {drawn} stored neurons that have mass are drawn. "),
    };
    if run.cells.is_none() {
        text += "Pinned clusters are taken together: their masses are of all neurons, their mean r of those stored. \
                 Dots far outside are drawn at the edge of the picture. ";
    }
    if run.frames.len() < run.snapshots {
        text += &format!(
            "Of {} snapshots, {} are here, evenly spread over their numbers. ",
            run.snapshots,
            run.frames.len()
        );
    }
    if run.shown.len() < run.description.samples.len() {
        text += &format!(
            "Of {} samples, {} are drawn one by one, evenly spread over their numbers. ",
            run.description.samples.len(),
            run.shown.len()
        );
    }
    text += &format!(
        "While it plays, pictures between snapshots are interpolated; stopped, you see a snapshot. {} of the mass \
         is dead at the end.",
        percent(run.last().snapshot.region_mass[0], 2)
    );
    text
}

/// The drawn particles, as the scripts read them.
fn particles_data(a: &mut Arrays, run: &Gathered) {
    let (frames, t, p) = (&run.frames, run.frames.len(), run.picks.len());
    a.u32("particle", &[p], run.numbers.iter().copied());
    a.f64("mass", &[p], run.mass.iter().copied());
    a.u32("shares", &[p], run.picks.iter().map(|pick| pick.shares as usize));
    a.f32("r", &[t, p], frames.iter().flat_map(|f| f.drawn.r.iter().copied()));
    a.f32("theta", &[t, p], frames.iter().flat_map(|f| f.drawn.theta.iter().copied()));
    a.u8("place", &[t, p], frames.iter().flat_map(|f| f.drawn.place.iter().map(|place| place.kind() as u8)));
}

/// The cells and lines of a density, as the scripts read them.
fn cells_data(a: &mut Arrays, cells: &Cells, frames: &[Frame]) {
    let (t, rows, columns) = (frames.len(), cells.r.len() - 1, cells.theta.len() - 1);
    let now = || frames.iter().filter_map(|f| f.cells.as_ref());
    a.f64("map_r", &[rows + 1], cells.r.iter().copied());
    a.f64("map_theta", &[columns + 1], cells.theta.iter().copied());
    a.u8("map", &[t, rows, columns], now().flat_map(|now| now.codes.iter().copied()));
    let knots = now().flat_map(|now| now.per_radian.iter().flatten().copied());
    a.f32("per_radian", &[t, 2, columns], knots);
    a.u32("line_boundary", &[cells.lines.len()], cells.lines.iter().copied());
    a.f32("line", &[t, cells.lines.len(), rows], now().flat_map(|now| now.lines.iter().copied()));
}

/// What the scripts read.
fn data(run: &Gathered) -> Value {
    let d = &run.description;
    let (frames, shown, samples) = (&run.frames, &run.shown, &d.samples);
    let (t, s, p, n) = (frames.len(), shown.len(), run.picks.len(), run.grid.x().len());
    let mut a = Arrays::default();
    let each = |value: fn(&Frame) -> f64| frames.iter().map(value).collect::<Vec<f64>>();
    a.f64("time", &[t], each(|f| f.snapshot.time).into_iter());
    a.u32("snapshot", &[t], frames.iter().map(|f| f.number));
    a.f64("loss", &[t], each(|f| f.snapshot.loss).into_iter());
    a.f64("penalty", &[t], each(|f| f.snapshot.penalty).into_iter());
    a.f64("kernel_change", &[t], each(|f| f.snapshot.tangent_kernel_change).into_iter());
    a.f64("turned", &[t], each(|f| f.turned).into_iter());
    a.f64("knots_moved", &[t], each(|f| f.knots_moved).into_iter());
    a.f64("pinned", &[t], each(|f| f.snapshot.pinned_mass.sum()).into_iter());
    a.f64("dead", &[t], each(|f| f.snapshot.region_mass[0]).into_iter());
    a.f64("stuck", &[t], each(|f| f.snapshot.stuck_mass).into_iter());
    a.u32("sample", &[s], shown.iter().copied());
    a.f64("x", &[s], shown.iter().map(|&j| samples.x()[j]));
    a.f64("y", &[s], shown.iter().map(|&j| samples.y()[j]));
    a.f64("sample_weight", &[s], shown.iter().map(|&j| samples.weight()[j]));
    for (name, of) in [
        ("residual", (|f| &f.snapshot.residual) as fn(&Frame) -> &ndarray::Array1<f64>),
        ("residual_ode", |f| &f.snapshot.residual_ode),
        ("residual_ode_uncorrected", |f| &f.snapshot.residual_ode_uncorrected),
    ] {
        a.f64(name, &[t, s], frames.iter().flat_map(|f| shown.iter().map(move |&j| of(f)[j])));
    }
    // Largest over all samples, also those that are not shown.
    let apart = |f: &Frame, ode: &ndarray::Array1<f64>| {
        (ode - &f.snapshot.residual).iter().fold(0.0, |most: f64, d| most.max(d.abs()))
    };
    let of = |f: &Frame| [apart(f, &f.snapshot.residual_ode), apart(f, &f.snapshot.residual_ode_uncorrected)];
    a.f64("ode_difference", &[t, 2], frames.iter().flat_map(of));
    // On and off boundary of each shown sample, r > 0 and r < 0.
    let count = samples.len();
    let boundaries = |j: usize| [count - 1 - j, 2 * count - 1 - j];
    let classes = frames.iter().flat_map(|f| {
        let of = move |j: usize| boundaries(j).into_iter().flat_map(move |b| [(b, 0), (b, 1)]);
        shown.iter().flat_map(move |&j| of(j)).map(move |at| f.snapshot.attractor[at])
    });
    a.i8("attractor", &[t, s, 2, 2], classes);
    a.f64("grid", &[n], run.grid.x().iter().copied());
    a.u32("grid_sample", &[s], run.grid.samples().iter().copied());
    a.f32("function", &[t, n], frames.iter().flat_map(|f| f.function.iter().copied()));
    if frames.iter().all(|f| f.frozen.is_some()) {
        let frozen = || frames.iter().filter_map(|f| f.frozen.as_ref());
        a.f32("frozen_function", &[t, n], frozen().flat_map(|frozen| frozen.0.iter().copied()));
        a.f64("frozen_loss", &[t], frozen().map(|frozen| frozen.1));
    }
    match &run.cells {
        Some(cells) => cells_data(&mut a, cells, frames),
        None => particles_data(&mut a, run),
    }
    let clusters = || frames.iter().flat_map(|f| f.clusters.iter());
    let mut first = vec![0];
    frames.iter().for_each(|f| first.push(first[first.len() - 1] + f.clusters.len()));
    a.u32("cluster_first", &[t + 1], first.iter().copied());
    let k = first[t];
    a.u32("cluster_boundary", &[k], clusters().map(|c| c.boundary));
    a.u8("cluster_side", &[k], clusters().map(|c| c.side as u8));
    a.f64("cluster_mass", &[k], clusters().map(|c| c.mass));
    a.f32("cluster_r", &[k], clusters().map(|c| c.r));
    a.f32("cluster_slope", &[k], clusters().map(|c| c.slope));
    a.f64("clusters_left_out", &[t], each(|f| f.clusters_left_out).into_iter());
    json!({
        "kind": "run",
        "measure": if run.cells.is_some() { "density" } else { "particles" },
        "map_range": run.cells.as_ref().map(|cells| cells.range),
        "flow": d.flow.name(),
        "kappa": d.flow.kappa(),
        "tv": d.flow.tv(),
        "particles": d.mass.len(),
        "stored": run.stored,
        "samples": count,
        "shares": if p < run.stored { run.picks.iter().map(|pick| pick.shares as usize).sum::<usize>() } else { 0 },
        "x_map": [d.x_map.offset, d.x_map.scale],
        "y_map": [d.y_map.offset, d.y_map.scale],
        "bounds": [crate::run::STILL, crate::run::MOVED],
        "arrays": a.into_json(),
    })
}
