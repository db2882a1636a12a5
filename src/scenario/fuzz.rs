//! The readers meet arbitrary input: they must answer, quickly, and never panic.
//!
//! A mutation fuzzer seeded by the shipped scenarios and tables. It runs a little with every test
//! run; `RELUFLOW_FUZZ_SECONDS=3600 cargo test --release fuzz` runs it for an hour, and
//! `RELUFLOW_FUZZ_SEED` starts it elsewhere. What it found is kept at the end of this file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::flow::ParticleKind;
use crate::math::random::{Purpose, Stream};
use crate::problem::Start;

use super::form::Form;
use super::source::{Source, line_of};
use super::table::Table;
use super::{Intent, Resolution, Scenario, ScenarioError, scenarios};
use super::{flow, measure, output, samples, schedule, time};

/// Longest time one input may take, generous because tests share their machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Cases of an ordinary test run.
const CASES: u64 = 20_000;

/// Words that mean something to the readers, between bars.
const WORDS: &str = "nan|inf|-inf|-1|0|1e308|1e-320|1e400|0x7f|99999999999999999999|1_000|3.0|true|\"|\"\"|'''|\"\"\"|[|]|{|}|[[|]]|\
=|,|;|\t|\n|\r\n|\r|#|.|\u{feff}|é|\\u0000|\0|x|y|r|theta|mass|file|function|count|samples|measure|output|snapshots|\"sine\"|NA|1,5";

/// All keys of scenarios.
fn keys() -> Vec<&'static str> {
    let sections =
        [&["title"][..], &samples::keys(), &measure::KEYS, &flow::KEYS, &time::KEYS, &output::KEYS];
    [&sections.concat()[..], &schedule::KEYS, &schedule::LOG_KEYS].concat()
}

/// Values of keys, between bars: right, wrong and extreme.
const VALUES: &str = r#"0 | -0.0 | 1 | 2 | -1 | 3.5 | 0.01 | nan | -inf | 1e308 | -1e308 | 1e50 | 1e-320 | 1e400 | 1e15 | 1e9 |
9223372036854775807 | 9223372036854775808 | 0xffffffffffffffffffffffffffffffffffffffff | 0o17 | true | false | 1979-05-27 |
"" | "sgd" | "nesterov" | "adam" | "adamw" | "none" | "all" | "f32" | "f64" | "he" | "he-zero-bias" | "glorot" | "pytorch" | "normal" | "normal-uniform" | "uniform-uniform" | "two-sided" |
"uniform" | "sign" | "gaussian" | "spike" | "square" | "sawtooth" | "step" | "linear" | "abs" | "quadratic" | "constant" |
"canonical" | "lifted" | "kernel" | "adaptive" | "gd" | "m" | "sqrt(m)" | "1" | "both" | "output" | "hidden" | "literal" |
"rest" | "end" | "iid" | "sobol" | "quadrature" | "data/nile.csv" | "data/particles.csv" | "data" | "\u0007" | "\u202e" |
[] | [1.0] | [1, 1] | [-1e308, 1e308] | [0.0, 1e-320] | [-1.0, 1.0] | [0.2, 0.4] | [nan, 1] | [[1, 2], [3]] | {} |
{ count = 100000 } | { every = 1e-4 } | { every_steps = 3 } | { steps = [1, 2] } | { times = [0, 0, 1e-300, 1] } |
{ times = [0.5, 0.25] } | { log = { first = 1e-300, per_decade = 3 } } | { log = { first = 0.01, per_decade = 1000000 } }"#;

