//! Every figure of every kind of file is drawn, in every format, and fits its page.

use std::fs;
use std::path::{Path, PathBuf};

use reluflow::plot::{FIGURES, Figure, Mark, Source, to_csv, to_pdf, to_png, to_svg};
use resvg::tiny_skia::Pixmap;

use crate::cli_support::reluflow;
use crate::plot_support::*;

/// Small files of every kind and flow.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![
        run(folder, "canonical", &scenario("canonical", "normal-uniform", 60, "")),
        run(folder, "tv", &scenario("canonical", "normal-uniform", 60, "tv = 0.1")),
        run(folder, "lifted", &scenario("lifted", "normal", 60, "")),
        run(folder, "kernel_flow", &scenario("kernel", "normal", 60, "")),
        run(folder, "adaptive", &scenario("adaptive", "normal", 60, "")),
        run(folder, "many", &scenario("canonical", "normal-uniform", 5000, "")),
        run(
            folder,
            "thin",
            &scenario("lifted", "normal", 4000, "").replace("tangent_kernel", "particles = 50 #"),
        ),
    ];
    let gd = scenario("gd", "normal", 60, "learning_rate = 0.5")
        .replace("end = 4.0\ntolerance = 1e-7", "steps = 40");
    files.push(run(folder, "gd", &gd));
    let one = scenario("canonical", "normal-uniform", 30, "").replace("count = 5", "count = 1");
    files.push(run(folder, "one_sample", &one));
    let no_time = scenario("canonical", "normal-uniform", 30, "").replace("end = 4.0", "end = 1e-12");
    files.push(run(folder, "hardly_begun", &no_time));
    let crowd = scenario("canonical", "normal-uniform", 200, "").replace("count = 5", "count = 120");
    files.push(run(folder, "many_samples", &crowd));
    for (arguments, name) in [
        (&["law", "canonical.toml", "--draw", "300"][..], "law.h5"),
        (&["landscape", "lifted.h5", "--all", "--neuron", "3"], "landscape.h5"),
        (&["kernel", "canonical.toml"], "kernel.h5"),
        (
            &[
                "study",
                "width",
                "canonical.toml",
                "--widths",
                "20,60,200",
                "--seeds",
                "4",
                "--limit-particles",
                "3000",
            ],
            "width.h5",
        ),
        (
            &[
                "study",
                "sweep",
                "canonical.toml",
                "--set",
                "flow.tv=0,0.1,0.2",
                "--set",
                "measure.law=normal-uniform,uniform-uniform",
                "--seeds",
                "2",
            ],
            "sweep.h5",
        ),
        (
            &[
                "study",
                "phase",
                "lifted.toml",
                "--delta",
                "-10,0,10",
                "--power",
                "0.5,1",
                "--widths",
                "20,60",
                "--seeds",
                "2",
            ],
            "phase.h5",
        ),
    ] {
        let text = fs::read_to_string(folder.join("lifted.toml")).unwrap();
        if name == "phase.h5" {
            // A phase study lifts canonical particles.
            fs::write(
                folder.join("lifted.toml"),
                text.replace("\"normal\"", "\"normal-uniform\"\ndelta = 0"),
            )
            .unwrap();
        }
        reluflow(folder).args(arguments).args(["-q", "-o", name]).assert().success();
        files.push(folder.join(name));
    }
    files.push(run(
        folder,
        "density",
        "[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.5\n[measure]\nrepresentation = \"density\"\n\
         cells = [64, 64]\n[time]\nend = 2.0\ntolerance = 1e-4\n[output]\nsnapshots = { count = 9 }\n\
         tangent_kernel = true\n",
    ));
    files
}

