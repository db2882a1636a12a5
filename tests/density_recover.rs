//! Damaged, cut and killed runs that solve for their density: what `recover` and `resume` make of them.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use predicates::str::contains;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use reluflow::io::RunFile;

use crate::cli_recover::damage;
use crate::cli_support::{assert_same_run, reluflow, start_and_wait_for};
use crate::io_kill::fast_directory;

fn scenario(measure: &str, flow: &str, snapshots: usize) -> String {
    format!(
        "[samples]\nx = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n\
         [measure]\nrepresentation = \"density\"\n{measure}\n[flow]\n{flow}\n[time]\nend = 2.0\ntolerance = 1e-5\n\
         [output]\nsnapshots = {{ count = {snapshots} }}\n"
    )
}

fn finished(folder: &Path, text: &str) -> Vec<u8> {
    fs::write(folder.join("d.toml"), text).unwrap();
    reluflow(folder).args(["run", "-q", "--force", "d.toml", "-o", "whole.h5"]).assert().success();
    fs::read(folder.join("whole.h5")).unwrap()
}

/// Snapshots that both files have are the same, cells and lines included.
fn assert_kept(saved: &Path, whole: &Path) -> usize {
    let (saved, whole) = (RunFile::open(saved).unwrap(), RunFile::open(whole).unwrap());
    let times: Vec<f64> = (0..whole.len()).map(|i| whole.snapshot(i).unwrap().time).collect();
    for i in 0..saved.len() {
        let snapshot = saved.snapshot(i).unwrap();
        let at = times.iter().position(|time| *time == snapshot.time).unwrap();
        assert_eq!(snapshot, whole.snapshot(at).unwrap());
        assert_eq!(saved.densities(i).unwrap(), whole.densities(at).unwrap(), "snapshot {at}");
    }
    saved.len()
}

#[test]
fn a_cut_file_gives_the_densities_that_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bytes = finished(folder, &scenario("cells = [64, 64]", "", 21));
    fs::write(folder.join("cut.h5"), &bytes[..bytes.len() * 85 / 100]).unwrap();
    reluflow(folder)
        .args(["recover", "cut.h5"])
        .assert()
        .code(1)
        .stdout(contains("the file was cut short"))
        .stderr(contains("error: cut.h5: damaged: "));
    let kept = assert_kept(&folder.join("cut.h5"), &folder.join("whole.h5"));
    assert!((5..21).contains(&kept), "{kept} snapshots");
    for command in ["validate", "check", "info"] {
        reluflow(folder).args([command, "cut.h5"]).assert().success();
    }
    reluflow(folder).args(["plot", "cut.h5", "--figure", "density", "-o", "cut.svg"]).assert().success();
    reluflow(folder).args(["report", "cut.h5"]).assert().success();
}

/// Whatever was damaged: no crash, and what is written is valid and holds nothing that was not there.
#[test]
fn every_recovered_density_is_valid() {
    let folder = fast_directory();
    let folder = folder.path();
    let whole = finished(folder, &scenario("cells = [32, 32]\nestimate_error = true", "tv = 0.1", 12));
    let arguments = ["run", "d.toml", "-o", "killed.h5"];
    let run = start_and_wait_for(folder, &arguments, "snapshot 6 of 12");
    run.signal(libc::SIGKILL);
    run.finish();
    let killed = fs::read(folder.join("killed.h5")).unwrap();
    let mut random = SmallRng::seed_from_u64(11);
    let mut saved = 0;
    for attempt in 0..30 {
        let mut bytes = if attempt % 2 == 0 { whole.clone() } else { killed.clone() };
        let what = damage(&mut bytes, &mut random);
        fs::write(folder.join("bad.h5"), bytes).unwrap();
        let ended = reluflow(folder).args(["recover", "bad.h5", "-o", "new.h5"]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), None, "{attempt}, {what}: {said}");
        assert!(!said.contains("this is a bug"), "{attempt}, {what}: {said}");
        if folder.join("new.h5").exists() {
            let valid = reluflow(folder).args(["validate", "new.h5"]).output().unwrap();
            assert_eq!(valid.status.code(), Some(0), "{attempt}, {what}: {valid:?}");
            assert_kept(&folder.join("new.h5"), &folder.join("whole.h5"));
            fs::remove_file(folder.join("new.h5")).unwrap();
            saved += 1;
        } else {
            assert!(!ended.status.success() && said.starts_with("error: "), "{attempt}, {what}: {said}");
        }
    }
    assert!(saved > 15, "{saved} of 30 saved");
}

/// Every kind of density: killed, recovered by `resume`, and ended as if nothing had happened.
#[test]
fn killed_densities_end_with_the_same_bits() {
    let folder = fast_directory();
    let folder = folder.path();
    for (measure, flow) in [
        ("cells = [96, 96]", "tv = 0.1"),
        ("cells = [96, 96]\ndelta = 0.5", "kind = \"lifted\""),
        ("cells = [64, 64]\nlaw = \"pytorch\"\nparticles = 100\nslices = 3", "kind = \"lifted\""),
    ] {
        finished(folder, &scenario(measure, flow, 41));
        let arguments = ["run", "d.toml", "-o", "d.h5", "--force"];
        let run = start_and_wait_for(folder, &arguments, "snapshot 12 of 41");
        run.signal(libc::SIGKILL);
        run.finish();
        reluflow(folder).args(["resume", "-q", "d.h5"]).assert().success().stderr("");
        assert_same_run(folder.join("d.h5"), folder.join("whole.h5"));
        assert_eq!(assert_kept(&folder.join("d.h5"), &folder.join("whole.h5")), 41);
    }
}
