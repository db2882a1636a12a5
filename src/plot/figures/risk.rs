//! How far from the truth functions are, where it is known what the samples were taken from.

use crate::io::ArrayFile;
use crate::run::Snapshot;

use super::super::axis::Axis;
use super::super::color::{BLUE, CURVES, GREEN, GREY, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::study::{PerRun, StudyAxis, axes, mean_and_error};
use super::sweep::{is_of_seeds, over_keys, seeds_in_words};
use super::time::{moment, time_axis};

/// What is drawn of a sweep: variable, title, whether logarithmic.
const SHOWN: [(&str, &str, bool); 4] = [
    ("final_risk_l1", "risk in L1 at the end", true),
    ("final_risk_l2", "risk in L2 at the end", true),
    ("final_outside_risk_l2", "risk in L2 outside the samples at the end", true),
    ("final_risk_max", "largest risk at the end", true),
];

fn lacks(path: &std::path::Path) -> PlotError {
    PlotError::Lacks {
        path: path.to_owned(),
        figure: "risk",
        needed: "a known truth".to_string(),
        remedy: "give samples.function, or samples.truth, and run again".to_string(),
    }
}

/// Of a run, over time: inside the range of the samples and outside, with the time of the least risk in L2.
pub(super) fn of_run(run: &RunSource) -> Result<Figure, PlotError> {
    if run.snapshots.iter().any(|snapshot| snapshot.risk.is_none()) {
        return Err(lacks(run.file().path()));
    }
    let times = run.times();
    let each = |part: usize, k: usize| -> Vec<f64> {
        let value = |snapshot: &Snapshot| snapshot.risk.map_or(f64::NAN, |risk| risk[part].values()[k]);
        run.snapshots.iter().map(value).collect()
    };
    let curves = [("L1", GREEN), ("L2", BLUE), ("largest", VERMILION)];
    let panel = |part: usize, name: &str, title: &str, axis: Axis| {
        let line = |k: usize| {
            let (label, color) = curves[k];
            Layer::line(label, times.clone(), each(part, k)).color(color).width(1.2).label(label)
        };
        Panel::new(name, axis, Axis::new("distance to the truth").log())
            .title(title)
            .height(1.35)
            .with_all((0..3).map(line))
    };
    let l2 = each(0, 1);
    let least = (0..l2.len()).min_by(|&i, &j| l2[i].total_cmp(&l2[j])).unwrap_or(0);
    let mark = Layer::vertical("least risk in L2", vec![times[least]]).color(GREY).dashed();
    let inside = panel(0, "risk", "over the range of the samples", time_axis(&times).bare()).with(mark);
    let outside = panel(1, "outside risk", "over half of it on either side", time_axis(&times));
    let note = format!(
        "Dashed: the least risk in L2 of all snapshots, {:.4}, at {}.",
        l2[least],
        moment(times[least])
    );
    Ok(Figure::new("risk").with(inside).with(outside).note(note))
}

/// Of a sweep: at the end over the swept keys, and over time.
pub(super) fn of_sweep(file: &ArrayFile) -> Result<Figure, PlotError> {
    if !SHOWN.iter().any(|(name, ..)| file.has(name)) {
        return Err(lacks(file.path()));
    }
    let axes = axes(file)?;
    let keys: Vec<usize> = (0..axes.len()).filter(|&i| !is_of_seeds(&axes[i]) && axes[i].len() > 1).collect();
    let figure = match keys.is_empty() {
        true => Figure::new("risk").grid(2, PAGE).note(seeds_in_words(&axes)),
        false => over_keys(file, "risk", &SHOWN)?,
    };
    // Runs of one schedule: early stopping.
    let times =
        if file.has("time") && file.dims("time")? == ["time"] { file.numbers("time")? } else { vec![] };
    if times.len() < 3 {
        return Ok(if keys.is_empty() { over_keys(file, "risk", &SHOWN)? } else { figure });
    }
    Ok(figure.with(over_time(file, &axes, &keys, &times)?))
}

/// The risk in L2 over time, a curve for each value of the first swept key: the means over all others.
fn over_time(
    file: &ArrayFile,
    axes: &[StudyAxis],
    keys: &[usize],
    times: &[f64],
) -> Result<Panel, PlotError> {
    let values = PerRun::read(file, "risk_l2")?;
    let all = keys.first().map_or(1, |&key| axes[key].len());
    let shown = all.min(CURVES.len());
    let title = if shown < all {
        format!("risk in L2 over time, {shown} of {all} curves")
    } else {
        "risk in L2 over time".to_string()
    };
    let mut panel =
        Panel::new("over time", time_axis(times), Axis::new("").log()).title(title).height(1.5).span(2);
    for k in 0..shown {
        let fixed: Vec<(usize, usize)> =
            keys.first().map(|&key| (key, k * all / shown)).into_iter().collect();
        let label: String =
            fixed.iter().map(|&(key, i)| format!("{} = {}", axes[key].name, axes[key].words[i])).collect();
        let found = |i: usize| mean_and_error(&values.at(&[&fixed[..], &[(axes.len(), i)]].concat()));
        let found: Vec<[f64; 2]> = (0..times.len()).map(found).collect();
        let mean: Vec<f64> = found.iter().map(|pair| pair[0]).collect();
        let low = found.iter().map(|[mean, error]| mean - error).collect();
        let high = found.iter().map(|[mean, error]| mean + error).collect();
        let (color, name) = (CURVES[k], if label.is_empty() { "mean".to_string() } else { label.clone() });
        panel = panel
            .with(
                Layer::bars(format!("standard error, {name}"), times.to_vec(), low, high)
                    .color(color)
                    .width(0.6),
            )
            .with(
                Layer::line(name.clone(), times.to_vec(), mean.clone()).color(color).width(1.1).label(label),
            )
            .with(
                Layer::points(format!("points, {name}"), times.to_vec(), mean, Shape::Disc)
                    .color(color)
                    .size(2.5),
            );
    }
    Ok(panel)
}
