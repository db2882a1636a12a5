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
    let axes = axes(file)?;
    // Along x the axis of numbers with the most values, other than seeds.
    let rank =
        |i: &usize| (axes[*i].name != "seed", axes[*i].values.is_some(), axes[*i].len(), usize::MAX - i);
    let along = (0..axes.len()).max_by_key(rank).unwrap_or(0);
    let others: Vec<usize> =
        (0..axes.len()).filter(|&i| i != along && axes[i].name != "seed" && axes[i].len() > 1).collect();
    let combinations = combinations(&axes, &others);
    let shown = combinations.len().min(CURVES.len());
    let chosen: Vec<&Vec<(usize, usize)>> =
        (0..shown).map(|i| &combinations[i * combinations.len() / shown]).collect();
    let mut figure = Figure::new("sweep").grid(2, PAGE);
    for (name, title, log) in SHOWN.into_iter().filter(|(name, ..)| file.has(name)) {
        let values = PerRun::read(file, name)?;
        let across = axis(&axes[along]);
        let across = if figure.panels.len() < 2 { across.bare() } else { across };
        let mut panel = Panel::new(name, across, if log { Axis::new("").log() } else { Axis::new("") });
        panel = panel.title(title).height(1.5);
        for (k, fixed) in chosen.iter().enumerate() {
            let label = words(&axes, fixed);
            let name = if label.is_empty() { "mean".to_string() } else { label.clone() };
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
    let seeds = axes.iter().find(|axis| axis.name == "seed" && axis.len() > 1);
    let seeds =
        seeds.map_or(String::new(), |axis| format!("Means over {} seeds with standard errors.", axis.len()));
    Ok(figure.note(seeds).note(all))
}

fn axis(along: &StudyAxis) -> Axis {
    let axis = Axis::new(along.name.clone());
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

fn words(axes: &[StudyAxis], fixed: &[(usize, usize)]) -> String {
    let word = |&(axis, i): &(usize, usize)| format!("{} = {}", axes[axis].name, axes[axis].words[i]);
    fixed.iter().map(word).collect::<Vec<_>>().join(", ")
}
