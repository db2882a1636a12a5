//! What the runs of a sweep end with, over the swept keys.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::CURVES;
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::study::{PerRun, StudyAxis, axes, mean_and_error};

/// What is drawn: variable, title, whether logarithmic.
const SHOWN: [(&str, &str, bool); 4] = [
    ("final_loss", "loss at the end", true),
    ("final_slope_variation", "∫ |f″| at the end", false),
    ("final_pinned_mass", "pinned mass at the end", false),
    ("final_tangent_kernel_change", "|K − K₀| / |K₀| at the end", true),
];

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    over_keys(file, "sweep", &SHOWN)
}

/// Whether means are taken along the axis: seeds of the start, and of the noise of samples.
pub(super) fn is_of_seeds(axis: &StudyAxis) -> bool {
    axis.name == "seed" || axis.name == "samples_seed"
}

/// Panels of what runs end with, over the swept keys.
///
/// * `shown`: variable, title, whether logarithmic.
pub(super) fn over_keys(
    file: &ArrayFile,
    name: &'static str,
    shown_there: &[(&str, &str, bool)],
) -> Result<Figure, PlotError> {
    let axes = axes(file)?;
    // Along x the axis of numbers with the most values, other than seeds.
    let rank =
        |i: &usize| (!is_of_seeds(&axes[*i]), axes[*i].values.is_some(), axes[*i].len(), usize::MAX - i);
    let along = (0..axes.len()).max_by_key(rank).unwrap_or(0);
    let others: Vec<usize> =
        (0..axes.len()).filter(|&i| i != along && !is_of_seeds(&axes[i]) && axes[i].len() > 1).collect();
    let combinations = combinations(&axes, &others);
    let shown = combinations.len().min(CURVES.len());
    let chosen: Vec<&Vec<(usize, usize)>> =
        (0..shown).map(|i| &combinations[i * combinations.len() / shown]).collect();
    let mut figure = Figure::new(name).grid(2, PAGE);
    for &(name, title, log) in shown_there.iter().filter(|(name, ..)| file.has(name)) {
        let values = PerRun::read(file, name)?;
        let across = axis(&axes[along]);
        let across = if figure.panels.len() < 2 { across.bare() } else { across };
        let mut panel = Panel::new(name, across, if log { Axis::new("").log() } else { Axis::new("") });
        panel = panel.title(title).height(1.5);
        for (k, fixed) in chosen.iter().enumerate() {
            let label = words(fixed, |axis| axes[axis].quantity()[1].clone(), &axes);
            let name = words(fixed, |axis| axes[axis].name.clone(), &axes);
            let name = if name.is_empty() { "mean".to_string() } else { name };
            let at = |i: usize| {
                let mut fixed = (*fixed).clone();
                fixed.push((along, i));
                mean_and_error(&values.at(&fixed))
            };
            let found: Vec<[f64; 2]> = (0..axes[along].len()).map(at).collect();
            let x = axes[along].places();
            let mean: Vec<f64> = found.iter().map(|pair| pair[0]).collect();
            let low = found.iter().map(|[mean, error]| mean - error).collect();
            let high = found.iter().map(|[mean, error]| mean + error).collect();
            let color = CURVES[k];
            let line = Layer::line(name.clone(), x.clone(), mean.clone()).color(color).width(1.1);
            panel = panel
                .with(
                    Layer::bars(format!("standard error, {name}"), x.clone(), low, high)
                        .color(color)
                        .width(0.7),
                )
                .with(if figure.panels.is_empty() { line.label(label) } else { line })
                .with(Layer::points(format!("points, {name}"), x, mean, Shape::Disc).color(color).size(3.0));
        }
        figure = figure.with(panel);
    }
    let all = if shown < combinations.len() {
        format!("{shown} of {} curves are drawn.", combinations.len())
    } else {
        String::new()
    };
    Ok(figure.note(seeds_in_words(&axes)).note(all))
}

/// Over how many seeds means are taken; empty if over none.
pub(super) fn seeds_in_words(axes: &[StudyAxis]) -> String {
    match axes.iter().filter(|axis| is_of_seeds(axis)).map(StudyAxis::len).product() {
        0 | 1 => String::new(),
        seeds => format!("Means over {seeds} seeds with standard errors."),
    }
}

fn axis(along: &StudyAxis) -> Axis {
    let [quantity, _] = along.quantity();
    let axis = Axis::new(quantity);
    if let Some(least) = along.symmetric() {
        return axis.symmetric_log(least);
    }
    match &along.values {
        None => axis.named((0..along.len()).map(|i| (i as f64, along.words[i].clone())).collect()),
        Some(_) if along.is_log() => axis.log(),
        Some(_) => axis,
    }
}

/// All combinations of indices along these axes.
fn combinations(axes: &[StudyAxis], others: &[usize]) -> Vec<Vec<(usize, usize)>> {
    let mut all = vec![vec![]];
    for &axis in others {
        all = all
            .into_iter()
            .flat_map(|fixed: Vec<(usize, usize)>| {
                (0..axes[axis].len()).map(move |i| {
                    let mut fixed = fixed.clone();
                    fixed.push((axis, i));
                    fixed
                })
            })
            .collect();
    }
    all
}

/// `m = 100, p = 1`, each axis by a name.
fn words(fixed: &[(usize, usize)], name: impl Fn(usize) -> String, axes: &[StudyAxis]) -> String {
    let word = |&(axis, i): &(usize, usize)| format!("{} = {}", name(axis), axes[axis].words[i]);
    fixed.iter().map(word).collect::<Vec<_>>().join(", ")
}
