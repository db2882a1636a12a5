//! The report as a file: its numbers are the run file's, it holds everything it needs, and no text
//! can break out of it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use predicates::str::contains;
use reluflow::io::{Particles, RunFile};
use reluflow::report::{Gathered, escape};
use serde_json::Value;

use crate::cli_support::{folder_with_sine, json, reluflow, sine, start_and_wait_for};
use crate::study_support::{Text, numbers, texts};

/// What a report must stay under.
pub const LIMIT: usize = 15_000_000;

/// Makes a report and reads it.
pub fn page(folder: &Path, arguments: &[&str]) -> String {
    reluflow(folder).arg("report").args(arguments).args(["-q", "--force", "-o", "r.html"]).assert().success();
    fs::read_to_string(folder.join("r.html")).unwrap()
}

fn run(folder: &Path, scenario: &str) {
    fs::write(folder.join("run.toml"), scenario).unwrap();
    reluflow(folder).args(["run", "-q", "--force", "-o", "run.h5", "run.toml"]).assert().success();
}

/// The data block of a page.
pub fn data(page: &str) -> Value {
    let start = page.find("id=\"data\">").expect("a data block") + "id=\"data\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

/// An array of the data block, as its scripts decode it.
pub fn array(data: &Value, name: &str) -> Vec<f64> {
    let array = &data["arrays"][name];
    let bytes = STANDARD.decode(array["base64"].as_str().unwrap_or_else(|| panic!("no {name}"))).unwrap();
    macro_rules! numbers {
        ($t:ty) => {
            bytes.chunks(size_of::<$t>()).map(|b| <$t>::from_le_bytes(b.try_into().unwrap()) as f64).collect()
        };
    }
    let values: Vec<f64> = match array["type"].as_str().unwrap() {
        "f64" => numbers!(f64),
        "f32" => numbers!(f32),
        "u32" => numbers!(u32),
        "u8" => numbers!(u8),
        "i8" => numbers!(i8),
        other => panic!("{name} is {other}"),
    };
    let shape: Vec<usize> = serde_json::from_value(array["shape"].clone()).unwrap();
    assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
    values
}

fn single(value: f64) -> f64 {
    f64::from(value as f32)
}

#[test]
fn its_numbers_are_those_of_the_run_file() {
    let folder = tempfile::tempdir().unwrap();
    // Long enough for clusters of both signs.
    let scenario =
        sine(300, 4).replace("count = 5", "count = 5\nfrequency = 0.4775").replace("end = 2.0", "end = 8.0");
    run(folder.path(), &scenario);
    let page = page(folder.path(), &["run.h5"]);
    let data = data(&page);
    let file = RunFile::open(&folder.path().join("run.h5")).unwrap();
    let d = file.description().unwrap();
    let (s, m) = (d.samples.len(), d.mass.len());
    assert_eq!(array(&data, "x"), d.samples.x());
    assert_eq!(array(&data, "y"), d.samples.y());
    assert_eq!(array(&data, "particle"), (0..m).map(|i| i as f64).collect::<Vec<_>>());
    assert_eq!(array(&data, "mass"), d.mass);
    let (function, at) = (array(&data, "function"), array(&data, "grid_sample"));
    let points = array(&data, "grid").len();
    let first = array(&data, "cluster_first");
    let mut clusters = 0;
    for t in 0..file.len() {
        let snapshot = file.snapshot(t).unwrap();
        let row = |name: &str, width: usize| array(&data, name)[t * width..(t + 1) * width].to_vec();
        assert_eq!(row("time", 1), [snapshot.time]);
        assert_eq!(row("loss", 1), [snapshot.loss]);
        assert_eq!(row("kernel_change", 1), [snapshot.tangent_kernel_change]);
        assert_eq!(row("residual", s), snapshot.residual.to_vec());
        assert_eq!(row("residual_ode", s), snapshot.residual_ode.to_vec());
        assert_eq!(row("residual_ode_uncorrected", s), snapshot.residual_ode_uncorrected.to_vec());
        let Particles { r, theta, place, .. } = file.particles(t).unwrap().unwrap();
        assert_eq!(row("r", m), r.iter().map(|&r| single(r)).collect::<Vec<_>>());
        assert_eq!(row("theta", m), theta.iter().map(|&theta| single(theta)).collect::<Vec<_>>());
        assert_eq!(row("place", m), place.iter().map(|p| f64::from(p.kind() as u8)).collect::<Vec<_>>());
        for j in 0..s {
            let value = function[t * points + at[j] as usize];
            assert_eq!(value, single(d.samples.y()[j] + snapshot.residual[j]), "f at sample {j}");
            // Boundaries of sample j: on at s-1-j, off at 2s-1-j.
            let classes: Vec<f64> = [s - 1 - j, 2 * s - 1 - j]
                .into_iter()
                .flat_map(|b| [0, 1].map(|side| f64::from(snapshot.attractor[[b, side]])))
                .collect();
            assert_eq!(row("attractor", 4 * s)[4 * j..4 * j + 4], classes);
        }
        let mut pinned = 0.0;
        for k in first[t] as usize..first[t + 1] as usize {
            let (b, side) = (array(&data, "cluster_boundary")[k] as usize, array(&data, "cluster_side")[k]);
            let mass = array(&data, "cluster_mass")[k];
            assert_eq!(mass, snapshot.pinned_mass[[b, side as usize]]);
            // The change of slope, from the particles themselves.
            let on_it = |i: &usize| {
                place[*i].kind() as u8 == 1 && place[*i].index() == b && (r[*i] < 0.0) == (side == 1.0)
            };
            let slope: f64 = (0..m).filter(on_it).map(|i| d.mass[i] * r[i] * theta[i].cos().abs()).sum();
            let stored = array(&data, "cluster_slope")[k];
            assert!((slope - stored).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} {stored}");
            (pinned, clusters) = (pinned + mass, clusters + 1);
        }
        assert!((pinned - snapshot.pinned_mass.sum()).abs() < 1e-15);
    }
    assert!(clusters > 2, "nothing is pinned in this run: {clusters}");
}

#[test]
fn the_function_of_all_particles_is_that_of_the_definition() {
    let folder = folder_with_sine(200, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "-o", "run.h5"]).assert().success();
    let file = RunFile::open(&folder.path().join("run.h5")).unwrap();
    let run = Gathered::read(&file, 4000).unwrap();
    let mass = file.description().unwrap().mass;
    for frame in &run.frames {
        let p = file.particles(frame.number).unwrap().unwrap();
        for (x, f) in run.grid.x().iter().zip(&frame.function) {
            let value: f64 = (0..mass.len())
                .map(|i| mass[i] * p.r[i] * (x * p.theta[i].cos() + p.theta[i].sin()).max(0.0))
                .sum();
            assert!((value - f).abs() < 1e-13, "{value} {f}");
        }
    }
}

