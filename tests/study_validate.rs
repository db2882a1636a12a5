//! `reluflow validate` of study and kernel files: what is written is as declared, what is altered is found.

use predicates::prelude::*;
use predicates::str::contains;

use crate::cli_support::{folder_with_sine, reluflow};

#[test]
fn files_of_studies_and_kernels_are_as_declared() {
    let folder = folder_with_sine(10, 3);
    let run = |arguments: &str| {
        reluflow(folder.path()).args(arguments.split(' ')).assert().success();
    };
    let text = std::fs::read_to_string(folder.path().join("sine.toml")).unwrap();
    let lifted = text.replace("seed = 1", "seed = 1\ndelta = 0\n[flow]\nkind = \"lifted\"");
    std::fs::write(folder.path().join("lifted.toml"), lifted).unwrap();
    // Runs with the same times, and with times of their own.
    run("study sweep sine.toml -q --set flow.tv=0,0.1 --seeds 2 -o sweep.h5");
    run("study sweep sine.toml -q --set time.end=0.5,1 -o times.h5");
    run("study phase lifted.toml -q --delta=-1,1 --widths 10,20 --seeds 2 -o phase.h5");
    run("study width sine.toml -q --widths 10,20 --seeds 2 --limit-particles 600 -o width.h5");
    run("run sine.toml -q -o run.h5");
    run("kernel sine.toml -q --run run.h5 --monte-carlo 100 -o kernel.h5");
    run("kernel sine.toml -q --start particles --pieces 0 --tv 0.01 -o start.h5");
    for name in ["sweep", "times", "phase", "width", "kernel", "start"] {
        let file = format!("{name}.h5");
        reluflow(folder.path()).args(["validate", &file]).assert().success().stdout(contains("valid"));
    }
    for (file, array) in [("sweep.h5", "loss"), ("width.h5", "deviation"), ("kernel.h5", "f")] {
        let altered = crate::common::open_rw(folder.path().join(file));
        altered.dataset(array).unwrap().delete_attr("long_name").unwrap();
        altered.close().unwrap();
        let problem = contains(array).and(contains("has long_name \"\", not \""));
        reluflow(folder.path()).args(["validate", file]).assert().code(1).stdout(problem);
    }
    let altered = crate::common::open_rw(folder.path().join("start.h5"));
    let grid = altered.dataset("grid").unwrap();
    grid.delete_attr("NAME").unwrap();
    grid.new_attr::<i8>().create("NAME").unwrap();
    drop((grid, altered));
    let problem = contains("grid is a dimension scale of another name");
    reluflow(folder.path()).args(["validate", "start.h5"]).assert().code(1).stderr(problem);
}
