//! A run has the same bits whatever vector instructions its loops use, and whichever of its functions the system's
//! mathematical library takes for the processor.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::math::instructions::{ALL, Instructions};

use crate::cli_support::{assert_same_run, reluflow};

/// All that a run needs of arithmetic: events of particles and neurons in lanes, drawn starts, descent, a density.
const FLOWS: [(&str, &str); 7] = [
    ("canonical", "law = \"normal-uniform\"\nparticles = 3000\nseed = 1\n[flow]\nkind = \"canonical\""),
    ("tv", "law = \"normal-uniform\"\nparticles = 3000\nseed = 1\n[flow]\nkind = \"canonical\"\ntv = 0.05"),
    ("lifted", "law = \"pytorch\"\nparticles = 3000\nseed = 1\n[flow]\nkind = \"lifted\"\nscaling = \"m\""),
    (
        "adaptive",
        "law = \"pytorch\"\nparticles = 3000\nseed = 1\n[flow]\nkind = \"adaptive\"\nscaling = \"m\"",
    ),
    ("kernel", "law = \"pytorch\"\nparticles = 3000\nseed = 1\n[flow]\nkind = \"kernel\"\nscaling = \"m\""),
    (
        "gd",
        "law = \"pytorch\"\nparticles = 300\nseed = 1\n[flow]\nkind = \"gd\"\nlearning_rate = 0.02\nmomentum = 0.5\n\
         scaling = \"sqrt(m)\"",
    ),
    (
        "density",
        "representation = \"density\"\nlaw = \"normal-uniform\"\ncells = [40, 40]\n[flow]\nkind = \"canonical\"",
    ),
];

fn scenario(name: &str, measure: &str) -> String {
    let time = if name == "gd" { "steps = 300" } else { "end = 3.0" };
    format!(
        "[samples]\nfunction = \"sine\"\ncount = 7\n[measure]\n{measure}\n[time]\n{time}\n[output]\nsnapshots = {{ count = 4 }}\n"
    )
}

fn run(folder: &Path, name: &str, instructions: &str, output: &str) {
    let mut command = reluflow(folder);
    command.env("RELUFLOW_INSTRUCTIONS", instructions);
    if instructions == Instructions::Baseline.name() {
        // As an old processor would have it.
        command.env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX");
        command.env("OPENBLAS_CORETYPE", "Nehalem");
    }
    command.args(["run", "-q", &format!("{name}.toml"), "-o", output]).assert().success();
}

#[test]
fn vector_instructions_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let available: Vec<&str> =
        ALL.into_iter().filter(|one| one.is_available()).map(Instructions::name).collect();
    println!("this processor has {}", available.join(", "));
    for (name, measure) in FLOWS {
        fs::write(folder.path().join(format!("{name}.toml")), scenario(name, measure)).unwrap();
        let file = |instructions: &str| format!("{name}_{instructions}.h5");
        for instructions in &available {
            run(folder.path(), name, instructions, &file(instructions));
            println!("{name} {instructions}");
            assert_same_run(folder.path().join(file(available[0])), folder.path().join(file(instructions)));
        }
    }
}

#[test]
fn instructions_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for unknown in ["sse9", "AVX2\u{1b}[31m"] {
        let assert = reluflow(folder.path())
            .env("RELUFLOW_INSTRUCTIONS", unknown)
            .args(["scenarios", "list"])
            .assert()
            .code(2);
        assert.stderr(
            contains("the environment has RELUFLOW_INSTRUCTIONS = ")
                .and(contains("baseline"))
                .and(contains("\u{1b}[31m").not()),
        );
    }
    reluflow(folder.path()).env("RELUFLOW_INSTRUCTIONS", "").args(["scenarios", "list"]).assert().success();
}

/// The system's mathematical library has several versions of each function, and takes one for the processor.
#[test]
fn what_a_run_computes_calls_no_function_of_the_system() {
    const FUNCTIONS: [&str; 24] = [
        "sin", "cos", "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
        "acosh", "atanh", "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "cbrt",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    for folder in ["math", "problem", "flow", "run", "scenario", "io", "study"] {
        let mut folders = vec![root.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.file_name().is_some_and(|name| name == "tests.rs") {
                    continue;
                }
                let source = fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
                for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                    let calls = |name: &&str| {
                        line.contains(&format!(".{name}(")) || line.contains(&format!("f64::{name}"))
                    };
                    if FUNCTIONS.iter().chain(&["hypot"]).any(calls) {
                        found.push(format!("{}: {}", path.display(), line.trim()));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "call libm::... instead:\n{}", found.join("\n"));
}
