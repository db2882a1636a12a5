//! `check`: what the field holds on a boundary was not released (mathematics, sections 6 and 15).

use std::fs;
use std::path::Path;

use reluflow::io::RunFile;

use crate::cli_support::reluflow;

/// Two samples, of which that at `x = 0` holds all particles for ever.
fn run(folder: &Path, kind: &str, particles: &str) {
    fs::write(folder.join("particles.csv"), particles).unwrap();
    let text = format!(
        "[samples]\nx = [0, 1]\ny = [-2, 1]\n[measure]\nfile = \"particles.csv\"\n[flow]\nkind = \"{kind}\"\n\
         [time]\nend = 1e4\ntolerance = 1e-8\n[output]\nsnapshots = {{ times = [1, 1.01, 10, 30, 100, 1000, 1001] }}\n"
    );
    fs::write(folder.join("run.toml"), text).unwrap();
    reluflow(folder).args(["run", "-q", "run.toml", "-o", "run.h5"]).assert().success();
}

/// Says that a particle is in the region clockwise of the boundary on which it is.
fn release(path: &Path, snapshot: usize, particle: usize) {
    let file = crate::common::open_rw(path);
    let (kind, index) = (file.dataset("place").unwrap(), file.dataset("place_index").unwrap());
    let mut kinds = kind.read_2d::<i8>().unwrap();
    assert_eq!((kinds[[snapshot, particle]], index.read_2d::<i32>().unwrap()[[snapshot, particle]]), (1, 1));
    kinds[[snapshot, particle]] = 0;
    kind.write(&kinds).unwrap();
}

/// Worst violation of "held" and its time, and whether "places" holds.
fn held(path: &Path) -> (f64, f64, bool) {
    let checks = RunFile::open(path).unwrap().checks().unwrap();
    let law = |name: &str| checks.iter().find(|check| check.name == name).unwrap();
    assert!(law("held").done);
    (law("held").worst, law("held").time, law("places").holds())
}

/// Between snapshots that are close, and at rest, where nothing but the margin holds them.
#[test]
fn a_release_of_what_is_held_is_found() {
    for (kind, particles) in [
        ("canonical", "r,theta,mass\n0.5,0,0.25\n0.5,0,0.75\n"),
        ("lifted", "c,a,b,mass\n1,1,0,0.25\n0.7,1,0,0.75\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), kind, particles);
        let (good, bad) = (folder.path().join("run.h5"), folder.path().join("bad.h5"));
        reluflow(folder.path()).args(["check", "-q", "run.h5"]).assert().success();
        for (snapshot, particle, mass, time) in
            [(2, 0, 0.25, 1.01), (5, 1, 0.75, 100.0), (7, 0, 0.25, 1001.0)]
        {
            fs::copy(&good, &bad).unwrap();
            release(&bad, snapshot, particle);
            assert_eq!(held(&bad), (mass, time, true), "{kind}");
            reluflow(folder.path()).args(["check", "-q", "bad.h5"]).assert().code(1);
        }
    }
}
