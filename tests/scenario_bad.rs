//! Bad input, each with the message it must give: where, what was found, what to do.
//!
//! A message is right if a reader who has never seen the source knows what to change. Tables and
//! scenarios lie in one temporary folder; the folder's name is left out of the messages.

use std::path::Path;

use reluflow::scenario::Scenario;

/// What the scenario would need besides, where the case does not say it itself.
const GOOD: [(&str, &str); 3] = [
    ("samples", "[samples]\nx = [0.0, 1.0]\ny = [1.0, 0.0]\n"),
    ("measure", "[measure]\nparticles = 10\n"),
    ("time", "[time]\nend = 5.0\n"),
];

/// Tables that scenarios of the corpus name.
const FILES: [(&str, &str); 5] = [
    ("good.csv", "x,y\n0.0,1.0\n1.0,2.0\n"),
    ("cell.csv", "x,y\n0.0,1.0\n1.0,-\n"),
    ("heavy.csv", "r,theta,mass\n1.0,0.0,1.0\n1.0,1.0,1.0\n"),
    ("negative.csv", "r,theta,mass\n1.0,0.0,1.5\n1.0,1.0,-0.5\n"),
    ("spinning.csv", "r,theta\n1.0,0.0\n1.0,1e12\n"),
];

/// The scenario with the sections it needs besides, unless it is said to be whole.
pub fn complete(text: &str) -> String {
    match text.strip_prefix("whole:") {
        Some(text) => text.to_string(),
        None => {
            let rest = GOOD.iter().filter(|(name, _)| !text.contains(&format!("[{name}]")));
            rest.fold(text.to_string(), |text, (_, section)| text + section)
        }
    }
}

/// The message, without the folder and with `bad.toml` or `bad.csv` for the input itself.
pub fn message(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    match Scenario::read(&path) {
        Ok(_) => "accepted".to_string(),
        Err(error) => error.to_string().replace(&format!("{}/", folder.display()), ""),
    }
}

/// Compares all before it fails, so that a changed wording shows every message it touches.
pub fn compare<'a>(cases: impl IntoIterator<Item = (&'a str, String, &'a str)>) {
    let wrong: Vec<String> = cases
        .into_iter()
        .filter(|(_, found, expected)| found != expected)
        .map(|(name, found, expected)| format!("{name}:\n{found}\nexpected:\n{expected}\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bad_scenarios_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compare(SCENARIOS.iter().map(|(name, text, expected)| {
        (*name, message(folder.path(), "bad.toml", complete(text).as_bytes()), *expected)
    }));
}

#[test]
fn bad_tables_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    compare(
        TABLES
            .iter()
            .map(|(name, bytes, expected)| (*name, message(folder.path(), "bad.csv", bytes), *expected)),
    );
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    compare(
        OTHERS.iter().map(|(name, bytes, expected)| (*name, message(folder.path(), name, bytes), *expected)),
    );
}

