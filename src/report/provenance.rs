//! Where a page's file comes from.

use super::gather::Gathered;
use super::html::{escape, table};

/// Most characters of a scenario that a page shows: samples may be written down in it by the
/// million.
const SCENARIO: usize = 200_000;

/// Version, commit, seed, threads, tolerance and all other root attributes of a run.
pub(super) fn of_run(run: &Gathered) -> String {
    let attribute = |name: &str| {
        run.attributes
            .iter()
            .find(|(found, _)| found == name)
            .map_or("\u{2013}", |(_, text)| text)
            .to_string()
    };
    let d = &run.description;
    let last = run.last();
    let row = |name: &str, text: String| vec![name.to_string(), text];
    let mut rows = vec![
        row("program", attribute("source")),
        row("commit", attribute("git_commit")),
        row("report made by", format!("{}, commit {}", crate::io::program(), crate::io::git_commit())),
        row("status", run.status.to_string()),
        row("flow", d.flow.name().to_string()),
        row("start measure", d.measure_source.clone()),
        row("seed", attribute("seed")),
        match &d.density {
            None => row("neurons", format!("{}, of which {} are stored", d.mass.len(), run.stored)),
            Some(grid) => {
                row("cells", format!("{} per turn of the circle, {} across", grid.cells[0], grid.cells[1]))
            }
        },
        row("samples", samples_words(run)),
        row("tolerance", format!("{:e}", d.tolerance)),
        row("threads", attribute("threads")),
        row("snapshots", format!("{} of {}", run.snapshots, d.schedule.times().len())),
        row("time", format!("{} of {}", last.snapshot.time, d.end)),
        row("steps", last.snapshot.step.to_string()),
    ];
    for (i, line) in attribute("history").lines().enumerate() {
        rows.push(row(if i == 0 { "history" } else { "" }, line.to_string()));
    }
    let told =
        ["Conventions", "title", "source", "history", "git_commit", "threads", "scenario", "measure_source"];
    let told_too = ["seed", "flow", "tolerance", "end"];
    let more: Vec<Vec<String>> = run
        .attributes
        .iter()
        .filter(|(name, _)| !told.contains(&name.as_str()) && !told_too.contains(&name.as_str()))
        .map(|(name, text)| row(name, text.clone()))
        .collect();
    format!(
        "{}<details><summary>All other attributes of the file</summary>{}</details>",
        table("Where this run comes from", &[], &rows, &[]),
        table("All other attributes of the file", &[], &more, &[])
    )
}

fn samples_words(run: &Gathered) -> String {
    let samples = &run.description.samples;
    let all: f64 = samples.weight().iter().sum();
    match all > samples.len() as f64 {
        true => format!("{}, of {all} before those with equal x were merged", samples.len()),
        false => samples.len().to_string(),
    }
}

/// The root attributes of a study.
pub(super) fn of_study(attributes: &[(String, String)]) -> String {
    let told = |name: &str| name == "scenario" || name.starts_with("verdict_") || name.starts_with("answer");
    let shown = attributes.iter().filter(|(name, _)| !told(name));
    let mut rows: Vec<Vec<String>> =
        shown.map(|(name, text)| vec![name.replace('_', " "), text.clone()]).collect();
    let made = format!("{}, commit {}", crate::io::program(), crate::io::git_commit());
    rows.push(vec!["report made by".to_string(), made]);
    table("Where this study comes from", &[], &rows, &[])
}

/// A scenario's text as HTML.
pub(super) fn scenario(text: &str) -> String {
    let cut = text.char_indices().nth(SCENARIO).map_or(text.len(), |(at, _)| at);
    let mut html = format!("<pre tabindex=\"0\"><code>{}</code></pre>", escape(&text[..cut]));
    if cut < text.len() {
        html += &format!("<p>The first {SCENARIO} characters; the file has all.</p>");
    }
    html
}