/// In the kernel limit the kernel does stand still: what "a kernel that stands still" would have done
/// is what the run did, by another computation.
#[test]
fn a_kernel_that_stands_still_is_the_kernel_flow() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = |kind: &str| {
        format!(
            "[samples]\nfunction = \"sine\"\ncount = 6\n[measure]\nparticles = 200\nlaw = \"normal\"\nseed = 2\n\
             [flow]\nkind = \"{kind}\"\n[time]\nend = 5.0\ntolerance = 1e-9\n[output]\nsnapshots = {{ count = 5 }}\n"
        )
    };
    run(folder.path(), &scenario("kernel"));
    let gathered =
        |path: &str| Gathered::read(&RunFile::open(&folder.path().join(path)).unwrap(), 4000).unwrap();
    let kernel = gathered("run.h5");
    for frame in &kernel.frames {
        let (function, loss) = frame.frozen.as_ref().unwrap();
        assert!((loss - frame.snapshot.loss).abs() < 1e-7 * frame.snapshot.loss, "{loss}");
        let apart =
            function.iter().zip(&frame.function).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        assert!(apart < 1e-6, "{apart} at t = {}", frame.snapshot.time);
    }
    assert!(kernel.regime().heading().starts_with("Kernel learning"), "{}", kernel.regime().heading());
    // And where all weights train it is not, from the same start.
    run(folder.path(), &scenario("lifted"));
    let lifted = gathered("run.h5");
    let frozen = lifted.last().frozen.as_ref().unwrap();
    assert!((frozen.1 - lifted.last().snapshot.loss).abs() > 0.05 * frozen.1);
    assert!(lifted.regime().frozen_distance.unwrap() > 0.05);
    assert!(!lifted.regime().heading().starts_with("Kernel learning"), "{}", lifted.regime().heading());
}

