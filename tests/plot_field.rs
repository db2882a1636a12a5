//! The velocity field that is drawn is the one along which particles move.

use std::fs;

use reluflow::io::RunFile;
use reluflow::plot::{Source, to_csv};

use crate::plot_support::*;

/// Arrows along either side, and the margin of the window, as the figure has them.
const ARROWS: usize = 17;
const MARGIN: f64 = 1.04;
const LONGEST: f64 = 0.95;

/// Particles of either sign start in the middle of arrows, and move for a moment: their displacement
/// has the direction of the arrow and its speed, of which arrows show the cube root.
#[test]
fn arrows_show_how_particles_move() {
    let farthest = 1.5;
    let spacing = 2.0 * MARGIN * farthest / ARROWS as f64;
    let at = |i: usize| -MARGIN * farthest + (i as f64 + 0.5) * spacing;
    let mut particles = format!("r,theta\n{farthest},0.3\n");
    for (i, j) in (0..ARROWS).flat_map(|i| (0..ARROWS).map(move |j| (i, j))).step_by(5) {
        let (u, v) = (at(i), at(j));
        let r: f64 = f64::hypot(u, v);
        if r > 0.2 && r < farthest {
            let sign = if (i + j) % 2 == 0 { 1.0 } else { -1.0 };
            particles.push_str(&format!("{:?},{:?}\n", sign * r, f64::atan2(v, u)));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.csv"), &particles).unwrap();
    for (name, flow, measure) in [
        ("canonical", "kind = \"canonical\"", ""),
        ("lifted", "kind = \"lifted\"\nscaling = \"sqrt(m)\"", "delta = 0.7"),
        ("kernel", "kind = \"kernel\"", "delta = -0.4"),
        ("adaptive", "kind = \"adaptive\"", "delta = 0.4"),
    ] {
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = 6\ninterval = [-1.13, 0.97]\nfrequency = 0.5\namplitude = 3.0\n[measure]\nfile = \"p.csv\"\n{measure}\n\
             [flow]\n{flow}\n[time]\nend = 1e-6\ntolerance = 1e-10\n[output]\nsnapshots = {{ count = 2 }}\n"
        );
        let path = run(folder.path(), name, &text);
        let file = RunFile::open(&path).unwrap();
        let [before, after] = [0, file.len() - 1].map(|i| file.particles(i).unwrap().unwrap());
        let place = |p: &reluflow::io::Particles, i: usize| {
            [p.r[i].abs() * p.theta[i].cos(), p.r[i].abs() * p.theta[i].sin()]
        };
        let figure = Source::open(&path).unwrap().figure(Some("field"), Some(0.0)).unwrap();
        let rows = table(&to_csv(&figure));
        let mut compared = 0;
        let mut scale = [f64::NAN; 2];
        for i in 1..before.r.len() {
            let panel = if before.r[i] > 0.0 { "plane, r > 0" } else { "plane, r < 0" };
            let [u, v] = place(&before, i);
            let middle = |row: &&&Row| {
                let [x, y, x2, y2, _] = row.numbers;
                (0.5 * (x + x2) - u).hypot(0.5 * (y + y2) - v) < 1e-6
            };
            let arrows = layer(&rows, panel, "velocity");
            let arrow = arrows.iter().find(middle).unwrap_or_else(|| panic!("{name}: no arrow at {u}, {v}"));
            let [x, y, x2, y2, _] = arrow.numbers;
            let [du, dv] =
                [after.r[i].abs() * after.theta[i].cos() - u, after.r[i].abs() * after.theta[i].sin() - v];
            let (length, moved) = ((x2 - x).hypot(y2 - y), du.hypot(dv));
            if moved < 1e-12 {
                assert!(length < 1e-6, "{name}: an arrow where nothing moves");
                continue;
            }
            let cross = ((x2 - x) * dv - (y2 - y) * du) / (length * moved);
            assert!(cross.abs() < 1e-4 && (x2 - x) * du + (y2 - y) * dv > 0.0, "{name}: {cross} at {u}, {v}");
            // Speed over the cube of the length is one number for each sign.
            let ratio = moved / (length / (LONGEST * spacing)).powi(3);
            let known = &mut scale[usize::from(before.r[i] < 0.0)];
            if known.is_nan() {
                *known = ratio;
            }
            assert!((ratio / *known - 1.0).abs() < 1e-3, "{name}: {ratio} against {known} at {u}, {v}");
            compared += 1;
        }
        assert!(compared > 10, "{name}: {compared}");
    }
}