/// Scenarios that together use every key, beside the shipped ones.
const RICH: [&str; 4] = [
    "title = \"a\"\n[samples]\nfunction = \"sine\"\ncount = 6\ninterval = [-2.0, 1.0]\ngap = [-0.5, 0.25]\namplitude = 1.5\n\
     frequency = 0.5\nphase = 0.25\nnoise = 0.1\nseed = 3\nstandardize = true\n[measure]\nparticles = 64\nlaw = \"two-sided\"\nb_bound = 2.0\n\
     c_law = \"sign\"\nsampling = \"quadrature\"\nnodes = 8\nestimate_error = true\n[flow]\nkind = \"lifted\"\nscaling = 1\n\
     balance = 0.5\n[time]\nend = 1.0\ntolerance = 1e-6\nuntil = \"rest\"\nuntil_loss = 1e-9\nuntil_speed = 1e-9\n[output]\nsnapshots = { log = { first = 0.01, per_decade = 3 } }\n\
     particles = 3\nprecision = \"f32\"\ntangent_kernel = true\npath = true\ncompression = 9\n",
    "[samples]\nfunction = \"gaussian\"\ncount = 4\ncenter = 0.1\nwidth = 0.2\n[measure]\nparticles = 8\nlaw = \"uniform\"\n\
     a_bound = 2.0\nb_bound = 3.0\nhidden_scale = 0.5\noutput_scale = 2.0\nantisymmetric = true\nseed = 4\n[flow]\n\
     kind = \"gd\"\nlearning_rate = 0.01\noptimizer = \"adam\"\nmomentum = 0.0\nbeta1 = 0.8\nbeta2 = 0.9\nepsilon = 1e-6\nweight_decay = 0.1\nbatch = 2\nlabel_noise = 0.1\ntemperature = 0.0\nseed = 5\nlayers = \"hidden\"\nscaling = \"sqrt(m)\"\noutput_bias_rate = \"literal\"\n\
     [time]\nsteps = 100\n[output]\nsnapshots = { every_steps = 10 }\nparticles = \"none\"\n",
    "[samples]\nx = [0.0, 1.0, 1.0]\ny = [1.0, -1.0, 0.5]\n[measure]\nparticles = 16\nlaw = \"normal\"\nscale = 0.1\ndelta = -1.0\n\
     sampling = \"sobol\"\noutput_bias = -0.5\n[flow]\nkind = \"adaptive\"\nweight_decay = 0.1\noutput_bias_rate = \"literal\"\n[time]\nend = 2.0\n[output]\nsnapshots = { times = [0.5, 1.0, 2.0] }\n",
    "[samples]\nx = [0.0, 1.0]\ny = [1.0, -1.0]\ntruth = \"quadratic\"\n[measure]\nrepresentation = \"density\"\nscale = 0.5\ndensity_error = 1e-3\n\
     delta = 0.5\n[flow]\nkind = \"lifted\"\n[time]\nend = 1.0\n[output]\namplitude = 4.0\n",
];

/// Tables of samples, particles, neurons and hinges, as different programs write them.
const TABLES: [&[u8]; 7] = [
    b"\xef\xbb\xbf# note\r\n\r\nx;\"y; z\"\r\n1.5;2.5\r\n\r\n3;\"4\"\r\n",
    b"x\ty\n1\t2\n \n# end\n",
    b"rownames,x,y\n\"1\",0.5,1\n\"2\",0.5,-1\n\"3\",1e3,NA\n",
    b"c,a,b,mass\n1,0.5,-0.25,0.25\n-1,2,0,0.75\n",
    b"r,theta\n0.5,1.5\n-0.5,4.5\n0,0\n",
    b"knot,orientation,delta_slope,mass\n0.5,1,2,0.5\n-0.5,-1,1,0.5\n",
    b"c;a;b;r;theta;mass\n1;0,5;0;0.5;1;1\n",
];

/// The folder that file names of shipped scenarios are relative to.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/fuzz.toml")
}

/// Checks that hold of every error.
fn check_error(error: &ScenarioError, lines: usize) {
    assert!(!error.problem().is_empty() && !error.remedy().is_empty(), "{error:?}");
    assert!(!error.to_string().replace("\n  ", "").contains(char::is_control));
    if error.file() == folder() {
        assert!(error.line().is_none_or(|line| 1 <= line && line <= lines), "{error:?}");
    }
    // The message as it is drawn, with the text around its place.
    let mut drawn = String::new();
    let drawer = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    drawer.render_report(&mut drawn, error).unwrap();
    assert!(!drawn.replace('\n', "").contains(|c: char| c.is_ascii_control()), "{}", drawn.escape_debug());
    assert!(drawn.len() < 100_000, "{} bytes of message", drawn.len());
}

fn read_scenario(text: &str) {
    let path = folder();
    let source = Source { path: &path, text };
    let lines = line_of(text.as_bytes(), text.len());
    match Form::parse(source) {
        Err(error) => check_error(&error, lines),
        // What fits is built; more would test the machine's memory.
        Ok(form) if form.size() > 20_000 => {}
        Ok(form) => match form.build(source, None, Intent::Run) {
            Err(error) => check_error(&error, lines),
            Ok(scenario) => {
                let description = &scenario.description;
                assert_eq!(description.mass.len(), scenario.start.len());
                let values = match &scenario.start {
                    Start::Canonical(measure) => [measure.r(), measure.theta()].concat(),
                    Start::Lifted(neurons) => [neurons.c(), neurons.a(), neurons.b()].concat(),
                    Start::Density(density) => vec![density.law.canonical(1.0).scale],
                };
                assert!(values.iter().chain(description.samples.y()).all(|v| v.is_finite()));
                let neurons = description.flow.particles() == ParticleKind::Neuron;
                let density = scenario.start.density().is_some();
                assert_eq!(density, description.density.is_some());
                assert_eq!(neurons && !density, scenario.start.lifted().is_some());
                assert!(description.schedule.times().windows(2).all(|pair| pair[0] < pair[1]));
                assert_eq!(description.schedule.times().last(), Some(&description.end));
            }
        },
    }
}

