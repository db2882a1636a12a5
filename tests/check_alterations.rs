//! `check` finds every alteration that mathematics can find: each variable of a run file of every
//! flow, made not a number, doubled, or of the other sign, one value at a time.

use std::fs;
use std::path::Path;

use reluflow::io::RunFile;

use crate::cli_support::reluflow;

/// What is done to one value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    NotANumber,
    Double,
    Negate,
    /// Of codes and counts.
    Other,
}

/// A variable whose alteration cannot be told from the rest, and why.
struct Excuse {
    variable: &'static str,
    flows: &'static [&'static str],
    changes: &'static [Change],
    why: &'static str,
}

const ALL: &[&str] = &["canonical", "tv", "lifted", "kernel", "adaptive", "gd"];
const FINITE: &[Change] = &[Change::Double, Change::Negate];

const EXCUSED: &[Excuse] = &[
    Excuse {
        variable: "residual_ode_uncorrected",
        flows: &["canonical", "lifted", "adaptive"],
        changes: &[Change::Negate, Change::Double],
        why: "one value of a row in the middle, once mass is pinned: the norm of the row may stay between its neighbours'",
    },
    Excuse {
        variable: "residual_ode_uncorrected",
        flows: &["tv"],
        changes: FINITE,
        why: "with the penalty its norm may grow: a row in the middle is not told",
    },
    Excuse {
        variable: "residual_ode",
        flows: &["gd"],
        changes: FINITE,
        why: "steps are finite, the curve is another one: a row in the middle takes the whole run to compute again",
    },
    Excuse { variable: "residual_ode_uncorrected", flows: &["gd"], changes: FINITE, why: "as residual_ode" },
];

/// Variables of which nothing is told here: not of a snapshot, or not mathematics.
const ELSEWHERE: &[(&str, &str)] = &[
    ("row_checksum", "validate's"),
    ("sample", "a coordinate: validate's"),
    ("sample_column", "a coordinate: validate's"),
    ("eigenvalue", "a coordinate: validate's"),
    ("region", "a coordinate: validate's"),
    ("boundary", "a coordinate: validate's"),
    ("sign", "a coordinate: validate's"),
    ("component", "a coordinate: validate's"),
    ("particle", "a coordinate: validate's"),
    ("grid", "a coordinate: validate's"),
    ("boundary_angle", "derived from x and read by no law: validate's"),
    ("boundary_sample", "derived from x and read by no law: validate's"),
    ("schedule", "part of the description: validate's"),
];

fn scenario(flow: &str) -> String {
    let kind = match flow {
        "tv" => "kind = \"canonical\"\ntv = 0.05\n",
        "gd" => "kind = \"gd\"\nlearning_rate = 2.0\n",
        flow => &format!("kind = \"{flow}\"\n"),
    };
    let time = if flow == "gd" { "steps = 40\n" } else { "end = 2.0\ntolerance = 1e-6\n" };
    let law = if matches!(flow, "canonical" | "tv") { "" } else { "law = \"pytorch\"\n" };
    format!(
        "[samples]\nfunction = \"sine\"\ncount = 5\nnoise = 0.3\nseed = 2\n[measure]\n{law}particles = 40\nseed = 3\n\
         [flow]\n{kind}[time]\n{time}[output]\nsnapshots = {{ count = 4 }}\ntangent_kernel = true\nfunction = 7\n"
    )
}

/// Alters one value of a variable of the file; false if that would change nothing.
fn alter(path: &Path, variable: &str, at: usize, change: Change) -> bool {
    let file = crate::common::open_rw(path);
    let dataset = file.dataset(variable).unwrap();
    let kind = dataset.dtype().unwrap();
    if kind.is::<f64>() {
        let mut values = dataset.read_dyn::<f64>().unwrap();
        let value = &mut values.as_slice_mut().unwrap()[at];
        let before = *value;
        *value = match change {
            Change::NotANumber => f64::NAN,
            Change::Double => 2.0 * before,
            Change::Negate => -before,
            Change::Other => return false,
        };
        if *value == before {
            return false;
        }
        dataset.write(&values).unwrap();
        return true;
    }
    if change != Change::Other {
        return false;
    }
    macro_rules! whole {
        ($type:ty, $other:expr) => {
            if kind.is::<$type>() {
                let mut values = dataset.read_dyn::<$type>().unwrap();
                let value = &mut values.as_slice_mut().unwrap()[at];
                *value = $other(*value);
                dataset.write(&values).unwrap();
                return true;
            }
        };
    }
    whole!(i8, |code: i8| if code == 1 { -1 } else { 1 });
    whole!(i32, |index: i32| if index == 3 { 4 } else { 3 });
    whole!(i64, |count: i64| count + 1);
    false
}

