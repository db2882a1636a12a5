//! Files to draw, and what was drawn read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli_support::reluflow;

/// A scenario with a flow of that kind; `more` are lines of `[flow]`.
pub fn scenario(kind: &str, law: &str, particles: usize, more: &str) -> String {
    format!(
        "[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.5\n[measure]\nparticles = {particles}\n\
         law = \"{law}\"\nseed = 1\n[flow]\nkind = \"{kind}\"\n{more}\n[time]\nend = 4.0\ntolerance = 1e-7\n\
         [output]\nsnapshots = {{ count = 9 }}\ntangent_kernel = true\n"
    )
}

/// Runs a scenario; the run file.
pub fn run(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    let output = folder.join(format!("{name}.h5"));
    reluflow(folder).args(["run", "-q", &format!("{name}.toml"), "-o"]).arg(&output).assert().success();
    output
}

/// One row of a table of data.
#[derive(Debug, Clone)]
pub struct Row {
    pub panel: String,
    pub layer: String,
    pub mark: String,
    /// `x`, `y`, `x2`, `y2`, `value`; NaN where empty or not a number.
    pub numbers: [f64; 5],
}

/// A table of data, read as any program would.
pub fn table(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    assert_eq!(columns, ["panel", "layer", "mark", "x", "y", "x2", "y2", "value"]);
    let read = |record: csv::StringRecord| Row {
        panel: record[0].to_string(),
        layer: record[1].to_string(),
        mark: record[2].to_string(),
        numbers: std::array::from_fn(|k| record[3 + k].parse().unwrap_or(f64::NAN)),
    };
    reader.records().map(|record| read(record.unwrap())).collect()
}

/// Rows of a layer of a panel; there must be some.
pub fn layer<'r>(rows: &'r [Row], panel: &str, layer: &str) -> Vec<&'r Row> {
    let found: Vec<&Row> = rows.iter().filter(|row| row.panel == panel && row.layer == layer).collect();
    let names: BTreeMap<(&str, &str), usize> =
        rows.iter().map(|row| ((row.panel.as_str(), row.layer.as_str()), 0)).collect();
    assert!(!found.is_empty(), "no {layer} in {panel}; there are {:?}", names.keys());
    found
}

/// `y` of a layer.
pub fn heights(rows: &[Row], panel: &str, name: &str) -> Vec<f64> {
    layer(rows, panel, name).iter().map(|row| row.numbers[1]).collect()
}

/// The values of an attribute of all elements with that tag, with the text inside.
pub struct Element {
    pub attributes: BTreeMap<String, String>,
    pub text: String,
}

/// All elements of SVG with that tag, in their order.
pub fn elements(svg: &str, tag: &str) -> Vec<Element> {
    let opening = format!("<{tag} ");
    svg.split(&opening)
        .skip(1)
        .map(|rest| {
            let (head, body) = rest.split_once('>').unwrap();
            let parts: Vec<&str> = head.split('"').collect();
            let pairs = parts.chunks_exact(2);
            Element {
                attributes: pairs
                    .map(|pair| (pair[0].trim().trim_end_matches('=').to_string(), pair[1].to_string()))
                    .collect(),
                text: body.split('<').next().unwrap().trim().to_string(),
            }
        })
        .collect()
}

impl Element {
    pub fn number(&self, name: &str) -> f64 {
        self.attributes[name].parse().unwrap_or_else(|_| panic!("{name} = {}", self.attributes[name]))
    }
}