#[test]
fn it_stays_small_at_a_million_particles_and_says_what_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &sine(1_000_000, 3));
    let page = page(folder.path(), &["run.h5", "--particles", "100000"]);
    assert!(page.len() < LIMIT, "{}", page.len());
    let data = data(&page);
    let shares = array(&data, "shares");
    assert_eq!(shares.iter().sum::<f64>(), 100_000.0);
    assert!(page.contains("Drawn are 100000 of the 1000000 stored neurons"));
    // Both signs and both halves of the circle are drawn alike.
    let r = &array(&data, "r")[..shares.len()];
    assert!((r.iter().filter(|r| **r > 0.0).count() as f64 - 50_000.0).abs() < 200.0);
    // Many snapshots: then particles make way.
    run(folder.path(), &sine(20_000, 150));
    let page = self::page(folder.path(), &["run.h5", "--particles", "100000"]);
    assert!(page.len() < LIMIT && page.len() > LIMIT / 2, "{}", page.len());
    let data = self::data(&page);
    assert_eq!(array(&data, "time").len(), 150);
    assert!(array(&data, "particle").len() > 2000);
}

#[test]
fn no_text_of_a_run_breaks_out() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{nonce}} <!--";
    let scenario = format!(
        "title = '{hostile}'\n# </code></pre></details><script>alert(3)</script>\u{2028}\n{}",
        sine(20, 2)
    );
    run(folder.path(), &scenario);
    let page = page(folder.path(), &["run.h5"]);
    assert_eq!(page.matches("<script").count(), 2, "the page's own two blocks");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    assert!(page.contains(&escape(hostile)), "the title is shown as it is");
    assert!(page.contains(&escape("# </code></pre></details><script>alert(3)</script>")));
    assert_eq!(data(&page)["kind"], "run");
}

