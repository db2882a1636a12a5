//! What is told of a network, as text and as JSON.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::landscape::{landscape_json, landscape_text};
use crate::cli::table::table;
use crate::kernel::FitNorm;
use crate::run::change_in_words;
use crate::system::text::{digits, percent};

use super::network::{Analysis, Network};

/// Knots that are printed; JSON has all.
const KNOTS: usize = 12;

fn figure(value: f64) -> String {
    digits(value, 4)
}

/// Learning rate above which plain gradient descent with the loss `1/2 Sum rho^2` is unstable at this network, and the
/// same with the mean of the squares.
fn largest_rates(network: &Network, found: &Analysis) -> [f64; 2] {
    let most = found.rates.last().copied().unwrap_or(0.0);
    let count: f64 = network.description.samples.weight().iter().sum();
    [2.0 / most, count / most]
}

pub fn as_text(network: &Network, found: &Analysis) -> String {
    let mut text = function(network, found);
    text += &knots(found);
    text += &regime(network, found);
    text += &norms(found);
    text + "\nlandscape\n" + &landscape_text(&network.description, &found.landscape)
}

fn section(title: &str, rows: &[[String; 2]]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.to_vec()).collect();
    format!("{title}\n{}", table(&rows, &[]))
}

fn row(name: &str, text: String) -> [String; 2] {
    [name.to_string(), text]
}

fn function(network: &Network, found: &Analysis) -> String {
    let (d, s) = (&network.description, network.description.samples.len());
    let count: f64 = d.samples.weight().iter().sum();
    let loss = found.snapshot.loss;
    let pair = |[rms, most]: [f64; 2]| format!("root mean square {}, largest {}", figure(rms), figure(most));
    section(
        "function",
        &[
            row("network", format!("{} neurons, {s} samples", network.len())),
            row(
                "loss 1/2 Sum rho^2",
                format!(
                    "{}, mean square {}, largest |rho| {}",
                    figure(loss),
                    figure(2.0 * loss / count),
                    figure(found.worst)
                ),
            ),
            row(
                "beside",
                format!(
                    "{} of a zero network, {} of the least-squares line",
                    figure(found.losses.zero),
                    figure(found.losses.line)
                ),
            ),
            row("verdict", found.verdict().to_string()),
            row("to the linear interpolant", pair(found.to_linear)),
            row("to the natural cubic spline", pair(found.to_cubic)),
        ],
    )
}

fn knots(found: &Analysis) -> String {
    let share = |share: f64| percent(share, 3);
    let rows = [
        row(
            "Int |f''|",
            format!(
                "{} among the samples, {} on the line",
                figure(found.variation[0]),
                figure(found.variation[1])
            ),
        ),
        row("roughness Sum mu^2", figure(found.roughness)),
        row(
            "knots of neurons",
            format!(
                "{} of them among the samples, {} of these at a sample; {} neurons have none",
                share(found.inside),
                share(found.at_samples),
                found.without_knot
            ),
        ),
        row("knots of the function", format!("{} among the samples", found.clusters.len())),
    ];
    let mut text = "\n".to_string() + &section("knots", &rows);
    // The strongest, by position.
    let mut order: Vec<usize> = (0..found.clusters.len()).collect();
    let size = |i: usize| found.clusters[i].slope_change.abs();
    order.sort_by(|&i, &j| size(j).total_cmp(&size(i)));
    order.truncate(KNOTS);
    order.sort_unstable();
    let mut shown = vec![["x", "change of slope", "neurons"].map(String::from).to_vec()];
    shown.extend(order.iter().map(|&i| {
        let cluster = &found.clusters[i];
        vec![figure(cluster.at), figure(cluster.slope_change), cluster.knots.to_string()]
    }));
    if order.is_empty() {
        return text;
    }
    text += &table(&shown, &[0, 1, 2]);
    if found.clusters.len() > order.len() {
        text += &format!("the {} strongest of {}\n", order.len(), found.clusters.len());
    }
    text
}

