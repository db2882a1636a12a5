//! A million particles: all of their mass is drawn, clusters are seen, files stay small.

use std::time::Instant;

use reluflow::io::RunFile;
use reluflow::plot::{Source, to_csv, to_pdf, to_png, to_svg};

use crate::plot_support::*;

#[test]
fn all_mass_is_in_the_density() {
    let folder = tempfile::tempdir().unwrap();
    let text = scenario("canonical", "normal-uniform", 1_000_000, "")
        .replace("end = 4.0\ntolerance = 1e-7", "end = 1.0\ntolerance = 1e-4")
        .replace("count = 9 }", "count = 3 }\nprecision = \"f32\"");
    let path = run(folder.path(), "wide", &text);
    let file = RunFile::open(&path).unwrap();
    let last = file.len() - 1;
    let p = file.particles(last).unwrap().unwrap();
    let pinned: f64 = file.snapshot(last).unwrap().pinned_mass.sum();
    assert!(pinned > 0.1, "nothing is pinned: a poor test");
    let source = Source::open(&path).unwrap();
    let started = Instant::now();
    for figure in ["plane", "cylinder", "knots"] {
        let drawn = source.figure(Some(figure), None).unwrap();
        let rows = table(&to_csv(&drawn));
        let cells = layer(&rows, figure, "density");
        let sum: f64 = cells.iter().map(|row| row.numbers[4]).sum();
        let negative: f64 = cells.iter().filter(|row| row.mark == "negative").map(|row| row.numbers[4]).sum();
        let [x, y] = [0, 1].map(|k| {
            let least = drawn.panels[0].layers.iter().find_map(|layer| match &layer.mark {
                reluflow::plot::Mark::Raster(raster) => Some([&raster.x, &raster.y][k].clone()),
                _ => None,
            });
            let edges = least.unwrap();
            [edges[0], edges[edges.len() - 1]]
        });
        let inside = |i: &usize| {
            let (r, theta) = (p.r[*i], p.theta[*i]);
            let at = match figure {
                "plane" => [r.abs() * theta.cos(), r.abs() * theta.sin()],
                _ => [0.0, r],
            };
            (x[0]..=x[1]).contains(&at[0]) && (y[0]..=y[1]).contains(&at[1])
        };
        if figure == "knots" {
            // One column for each of the three snapshots.
            let knots = |index: usize| {
                let theta = file.particles(index).unwrap().unwrap().theta;
                theta.iter().filter(|theta| (y[0]..=y[1]).contains(&-theta.tan())).count() as f64 * 1e-6
            };
            let expected: f64 = (0..3).map(knots).sum();
            assert!((sum - expected).abs() < 1e-9, "{sum} {expected}");
        } else {
            let expected = (0..p.r.len()).filter(inside).count();
            let of_negative = (0..p.r.len()).filter(inside).filter(|&i| p.r[i] < 0.0).count();
            assert!((sum - 1e-6 * expected as f64).abs() < 1e-9, "{figure}: {sum} {expected}");
            assert!((negative - 1e-6 * of_negative as f64).abs() < 1e-9, "{figure}: {negative}");
            assert!(expected > 990_000, "{figure} leaves out {}", 1_000_000 - expected);
            // Clusters are marked besides.
            assert!(rows.iter().any(|row| row.layer.starts_with("clusters")));
        }
        let svg = to_svg(&drawn).unwrap();
        assert!(svg.len() < 400_000, "{figure}: {} bytes", svg.len());
        assert!(to_png(&svg, 300.0).unwrap().len() < 1_500_000);
        assert!(to_pdf(&svg).unwrap().len() < 600_000);
    }
    // Seconds, also on a machine that does other things.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
