//! A figure or table, and how it is worked through.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::json;

use crate::io::{make_folder, write_file};
use crate::plot::{Figure, to_png, to_svg};

use super::{Finding, ReproduceError, Stage};

/// A figure, table or statement of a paper that is reproduced.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Its name on the command line.
    pub name: &'static str,
    /// Where it stands.
    pub place: &'static str,
    /// What the paper says, in a sentence.
    pub claim: &'static str,
    /// What the paper does not say and was chosen.
    pub chosen: &'static str,
    /// Runs scenarios and measures.
    pub work: fn(&Stage) -> Result<Finding, ReproduceError>,
    /// Draws the tables of the finding.
    pub picture: fn(&Finding) -> Figure,
}

/// A figure or table that has been worked through.
#[derive(Debug, Clone)]
pub struct Reproduced {
    /// Which.
    pub item: Item,
    /// What was found.
    pub finding: Finding,
    /// Where everything is.
    pub folder: PathBuf,
    /// How long it took (s).
    pub seconds: f64,
}

/// Pixels to the inch of the pictures.
const DPI: f64 = 92.0;

/// Works through an item, in a folder of its own name below `parent`: scenarios as they are run, run
/// files, tables as CSV, the picture that shows them, and `finding.json`.
///
/// # Errors
/// The folder exists and `force` is not set; a run fails; something cannot be written.
pub fn reproduce(
    item: &Item,
    parent: &Path,
    small: bool,
    force: bool,
    stop: &AtomicBool,
    told: &(dyn Fn(&str) + Sync),
) -> Result<Reproduced, ReproduceError> {
    let folder = parent.join(item.name);
    if folder.join("finding.json").exists() {
        if !force {
            return Err(ReproduceError::Exists { path: folder });
        }
        fs::remove_dir_all(&folder).map_err(|error| ReproduceError::unwritable(&folder, error))?;
    }
    make_folder(&folder)?;
    let started = Instant::now();
    let stage = Stage { folder: folder.clone(), small, stop, told };
    let finding = (item.work)(&stage)?;
    for table in &finding.tables {
        stage.write(&folder.join(format!("{}.csv", table.name)), &table.csv())?;
    }
    let svg = to_svg(&(item.picture)(&finding))?;
    stage.write(&folder.join("picture.svg"), &svg)?;
    let path = folder.join("picture.png");
    write_file(&path, &to_png(&svg, DPI)?)?;
    let reproduced = Reproduced { item: *item, finding, folder, seconds: started.elapsed().as_secs_f64() };
    let text = format!("{:#}\n", reproduced.json());
    stage.write(&reproduced.folder.join("finding.json"), &text)?;
    Ok(reproduced)
}

impl Reproduced {
    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        let mut value = self.finding.json();
        let item = &self.item;
        value["name"] = json!(item.name);
        value["place"] = json!(item.place);
        value["claim"] = json!(item.claim);
        value["chosen"] = json!(item.chosen);
        value["folder"] = json!(self.folder);
        value["seconds"] = json!(self.seconds);
        value
    }
}

/// The table of the guide ([`crate::guide::papers`]): picture; place, claim, our numbers, verdict, what to know, command.
pub fn markdown(done: &[Reproduced]) -> String {
    let mut text = "| picture | claim, our numbers, verdict |\n|---|---|\n".to_string();
    // A bar would end the cell.
    let cell = |text: &str| text.replace('|', "\\|");
    for Reproduced { item, finding, .. } in done {
        let Item { name, place, claim, chosen, .. } = item;
        let remarks: String = finding.remarks.iter().map(|remark| format!("; {remark}")).collect();
        text += &format!("| <img src=\"{name}/picture.png\" width=\"380\" alt=\"{place}\"> ");
        text += &format!("| **{place}**: {}.<br>*Ours:* {}.<br>", cell(claim), cell(&finding.numbers));
        text += &format!("*Verdict:* **{}**{}.<br>", finding.verdict().words(), cell(&remarks));
        text += &format!("*Chosen:* {}.<br>`reluflow reproduce {name}` |\n", cell(chosen));
    }
    text
}
