//! The modules use each other only along the arrows of the table in `src/lib.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module may use: the rows `| [`name`] | may use | … |` of the table.
fn allowed() -> BTreeMap<String, Vec<String>> {
    let docs = fs::read_to_string(root().join("lib.rs")).unwrap();
    let mut table = BTreeMap::new();
    let rows = docs.lines().skip_while(|line| !line.contains("| module | may use |"));
    for row in rows.skip(2).map_while(|line| line.strip_prefix("//! |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[0].trim_matches(|c| "[]`".contains(c));
        let uses = cells[1].split(',').map(|name| name.trim().to_string()).filter(|name| !name.is_empty());
        table.insert(name.to_string(), uses.collect());
    }
    assert!(table.len() >= 5, "the table of modules in src/lib.rs was not found: {table:?}");
    table
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The names that follow `crate::`, or enough `super::` to reach the crate, in a source text.
///
/// `depth` is how many modules deep the file itself lies. Comments and doc examples do not count.
fn names_used(source: &str, depth: usize) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = vec![];
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            names.extend(first_names(&code[at + "crate::".len()..]));
        }
    }
    let climb = "super::".repeat(depth);
    for (at, _) in code.match_indices(&climb).filter(|_| depth > 0) {
        names.extend(first_names(&code[at + climb.len()..]));
    }
    names
}

/// `a::b` gives `a`; `{a::b, c}` gives `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut names, mut nesting, mut start) = (vec![], 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => nesting += 1,
            '}' if nesting > 0 => nesting -= 1,
            ',' | '}' if nesting == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn no_arrow_outside_the_picture() {
    let allowed = allowed();
    let mut wrong = vec![];
    for path in sources(&root()) {
        let inside = path.strip_prefix(root()).unwrap().with_extension("");
        let mut modules: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        if modules.last() == Some(&"mod") {
            modules.pop();
        }
        let Some(uses) = allowed.get(modules[0]) else {
            assert!(
                ["lib", "main"].contains(&modules[0]),
                "{}: module {} is not in the table of src/lib.rs",
                path.display(),
                modules[0]
            );
            continue;
        };
        for name in names_used(&fs::read_to_string(&path).unwrap(), modules.len()) {
            if allowed.contains_key(&name) && name != modules[0] && !uses.contains(&name) {
                wrong.push(format!("{}: {} must not use {name}", path.display(), modules[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not in the table of src/lib.rs:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_cycle() {
    let allowed = allowed();
    // Modules without open dependencies are taken away until none is left.
    let mut left: Vec<&String> = allowed.keys().collect();
    while !left.is_empty() {
        let before = left.len();
        let still = left.clone();
        left.retain(|module| allowed[*module].iter().any(|used| still.contains(&used)));
        assert!(left.len() < before, "a cycle among {left:?}");
    }
}

#[test]
fn names_are_found_in_all_forms() {
    let source = "use crate::flow::{Flow, path};\n// use crate::no;\nlet x = crate::math::sum();\n\
                  use crate::{io, problem::{Place, Measure}, run::State};\nuse super::super::scenario::A;\n";
    assert_eq!(names_used(source, 2), ["flow", "math", "io", "problem", "run", "scenario"]);
    assert_eq!(names_used("$crate::x; mycrate::y; super::super::z", 3), Vec::<String>::new());
}
