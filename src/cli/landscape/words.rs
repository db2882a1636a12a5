//! What is told of a landscape, as text and as JSON.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::table::table;
use crate::flow::ParticleKind;
use crate::io::{LandscapeMoment, LandscapeTable};
use crate::landscape::{CAUSES, SliceType};
use crate::run::Description;
use crate::system::text;

fn figure(value: f64) -> String {
    text::digits(value, 4)
}

/// Types of the samples, counted.
fn counted<'a>(types: impl Iterator<Item = &'a SliceType>) -> String {
    let types: Vec<&SliceType> = types.collect();
    let kinds = [SliceType::Attractor, SliceType::Repulsor, SliceType::Passthrough, SliceType::DeadEdge];
    let one = |kind: &SliceType| format!("{} {}", types.iter().filter(|t| **t == kind).count(), kind.name());
    kinds.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn as_text(description: &Description, found: &LandscapeTable) -> String {
    let moment = &found.moments[found.moments.len() - 1];
    let (landscape, hessian) = (&moment.landscape, &moment.landscape.hessian);
    let pieces = &landscape.pieces;
    let pinned = pieces.pinned.iter().filter(|pinned| **pinned).count();
    let mut rows = vec![
        vec!["t".to_string(), text::time(moment.time)],
        vec!["loss".to_string(), figure(moment.loss)],
        vec!["norm of the gradient of m L".to_string(), figure(landscape.critical.gradient_norm)],
        vec!["largest deviation from least-squares lines".to_string(), figure(landscape.critical.worst())],
        vec![
            "pieces that hold samples".to_string(),
            format!(
                "{} of {} samples{}{}",
                pieces.samples.len(),
                found.x.len(),
                if pieces.is_lonely() { ": lonely" } else { "" },
                if pinned > 0 { format!("; neurons pinned to {pinned}") } else { String::new() }
            ),
        ],
        vec!["samples, for neurons that turn".to_string(), counted(landscape.turning.iter().flatten())],
        vec![
            "samples, for knots that move (S Thm 3)".to_string(),
            format!("{}; {} otherwise", counted(landscape.knots.iter().flatten()), landscape.disagreements()),
        ],
    ];
    if !pieces.has_active_on_all {
        rows.push(vec![
            "no neuron is active on all samples".to_string(),
            "S Thm 4 does not apply".to_string(),
        ]);
    }
    if moment.has_hessian {
        let [negative, zero, positive] = hessian.signs;
        let [least, most] = hessian.spectrum.range();
        rows.push(vec![
            "Hessian of m L".to_string(),
            format!(
                "{} eigenvalues: {negative} negative, {zero} zero (below {}), {positive} positive",
                hessian.spectrum.len(),
                figure(hessian.zero)
            ),
        ]);
        rows.push(vec!["least and largest".to_string(), format!("{}, {}", figure(least), figure(most))]);
        if let Some(smallest) = hessian.spectrum.least_positive(hessian.zero) {
            rows.push(vec!["condition of the positive ones".to_string(), figure(most / smallest)]);
        }
        let causes = CAUSES.iter().zip(hessian.zeros.by_cause).filter(|(_, count)| *count > 0);
        let causes: Vec<String> = causes.map(|(cause, count)| format!("{count} {cause}")).collect();
        rows.push(vec!["zeros by cause".to_string(), causes.join(", ")]);
        let bulk: usize = hessian.spectrum.bulk.iter().map(|line| line.multiplicity).sum();
        rows.push(vec![
            "in the bulk".to_string(),
            format!(
                "{bulk}, of {} values; {} others",
                hessian.spectrum.bulk.len(),
                hessian.spectrum.others.len()
            ),
        ]);
    } else {
        rows.push(vec!["Hessian".to_string(), without_hessian(description).to_string()]);
    }
    let mut text = table(&rows, &[]);
    if let Some(slice) = &found.slice {
        let types = slice.slice.types();
        let _ = write!(
            text,
            "\nneuron {}: knot at {}, delta-slope {}; along its knot {}\n",
            slice.neuron,
            figure(slice.knot),
            figure(slice.delta_slope),
            counted(types.iter())
        );
    }
    text
}

fn without_hessian(description: &Description) -> &'static str {
    match description.flow.particles() {
        ParticleKind::Canonical => {
            "none of canonical particles: run it with flow.kind = \"lifted\" (and measure.delta, if its law is one of r and theta)"
        }
        ParticleKind::Neuron => {
            "none: snapshots of a density with many values of delta do not store c and w apart; the last one has it"
        }
    }
}

pub fn as_json(found: &LandscapeTable, output: Option<&Path>) -> Value {
    let one = |moment: &LandscapeMoment| {
        let (landscape, hessian) = (&moment.landscape, &moment.landscape.hessian);
        let types = |types: &[[SliceType; 2]]| -> Vec<[&str; 2]> {
            types.iter().map(|pair| pair.map(SliceType::name)).collect()
        };
        let pieces: Vec<[usize; 2]> = landscape.pieces.samples.iter().map(|p| [p.start, p.end]).collect();
        let spectrum = moment.has_hessian.then(|| {
            let bulk: Vec<Value> = hessian
                .spectrum
                .bulk
                .iter()
                .map(|line| json!({ "eigenvalue": line.value, "multiplicity": line.multiplicity, "mass": line.mass }))
                .collect();
            json!({
                "count": hessian.spectrum.len(),
                "zero_below": hessian.zero,
                "negative": hessian.signs[0],
                "zero": hessian.signs[1],
                "positive": hessian.signs[2],
                "zero_by_cause": CAUSES.iter().zip(hessian.zeros.by_cause).collect::<std::collections::BTreeMap<_, _>>(),
                "others": hessian.spectrum.others,
                "bulk": bulk,
            })
        });
        json!({
            "time": moment.time,
            "loss": moment.loss,
            "gradient_norm": landscape.critical.gradient_norm,
            "deviation": landscape.critical.worst(),
            "lonely": landscape.pieces.is_lonely(),
            "pieces": pieces,
            "active_on_all": landscape.pieces.has_active_on_all,
            "turning_types": types(&landscape.turning),
            "knot_types": types(&landscape.knots),
            "types_that_differ": landscape.disagreements(),
            "hessian": spectrum,
        })
    };
    let slice = found.slice.as_ref().map(|slice| {
        json!({
            "neuron": slice.neuron,
            "knot": slice.knot,
            "delta_slope": slice.delta_slope,
            "types": slice.slice.types().iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        })
    });
    json!({ "file": output, "moments": found.moments.iter().map(one).collect::<Vec<_>>(), "slice": slice })
}