fn read_table(bytes: &[u8]) {
    let path = folder();
    let lines = line_of(bytes, bytes.len());
    let columns = Table::parse(&path, bytes.to_vec(), "x,y").and_then(|table| {
        let names: Vec<&str> = table.columns().iter().map(String::as_str).collect();
        let last = *names.last().unwrap_or(&"x");
        let [first, last, _] = table.numbers([(names[0], true), (last, true), ("mass", false)])?;
        let (first, last) = (first.unwrap(), last.unwrap());
        assert_eq!(first.len(), last.len());
        assert!(first.iter().chain(&last).all(|value| value.is_finite()));
        crate::problem::Measure::uniform(first, last).map_err(|error| table.refuse(&error))
    });
    if let Err(error) = columns {
        check_error(&error, lines);
    }
}

/// Reads a table as samples without a scenario, as samples and as the start of every kind of flow.
fn read_table_file(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).unwrap();
    let lines = line_of(bytes, bytes.len());
    let check = |result: Result<Scenario, ScenarioError>| match result {
        Err(error) => {
            check_error(&error, usize::MAX);
            assert!(
                error.file() != file || error.line().is_none_or(|line| 1 <= line && line <= lines),
                "{error:?}"
            );
        }
        Ok(scenario) => {
            let (samples, mass) = (&scenario.description.samples, &scenario.description.mass);
            assert!(samples.x().windows(2).all(|pair| pair[0] < pair[1]));
            assert!(samples.x().iter().chain(samples.y()).chain(mass).all(|value| value.is_finite()));
            assert!(!mass.is_empty() && mass.iter().all(|&mass| mass > 0.0));
        }
    };
    // Without a scenario 10000 particles are drawn.
    if bytes.len().is_multiple_of(32) {
        check(Scenario::read(file));
    }
    let name = file.file_name().unwrap().to_str().unwrap();
    let with = |samples: &str, measure: &str, flow: &str| {
        let text = format!("[samples]\n{samples}\n[measure]\n{measure}\n[flow]\n{flow}\n[time]\nend = 1.0\n");
        check(Scenario::parse(&text, &file.with_file_name("table.toml")));
    };
    let table = format!("file = \"{name}\"");
    with(&table, "particles = 2", "");
    with(&format!("{table}\nstandardize = true"), "particles = 2", "");
    let samples = "x = [0.0, 1.0]\ny = [1.0, -1.0]";
    with(samples, &table, "");
    with(samples, &table, "kind = \"lifted\"\nscaling = 1\nbalance = 2.0");
    with(samples, &format!("{table}\ndelta = 0.5\nantisymmetric = true"), "kind = \"adaptive\"");
}

/// Changes a seed a little, or a lot.
fn mutate(random: &mut Stream, seeds: &[Vec<u8>]) -> Vec<u8> {
    let words: Vec<&str> = WORDS.split('|').collect();
    let keys = keys();
    let values: Vec<&str> = VALUES.split('|').map(str::trim).collect();
    let mut below = |n: usize| ((random.unit() * n as f64) as usize).min(n.saturating_sub(1));
    let mut bytes = seeds[below(seeds.len())].clone();
    // Often a single change: more of them rarely get past the first thing they break.
    for _ in 0..[1, 1, 1, 2, 3, 6][below(6)] {
        let at = below(bytes.len() + 1);
        let end = (at + below(20)).min(bytes.len());
        match below(11) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(8),
            1 => bytes.insert(at, below(256) as u8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                // A piece of another seed, or of this one.
                let other = &seeds[below(seeds.len())];
                let from = below(other.len() + 1);
                let piece = other[from..(from + below(80)).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            5 | 6 => {
                // A whole word becomes another.
                let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+\"".contains(&byte);
                let start = bytes[..at].iter().rposition(|&b| !is_word(b)).map_or(0, |i| i + 1);
                let stop = at + bytes[at..].iter().position(|&b| !is_word(b)).unwrap_or(bytes.len() - at);
                bytes.splice(start..stop, words[below(words.len())].bytes());
            }
            7..=9 => {
                // An assignment becomes another, or one is put before it.
                let signs: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'=').collect();
                let sign = signs.get(below(signs.len())).copied().unwrap_or(at);
                let start = bytes[..sign].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
                let length = bytes[sign..].iter().position(|&b| b == b'\n');
                let stop = length.map_or(bytes.len(), |length| sign + length);
                let key = match below(3) {
                    0 => keys[below(keys.len())].into(),
                    _ => String::from_utf8_lossy(&bytes[start..sign]),
                };
                let line = format!("{key} = {}", values[below(values.len())]).into_bytes();
                match below(4) {
                    0 => drop(bytes.splice(start..start, [&line[..], b"\n"].concat())),
                    _ => drop(bytes.splice(start..stop, line)),
                }
            }
            _ => drop(bytes.splice(at..at, words[below(words.len())].bytes())),
        }
        bytes.truncate(20_000);
    }
    bytes
}

