//! Every figure and table of the papers, made again at small size: the claims themselves, and that
//! tables, pictures and run files say the same.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use predicates::str::contains;
use reluflow::io::RunFile;
use reluflow::problem::Measure;
use reluflow::reproduce::{Reproduced, Table, Verdict, find, items, reproduce};

use crate::cli_support::{json, reluflow};

/// Claims that hold as they are printed; all others need a caveat, which the README tells.
const HOLD: [&str; 9] =
    ["w-fig2", "w-fig6", "w-fig7", "w-fig9", "w-clt", "s-table1", "s-fig10", "s-fig9", "s-fig7"];

fn small(name: &str, folder: &Path) -> Reproduced {
    let stop = AtomicBool::new(false);
    reproduce(find(name).unwrap(), folder, true, false, &stop, &|_| ())
        .unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Each item of a paper, at small size: nothing that a claim needs is missing.
fn claims_of(paper: &str) {
    let folder = tempfile::tempdir().unwrap();
    for item in items().iter().filter(|item| item.name.starts_with(paper)) {
        let done = small(item.name, folder.path());
        let missed: Vec<_> = done.finding.criteria.iter().filter(|c| c.essential && !c.holds()).collect();
        assert!(missed.is_empty(), "{}: {missed:#?}", item.name);
        assert!(done.finding.criteria.iter().any(|c| c.essential), "{} needs nothing", item.name);
        assert!(HOLD.contains(&item.name) || done.finding.verdict() != Verdict::DoesNotHold);
        // The picture is made of the tables: SVG with real text, PNG of the same.
        let svg = fs::read_to_string(done.folder.join("picture.svg")).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("<text"), "{}", item.name);
        assert!(fs::read(done.folder.join("picture.png")).unwrap().starts_with(b"\x89PNG"));
        for table in &done.finding.tables {
            let text = fs::read_to_string(done.folder.join(format!("{}.csv", table.name))).unwrap();
            assert_eq!(text, table.csv());
            assert!(table.columns.iter().any(|(_, values)| !values.is_empty()), "{}", table.name);
        }
    }
}

#[test]
fn the_claims_of_williams_et_al_at_small_size() {
    claims_of("w-");
}

#[test]
fn the_claims_of_sahs_et_al_at_small_size() {
    claims_of("s-");
}

fn column<'t>(tables: &'t [Table], table: &str, name: &str) -> &'t [f64] {
    let table = tables.iter().find(|found| found.name == table).unwrap();
    &table.columns.iter().find(|(found, _)| found == name).unwrap().1
}

/// The function that is drawn is that of the particles in the run file, summed one by one.
#[test]
fn what_is_drawn_is_what_the_run_file_holds() {
    let folder = tempfile::tempdir().unwrap();
    let done = small("w-fig1", folder.path());
    let run = RunFile::open(&done.folder.join("w_fig1.h5")).unwrap();
    let particles = run.particles(run.len() - 1).unwrap().unwrap();
    let mass = run.description().unwrap().mass;
    let measure = Measure::new(particles.r.clone(), particles.theta.clone(), mass).unwrap();
    let (x, f) =
        (column(&done.finding.tables, "function", "x"), column(&done.finding.tables, "function", "f"));
    assert_eq!(x.len(), 501);
    for (x, f) in x.iter().zip(f) {
        assert!((f - measure.value_at(*x)).abs() < 1e-13, "{x}: {f}");
    }
    let u = column(&done.finding.tables, "particles", "u");
    for i in 0..u.len() {
        assert!((u[i] - particles.r[i].abs() * particles.theta[i].cos()).abs() < 1e-15);
    }
    // And the scenario beside it runs again to the same bits.
    reluflow(&done.folder).args(["run", "-q", "w_fig1.toml", "-o", "again.h5"]).assert().success();
    let again = RunFile::open(&done.folder.join("again.h5")).unwrap();
    assert_eq!(again.particles(run.len() - 1).unwrap().unwrap(), particles);
}

#[test]
fn nothing_is_overwritten_unasked_and_names_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let command = ["reproduce", "w-fig1", "--small", "-q", "-o", "here"];
    let found = json(reluflow(folder.path()).args(command).arg("--json"));
    assert_eq!(found[0]["name"], "w-fig1");
    assert_eq!(found[0]["verdict"], "holds with a caveat");
    assert!(found[0]["criteria"].as_array().unwrap().len() >= 3);
    assert!(fs::read_to_string(folder.path().join("here/reproduced.md")).unwrap().contains("W Fig. 1"));
    reluflow(folder.path())
        .args(command)
        .assert()
        .code(2)
        .stderr(contains("here/w-fig1: holds an earlier reproduction; --force replaces it"));
    reluflow(folder.path()).args(command).arg("--force").assert().success();
    reluflow(folder.path())
        .args(["reproduce", "w-fig99"])
        .assert()
        .code(2)
        .stderr(contains("no figure or table `w-fig99` is reproduced: there are w-fig1, w-fig2"));
    let list = json(reluflow(folder.path()).args(["reproduce", "--list", "--json"]));
    assert_eq!(list.as_array().unwrap().len(), items().len());
}

/// The README shows a committed picture of each, small enough to be kept.
#[test]
fn the_readme_shows_all_of_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for item in items() {
        let picture = format!("scenarios/papers/pictures/{}.png", item.name);
        assert!(readme.contains(&picture), "{picture} is not in the README");
        assert!(readme.contains(&format!("reproduce {}`", item.name)), "{}", item.name);
        let size = fs::metadata(root.join(&picture)).unwrap().len();
        assert!(size < 100_000, "{picture}: {size} bytes");
    }
}