/// Name, scenario, message.
const SCENARIOS: [(&str, &str, &str); 139] = [
    (
        "broken header",
        "[samples\nx = [0.0]\n",
        "bad.toml:1:9: not valid TOML: unclosed table, expected `]`\n  write key = value lines under [section] headers; texts in double quotes",
    ),
    (
        "broken list",
        "[samples]\nx = [0.0, \ny = [1.0]\n",
        "bad.toml:3:3: not valid TOML: unexpected `=` in array, expected value, `]`\n  write key = value lines under [section] headers; texts in double quotes",
    ),
    (
        "no value",
        "[time]\nend =\n",
        "bad.toml:2:6: not valid TOML: string values must be quoted, expected literal string\n  write key = value lines under [section] headers; texts in double quotes",
    ),
    (
        "text without quotes",
        "[samples]\nfunction = sine\ncount = 5\n",
        "bad.toml:2:12: not valid TOML: string values must be quoted, expected literal string\n  write key = value lines under [section] headers; texts in double quotes",
    ),
    (
        "key twice",
        "[time]\nend = 1.0\nend = 2.0\n",
        "bad.toml:3:1: not valid TOML: duplicate key\n  remove or rename one of the two",
    ),
    (
        "section twice",
        "[time]\nend = 1.0\n[time]\nend = 2.0\n",
        "bad.toml:3:2: not valid TOML: duplicate key\n  remove or rename one of the two",
    ),
    (
        "misspelt key",
        "[time]\nend = 1.0\ntolerence = 1e-8\n",
        "bad.toml:3:1: unknown key `tolerence` in [time]\n  did you mean `tolerance`? [time] knows end, steps, tolerance, until, until_loss, until_speed",
    ),
    (
        "key nobody knows",
        "[time]\nend = 1.0\nwavelength = 3\n",
        "bad.toml:3:1: unknown key `wavelength` in [time]\n  [time] knows end, steps, tolerance, until, until_loss, until_speed",
    ),
    (
        "misspelt section",
        "[sample]\nx = [0.0]\ny = [1.0]\n",
        "bad.toml:1:2: unknown section [sample]\n  did you mean [samples]? sections are [samples], [measure], [flow], [time], [output]",
    ),
    (
        "unknown section",
        "[integrator]\ndt = 0.1\n",
        "bad.toml:1:2: unknown section [integrator]\n  sections are [samples], [measure], [flow], [time], [output]",
    ),
    (
        "key before sections",
        "tolerance = 1e-8\n",
        "bad.toml:1:1: unknown key `tolerance` before any section\n  only `title` stands there; other keys belong under [samples], [measure], [flow], [time], [output]",
    ),
    (
        "misspelt title",
        "titel = \"a\"\n",
        "bad.toml:1:1: unknown key `titel` before any section\n  did you mean `title`? only `title` stands there; other keys belong under [samples], [measure], [flow], [time], [output]",
    ),
    ("title is a number", "title = 3\n", "bad.toml:1:9: title = 3 is not a text\n  give a text in quotes"),
    (
        "title of two lines",
        "title = \"\"\"a\nb\"\"\"\n",
        "bad.toml:1:9: title = \"\"\"a b\"\"\" holds a control character\n  give a title of one line",
    ),
    (
        "file name that steers a terminal",
        "[samples]\nfile = \"\\u001b[2J.csv\"\n",
        "bad.toml:2:8: \u{fffd}[2J.csv: cannot be read: No such file or directory (os error 2)\n  check the path; paths inside a scenario are relative to its folder",
    ),
    (
        "section is a key",
        "flow = \"canonical\"\n",
        "bad.toml:1:1: flow is not a section\n  write a line [flow] and its keys below",
    ),
    (
        "sections as a list",
        "[[samples]]\nx = [0.0]\ny = [1.0]\n",
        "bad.toml:1:3: samples is not a section\n  write a line [samples] and its keys below",
    ),
    (
        "dotted key",
        "[output]\nsnapshots.counts = 3\n",
        "bad.toml:2:11: unknown key `counts` in [output.snapshots]\n  did you mean `count`? [output.snapshots] knows count, every, times, log, every_steps, steps",
    ),
    (
        "unknown key in snapshots",
        "[output]\nsnapshots = { cuont = 3 }\n",
        "bad.toml:2:15: unknown key `cuont` in [output.snapshots]\n  did you mean `count`? [output.snapshots] knows count, every, times, log, every_steps, steps",
    ),
    (
        "output file",
        "[output]\nfile = \"a.h5\"\n",
        "bad.toml:2:1: unknown key `file` in [output]\n  [output] knows snapshots, particles, precision, tangent_kernel, path, function, compression, amplitude",
    ),
    (
        "case matters",
        "[time]\nEnd = 1.0\n",
        "bad.toml:2:1: unknown key `End` in [time]\n  did you mean `end`? [time] knows end, steps, tolerance, until, until_loss, until_speed",
    ),
    (
        "no source",
        "[samples]\nstandardize = true\n",
        "bad.toml:1:2: [samples] has none of file, function, x\n  give exactly one, for example file = \"samples.csv\" (or function = \"sine\", or x = [...] with y = [...])",
    ),
    (
        "file and function",
        "[samples]\nfile = \"a.csv\"\nfunction = \"sine\"\ncount = 5\n",
        "bad.toml:3:1: [samples] has both `file` and `function`\n  give exactly one of file, function",
    ),
    (
        "function and inline",
        "[samples]\nfunction = \"sine\"\ncount = 5\nx = [0.0]\n",
        "bad.toml:4:1: [samples] has both `function` and `x`\n  give exactly one of file, function, x",
    ),
    (
        "file and inline",
        "[samples]\nfile = \"good.csv\"\nx = [0.0]\ny = [1.0]\n",
        "bad.toml:3:5: samples.x = [0.0] is a list, but samples.file is given too\n  give exactly one source: remove file, or let x name a column of it",
    ),
    (
        "x without y",
        "[samples]\nx = [0.0, 1.0]\n",
        "bad.toml:1:2: [samples] has no `y`\n  give y = [...] with as many values as the other",
    ),
    (
        "y without x",
        "[samples]\ny = [0.0, 1.0]\n",
        "bad.toml:1:2: [samples] has `y` but no `x`\n  give x = [...] with as many values as y",
    ),
    (
        "unequal lengths",
        "[samples]\nx = [0.0, 1.0]\ny = [0.0, 1.0, 2.0]\n",
        "bad.toml:3:5: samples.y = [0.0, 1.0, 2.0] has 3 values and samples.x has 2\n  give as many y as x",
    ),
    (
        "no samples",
        "[samples]\nx = []\ny = []\n",
        "bad.toml:2:5: samples.x = [] has no values\n  give at least one sample",
    ),
    (
        "NaN in x",
        "[samples]\nx = [0.0, nan]\ny = [0.0, 1.0]\n",
        "bad.toml:2:11: samples.x[1] = nan is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "infinite y",
        "[samples]\nx = [0.0, 1.0]\ny = [0.0, -inf]\n",
        "bad.toml:3:11: samples.y[1] = -inf is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "overflowing number",
        "[samples]\nx = [0.0, 1e400]\ny = [0.0, 1.0]\n",
        "bad.toml:2:11: samples.x[1] = 1e400 is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "text among numbers",
        "[samples]\nx = [0.0, \"1\"]\ny = [0.0, 1.0]\n",
        "bad.toml:2:11: samples.x[1] = \"1\" is a text\n  give a number, for example 1.0",
    ),
    (
        "too large for moments",
        "[samples]\nx = [0.0, 1e60]\ny = [0.0, 1.0]\n",
        "bad.toml:1:2: [samples] gives samples in which x[1] = 1e60 is larger than 1e50, beyond what the moments can hold\n  rescale the data (standardize = true)",
    ),
    (
        "x is a number",
        "[samples]\nx = 3.0\ny = [0.0]\n",
        "bad.toml:2:5: samples.x = 3.0 is a number\n  give a list of numbers, for example [0.0, 1.0]",
    ),
    (
        "columns without a file",
        "[samples]\nx = \"times\"\ny = \"accel\"\n",
        "bad.toml:2:5: samples.x = \"times\" names a column, but there is no samples.file\n  add file = \"samples.csv\", or give x as a list of numbers",
    ),
    (
        "file is a number",
        "[samples]\nfile = 3\n",
        "bad.toml:2:8: samples.file = 3 is a whole number\n  give a text in quotes",
    ),
    (
        "standardize is a text",
        "[samples]\nx = [0.0]\ny = [1.0]\nstandardize = \"yes\"\n",
        "bad.toml:4:15: samples.standardize = \"yes\" is a text\n  give true or false",
    ),
    (
        "file not there",
        "[samples]\nfile = \"missing.csv\"\n",
        "bad.toml:2:8: missing.csv: cannot be read: No such file or directory (os error 2)\n  check the path; paths inside a scenario are relative to its folder",
    ),
    (
        "file is a folder",
        "[samples]\nfile = \".\"\n",
        "bad.toml:2:8: .: is a folder, not a regular file\n  give the name of a file",
    ),
    (
        "column not there",
        "[samples]\nfile = \"good.csv\"\nx = \"time\"\n",
        "good.csv:1: there is no column `time`\n  the columns are x, y",
    ),
    (
        "one column twice",
        "[samples]\nfile = \"good.csv\"\nx = \"y\"\n",
        "bad.toml:1:2: [samples] takes x and y from the same column `y`\n  name two columns",
    ),
    (
        "misspelt function",
        "[samples]\nfunction = \"sinus\"\ncount = 5\n",
        "bad.toml:2:12: samples.function = \"sinus\" is unknown\n  did you mean \"sine\"? give one of sine, square, sawtooth, step, linear, abs, quadratic, gaussian, spike, constant",
    ),
    (
        "unknown function",
        "[samples]\nfunction = \"zigzag\"\ncount = 5\n",
        "bad.toml:2:12: samples.function = \"zigzag\" is unknown\n  give one of sine, square, sawtooth, step, linear, abs, quadratic, gaussian, spike, constant",
    ),
    (
        "function without count",
        "[samples]\nfunction = \"sine\"\n",
        "bad.toml:1:2: [samples] has a function but no `count`\n  say how many samples, for example count = 20",
    ),
    (
        "negative count",
        "[samples]\nfunction = \"sine\"\ncount = -5\n",
        "bad.toml:3:9: samples.count = -5 is too small\n  give a whole number from 1 to 10000000 (each takes kilobytes of memory: two regions, and rows of tables)",
    ),
    (
        "count of zero",
        "[samples]\nfunction = \"sine\"\ncount = 0\n",
        "bad.toml:3:9: samples.count = 0 is too small\n  give a whole number from 1 to 10000000 (each takes kilobytes of memory: two regions, and rows of tables)",
    ),
    (
        "half a sample",
        "[samples]\nfunction = \"sine\"\ncount = 2.5\n",
        "bad.toml:3:9: samples.count = 2.5 is not whole\n  give a whole number",
    ),
    (
        "absurd count",
        "[samples]\nfunction = \"sine\"\ncount = 1e12\n",
        "bad.toml:3:9: samples.count = 1e12 is too large\n  give a whole number from 1 to 10000000 (each takes kilobytes of memory: two regions, and rows of tables)",
    ),
    (
        "key of another function",
        "[samples]\nfunction = \"abs\"\ncount = 5\nfrequency = 2.0\n",
        "bad.toml:4:1: samples.frequency is not used by samples.function = \"abs\"\n  remove it; samples.function = \"abs\" takes standardize, function, count, interval, gap, seed, amplitude, center, noise",
    ),
    (
        "key of another source",
        "[samples]\nx = [0.0]\ny = [0.0]\nnoise = 0.1\n",
        "bad.toml:4:1: samples.noise is not used by inline samples\n  remove it; inline samples takes standardize, x, y, truth",
    ),
    (
        "interval backwards",
        "[samples]\nfunction = \"abs\"\ncount = 5\ninterval = [1.0, -1.0]\n",
        "bad.toml:4:12: samples.interval = [1.0, -1.0] is not an interval\n  give [lowest, highest] with lowest < highest",
    ),
    (
        "interval of three",
        "[samples]\nfunction = \"abs\"\ncount = 5\ninterval = [0.0, 1.0, 2.0]\n",
        "bad.toml:4:12: samples.interval = [0.0, 1.0, 2.0] has 3 numbers\n  give two: [lowest, highest]",
    ),
    (
        "negative noise",
        "[samples]\nfunction = \"abs\"\ncount = 5\nnoise = -0.1\n",
        "bad.toml:4:9: samples.noise = -0.1 is negative\n  noise is a standard deviation: give 0 or more",
    ),
    (
        "zero width",
        "[samples]\nfunction = \"gaussian\"\ncount = 5\nwidth = 0\n",
        "bad.toml:4:9: samples.width = 0 is not positive\n  give a number above 0, for example 0.25",
    ),
    (
        "gap swallows all",
        "[samples]\nfunction = \"abs\"\ncount = 5\ngap = [-2.0, 2.0]\n",
        "bad.toml:1:2: [samples] has a gap that leaves no samples\n  make the gap smaller than the interval, or raise count",
    ),
    (
        "negative seed",
        "[samples]\nfunction = \"abs\"\ncount = 5\nseed = -1\n",
        "bad.toml:4:8: samples.seed = -1 is too small\n  give a whole number from 0 to 9223372036854775807",
    ),
    (
        "overflowing amplitude",
        "[samples]\nfunction = \"abs\"\ncount = 5\namplitude = 1e300\n",
        "bad.toml:1:2: [samples] gives samples in which y[0] = 1e300 is larger than 1e50, beyond what the moments can hold\n  rescale the data (standardize = true)",
    ),
    (
        "no measure source",
        "[measure]\nscale = 1.0\n",
        "bad.toml:1:2: [measure] has none of particles, file\n  give exactly one, for example particles = 10000 (a law, normal-uniform unless told) or file = \"particles.csv\"",
    ),
    (
        "file and particles",
        "[measure]\nfile = \"particles.csv\"\nparticles = 10\n",
        "bad.toml:2:1: [measure] has both `particles` and `file`\n  give exactly one of particles, file",
    ),
    (
        "negative particles",
        "[measure]\nparticles = -10\n",
        "bad.toml:2:13: measure.particles = -10 is too small\n  give a whole number from 1 to 1000000000 (1000000000 need 120.0 GB)",
    ),
    (
        "no particles",
        "[measure]\nparticles = 0\n",
        "bad.toml:2:13: measure.particles = 0 is too small\n  give a whole number from 1 to 1000000000 (1000000000 need 120.0 GB)",
    ),
    (
        "half a particle",
        "[measure]\nparticles = 10.5\n",
        "bad.toml:2:13: measure.particles = 10.5 is not whole\n  give a whole number",
    ),
    (
        "particles as text",
        "[measure]\nparticles = \"many\"\n",
        "bad.toml:2:13: measure.particles = \"many\" is a text\n  give a whole number",
    ),
    (
        "absurd particles",
        "[measure]\nparticles = 1e15\n",
        "bad.toml:2:13: measure.particles = 1e15 is too large\n  give a whole number from 1 to 1000000000 (1000000000 need 120.0 GB)",
    ),
    (
        "beyond integers",
        "[measure]\nparticles = 99999999999999999999999999999999999999999999\n",
        "bad.toml:2:13: measure.particles = 9999999999999999999999999999999999999999... is too large\n  give a number below 1e38",
    ),
    (
        "misspelt law",
        "[measure]\nparticles = 10\nlaw = \"normal-unifrom\"\n",
        "bad.toml:3:7: measure.law = \"normal-unifrom\" is unknown\n  did you mean \"normal-uniform\"? give one of normal-uniform, uniform-uniform, normal, he, he-zero-bias, glorot, pytorch, uniform, two-sided",
    ),
    (
        "law as a number",
        "[measure]\nparticles = 10\nlaw = 1\n",
        "bad.toml:3:7: measure.law = 1 is a whole number\n  give a text in quotes",
    ),
    (
        "zero scale",
        "[measure]\nparticles = 10\nscale = 0.0\n",
        "bad.toml:3:9: measure.scale = 0.0 is not positive\n  give a number above 0, for example 1",
    ),
    (
        "NaN scale",
        "[measure]\nparticles = 10\nscale = nan\n",
        "bad.toml:3:9: measure.scale = nan is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "absurd scale",
        "[measure]\nparticles = 10\nscale = 1e200\n",
        "bad.toml:1:2: the law drew a measure in which r[0] = -3.976675384441824e199 is larger than 1e50, beyond what the moments can hold\n  lower measure.scale",
    ),
    (
        "seed too large",
        "[measure]\nparticles = 10\nseed = 9223372036854775808\n",
        "bad.toml:3:8: measure.seed = 9223372036854775808 is too large\n  give a whole number from 0 to 9223372036854775807",
    ),
    (
        "key of another law",
        "[measure]\nparticles = 10\nlaw = \"he\"\nb_bound = 2.0\n",
        "bad.toml:4:1: measure.b_bound is not used by measure.law = \"he\"\n  remove it; measure.law = \"he\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "negative bound",
        "[measure]\nparticles = 10\nlaw = \"two-sided\"\nb_bound = -2.0\n",
        "bad.toml:4:11: measure.b_bound = -2.0 is not positive\n  give a number above 0, for example 1",
    ),
    (
        "unknown c_law",
        "[measure]\nparticles = 10\nlaw = \"two-sided\"\nc_law = \"gaussian\"\n",
        "bad.toml:4:9: measure.c_law = \"gaussian\" is unknown\n  give one of uniform, normal, sign",
    ),
    (
        "odd pairs",
        "[measure]\nparticles = 11\nantisymmetric = true\n",
        "bad.toml:2:13: measure.particles = 11 is odd, but antisymmetric particles come in pairs\n  give an even number, for example 12",
    ),
    (
        "seed of a file",
        "[measure]\nfile = \"particles.csv\"\nseed = 1\n",
        "bad.toml:3:1: measure.seed is not used by measure.file\n  remove it; measure.file takes file, antisymmetric, output_bias",
    ),
    (
        "particles not there",
        "[measure]\nfile = \"missing.csv\"\n",
        "bad.toml:2:8: missing.csv: cannot be read: No such file or directory (os error 2)\n  check the path; paths inside a scenario are relative to its folder",
    ),
    (
        "particles without theta",
        "[measure]\nfile = \"good.csv\"\n",
        "good.csv:1: there is no column `r`\n  the columns are x, y",
    ),
    (
        "masses that sum to two",
        "[measure]\nfile = \"heavy.csv\"\n",
        "heavy.csv: the masses sum to 2, not to 1\n  divide them by their sum, or leave the column out for equal masses",
    ),
    (
        "negative mass",
        "[measure]\nfile = \"negative.csv\"\n",
        "negative.csv:3: mass[1] = -0.5 is negative\n  masses are >= 0 and sum to 1",
    ),
    (
        "angle without digits",
        "[measure]\nfile = \"spinning.csv\"\n",
        "spinning.csv:3: theta[1] = 1e12 is larger than 1e6, beyond any sense of place on the circle\n  give angles in radians, best from 0 to 2 pi",
    ),
    (
        "negative tv",
        "[flow]\nkind = \"canonical\"\ntv = -0.1\n",
        "bad.toml:3:6: flow.tv = -0.1 is negative\n  give 0 (no total-variation term) or more",
    ),
    (
        "infinite tv",
        "[flow]\ntv = inf\n",
        "bad.toml:2:6: flow.tv = inf is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "no end",
        "[time]\ntolerance = 1e-8\n",
        "bad.toml:1:2: [time] has no `end`\n  say when the run ends, for example end = 5.0",
    ),
    (
        "end is negative",
        "[time]\nend = -1.0\n",
        "bad.toml:2:7: time.end = -1.0 is out of range\n  give a time of at most 1e12, or 0 for the start alone",
    ),
    (
        "end is NaN",
        "[time]\nend = nan\n",
        "bad.toml:2:7: time.end = nan is not finite\n  give a number that a double holds, below 1.8e308",
    ),
    (
        "end is absurd",
        "[time]\nend = 1e300\n",
        "bad.toml:2:7: time.end = 1e300 is out of range\n  give a time of at most 1e12, or 0 for the start alone",
    ),
    (
        "end is a date",
        "[time]\nend = 2024-01-01\n",
        "bad.toml:2:7: time.end = 2024-01-01 is a date\n  give a number, for example 1.0",
    ),
    (
        "tolerance too tight",
        "[time]\nend = 1.0\ntolerance = 1e-16\n",
        "bad.toml:3:13: time.tolerance = 1e-16 is out of range\n  give a tolerance from 1e-13 (rounding) to 1e-1, for example 1e-6",
    ),
    (
        "tolerance too loose",
        "[time]\nend = 1.0\ntolerance = 1.0\n",
        "bad.toml:3:13: time.tolerance = 1.0 is out of range\n  give a tolerance from 1e-13 (rounding) to 1e-1, for example 1e-6",
    ),
    (
        "negative tolerance",
        "[time]\nend = 1.0\ntolerance = -1e-8\n",
        "bad.toml:3:13: time.tolerance = -1e-8 is out of range\n  give a tolerance from 1e-13 (rounding) to 1e-1, for example 1e-6",
    ),
    (
        "snapshots as a number",
        "[output]\nsnapshots = 11\n",
        "bad.toml:2:13: output.snapshots = 11 is a whole number\n  give a table, for example snapshots = { count = 11 }",
    ),
    (
        "two schedules",
        "[output]\nsnapshots = { count = 11, every = 0.5 }\n",
        "bad.toml:2:27: [output.snapshots] has both `count` and `every`\n  give exactly one of count, every, times, log",
    ),
    (
        "no schedule",
        "[output]\nsnapshots = {}\n",
        "bad.toml:2:13: [output.snapshots] has none of count, every, times, log\n  give exactly one, for example snapshots = { count = 11 }",
    ),
    (
        "one snapshot",
        "[output]\nsnapshots = { count = 1 }\n",
        "bad.toml:2:23: output.snapshots.count = 1 is too small\n  give a whole number from 2 to 100000",
    ),
    (
        "absurd snapshots",
        "[output]\nsnapshots = { count = 1000000 }\n",
        "bad.toml:2:23: output.snapshots.count = 1000000 is too large\n  give a whole number from 2 to 100000",
    ),
    (
        "every instant",
        "[output]\nsnapshots = { every = 1e-9 }\n",
        "bad.toml:2:23: output.snapshots.every = 1e-9 makes 5000000000 snapshots\n  at most 100000 are stored: give 5.5e-5 or more",
    ),
    (
        "every negative",
        "[output]\nsnapshots = { every = -0.5 }\n",
        "bad.toml:2:23: output.snapshots.every = -0.5 is not positive\n  give the time between snapshots, above 0",
    ),
    (
        "every zero",
        "[output]\nsnapshots = { every = 0.0 }\n",
        "bad.toml:2:23: output.snapshots.every = 0.0 is not positive\n  give the time between snapshots, above 0",
    ),
    (
        "time after the end",
        "[output]\nsnapshots = { times = [0.5, 7.0] }\n",
        "bad.toml:2:29: output.snapshots.times[1] = 7.0 is outside the run\n  give times from 0 to time.end = 5; both ends are always stored",
    ),
    (
        "time before the start",
        "[output]\nsnapshots = { times = [-0.5] }\n",
        "bad.toml:2:24: output.snapshots.times[0] = -0.5 is outside the run\n  give times from 0 to time.end = 5; both ends are always stored",
    ),
    (
        "times not a list",
        "[output]\nsnapshots = { times = 0.5 }\n",
        "bad.toml:2:23: output.snapshots.times = 0.5 is a number\n  give a list of numbers, for example [0.0, 1.0]",
    ),
    (
        "log without first",
        "[output]\nsnapshots = { log = { per_decade = 10 } }\n",
        "bad.toml:2:21: [output.snapshots.log] has no `first`\n  give the first time, for example first = 1e-3",
    ),
    (
        "log without per_decade",
        "[output]\nsnapshots = { log = { first = 0.1 } }\n",
        "bad.toml:2:21: [output.snapshots.log] has no `per_decade`\n  say how many per factor of ten, for example per_decade = 10",
    ),
    (
        "log from zero",
        "[output]\nsnapshots = { log = { first = 0.0, per_decade = 10 } }\n",
        "bad.toml:2:31: output.snapshots.log.first = 0.0 is out of range\n  give a time above 0 and below time.end = 5",
    ),
    (
        "log from after the end",
        "[output]\nsnapshots = { log = { first = 6.0, per_decade = 10 } }\n",
        "bad.toml:2:31: output.snapshots.log.first = 6.0 is out of range\n  give a time above 0 and below time.end = 5",
    ),
    (
        "log too fine",
        "[output]\nsnapshots = { log = { first = 1e-9, per_decade = 50000 } }\n",
        "bad.toml:2:50: output.snapshots.log.per_decade = 50000 makes 484949 snapshots\n  at most 100000 are stored",
    ),
    (
        "log misspelt",
        "[output]\nsnapshots = { log = { first = 0.1, per_decades = 10 } }\n",
        "bad.toml:2:36: unknown key `per_decades` in [output.snapshots.log]\n  did you mean `per_decade`? [output.snapshots.log] knows first, per_decade",
    ),
    (
        "particle output misspelt",
        "[output]\nparticles = \"al\"\n",
        "bad.toml:2:13: output.particles = \"al\" is unknown\n  did you mean \"all\"? give one of all, none",
    ),
    (
        "negative particle output",
        "[output]\nparticles = -1\n",
        "bad.toml:2:13: output.particles = -1 is too small\n  give a whole number from 1 to 4294967295, \"all\" or \"none\"",
    ),
    (
        "no particle output",
        "[output]\nparticles = 0\n",
        "bad.toml:2:13: output.particles = 0 is too small\n  give a whole number from 1 to 4294967295, \"all\" or \"none\"",
    ),
    (
        "half precision",
        "[output]\nprecision = \"f16\"\n",
        "bad.toml:2:13: output.precision = \"f16\" is unknown\n  give one of f64, f32",
    ),
    (
        "compression",
        "[output]\ncompression = 10\n",
        "bad.toml:2:15: output.compression = 10 is too large\n  give a whole number from 0 to 9",
    ),
    (
        "tangent kernel as a number",
        "[output]\ntangent_kernel = 1\n",
        "bad.toml:2:18: output.tangent_kernel = 1 is a whole number\n  give true or false",
    ),
    (
        "tangent kernel of too many",
        "[output]\ntangent_kernel = true\n[samples]\nfunction = \"abs\"\ncount = 20000\n",
        "bad.toml:2:18: output.tangent_kernel = true would store 20000 x 20000 numbers, 3.2 GB per snapshot\n  leave it out, or give at most 10000 samples",
    ),
    (
        "nothing at all",
        "whole:",
        "bad.toml: there is no section [samples]\n  add it, for example [samples] with file = \"samples.csv\"",
    ),
    (
        "no time",
        "whole:[samples]\nx = [0.0]\ny = [1.0]\n[measure]\nparticles = 10\n",
        "bad.toml: there is no section [time]\n  add it, for example [time] with end = 5.0",
    ),
    (
        "a cell",
        "[samples]\nfile = \"cell.csv\"\n",
        "cell.csv:3: column `y` has no value (-)\n  remove the row or fill in the number: rows are never left out silently",
    ),
    (
        "unknown sampling",
        "[measure]\nparticles = 10\nsampling = \"sobal\"\n",
        "bad.toml:3:12: measure.sampling = \"sobal\" is unknown\n  did you mean \"sobol\"? give one of iid, sobol, quadrature",
    ),
    (
        "sampling without particles",
        "[measure]\nsampling = \"sobol\"\n",
        "bad.toml:1:2: [measure] has none of particles, file\n  give exactly one, for example particles = 10000 (a law, normal-uniform unless told) or file = \"particles.csv\"",
    ),
    (
        "sampling of a file",
        "[measure]\nfile = \"good.csv\"\nsampling = \"sobol\"\n",
        "bad.toml:3:1: measure.sampling is not used by measure.file\n  remove it; measure.file takes file, antisymmetric, output_bias",
    ),
    (
        "nodes of draws",
        "[measure]\nparticles = 10\nnodes = 8\n",
        "bad.toml:3:1: measure.nodes is not used by measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\"\n  remove it; measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "nodes of Sobol points",
        "[measure]\nparticles = 16\nsampling = \"sobol\"\nnodes = 8\n",
        "bad.toml:4:1: measure.nodes is not used by measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\"\n  remove it; measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "few nodes",
        "[measure]\nsampling = \"quadrature\"\nnodes = 2\n",
        "bad.toml:3:9: measure.nodes = 2 is too small\n  give a whole number from 4 to 128 (on each piece of direction, and in each amplitude)",
    ),
    (
        "many nodes",
        "[measure]\nsampling = \"quadrature\"\nnodes = 1000\n",
        "bad.toml:3:9: measure.nodes = 1000 is too large\n  give a whole number from 4 to 128 (on each piece of direction, and in each amplitude)",
    ),
    (
        "nodes and error",
        "[measure]\nsampling = \"quadrature\"\nnodes = 8\nquadrature_error = 1e-3\n",
        "bad.toml:4:20: measure.quadrature_error = 1e-3 is given and measure.nodes, too\n  remove one: nodes follow from the error",
    ),
    (
        "no error",
        "[measure]\nsampling = \"quadrature\"\nquadrature_error = 0.0\n",
        "bad.toml:3:20: measure.quadrature_error = 0.0 is not positive\n  give the largest error of a residual that you accept, in units of y, for example 1e-4",
    ),
    (
        "error below the tolerance",
        "[measure]\nsampling = \"quadrature\"\nquadrature_error = 1e-6\n",
        "bad.toml:3:20: measure.quadrature_error = 1e-6 is below ten times the tolerance of the steps, 1e-6\n  give 1.0e-5 or more, or lower time.tolerance",
    ),
    (
        "estimate without quadrature",
        "[measure]\nparticles = 10\nestimate_error = true\n",
        "bad.toml:3:1: measure.estimate_error is not used by measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\"\n  remove it; measure.law = \"normal-uniform\" without measure.sampling = \"quadrature\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "cells and error",
        "[measure]\nrepresentation = \"density\"\ncells = [64, 64]\ndensity_error = 1e-3\n",
        "bad.toml:4:17: measure.density_error = 1e-3 is given and measure.cells, too\n  remove one: cells follow from the error",
    ),
    (
        "no error of a density",
        "[measure]\nrepresentation = \"density\"\ndensity_error = -1\n",
        "bad.toml:3:17: measure.density_error = -1 is not positive\n  give the largest error of a residual that you accept, in units of y, for example 1e-4",
    ),
    (
        "error of a density that is no number",
        "[measure]\nrepresentation = \"density\"\ndensity_error = \"small\"\n",
        "bad.toml:3:17: measure.density_error = \"small\" is a text\n  give a number, for example 1.0",
    ),
    (
        "error of a density below the tolerance",
        "[measure]\nrepresentation = \"density\"\ndensity_error = 1e-6\n",
        "bad.toml:3:17: measure.density_error = 1e-6 is below ten times the tolerance of the steps, 1e-6\n  give 1.0e-5 or more, or lower time.tolerance",
    ),
    (
        "error of a density without one",
        "[measure]\nparticles = 10\ndensity_error = 1e-3\n",
        "bad.toml:3:1: measure.density_error is not used by measure.law = \"normal-uniform\" without measure.representation = \"density\"\n  remove it; measure.law = \"normal-uniform\" without measure.representation = \"density\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "too few particles for a quadrature",
        "[measure]\nparticles = 100\nsampling = \"quadrature\"\n",
        "bad.toml:2:13: measure.particles = 100 are too few for a quadrature with 4 nodes in each direction and region\n  give 224 or more, or nodes, which then decide",
    ),
    (
        "estimate that is no flag",
        "[measure]\nsampling = \"quadrature\"\nestimate_error = 1\n",
        "bad.toml:3:18: measure.estimate_error = 1 is a whole number\n  give true or false",
    ),
    (
        "quadrature of a literal network",
        "[measure]\nlaw = \"pytorch\"\nsampling = \"quadrature\"\n[flow]\nkind = \"lifted\"\n",
        "bad.toml:1:2: [measure] has no `particles`, but the start depends on the width (by law = \"pytorch\", flow.scaling or flow.output_bias_rate)\n  give particles = m, the width that is meant; nodes says how many nodes stand for it",
    ),
    (
        "quadrature of gradient descent",
        "[measure]\nlaw = \"normal\"\nsampling = \"quadrature\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n",
        "bad.toml:3:12: measure.sampling = \"quadrature\" is of no use to gradient descent, whose steps are those of a finite network\n  give \"iid\" or \"sobol\", or flow.kind = \"lifted\", to which it converges",
    ),
];

