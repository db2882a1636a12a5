//! What the README says is so.

use std::fs;
use std::path::Path;

use reluflow::io::schema::{Group, VARIABLES};

use reluflow::study::VARIABLES as STUDY;
use resvg::tiny_skia::Pixmap;

use crate::cli_support::{COMMANDS, reluflow};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The code blocks of the README in a language.
fn blocks(language: &str) -> Vec<String> {
    let readme = read("README.md");
    let opening = format!("```{language}\n");
    readme.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
}

#[test]
fn its_scenario_runs() {
    let folder = tempfile::tempdir().unwrap();
    let text = blocks("toml")[0].replace("particles = 10000", "particles = 100");
    fs::write(folder.path().join("readme.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "readme.toml"]).assert().success().stderr("");
}

#[test]
fn it_names_every_command_and_every_variable() {
    let readme = read("README.md");
    for command in COMMANDS.iter().filter(|command| command.len() == 1) {
        assert!(readme.contains(&format!("| `{}", command[0])), "{command:?}");
    }
    let coordinates = |name: &str| VARIABLES.iter().any(|v| v.dims.len() == 1 && v.dims[0].name() == name);
    for variable in VARIABLES.iter().filter(|variable| variable.group == Group::Root) {
        let name = variable.name;
        assert!(coordinates(name) || readme.contains(&format!("`{name}`")), "{name} is not in the README");
    }
}

#[test]
fn it_names_every_variable_of_a_study() {
    let readme = read("README.md");
    for variable in STUDY {
        assert!(readme.contains(&format!("`{}`", variable.name)), "{} is not in the README", variable.name);
    }
}

#[test]
fn its_second_command_is_what_ci_runs() {
    let tests = blocks("sh")[1].trim().to_string();
    assert_eq!(tests, ".ci/setup --test && cargo test --release --locked");
    assert!(read(".ci/run").contains(&tests));
}

/// The table of keys in `src/scenario/mod.rs` is the one that its readers keep.
#[test]
fn it_names_every_key_of_a_scenario() {
    let (readme, docs) = (read("README.md"), read("src/scenario/mod.rs"));
    let cells = docs.lines().filter_map(|line| line.strip_prefix("//! | ")?.split('|').next());
    let keys: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(keys.len() > 25, "{keys:?}");
    for key in keys {
        assert!(readme.contains(&format!("`{key}`")), "{key} is not in the README");
    }
}

/// The picture at the top is the one that the first command makes, but for rounding on other
/// machines: few pixels differ.
#[test]
fn its_picture_is_what_its_first_command_makes() {
    assert!(blocks("sh")[0].trim().ends_with("reluflow plot output/mcycle.h5"));
    assert!(read("README.md").contains("](scenarios/pictures/mcycle.png)"));
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = root.join("scenarios/mcycle.toml").display().to_string();
    reluflow(folder.path()).args(["run", "-q", &scenario]).assert().success();
    reluflow(folder.path()).args(["plot", "-q", "output/mcycle.h5"]).assert().success();
    let decode = |path: std::path::PathBuf| Pixmap::decode_png(&fs::read(path).unwrap()).unwrap();
    let made = decode(folder.path().join("output/mcycle_function.png"));
    let shown = root.join("scenarios/pictures/mcycle.png");
    assert!(fs::metadata(&shown).unwrap().len() < 300_000);
    let shown = decode(shown);
    assert_eq!((made.width(), made.height()), (shown.width(), shown.height()));
    let differ = made.pixels().iter().zip(shown.pixels()).filter(|(a, b)| a != b).count();
    assert!(differ < made.pixels().len() / 100, "{differ} pixels differ: the picture is an old one");
}