fn regime(network: &Network, found: &Analysis) -> String {
    let [least, middle, most] = found.delta;
    let (s, rates) = (found.rates.len(), &found.rates);
    let [sum, mean] = largest_rates(network, found);
    let dead = found.snapshot.region_mass[0];
    let mut rows = vec![
        row("dead neurons", format!("{} are active at no sample", percent(dead, 3))),
        row(
            "c^2 - |w|^2",
            format!(
                "{} to {}, median {}: what training leaves as it is",
                figure(least),
                figure(most),
                figure(middle)
            ),
        ),
        row(
            "tangent kernel",
            format!(
                "eigenvalues {} to {}, trace {}, condition {}",
                figure(rates[0]),
                figure(rates[s - 1]),
                figure(rates.iter().sum()),
                figure(rates[s - 1] / rates[0])
            ),
        ),
        row(
            "gradient descent is stable",
            format!(
                "below learning rate {} with 1/2 Sum rho^2, {} with the mean square",
                figure(sum),
                figure(mean)
            ),
        ),
    ];
    match &found.since {
        None => rows.push(row("since the start", "not known: give the weights before training with --start".to_string())),
        Some(since) => rows.extend([
            row("since the start", format!("loss from {} to {}", figure(since.loss), figure(found.snapshot.loss))),
            row("tangent kernel", format!("changed by {}", change_in_words(since.kernel_change))),
            row(
                "neurons",
                format!(
                    "turned by {} deg in the root mean square; knots moved by {} of the range in the median",
                    figure(since.turned.to_degrees()),
                    percent(since.knots_moved, 2)
                ),
            ),
            row(
                "limits of the kernel regime",
                format!(
                    "off by {} of the way of the function (tangent kernel of the start), {} (its output layer alone)",
                    percent(since.to_limits[1], 2),
                    percent(since.to_limits[0], 2)
                ),
            ),
        ]),
    }
    "\n".to_string() + &section("regime", &rows)
}

fn norms(found: &Analysis) -> String {
    let mut rows =
        vec![["norm", "this network", "least of interpolants", "knots of that"].map(String::from).to_vec()];
    let [slope, sparsest, neurons] = &found.least[..] else { return String::new() };
    rows.push(vec![
        "Int |f''|, biases free".to_string(),
        figure(found.variation[1]),
        figure(slope.cost),
        sparsest.knots.len().to_string(),
    ]);
    rows.push(vec![
        "Int |r| mu, biases penalised".to_string(),
        figure(found.neuron_norm),
        figure(neurons.cost),
        neurons.knots.len().to_string(),
    ]);
    let balance = found.neuron_norm / found.half_square;
    format!(
        "\nnorms\n{}1/2 Sum (c^2 + |w|^2) over alpha: {}, of which Int |r| mu is {}: all of it where neurons are balanced\n",
        table(&rows, &[1, 2, 3]),
        figure(found.half_square),
        percent(balance, 3)
    )
}

pub fn as_json(network: &Network, found: &Analysis, output: Option<&Path>) -> Value {
    let d = &network.description;
    let number = |value: f64| if value.is_finite() { Value::from(value) } else { Value::Null };
    let pair = |[rms, most]: [f64; 2]| json!({ "rms": rms, "largest": most });
    let clusters: Vec<Value> = found
        .clusters
        .iter()
        .map(|c| json!({ "x": c.at, "slope_change": c.slope_change, "mass": c.mass, "neurons": c.knots }))
        .collect();
    let least: Vec<Value> = found
        .least
        .iter()
        .map(|fit| {
            json!({
                "norm": fit.norm.name(),
                "sparsest": fit.sparsest,
                "cost": fit.cost,
                "knots": fit.knots.iter().map(|(x, _)| *x).collect::<Vec<f64>>(),
                "slope_changes": fit.knots.iter().map(|(_, change)| *change).collect::<Vec<f64>>(),
                "network": match fit.norm {
                    FitNorm::Slope => found.variation[1],
                    FitNorm::Neurons => found.neuron_norm,
                },
            })
        })
        .collect();
    let [sum, mean] = largest_rates(network, found);
    let since = found.since.as_ref().map(|since| {
        json!({
            "loss": since.loss,
            "tangent_kernel_change": number(since.kernel_change),
            "turned": since.turned,
            "knots_moved": number(since.knots_moved),
            "distance_to_limits": { "random_features": number(since.to_limits[0]), "tangent": number(since.to_limits[1]) },
        })
    });
    json!({
        "file": output,
        "neurons": network.len(),
        "samples": d.samples.len(),
        "residual": found.snapshot.residual.to_vec(),
        "loss": found.snapshot.loss,
        "zero_loss": found.losses.zero,
        "line_loss": found.losses.line,
        "verdict": found.verdict(),
        "linear_distance": pair(found.to_linear),
        "spline_distance": pair(found.to_cubic),
        "slope_variation": { "inside": found.variation[0], "whole": found.variation[1] },
        "roughness": found.roughness,
        "knots": clusters,
        "knots_inside": found.inside,
        "knots_at_samples": found.at_samples,
        "without_knot": found.without_knot,
        "dead_mass": found.snapshot.region_mass[0],
        "delta": { "least": found.delta[0], "median": found.delta[1], "largest": found.delta[2] },
        "tangent_kernel_eigenvalues": found.rates,
        "stable_below": { "half_sum": number(sum), "mean_square": number(mean) },
        "neuron_norm": found.neuron_norm,
        "half_square": found.half_square,
        "least_norms": least,
        "since_start": since,
        "landscape": landscape_json(&found.landscape, None),
    })
}