/// Name, table, message.
const TABLES: [(&str, &[u8], &str); 26] = [
    (
        "empty",
        b"",
        "bad.csv: the table is empty\n  write a header line with column names, then one row per line",
    ),
    (
        "only blank lines",
        b"\n\n  \n",
        "bad.csv: the table is empty\n  write a header line with column names, then one row per line",
    ),
    (
        "only a header",
        b"x,y\n",
        "bad.csv: the table has a header but no rows\n  add at least one row of numbers",
    ),
    (
        "no header",
        b"1.0,2.0\n3.0,4.0\n",
        "bad.csv:1: the first line holds numbers, not column names\n  put a header line before it, for example: x,y",
    ),
    (
        "no header, three columns",
        b"1.0 2.0 3.0\n",
        "bad.csv:1: the first line holds numbers, not column names\n  put a header line before it, for example: x,y",
    ),
    (
        "missing cell",
        b"# data\n\nx,y\n1.0,2.0\n2.0,\n",
        "bad.csv:5: column `y` has no value\n  remove the row or fill in the number: rows are never left out silently",
    ),
    (
        "NA",
        b"x,y\r\n1.0,2.0\r\n2.0,NA\r\n",
        "bad.csv:3: column `y` has no value (NA)\n  remove the row or fill in the number: rows are never left out silently",
    ),
    (
        "NaN",
        b"x,y\n1.0,2.0\nnan,3.0\n",
        "bad.csv:3: column `x` has no value (nan)\n  remove the row or fill in the number: rows are never left out silently",
    ),
    (
        "short row",
        b"x,y\n1.0,2.0\n\n# note\n\n2.0\n",
        "bad.csv:6: column `y` has no value\n  remove the row or fill in the number: rows are never left out silently",
    ),
    (
        "long row",
        b"x,y\n1.0,2.0,3.0\n",
        "bad.csv:2: the row has 3 cells, the header 2\n  name every column in the header, or remove the extra cells",
    ),
    (
        "text",
        b"x,y\n1.0,high\n",
        "bad.csv:2: column `y` = high is not a number\n  write numbers as 3.5 or 3.5e-2, without units or thousands separators",
    ),
    (
        "unit",
        b"x,y\n1.0,3 mm\n",
        "bad.csv:2: column `y` = 3 mm is not a number\n  write numbers as 3.5 or 3.5e-2, without units or thousands separators",
    ),
    (
        "decimal comma",
        b"x,y\n\"1,5\",2\n",
        "bad.csv:2: column `x` = 1,5 has a decimal comma, in a table with commas between columns\n  write 1.5, or semicolons between columns",
    ),
    (
        "decimal comma and point",
        b"x;y\n1,5;2,5\n2.5;3\n",
        "bad.csv:3: column `x` = 2.5 has a decimal point, and numbers before it have a decimal comma\n  write all numbers of a table in one way",
    ),
    (
        "thousands",
        b"x,y\n1.0,\"1,234,567\"\n",
        "bad.csv:2: column `y` = 1,234,567 is not a number\n  write numbers as 3.5 or 3.5e-2, without units or thousands separators",
    ),
    (
        "infinite",
        b"x,y\n1.0,inf\n",
        "bad.csv:2: column `y` = inf is not finite\n  give a number that a double holds, or remove the row",
    ),
    (
        "overflow",
        b"x,y\n1.0,1e999\n",
        "bad.csv:2: column `y` = 1e999 is not finite\n  give a number that a double holds, or remove the row",
    ),
    (
        "three other columns",
        b"time,height,width\n1.0,2.0,3.0\n",
        "bad.csv: which columns are x and y is not clear: there are time, height, width\n  name them x and y, or write a scenario with [samples] file, x and y",
    ),
    (
        "one column",
        b"x\n1.0\n",
        "bad.csv: which columns are x and y is not clear: there are x\n  name them x and y, or write a scenario with [samples] file, x and y",
    ),
    (
        "x but no y",
        b"x,z\n1.0,-\n",
        "bad.csv:2: column `z` has no value (-)\n  remove the row or fill in the number: rows are never left out silently",
    ),
    ("column twice", b"x,y,y\n1.0,2.0,3.0\n", "bad.csv:1: two columns are named `y`\n  rename one of them"),
    (
        "binary",
        b"x,y\n1.0,\x00\n",
        "bad.csv: the table holds zero bytes: it is a binary file\n  export it as CSV: a header line with column names, then one row per line",
    ),
    (
        "UTF-16",
        b"\xff\xfex\x00,\x00y\x00\n\x00",
        "bad.csv: the table is in UTF-16\n  save it as CSV in UTF-8",
    ),
    (
        "not UTF-8",
        b"x,y\n1.0,\xff\xfe\n",
        "bad.csv:2: column `y` = �� is not a number\n  write numbers as 3.5 or 3.5e-2, without units or thousands separators",
    ),
    (
        "open quote",
        b"x,y\n1.0,\"2.0\n3.0,4.0\n",
        "bad.csv:2: column `y` = 2.0 3.0,4.0 is not a number\n  write numbers as 3.5 or 3.5e-2, without units or thousands separators",
    ),
    (
        "old line ends",
        b"x,y\r1.0,2.0\r2.0,?\r",
        "bad.csv:3: column `y` has no value (?)\n  remove the row or fill in the number: rows are never left out silently",
    ),
];

/// File name, content, message.
const OTHERS: [(&str, &[u8], &str); 3] = [
    (
        "run.h5",
        b"\x89HDF",
        "run.h5: is neither a scenario nor a table\n  give a scenario ending in .toml or samples ending in .csv; `reluflow scenarios list` names shipped ones",
    ),
    (
        "noextension",
        b"x,y\n",
        "noextension: is neither a scenario nor a table\n  give a scenario ending in .toml or samples ending in .csv; `reluflow scenarios list` names shipped ones",
    ),
    (
        "latin.toml",
        b"# \n[samples]\ntitle = \"\xe9\"\n",
        "latin.toml:3: the scenario is not UTF-8 text\n  save it as UTF-8",
    ),
];
