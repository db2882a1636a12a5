//! A table of samples instead of a scenario: sensible defaults, written out as TOML.

use std::path::Path;

use crate::system::text;

use super::ready::Intent;
use super::table::Table;
use super::{Scenario, ScenarioError};

/// Reads a table as `x` and `y` and makes a run of it.
pub(super) fn read(path: &Path, intent: Intent) -> Result<Scenario, ScenarioError> {
    let table = Table::read(path, "x,y")?;
    let [x, y] = choose_columns(&table, path)?;
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(ScenarioError::in_file(path, "has a name that is not UTF-8", "rename the file"));
    };
    let text = scenario_text(name, x, y);
    let mut scenario = Scenario::parse_as(&text, path, intent)?;
    let defaults = [
        format!("no scenario given: x is column `{x}`, y is column `{y}`, both standardized"),
        format!(
            "start measure: {}; the run ends at time {} with tolerance {:e}",
            scenario.description.measure_source, scenario.description.end, scenario.description.tolerance
        ),
        "the scenario that says the same is in the run file (attribute scenario): change it to run another"
            .to_string(),
    ];
    scenario.notices.splice(0..0, defaults);
    Ok(scenario)
}

/// Columns named `x` and `y`; else the only two, not counting an index in front.
fn choose_columns<'t>(table: &'t Table, path: &Path) -> Result<[&'t str; 2], ScenarioError> {
    let columns: Vec<&str> = table.columns().iter().map(String::as_str).collect();
    if columns.contains(&"x") && columns.contains(&"y") {
        return Ok(["x", "y"]);
    }
    let index = matches!(columns[0].to_ascii_lowercase().as_str(), "" | "rownames" | "index" | "id");
    match columns[usize::from(index && columns.len() == 3)..] {
        [x, y] => Ok([x, y]),
        _ => Err(ScenarioError::in_file(
            path,
            format_args!(
                "which columns are x and y is not clear: there are {}",
                super::table::list(table.columns())
            ),
            "name them x and y, or write a scenario with [samples] file, x and y",
        )),
    }
}

fn scenario_text(file: &str, x: &str, y: &str) -> String {
    let quote = |text: &str| toml::Value::String(text.to_string());
    format!(
        "title = {title}
[samples]
file = {file}
x = {x}
y = {y}
standardize = true
[measure]
particles = 10000
law = \"normal-uniform\"
scale = 1.0
seed = 0
[flow]
kind = \"canonical\"
tv = 0.0
[time]
end = 10.0
tolerance = 1e-6
[output]
particles = \"all\"
",
        // A name may hold what a title may not.
        title = quote(&text::line(file)),
        file = quote(file),
        x = quote(x),
        y = quote(y),
    )
}
