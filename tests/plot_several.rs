//! Several runs in one figure, and pictures of a size that the user gives.

use std::fs;

use predicates::str::contains;

use super::cli_support::reluflow;
use super::plot_support::{run, scenario};

/// Two runs of other data and ends.
fn two() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", &scenario("canonical", "normal-uniform", 40, ""));
    run(folder.path(), "b", &scenario("lifted", "pytorch", 60, ""));
    folder
}

#[test]
fn each_run_has_its_line() {
    let folder = two();
    let plot = |arguments: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["plot", "a.h5", "b.h5", "--format", "svg", "--data", "--force"]).args(arguments);
        command
    };
    for figure in ["function", "loss", "kernel"] {
        plot(&["--figure", figure]).assert().success().stdout(format!("{figure}.svg\n{figure}.csv\n"));
        let rows = fs::read_to_string(folder.path().join(format!("{figure}.csv"))).unwrap();
        // What the figure of one run has, to the last digit.
        for one in ["a", "b"] {
            let file = format!("{one}.h5");
            let mut alone = reluflow(folder.path());
            alone.args(["plot", &file, "--figure", figure, "--data", "-o", "alone.svg", "--force"]);
            alone.assert().success();
            let alone = fs::read_to_string(folder.path().join("alone.csv")).unwrap();
            let of = |rows: &str, layer: &str| -> Vec<String> {
                let rows = rows.lines().map(|row| row.split(',').collect::<Vec<_>>());
                rows.filter(|row| row[1] == layer && row[2] == "line")
                    .map(|row| row[3..5].join(" "))
                    .collect()
            };
            let layer = if figure == "kernel" { "change" } else { figure };
            let (expected, found) = (of(&alone, layer), of(&rows, one));
            assert!(expected.len() > 2, "{figure} {one}: {alone}");
            assert_eq!(found, expected, "{figure} of {one}");
        }
    }
    plot(&["--time", "0.5"]).assert().success();
    for (arguments, words) in [
        (&["--figure", "plane"][..], "several together have the figures function, loss, kernel"),
        (&["--figure", "loss", "--time", "1"], "leave --time out, or choose one of function"),
        (&["--all"], "--all is for one file, not for 2"),
        (&["--over", "a.h5"], "--over is for one file"),
        (&["a.h5", "a.h5", "a.h5", "a.h5", "a.h5", "a.h5"], "8 runs in one figure: at most 7"),
    ] {
        plot(arguments).assert().code(2).stdout("").stderr(contains(words));
    }
}

#[test]
fn pictures_have_the_size_that_is_asked_for() {
    let folder = two();
    let plot = |arguments: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["plot", "a.h5", "--force"]).args(arguments);
        command
    };
    for figure in ["function", "plane", "loss", "attractors"] {
        let shape =
            ["--figure", figure, "--width", "5", "--height", "4.5", "--font-size", "6", "--title", "A <b>"];
        plot(&shape).args(["-o", "p.svg"]).assert().success();
        let svg = fs::read_to_string(folder.path().join("p.svg")).unwrap();
        let inches = |name: &str| -> f64 {
            let rest = svg.split_once(&format!(" {name}=\"")).unwrap().1;
            rest.split_once("in\"").unwrap().0.parse().unwrap()
        };
        let (width, height) = (inches("width"), inches("height"));
        assert!((width - 5.0).abs() < 0.01 && (height - 4.5).abs() < 0.01, "{figure}: {width} {height}");
        assert!(svg.contains("A &lt;b&gt;"));
        plot(&shape).args(["-o", "p.png", "--dpi", "100"]).assert().success();
        let png = fs::read(folder.path().join("p.png")).unwrap();
        let pixels = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert!(pixels(16).abs_diff(500) <= 1 && pixels(20).abs_diff(450) <= 1, "{figure}");
    }
    for (arguments, words) in [
        (&["--height", "1"][..], "leave no room; at least"),
        (&["--width", "0.1"], "a number of inches from 1 to 100 is needed"),
        (&["--font-size", "nan"], "a number of points from 3 to 72 is needed"),
    ] {
        plot(&["--figure", "loss"]).args(arguments).assert().code(2).stderr(contains(words));
    }
}