/// Where to alter: in the first row, in the middle and in the last, at a value that is not 0 if
/// there is one.
fn places(path: &Path, variable: &str) -> Vec<usize> {
    let dataset = hdf5::File::open(path).unwrap().dataset(variable).unwrap();
    let shape = dataset.shape();
    let values: Vec<f64> =
        dataset.read_dyn::<f64>().map_or(vec![1.0; dataset.size()], |v| v.iter().copied().collect());
    let rows = shape.first().copied().unwrap_or(1);
    let length = dataset.size() / rows.max(1);
    let in_row = |row: usize| {
        let range = row * length..(row + 1) * length;
        // Of many, one in the later half, so that not always the first is tried.
        range.clone().skip(length / 2).chain(range.clone()).find(|&i| values[i] != 0.0).unwrap_or(range.start)
    };
    let mut rows = vec![0, rows / 2, rows - 1];
    rows.dedup();
    rows.into_iter().map(in_row).collect()
}

fn variables(path: &Path) -> Vec<String> {
    let file = hdf5::File::open(path).unwrap();
    let mut names = file.member_names().unwrap();
    names.retain(|name| file.dataset(name).is_ok());
    names.retain(|name| ELSEWHERE.iter().all(|(other, _)| other != name));
    names
}

/// Whether all laws that are checked hold.
fn holds(path: &Path) -> bool {
    // A place or a description that cannot be is refused already.
    RunFile::open(path)
        .and_then(|file| file.checks())
        .is_ok_and(|checks| checks.iter().all(|check| check.holds()))
}

fn every_alteration_is_found(flow: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.h5"), folder.path().join("bad.h5"));
    fs::write(folder.path().join("run.toml"), scenario(flow)).unwrap();
    reluflow(folder.path()).args(["run", "-q", "run.toml", "-o", "good.h5"]).assert().success();
    let checks = RunFile::open(&good).unwrap().checks().unwrap();
    for check in &checks {
        assert!(check.holds(), "{flow}: {check:?}");
    }
    let (mut tried, mut missed) = (0, vec![]);
    for variable in variables(&good) {
        let places = places(&good, &variable);
        let last = places.len() - 1;
        for (which, &at) in places.iter().enumerate() {
            for change in [Change::NotANumber, Change::Double, Change::Negate, Change::Other] {
                // Rows at the ends have no excuse: they are known from the particles and the checkpoint.
                let excused = which != 0
                    && which != last
                    && EXCUSED.iter().any(|excuse| {
                        excuse.variable == variable
                            && excuse.flows.contains(&flow)
                            && excuse.changes.contains(&change)
                    });
                fs::copy(&good, &bad).unwrap();
                if excused || !alter(&bad, &variable, at, change) {
                    continue;
                }
                tried += 1;
                if holds(&bad) {
                    missed.push(format!("{variable}[{at}] {change:?}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{flow}: {} of {tried} not found: {missed:#?}", missed.len());
    assert!(tried > 100, "{flow}: {tried}");
    // The program says so, too.
    fs::copy(&good, &bad).unwrap();
    assert!(alter(&bad, "region_covariance", places(&good, "region_covariance")[1], Change::NotANumber));
    reluflow(folder.path()).args(["check", "-q", "good.h5"]).assert().success();
    reluflow(folder.path()).args(["check", "-q", "bad.h5"]).assert().code(1);
}

#[test]
fn of_a_canonical_run() {
    every_alteration_is_found("canonical");
}

#[test]
fn of_a_run_with_total_variation() {
    every_alteration_is_found("tv");
}

#[test]
fn of_a_lifted_run() {
    every_alteration_is_found("lifted");
}

#[test]
fn of_a_kernel_run() {
    every_alteration_is_found("kernel");
}

#[test]
fn of_an_adaptive_run() {
    every_alteration_is_found("adaptive");
}

#[test]
fn of_gradient_descent() {
    every_alteration_is_found("gd");
}

/// Excuses are of variables and flows that there are, and say why.
#[test]
fn excuses_are_given() {
    for excuse in EXCUSED {
        assert!(
            excuse.flows.iter().all(|flow| ALL.contains(flow)) && excuse.why.len() > 5,
            "{}",
            excuse.variable
        );
    }
    assert!(ELSEWHERE.iter().all(|(_, why)| why.len() > 5));
}
