//! Whether a study file is as its format has it.

use std::path::Path;

use crate::io::declared::{Allowed, disagreements};
use crate::io::{ArrayFile, Finding, IoError};

use super::assemble::{FORMAT_VERSION, SHARED};
use super::phase::PHASE;
use super::variables::{PHASE_TABLE, VARIABLES, find};
use super::width_file;

/// What is not as the table of variables has it in a study file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn validate_study_file(path: &Path) -> Result<Vec<Finding>, IoError> {
    let file = ArrayFile::open(path, FORMAT_VERSION)?;
    let axes = file.dims("failure")?;
    let table = match file.attribute("study").as_deref() {
        Some("width") => width_file::variables().iter().map(Allowed::from).collect(),
        kind => sweep(&axes, kind == Some(PHASE)),
    };
    disagreements(&file, &table, &axes)
}

/// The variables of a sweep over these axes, each with all dimensions that it may have.
fn sweep(axes: &[String], phase: bool) -> Vec<Allowed> {
    let counted = ["sample", "snapshot"].map(|dim| Allowed {
        name: dim.to_string(),
        dims: vec![dim.to_string()],
        units: "1".to_string(),
        long_name: format!("number of the {dim}"),
        equation: String::new(),
    });
    let mut table = counted.to_vec();
    let names = VARIABLES.iter().flat_map(|of| [of.name.to_string(), format!("final_{}", of.name)]);
    for variable in names.filter_map(|name| find(&name)) {
        // Of a run; where times differ between runs they are counted.
        let counted = |dim: &String| if dim == "time" { "snapshot".to_string() } else { dim.clone() };
        let own = [variable.dims.clone(), variable.dims.iter().map(counted).collect()];
        for dims in own {
            if SHARED.contains(&&variable.name[..]) {
                table.push(Allowed { dims: dims.clone(), ..variable.clone() });
            }
            table.push(Allowed { dims: [axes, &dims].concat(), ..variable.clone() });
        }
    }
    if phase && axes.len() > 2 {
        let dims = [axes[0].clone(), axes[2].clone()].to_vec();
        table.extend(PHASE_TABLE.iter().map(|of| Allowed { dims: dims.clone(), ..of.into() }));
    }
    table
}
