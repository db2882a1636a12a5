//! What the README and the guide say is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reluflow::io::schema::{ATTRIBUTES, Group, VARIABLES};
use reluflow::plot::FIGURES;
use reluflow::reproduce::items;
use reluflow::scenario::Scenario;
use reluflow::study::VARIABLES as STUDY;
use resvg::tiny_skia::Pixmap;

use crate::cli_support::{COMMANDS, reluflow};

/// All pages of the guide.
const PAGES: [&str; 15] = [
    "scenarios",
    "flows",
    "mathematics",
    "run_files",
    "kernel_regime",
    "infinite_width",
    "density",
    "landscape",
    "selection",
    "from_pytorch",
    "studies",
    "figures",
    "papers",
    "validation",
    "performance",
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn page(name: &str) -> String {
    read(&format!("src/guide/{name}.md"))
}

/// The code blocks of the README in a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    text.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The cells of the rows of the table below a heading row; a bar after a backslash ends no cell.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| *line != heading).skip(2);
    let rows: Vec<Vec<String>> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let line = line.replace("\\|", "\0");
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().replace('\0', "|")).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table `{heading}`");
    rows
}

#[test]
fn its_scenario_runs_and_so_does_that_of_the_guide() {
    for text in [read("README.md"), page("scenarios")] {
        let folder = tempfile::tempdir().unwrap();
        let text = blocks(&text, "toml")[0].replace("particles = 10000", "particles = 100");
        fs::write(folder.path().join("readme.toml"), text).unwrap();
        reluflow(folder.path()).args(["run", "-q", "readme.toml"]).assert().success().stderr("");
    }
}

#[test]
fn it_names_every_command_and_the_guide_uses_every_command() {
    let readme = read("README.md");
    let guide: String = PAGES.map(page).concat() + &readme;
    let table: BTreeSet<String> = rows(&readme, "| command | what it does |")
        .iter()
        .map(|row| quoted(&row[0])[0].split(' ').next().unwrap().to_string())
        .collect();
    let commands = COMMANDS.iter().filter(|command| command.len() == 1).map(|c| c[0].to_string()).collect();
    assert_eq!(table, commands);
    for command in COMMANDS.iter().filter(|command| !command.is_empty()) {
        let used = [format!("reluflow {}", command.join(" ")), format!("`{}", command.join(" "))];
        assert!(used.iter().any(|used| guide.contains(used)), "{command:?} is nowhere used");
    }
}

/// The keys that the parser knows, from its own words.
fn known_keys(section: &str) -> BTreeSet<String> {
    let wrong = |name: &str| if name == section { "zzz = 1\n" } else { "" };
    let mut text = ["samples", "measure", "flow", "time"].map(|s| format!("[{s}]\n{}", wrong(s))).concat()
        + "end = 1.0\n";
    if section.starts_with("output") {
        text += &format!("[{section}]\nzzz = 1\n");
    }
    let error = Scenario::parse(&text, Path::new("none.toml")).unwrap_err().to_string();
    let (_, keys) = error.split_once(&format!("[{section}] knows ")).unwrap_or_else(|| panic!("{error}"));
    keys.trim().split(", ").map(str::to_string).collect()
}

/// Both ways: the page has no key that is unknown, and the parser none that the page leaves out.
#[test]
fn the_guide_has_every_key_of_a_scenario() {
    let guide = page("scenarios");
    let table = rows(&guide, "| key | default | meaning |");
    for section in ["samples", "measure", "flow", "time", "output"] {
        let heading = format!("**`[{section}]`**");
        let of_section = table.iter().skip_while(|row| row[0] != heading).skip(1);
        let named: BTreeSet<String> = of_section
            .take_while(|row| !row[0].starts_with("**"))
            .flat_map(|row| quoted(&row[0]).into_iter().map(str::to_string).collect::<Vec<_>>())
            .collect();
        assert_eq!(named, known_keys(section), "[{section}]");
    }
    for key in known_keys("output.snapshots") {
        assert!(guide.contains(&format!("{key} = ")), "snapshots.{key}");
    }
}