/// Columns of one mark are equally long.
fn assert_whole(figure: &Figure) {
    for panel in &figure.panels {
        let mut names: Vec<&str> = panel.layers.iter().map(|layer| layer.name.as_str()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "two layers of one name in {}", panel.name);
        for layer in &panel.layers {
            let lengths: Vec<usize> = match &layer.mark {
                Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Polygon { x, y } => {
                    vec![x.len(), y.len()]
                }
                Mark::Band { x, low, high } | Mark::Bars { x, low, high } => {
                    vec![x.len(), low.len(), high.len()]
                }
                Mark::Arrows { x, y, dx, dy } => vec![x.len(), y.len(), dx.len(), dy.len()],
                Mark::Strips { from, to } => vec![from.len(), to.len()],
                Mark::Text { x, y, text, .. } => vec![x.len(), y.len(), text.len()],
                Mark::Raster(raster) => {
                    let cells = (raster.x.len() - 1) * (raster.y.len() - 1);
                    assert!(raster.x.is_sorted() && raster.y.is_sorted(), "{}: edges", layer.name);
                    vec![cells, raster.values.len()]
                }
                Mark::Vertical { .. } | Mark::Horizontal { .. } => vec![],
            };
            assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{}: {lengths:?}", layer.name);
        }
    }
}

#[test]
fn every_figure_of_every_file_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = vec![];
    for file in files(folder.path()) {
        let source = Source::open(&file).unwrap();
        for kind in source.figures() {
            let what = format!("{} of {}", kind.name, file.display());
            let figure =
                source.figure(Some(kind.name), None).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(figure.name, kind.name);
            assert_whole(&figure);
            assert!(to_csv(&figure).lines().count() > 5, "{what}");
            let svg = to_svg(&figure).unwrap();
            assert!(svg.len() < 1_500_000, "{what}: {} bytes", svg.len());
            // Readable: no letter below 7 points, 20 units each.
            for text in elements(&svg, "text") {
                assert!(text.number("font-size") >= 7.0 * 20.0 - 1e-6, "{what}: {}", text.text);
                assert!(!text.text.contains("NaN") && !text.text.contains("inf"), "{what}: {}", text.text);
            }
            assert!(to_pdf(&svg).unwrap().starts_with(b"%PDF"), "{what}");
            let picture = Pixmap::decode_png(&to_png(&svg, 100.0).unwrap()).unwrap();
            assert_eq!(picture.width(), (100.0 * figure.width).round() as u32, "{what}");
            assert_fits(&picture, &what);
            seen.push(kind.name);
        }
    }
    for kind in FIGURES {
        assert!(seen.contains(&kind.name), "{} was never drawn", kind.name);
    }
}

/// Light ground, something on it, and nothing that touches the border of the page.
fn assert_fits(picture: &Pixmap, what: &str) {
    let (width, height) = (picture.width(), picture.height());
    let white = |x: u32, y: u32| {
        let pixel = picture.pixel(x, y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()] == [255; 4]
    };
    let inked =
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|&(x, y)| !white(x, y)).count();
    assert!(inked > (width * height / 100) as usize, "{what}: {inked} pixels are not white");
    for x in 0..width {
        assert!(white(x, 0) && white(x, height - 1), "{what}: cut off above or below at x = {x}");
    }
    for y in 0..height {
        assert!(white(0, y) && white(width - 1, y), "{what}: cut off at the side at y = {y}");
    }
}

#[test]
fn all_figures_go_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "sine", &scenario("canonical", "normal-uniform", 40, ""));
    let plot = |arguments: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["plot", "sine.h5"]).args(arguments);
        command
    };
    let output = plot(&["--all", "--data", "--format", "svg"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<&str> =
        FIGURES.iter().filter(|kind| kind.of.contains(&"run")).map(|kind| kind.name).collect();
    for name in &figures {
        for ending in ["svg", "csv"] {
            let path = format!("sine_figures/{name}.{ending}");
            assert!(folder.path().join(&path).exists() && said.contains(&path), "{path}: {said}");
        }
    }
    assert_eq!(said.lines().count(), 2 * figures.len());
    // The first figure is the one that is drawn without a name, at any of the snapshots.
    plot(&["--time", "0.5", "-o", "early.svg", "--data"]).assert().success().stdout("early.svg\nearly.csv\n");
    let early = fs::read_to_string(folder.path().join("early.svg")).unwrap();
    assert!(elements(&early, "text").iter().any(|text| text.text == "t = 0.5"));
    plot(&["-q"]).assert().success().stdout("");
    assert!(folder.path().join("sine_function.png").exists());
}