#[test]
fn it_asks_for_nothing() {
    let folder = folder_with_sine(20, 2);
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "-o", "run.h5"]).assert().success();
    let page = page(folder.path(), &["run.h5"]);
    assert!(
        page.contains(
            "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-"
        )
    );
    for word in [
        "http://",
        "https://",
        " src=",
        "<link",
        "url(",
        "@import",
        "import(",
        "fetch(",
        "XMLHttp",
        "WebSocket",
    ] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn its_checks_are_those_of_the_check_command() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "-o", "run.h5"]).assert().success();
    let laws = json(reluflow(folder.path()).args(["check", "run.h5", "--json"]));
    let page_of = |folder: &Path| page(folder, &["run.h5"]);
    let page = page_of(folder.path());
    for law in laws["laws"].as_array().unwrap() {
        let (worst, meaning) = (law["worst"].as_f64().unwrap(), law["meaning"].as_str().unwrap());
        assert!(page.contains(&format!(">{worst:.1e}<")), "{law}");
        assert!(page.contains(&escape(meaning)), "{law}");
    }
    let checked = laws["laws"].as_array().unwrap().iter().filter(|law| law["checked"] == true).count();
    assert!(checked > 20, "laws of the canonical flow: {checked}");
    assert!(page.contains(&format!("All {checked} laws that can be checked hold.")), "{checked}");
    let file = crate::common::open_rw(folder.path().join("run.h5"));
    let dataset = file.dataset("residual").unwrap();
    let mut values = dataset.read_2d::<f64>().unwrap();
    values[[1, 2]] += 1e-3;
    dataset.write(&values).unwrap();
    drop((dataset, file));
    let page = page_of(folder.path());
    assert!(page.contains("laws are violated: do not trust this run") && page.contains(">VIOLATED<"));
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refused = |arguments: &[&str], words: &str| {
        let mut command = reluflow(folder.path());
        command.arg("report").args(arguments).assert().code(2).stdout("").stderr(contains(words));
    };
    refused(&["missing.h5"], "cannot open missing.h5");
    fs::write(at("text.h5"), "not HDF5").unwrap();
    refused(&["text.h5"], "text.h5");
    let plain = hdf5::File::create(at("plain.h5")).unwrap();
    plain.close().unwrap();
    refused(&["plain.h5"], "plain.h5");
    let none = format!("{}particles = \"none\"\n", sine(20, 2));
    run(folder.path(), &none);
    refused(&["run.h5"], "stores no particles");
    assert!(!at("run.html").exists());
    run(folder.path(), &sine(20, 2));
    refused(&["run.h5", "-o", "run.h5"], "is the input");
    refused(&["run.h5", "-o", "."], "is a directory");
    refused(&["run.h5", "--particles", "0"], "--particles");
    fs::write(at("run.html"), "mine").unwrap();
    refused(&["run.h5"], "exists already");
    fs::write(at("film.gif"), "mine").unwrap();
    refused(&["run.h5", "-o", "new.html", "--gif", "film.gif"], "exists already");
    assert!(fs::read(at("run.html")).unwrap() == b"mine" && !at("new.html").exists());
    reluflow(folder.path()).args(["report", "run.h5", "--force"]).assert().success();
    assert!(fs::read_to_string(at("run.html")).unwrap().starts_with("<!doctype html>"));
    reluflow(folder.path()).args(["kernel", "-q", "run.toml", "-o", "kernel.h5"]).assert().success();
    refused(&["kernel.h5"], "reports are made of runs and studies");
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".partial")));
}

#[test]
fn a_run_that_was_killed_is_shown_as_far_as_it_went() {
    let folder = folder_with_sine(200_000, 400);
    let started = start_and_wait_for(folder.path(), &["run", "sine.toml", "-o", "run.h5"], "sine: ");
    // At least the first snapshots are in the file.
    while RunFile::open(&folder.path().join("run.h5")).map_or(0, |file| file.len()) < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    started.signal(libc::SIGKILL);
    assert_eq!(started.finish().1, None, "it was not killed");
    let command = ["report", "run.h5", "-o", "r.html"];
    reluflow(folder.path()).args(command).assert().success().stderr(contains("killed"));
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(page.contains("killed after t = ") && page.contains("has not reached its end"));
    assert!(array(&data(&page), "time").len() >= 2);
}

#[test]
fn a_sweep_is_shown_with_its_numbers() {
    let folder = folder_with_sine(30, 3);
    let sets = ["--set", "flow.tv=0,0.1", "--set", "measure.scale=0.5,1,2", "--seeds", "2"];
    let sweep = ["study", "sweep", "sine.toml", "-q", "-o", "sweep.h5"];
    reluflow(folder.path()).args(sweep).args(sets).assert().success();
    let page = page(folder.path(), &["sweep.h5"]);
    let data = data(&page);
    let path = folder.path().join("sweep.h5");
    assert_eq!(data["axes"], serde_json::json!(["flow_tv", "measure_scale", "seed"]));
    for name in ["flow_tv", "measure_scale", "final_loss", "loss", "final_tangent_kernel_change"] {
        assert_eq!(array(&data, name), numbers(&path, name), "{name}");
    }
    assert_eq!(data["dims"]["loss"], serde_json::json!(["flow_tv", "measure_scale", "seed", "time"]));
    assert!(page.contains("12 runs: 2 \u{d7} flow.tv, 3 \u{d7} measure.scale, 2 \u{d7} seed"));
    let film = ["report", "sweep.h5", "--gif", "film.gif", "-o", "no.html"];
    reluflow(folder.path()).args(film).assert().code(2).stderr(contains("--gif films a run"));
}