/// Both ways, with the dimensions.
#[test]
fn the_guide_has_every_variable_and_attribute_of_a_run_file() {
    let guide = page("run_files");
    let root: Vec<_> = VARIABLES.iter().filter(|variable| variable.group == Group::Root).collect();
    let coordinate = |name: &str| root.iter().any(|v| v.dims.len() == 1 && v.dims[0].name() == name);
    let mut named = BTreeSet::new();
    for row in rows(&guide, "| variable | dimensions | what |") {
        let dims = row[1].replace(" (unlimited)", "");
        for name in quoted(&row[0]) {
            // The directions of particles and the columns of a density have one name.
            let found = root.iter().filter(|variable| variable.name == name);
            let expected: Vec<String> = found
                .map(|found| found.dims.iter().map(|dim| dim.name()).collect::<Vec<_>>().join(", "))
                .collect();
            assert!(!expected.is_empty(), "no run file has `{name}`");
            assert!(expected.contains(&dims), "dimensions of `{name}`: {dims}, not {expected:?}");
            named.insert(name.to_string());
        }
    }
    for variable in &root {
        assert!(named.contains(variable.name) || coordinate(variable.name), "`{}` is missing", variable.name);
    }
    let names = |heading: &str| -> BTreeSet<String> {
        let table = rows(&guide, heading);
        table
            .iter()
            .flat_map(|row| quoted(&row[0]).into_iter().map(str::to_string).collect::<Vec<_>>())
            .collect()
    };
    let steps = VARIABLES.iter().filter(|variable| variable.group == Group::Steps);
    assert_eq!(names("| variable | what |"), steps.map(|variable| variable.name.to_string()).collect());
    assert_eq!(names("| attribute | what |"), ATTRIBUTES.iter().map(|a| a.name.to_string()).collect());
}

#[test]
fn the_guide_has_every_variable_of_a_study() {
    let table = rows(&page("studies"), "| variable, over the swept keys and seed | besides over | what |");
    let mut named: BTreeSet<&str> = table.iter().flat_map(|row| quoted(&row[0])).collect();
    assert!(named.remove("final_..."));
    assert_eq!(named, STUDY.iter().map(|variable| variable.name).collect());
}

#[test]
fn the_guide_has_every_figure() {
    let guide = page("figures");
    let table: BTreeSet<String> =
        rows(&guide, "| figure | of | shows |").iter().map(|row| quoted(&row[0])[0].to_string()).collect();
    assert_eq!(table, FIGURES.iter().map(|figure| figure.name.to_string()).collect());
}

/// Claims and choices of the reproductions, as the program tells them; the committed picture of each,
/// small enough to be kept; and how many hold without a caveat.
#[test]
fn the_guide_has_every_reproduction() {
    let guide = page("papers");
    let cell = |text: &str| text.replace('|', "\\|");
    for item in items() {
        let name = item.name;
        let row = guide.lines().find(|line| line.contains(&format!("`reluflow reproduce {name}`")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the guide"));
        assert!(row.contains(&format!("**{}**: {}.<br>", item.place, cell(item.claim))), "{name}: claim");
        assert!(row.contains(&format!("*Chosen:* {}.<br>", cell(item.chosen))), "{name}: choices");
        let picture = format!("scenarios/papers/pictures/{name}.png");
        assert!(row.contains(&format!("<img src=\"../../{picture}\"")), "{name}: picture");
        let size = fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join(&picture)).unwrap().len();
        assert!(size < 100_000, "{picture}: {size} bytes");
    }
    let caveats = guide.matches("**holds with a caveat**").count();
    assert_eq!(caveats + guide.matches("*Verdict:* **holds**").count(), items().len());
    let told = format!("{} figures, tables and claims", items().len());
    assert!(read("README.md").contains(&told), "{told}");
    assert!(read("README.md").contains(&format!("all hold, {caveats} of them with a caveat")));
}

#[test]
fn its_second_command_is_what_ci_runs() {
    let tests = blocks(&read("README.md"), "sh")[1].trim().to_string();
    assert_eq!(tests, ".ci/setup --test && cargo test --release --locked");
    assert!(read(".ci/run").contains(&tests));
}

/// The printed report of the page on the kernel regime is what its command prints, to within rounding.
#[test]
fn the_guide_shows_what_the_kernel_command_prints() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/square.toml");
    let output = reluflow(folder.path()).arg("kernel").arg(scenario).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let guide = page("kernel_regime");
    let shown = blocks(&guide, "text").into_iter().find(|block| block.contains("ten samples")).unwrap();
    let same = |a: &str, b: &str| {
        let number = |word: &str| word.trim_matches(|c| "(),".contains(c)).parse::<f64>();
        match (number(a), number(b)) {
            // A loss of 1e-25 is rounding.
            (Ok(a), Ok(b)) => a == b || (a - b).abs() <= 0.02 * a.abs() || a.abs().max(b.abs()) < 1e-20,
            _ => a == b,
        }
    };
    for line in shown.lines().filter(|line| !line.is_empty() && *line != "...") {
        let words: Vec<&str> = line.split_whitespace().collect();
        let found = printed.lines().any(|other| {
            let others: Vec<&str> = other.split_whitespace().collect();
            others.len() == words.len() && words.iter().zip(others).all(|(a, b)| same(a, b))
        });
        assert!(found, "not printed: {line}\n{printed}");
    }
}