/// Runs `read` on mutated seeds, for as long as the environment says.
fn fuzz(what: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let seconds = number("RELUFLOW_FUZZ_SECONDS");
    let seed = number("RELUFLOW_FUZZ_SEED").unwrap_or(0);
    let (start, mut case) = (Instant::now(), 0);
    while seconds.map_or(case < CASES, |seconds| start.elapsed().as_secs() < seconds) {
        let bytes = mutate(&mut Stream::new(seed, Purpose::Noise, case), seeds);
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let input = || format!("{what} {case} of seed {seed}: b\"{}\"", bytes.escape_ascii());
        assert!(outcome.is_ok(), "panic at {}", input());
        assert!(began.elapsed() < PATIENCE, "{:?} for {}", began.elapsed(), input());
        case += 1;
    }
    if seconds.is_some() {
        println!("{case} cases of {what} in {:?}", start.elapsed());
    }
}

#[test]
fn mutated_scenarios_are_answered() {
    let texts = scenarios().iter().map(|shipped| shipped.text).chain(RICH);
    let seeds: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).collect();
    fuzz("scenario", &seeds, |bytes| read_scenario(&String::from_utf8_lossy(bytes)));
}

#[test]
fn mutated_tables_are_answered() {
    let files = scenarios().iter().flat_map(|shipped| shipped.files);
    let mut seeds: Vec<Vec<u8>> = files.map(|(_, content)| content.as_bytes().to_vec()).collect();
    seeds.extend(TABLES.map(<[u8]>::to_vec));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("table.csv");
    fuzz("table", &seeds, |bytes| {
        read_table(bytes);
        // Writing and reading files takes longer.
        if bytes.len() % 4 == 0 {
            read_table_file(&file, bytes);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_table(&bytes);
    }

    #[test]
    fn any_cells_are_a_table_or_an_error(text in "([#\"xy0-9.,;\t \r\n-]|nan|1e9){0,120}") {
        read_table(text.as_bytes());
    }

    #[test]
    fn any_text_is_a_scenario_or_an_error(text in "\\PC{0,200}") {
        read_scenario(&text);
    }

    #[test]
    fn any_values_are_a_scenario_or_an_error(
        key in "(count|interval|gap|noise|seed|width|center|function|standardize|file|x|y)",
        value in "(-?[0-9]{1,3}(\\.[0-9]{1,2})?(e-?[0-9]{1,3})?|\\[[0-9., -]{0,12}\\]|\"[a-z]{0,6}\"|\\{[a-z= 0-9]{0,9}\\}|nan|-inf|true)",
    ) {
        read_scenario(&format!(
            "[samples]\nfunction = \"gaussian\"\ncount = 4\n{key} = {value}\n[measure]\nparticles = 4\n[time]\nend = 1.0\n"
        ));
        read_scenario(&format!("[samples]\n{key} = {value}\n[measure]\nparticles = 4\n[time]\nend = 1.0\n"));
    }
}

/// Every key is in some seed, so that its neighbourhood is tried.
#[test]
fn seeds_use_every_key() {
    let texts: Vec<&str> = scenarios().iter().map(|shipped| shipped.text).chain(RICH).collect();
    for key in keys() {
        let used =
            |text: &&str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|w| w == key);
        assert!(texts.iter().any(used), "{key}");
    }
    RICH.into_iter().for_each(|text| {
        let path = folder();
        let source = Source { path: &path, text };
        Form::parse(source)
            // Cells as a search would have found them.
            .and_then(|form| form.build(source, Some(Resolution::Cells([16, 16])), Intent::Run))
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

/// What longer runs found, each with what was wrong then.
#[test]
fn what_was_found_stays_answered() {
    // The NUL of a file name went into the message, and on to the terminal.
    let text = "[samples]\nfile = \"a\\u0000b\"\n[measure]\nparticles = 4\n[time]\nend = 1.0\n";
    read_scenario(text);
    // A lone carriage return was drawn as it was, so that the message overwrote itself.
    read_scenario("# a \r, b\ntitle = \"c\n");
    read_table(b"x,y\r1,2\r3,[[\r");
    read_table(b"\rnan");
}
