//! A full disk: the run stops, says so, and the last good snapshot stays readable.

use std::path::Path;
use std::process::Command;

use reluflow::io::{RunFile, RunWriter, Status};

use crate::io_kill::{CHILD, REPORTS, assert_holds, fast_directory, made_up, reported};
use crate::io_support::*;
use crate::oracles::say_skipped;

/// Asserts that the writer stopped in good order, and that the run can be resumed.
fn assert_stopped(path: &Path, whole: &Path) -> usize {
    let d = made_up();
    let error = std::fs::read_to_string(path.with_extension("error")).expect("an error is reported");
    let snapshots = reported(path);
    if snapshots == 0 {
        assert!(error.contains("no snapshot had been written"), "{error}");
        assert!(!path.exists() && !path.with_file_name(".run.h5.partial").exists());
        return 0;
    }
    let last = format!("the last good one is snapshot {snapshots} (t = {})", time(snapshots - 1));
    assert!(error.contains(&last), "{error}");
    assert_eq!(assert_holds(path, snapshots, &d).0, Status::Killed);
    let (mut writer, _, state) = RunWriter::resume(path).unwrap();
    let next = (0..SNAPSHOTS).find(|&i| time(i) == state.time).unwrap() + 1;
    write(&mut writer, &d, next..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_same_bits(whole, path);
    snapshots
}

/// Runs the child of `io_kill` by a shell, after some commands.
fn run(path: &Path, before: &str, after: &str) -> std::process::Output {
    let script = format!("{before}\n\"$0\" --exact io_kill::child --test-threads=1\n{after}");
    let program = std::env::current_exe().unwrap();
    Command::new("sh").arg("-c").arg(script).arg(program).env(CHILD, path).output().unwrap()
}

#[test]
fn a_limit_on_the_size_of_files() {
    let directory = fast_directory();
    let whole = directory.path().join("whole.h5");
    write_all(&whole, &made_up());
    let size = std::fs::metadata(&whole).unwrap().len();
    let mut seen = [0; SNAPSHOTS + 1];
    // In units of 512 bytes; the later snapshots are small beside what is there from the start.
    let units = size / 512;
    for limit in (1..units).filter(|limit| limit % 40 == 1 || limit + 60 > units && limit % 3 == 0) {
        let here = directory.path().join(limit.to_string());
        std::fs::create_dir(&here).unwrap();
        let path = here.join("run.h5");
        let output = run(&path, &format!("trap '' XFSZ; ulimit -f {limit}"), "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{limit}: nothing is printed");
        if path.with_extension("error").exists() {
            let error = std::fs::read_to_string(path.with_extension("error")).unwrap();
            assert!(error.contains("File too large") && error.contains("make room"), "{error}");
        }
        seen[assert_stopped(&path, &whole)] += 1;
    }
    println!("limits that let 0, 1, ... snapshots through: {seen:?}");
    assert!(seen[0] > 0 && seen[1] > 0 && seen[2] > 0, "{seen:?}");
}

#[test]
fn a_full_file_system() {
    let directory = fast_directory();
    let whole = directory.path().join("whole.h5");
    write_all(&whole, &made_up());
    let size = std::fs::metadata(&whole).unwrap().len();
    let (inside, here) = (directory.path().join("inside"), directory.path().join("here"));
    std::fs::create_dir(&inside).unwrap();
    std::fs::create_dir(&here).unwrap();
    // A small file system of its own, that no other process sees; what it holds is brought out.
    let probe = Command::new("unshare").args(["-m", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        say_skipped("mounting a small file system needs root");
        return;
    }
    let script = format!(
        "mount -t tmpfs -o size={} tmpfs {inside} || exit 9
         $0 --exact io_kill::child --test-threads=1 || exit 1
         cp -a {inside}/. {here}",
        // Room for all but the last snapshot.
        size - size / 20,
        inside = inside.display(),
        here = here.display()
    );
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, inside.join("run.h5"))
        .env(REPORTS, &here)
        .output()
        .unwrap();
    if output.status.code() == Some(9) {
        say_skipped("mounting a small file system needs root");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let path = here.join("run.h5");
    let error = std::fs::read_to_string(path.with_extension("error")).unwrap();
    assert!(error.contains("No space left on device"), "{error}");
    assert!(assert_stopped(&path, &whole) > 0);
    assert_eq!(RunFile::open(&path).unwrap().status(), Status::Finished);
}