#[test]
fn a_width_study_is_shown_with_its_verdicts() {
    let folder = folder_with_sine(30, 3);
    let study = ["study", "width", "sine.toml", "-q", "-o", "w.h5", "--widths", "50,200,800", "--seeds", "8"];
    reluflow(folder.path()).args(study).args(["--limit-particles", "20000"]).assert().success();
    let page = page(folder.path(), &["w.h5"]);
    let (data, path) = (data(&page), folder.path().join("w.h5"));
    for name in ["deviation_mean", "slope", "function", "limit_function", "width_for_one_percent"] {
        let (shown, stored) = (array(&data, name), numbers(&path, name));
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        assert!(shown.len() == stored.len() && shown.iter().zip(&stored).all(same), "{name}");
    }
    assert_eq!(data["texts"]["quantity"], serde_json::json!(texts(&path, "quantity")));
    let file = hdf5::File::open(&path).unwrap();
    // Of every quantity, distances between measures included.
    for name in ["residual", "tangent_kernel", "knots_w1", "theta_w2", "cylinder_sw2"] {
        let verdict: Text = file.attr(&format!("verdict_{name}")).unwrap().read_scalar().unwrap();
        let verdict = verdict.as_str().replace(" +- ", " \u{b1} ");
        assert!(page.contains(&format!(">{}</td>", escape(&verdict))), "{name}: {verdict}");
    }
}

#[test]
fn a_film_goes_from_the_first_snapshot_to_the_last() {
    let folder = folder_with_sine(100, 5);
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "-o", "run.h5"]).assert().success();
    page(folder.path(), &["run.h5", "--gif", "film.gif"]);
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(fs::File::open(folder.path().join("film.gif")).unwrap()).unwrap();
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let (mut screen, mut shown) = (vec![[0u8; 3]; width * height], vec![]);
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        for (k, pixel) in frame.buffer.chunks(4).enumerate().filter(|(_, pixel)| pixel[3] > 0) {
            let (x, y) = (k % usize::from(frame.width), k / usize::from(frame.width));
            let at = (y + usize::from(frame.top)) * width + x + usize::from(frame.left);
            screen[at] = [pixel[0], pixel[1], pixel[2]];
        }
        shown.push(screen.clone());
    }
    // Four gaps of 24 pictures, and the last.
    assert_eq!(shown.len(), 97);
    let differ = |a: &[[u8; 3]], b: &[[u8; 3]]| a.iter().zip(b).filter(|(a, b)| a != b).count();
    assert!(differ(&shown[0], &shown[96]) > 2000, "nothing moved");
    assert!(shown.windows(2).all(|pair| differ(&pair[0], &pair[1]) > 0), "a picture stands still");
    // The axes stand still: of the frame of the first panel no pixel changes.
    let dark = |picture: &[[u8; 3]], x: usize| {
        (0..height).filter(|y| picture[y * width + x].iter().all(|&channel| channel < 100)).count()
    };
    let axis = (0..width / 4).max_by_key(|&x| dark(&shown[0], x)).unwrap();
    assert!(dark(&shown[0], axis) > height / 3);
    assert!(shown.iter().all(|picture| dark(picture, axis) + 40 > dark(&shown[0], axis)), "an axis moves");
}
