//! The figure of marginals: knots along `x` and amplitudes, against closed forms of the start and masses of the run.

use std::f64::consts::PI;
use std::path::Path;

use reluflow::io::RunFile;
use reluflow::math::normal;
use reluflow::plot::{Source, to_csv};
use reluflow::problem::Regions;

use crate::plot_support::{Row, run, table};

const SAMPLES: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];

fn scenario(measure: &str, flow: &str) -> String {
    format!(
        "[samples]\nx = {SAMPLES:?}\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n[measure]\n{measure}\n\
         [flow]\n{flow}\n[time]\nend = 2.0\ntolerance = 1e-4\n[output]\nsnapshots = {{ count = 3 }}\n"
    )
}

const DENSITY: &str = "representation = \"density\"\ncells = [64, 128]";
const PARTICLES: &str = "particles = 20000\nlaw = \"normal-uniform\"\nsampling = \"sobol\"";

fn marginals(path: &Path, time: f64) -> Vec<Row> {
    table(&to_csv(&Source::open(path).unwrap().figure(Some("marginals"), Some(time)).unwrap()))
}

/// Steps of a layer as `[low, high, value]`; none where there is no such layer.
fn steps(rows: &[Row], panel: &str, layer: &str) -> Vec<[f64; 3]> {
    let found: Vec<&Row> = rows.iter().filter(|row| row.panel == panel && row.layer == layer).collect();
    found.chunks(2).map(|pair| [pair[0].numbers[0], pair[1].numbers[0], pair[0].numbers[1]]).collect()
}

fn mass(steps: &[[f64; 3]]) -> f64 {
    steps.iter().map(|[low, high, value]| (high - low) * value).sum()
}

/// Uniform directions have Cauchy knots; amplitudes are normal.
#[test]
fn at_the_start_they_are_those_of_the_law() {
    let folder = tempfile::tempdir().unwrap();
    let exact = run(folder.path(), "density", &scenario(DENSITY, ""));
    let sampled = run(folder.path(), "particles", &scenario(PARTICLES, ""));
    for (path, cauchy_bound, normal_bound) in [(exact, 1e-12, 2e-4), (sampled, 0.03, 0.03)] {
        let rows = marginals(&path, 0.0);
        let [up, down] = ["free, r >= 0", "free, r < 0"].map(|layer| steps(&rows, "knots", layer));
        let dead = steps(&rows, "knots", "dead");
        assert!(up.len() > 15 && up.len() == down.len() && up.len() == dead.len());
        assert!((up[0][0] + 1.24).abs() < 1e-12 && (up[up.len() - 1][1] - 1.24).abs() < 1e-12);
        for i in 0..up.len() {
            let [low, high, free] = up[i];
            let all = free + down[i][2] + dead[i][2];
            let expected = (high.atan() - low.atan()) / (high - low) / PI;
            assert!((all - expected).abs() < cauchy_bound, "{low} to {high}: {all} {expected}");
            // Signs are alike.
            assert!((free - down[i][2]).abs() < cauchy_bound);
        }
        let [free, dead] = ["free", "dead"].map(|layer| steps(&rows, "amplitudes", layer));
        for (free, dead) in free.iter().zip(&dead) {
            let [low, high, value] = *free;
            let expected = (normal::below(high) - normal::below(low)) / (high - low);
            assert!((value + dead[2] - expected).abs() < normal_bound, "r = {low}: {value} {expected}");
        }
        assert!(steps(&rows, "amplitudes", "pinned").is_empty());
    }
}

/// Between neighbouring samples lie the knots of one right-facing and one left-facing region; the run stores their mass.
#[test]
fn later_they_hold_the_masses_of_regions_lines_and_the_dead() {
    let folder = tempfile::tempdir().unwrap();
    for (name, measure, flow) in [
        ("d", DENSITY, ""),
        ("tv", DENSITY, "tv = 0.1"),
        ("p", PARTICLES, ""),
        ("ptv", PARTICLES, "tv = 0.1"),
    ] {
        let path = run(folder.path(), name, &scenario(measure, flow));
        let file = RunFile::open(&path).unwrap();
        let snapshot = file.snapshot(2).unwrap();
        let regions = Regions::new(&file.description().unwrap().samples);
        let rows = marginals(&path, 2.0);
        let layers =
            ["free, r >= 0", "free, r < 0", "stuck", "dead"].map(|layer| steps(&rows, "knots", layer));
        let exact = measure == DENSITY;
        if exact {
            for pair in SAMPLES.windows(2) {
                let middle: f64 = 0.5 * (pair[0] + pair[1]);
                let facing = [-middle.atan(), PI - middle.atan()].map(|theta| regions.region_of(theta));
                let expected: f64 = facing.iter().map(|k| snapshot.region_mass[*k]).sum();
                let within = |steps: &Vec<[f64; 3]>| -> f64 {
                    mass(
                        &steps
                            .iter()
                            .copied()
                            .filter(|s| pair[0] < s[1] - 1e-9 && s[0] < pair[1] - 1e-9)
                            .collect::<Vec<_>>(),
                    )
                };
                let found: f64 = layers[..2].iter().map(within).sum();
                assert!((found - expected).abs() < 1e-12, "{name}, {pair:?}: {found} {expected}");
            }
        }
        let stems: f64 = rows
            .iter()
            .filter(|row| row.panel == "pinned")
            .collect::<Vec<_>>()
            .chunks(3)
            .map(|stem| stem[1].numbers[1] - stem[0].numbers[1])
            .sum();
        let amplitudes = ["free", "pinned", "dead"].map(|layer| mass(&steps(&rows, "amplitudes", layer)));
        let pinned = snapshot.pinned_mass.sum();
        let bound = 1e-3;
        // Outermost amplitudes may be beyond the picture.
        assert!((amplitudes[1] - pinned).abs() < bound, "{name}: {} {pinned}", amplitudes[1]);
        assert!((amplitudes[2] - snapshot.region_mass[0]).abs() < bound, "{name}");
        let all = amplitudes.iter().sum::<f64>() + snapshot.stuck_mass;
        assert!((all - 1.0).abs() < 2e-3, "{name}: {all}");
        assert!(stems >= pinned - 1e-12, "{name}: {stems} {pinned}");
        // Knots farther out than the picture: those of right-facing live ones left of it, and of dead ones.
        let inside = layers.iter().map(|layer| mass(layer)).sum::<f64>() + stems;
        let note = Source::open(&path).unwrap().figure(Some("marginals"), None).unwrap().note;
        let beyond: f64 = note.split(" %").next().unwrap().parse::<f64>().unwrap() / 100.0;
        assert!((inside + beyond - 1.0).abs() < 1e-3, "{name}: {inside} {note}");
        assert_eq!(flow.is_empty(), snapshot.stuck_mass == 0.0);
        if !flow.is_empty() {
            let entries = rows.iter().filter(|row| row.panel == "amplitudes" && row.layer == "stuck");
            assert_eq!(entries.count(), 1);
        }
    }
}