/// Every result of the page on validation names its tests: functions or modules that are there.
#[test]
fn the_tests_of_the_guide_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![];
    let mut folders = vec![root.join("tests"), root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.file_stem().unwrap().to_str().unwrap().to_string();
                sources.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    let guide = page("validation");
    let mut count = 0;
    for line in guide.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| against")) {
        let tests = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(!quoted(tests).is_empty(), "no test: {line}");
        for test in quoted(tests) {
            let found = sources.iter().any(|(name, text)| {
                let is_test = |at: usize| text[..at].trim_end().ends_with(']');
                let function = text.match_indices(&format!("fn {test}(")).any(|(at, _)| is_test(at));
                function || (name == test && text.contains("#[test]"))
            });
            assert!(found, "there is no test `{test}`");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

/// Links to files and to headings.
#[test]
fn links_lead_somewhere() {
    let pages = PAGES.map(|name| format!("src/guide/{name}.md"));
    for from in pages.iter().map(String::as_str).chain(["README.md"]) {
        let text = read(from);
        let inline = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_string());
        let labels =
            text.lines().filter_map(|line| Some(line.strip_prefix('[')?.split_once("]: ")?.1.to_string()));
        let images = text.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_string());
        for link in inline.chain(labels).chain(images) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let folder = Path::new(from).parent().unwrap();
            let to = if file.is_empty() { from.into() } else { folder.join(file).display().to_string() };
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            assert!(root.join(&to).exists(), "{from}: {link}");
            if !heading.is_empty() {
                let slug = |line: &str| -> String {
                    let words = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                    words.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
                };
                let target = read(&to);
                let found =
                    target.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == heading);
                assert!(found, "{from}: {link}");
            }
        }
    }
}

/// The pictures at the top are those that the shipped scenarios make, but for rounding on other
/// machines: few pixels differ. Both functions pass through the samples.
#[test]
fn its_pictures_are_what_its_scenarios_make() {
    let readme = read("README.md");
    assert!(blocks(&readme, "sh")[0].trim().ends_with("reluflow plot output/regime_adaptive.h5"));
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["regime_kernel", "regime_adaptive"] {
        let scenario = root.join(format!("scenarios/{name}.toml")).display().to_string();
        let (run, picture) = (format!("output/{name}.h5"), format!("scenarios/pictures/{name}.png"));
        assert!(readme.contains(&format!("]({picture})")));
        reluflow(folder.path()).args(["run", "-q", &scenario]).assert().success();
        reluflow(folder.path()).args(["plot", "-q", &run, "--dpi", "200"]).assert().success();
        let file = reluflow::io::RunFile::open(&folder.path().join(&run)).unwrap();
        let last = file.snapshot(file.len() - 1).unwrap();
        let worst = last.residual.iter().fold(0.0, |most: f64, rho| most.max(rho.abs()));
        assert!(worst < 1e-3, "{name} is off its samples by {worst:e}");
        let decode = |path: std::path::PathBuf| Pixmap::decode_png(&fs::read(path).unwrap()).unwrap();
        let made = decode(folder.path().join(format!("output/{name}_function.png")));
        let shown = root.join(&picture);
        assert!(fs::metadata(&shown).unwrap().len() < 150_000);
        let shown = decode(shown);
        assert_eq!((made.width(), made.height()), (shown.width(), shown.height()));
        let differ = made.pixels().iter().zip(shown.pixels()).filter(|(a, b)| a != b).count();
        assert!(differ < made.pixels().len() / 100, "{differ} pixels differ: {picture} is an old one");
    }
}
