//! The modules use each other only along the arrows of the table in `src/lib.rs`, and no files use each other in
//! circles.

use std::collections::{BTreeMap, BTreeSet};
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

/// Code of a file without its comments and without its unit tests, which may use whatever they test with.
fn code(source: &str) -> String {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    code.split("#[cfg(test)]\nmod tests").next().unwrap().to_string()
}

/// `a::{b, c::{d, e as f}}` gives `a::b`, `a::c::d` and `a::c::e`.
fn paths(tree: &str) -> Vec<String> {
    let Some((stem, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_string()];
    };
    let (mut paths_of, mut nesting, mut start) = (vec![], 0, 0);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => nesting += 1,
            '}' if nesting > 0 => nesting -= 1,
            ',' | '}' if nesting == 0 => {
                let branch = rest[start..at].trim();
                if !branch.is_empty() {
                    paths_of.extend(paths(branch).iter().map(|path| format!("{}{path}", stem.trim())));
                }
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    paths_of
}

/// The trees of all `use` declarations, with whether they are re-exports.
fn uses(code: &str) -> Vec<(bool, String)> {
    let mut found = vec![];
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rsplit('\n').next().unwrap().trim();
        if line.is_empty() || line.starts_with("pub") {
            let tree = code[at + 4..].split(';').next().unwrap();
            let tree: Vec<&str> = tree.split_whitespace().collect();
            found.push((line.starts_with("pub"), tree.join(" ")));
        }
    }
    found
}

/// The absolute path that a path in `module` names; `None` for other crates.
fn absolute(path: &str, module: &[String], modules: &BTreeMap<Vec<String>, String>) -> Option<Vec<String>> {
    let names: Vec<&str> = path.split("::").collect();
    let supers = names.iter().take_while(|name| **name == "super").count();
    let (base, rest) = match names[0] {
        "crate" => (&module[..0], &names[1..]),
        "self" => (module, &names[1..]),
        "super" if supers <= module.len() => (&module[..module.len() - supers], &names[supers..]),
        name => {
            let child: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
            modules.contains_key(&child).then_some((module, &names[..]))?
        }
    };
    Some(base.iter().cloned().chain(rest.iter().map(|name| name.to_string())).collect())
}

/// Which files each file uses, through re-exports.
fn edges() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut modules = BTreeMap::new();
    for path in sources(&root()) {
        let inside = path.strip_prefix(root()).unwrap().with_extension("");
        let mut names: Vec<String> = inside.iter().map(|part| part.to_str().unwrap().to_string()).collect();
        if ["mod", "lib"].contains(&names.last().unwrap().as_str()) {
            names.pop();
        }
        modules.insert(names, code(&fs::read_to_string(&path).unwrap()));
    }
    let mut exported = BTreeMap::new();
    for (module, code) in &modules {
        for path in uses(code).into_iter().filter(|(public, _)| *public).flat_map(|(_, tree)| paths(&tree)) {
            if let Some(target) = absolute(&path, module, &modules) {
                let name = target.last().unwrap().clone();
                exported.insert(module.iter().cloned().chain([name]).collect::<Vec<String>>(), target);
            }
        }
    }
    let file_of = |mut target: Vec<String>| {
        loop {
            let length = (0..=target.len()).rev().find(|&n| modules.contains_key(&target[..n])).unwrap();
            let Some(other) = target.get(..=length).and_then(|name| exported.get(name)) else {
                return target[..length].to_vec();
            };
            target = other.iter().chain(&target[length + 1..]).cloned().collect();
        }
    };
    let used = |module: &Vec<String>, code: &String| {
        let private = uses(code).into_iter().filter(|(public, _)| !public);
        let mut named: Vec<String> = private.flat_map(|(_, tree)| paths(&tree)).collect();
        for start in ["crate::", "super::"] {
            for (at, _) in code.match_indices(start) {
                let before = code[..at].chars().next_back().unwrap_or(' ');
                let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                if !is_path(before) && before != '$' {
                    let path: String = code[at..].chars().take_while(|&c| is_path(c)).collect();
                    // The stem of a tree, which was read above.
                    named.extend((!path.ends_with("::")).then_some(path));
                }
            }
        }
        let targets = named.iter().filter_map(|path| absolute(path, module, &modules)).map(file_of);
        targets.filter(|target| target != module).collect()
    };
    modules.iter().map(|(module, code)| (module.clone(), used(module, code))).collect()
}

#[test]
fn no_circles_between_files() {
    let edges = edges();
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 500, "the uses of files were not found");
    let in_circle = |file: &Vec<String>| {
        let (mut reached, mut open) = (BTreeSet::new(), edges[file].iter().cloned().collect::<Vec<_>>());
        while let Some(next) = open.pop() {
            if reached.insert(next.clone()) {
                open.extend(edges[&next].iter().cloned());
            }
        }
        reached.contains(file)
    };
    let left: Vec<&Vec<String>> = edges.keys().filter(|file| in_circle(file)).collect();
    let mut circles: Vec<String> = vec![];
    for file in &left {
        let inside: Vec<String> =
            edges[*file].iter().filter(|used| left.contains(used)).map(|used| used.join("::")).collect();
        circles.push(format!("{} uses {}", file.join("::"), inside.join(", ")));
    }
    assert!(circles.is_empty(), "circles between files:\n{}", circles.join("\n"));
}

#[test]
fn paths_are_found_in_trees() {
    assert_eq!(paths("crate::a::{b, c::{d, e as f}}"), ["crate::a::b", "crate::a::c::d", "crate::a::c::e"]);
    let code =
        code("use super::x;\n// use crate::no;\npub use a::B;\nlet used = 1;\n#[cfg(test)]\nmod tests {}");
    assert_eq!(uses(&code), [(false, "super::x".to_string()), (true, "a::B".to_string())]);
}
