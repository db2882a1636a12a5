//! The sound files that the harness damages: small, one of each kind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use reluflow::io::RunWriter;
use reluflow::run::{Observer, ObserverError, Simulation, Snapshot, State, StepRecord, drive};
use reluflow::scenario::Scenario;

/// What a base file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A run that reached its end.
    Finished,
    /// A run that was stopped and closed its file.
    Stopped,
    /// A run as a kill leaves it.
    Killed,
    Study,
    Kernel,
}

impl Kind {
    pub fn is_run(self) -> bool {
        matches!(self, Kind::Finished | Kind::Stopped | Kind::Killed)
    }
}

/// A sound file.
pub struct Base {
    pub name: &'static str,
    pub kind: Kind,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// The scenario beside every case.
pub const SCENARIO: &str = "scenario.toml";

fn scenario(measure: &str, flow: &str, time: &str, output: &str) -> String {
    format!(
        "title = \"base\"\n[samples]\nx = [-1.0, 0.25, 1.0]\ny = [0.5, -1.0, 1.0]\n\
         [measure]\n{measure}\n[flow]\n{flow}\n[time]\n{time}\n[output]\n{output}\n"
    )
}

/// Which runs: name, start, flow, time, output, and what became of it.
const RUNS: [(&str, &str, &str, &str, &str, Kind); 13] = [
    ("canonical", "particles = 12", "", "end = 2.0", FOUR, Kind::Finished),
    ("thinned", "particles = 12", "", "end = 1.0", "particles = 5\nprecision = \"f32\"", Kind::Finished),
    (
        "tangent",
        "particles = 12",
        "",
        "end = 1.0",
        "particles = \"none\"\ntangent_kernel = true",
        Kind::Finished,
    ),
    ("tv", "particles = 12", "tv = 0.3", "end = 2.0", FOUR, Kind::Finished),
    (
        "quadrature",
        "law = \"normal\"\nhidden_scale = 0.5\nparticles = 50\nsampling = \"quadrature\"\nnodes = 4\nestimate_error = true",
        "kind = \"lifted\"",
        "end = 0.5",
        FOUR,
        Kind::Finished,
    ),
    ("lifted", NEURONS, "kind = \"lifted\"", "end = 2.0", FOUR, Kind::Finished),
    ("kernel flow", NEURONS, "kind = \"kernel\"", "end = 2.0", FOUR, Kind::Finished),
    ("adaptive", NEURONS, "kind = \"adaptive\"", "end = 2.0", FOUR, Kind::Finished),
    (
        "gd",
        NEURONS,
        "kind = \"gd\"\nlearning_rate = 0.05\nmomentum = 0.5\nbatch = 2",
        "steps = 40",
        FOUR,
        Kind::Finished,
    ),
    ("stopped tv", "particles = 12", "tv = 0.3", "end = 2.0", FOUR, Kind::Stopped),
    ("killed canonical", "particles = 12", "", "end = 2.0", FOUR, Kind::Killed),
    ("killed lifted", NEURONS, "kind = \"lifted\"", "end = 2.0", FOUR, Kind::Killed),
    (
        "killed gd",
        NEURONS,
        "kind = \"gd\"\nlearning_rate = 0.05\nmomentum = 0.5",
        "steps = 40",
        FOUR,
        Kind::Killed,
    ),
];
const FOUR: &str = "snapshots = { count = 4 }";
const NEURONS: &str = "law = \"normal\"\nparticles = 12\nhidden_scale = 0.7\noutput_scale = 0.8\nseed = 2";

/// Snapshots of a stopped or killed run.
const BEFORE: usize = 3;

/// Makes all base files in a folder.
pub fn make(folder: &Path) -> Vec<Base> {
    let mut bases = vec![];
    for (name, measure, flow, time, output, kind) in RUNS {
        let path = folder.join(format!("{}.h5", name.replace(' ', "_")));
        let text = scenario(measure, flow, time, output);
        run(&text, &path, kind);
        bases.push(Base { name, kind, bytes: fs::read(&path).unwrap(), path });
    }
    let text = scenario("particles = 12", "", "end = 0.5", "");
    fs::write(folder.join(SCENARIO), text).unwrap();
    let text = scenario("particles = 12\ndelta = 0", "kind = \"lifted\"", "end = 0.5", "");
    fs::write(folder.join("lifted.toml"), text).unwrap();
    let others: [(&str, Kind, &[&str]); 4] = [
        ("kernel", Kind::Kernel, &["kernel", SCENARIO, "--points", "21", "--knots", "1", "--pieces", "2"]),
        ("sweep", Kind::Study, &["study", "sweep", SCENARIO, "--set", "flow.tv=0,0.1", "--seeds", "2"]),
        (
            "width",
            Kind::Study,
            &["study", "width", SCENARIO, "--widths", "10,20,40", "--seeds", "3", "--limit-particles", "400"],
        ),
        (
            "phase",
            Kind::Study,
            &["study", "phase", "lifted.toml", "--delta", "0,1", "--widths", "10,20,40", "--seeds", "2"],
        ),
    ];
    for (name, kind, arguments) in others {
        let path = folder.join(format!("{name}.h5"));
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("reluflow"));
        command.args(arguments).arg("-o").arg(&path).current_dir(folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        bases.push(Base { name, kind, bytes: fs::read(&path).unwrap(), path });
    }
    bases
}

/// Writes the run of a scenario as far as `kind` says.
fn run(text: &str, path: &Path, kind: Kind) {
    let scenario = Scenario::parse(text, path).unwrap_or_else(|error| panic!("{error}"));
    let description = &scenario.description;
    let mut simulation = Simulation::new(description, scenario.start).unwrap();
    if let Some(beside) = scenario.beside {
        simulation = simulation.estimating(Simulation::new(description, beside).unwrap());
    }
    let stop = AtomicBool::new(false);
    let mut watcher = Watcher {
        writer: RunWriter::create(path, description, false).unwrap(),
        left: if kind == Kind::Finished { usize::MAX } else { BEFORE },
        kill: (kind == Kind::Killed).then(|| path.with_extension("killed")),
        path,
        stop: &stop,
    };
    drive(&mut simulation, &description.schedule, &mut watcher, &stop).unwrap();
    let Watcher { writer, kill, .. } = watcher;
    writer.finish().unwrap();
    if let Some(killed) = kill {
        fs::rename(killed, path).unwrap();
    }
}

struct Watcher<'a> {
    writer: RunWriter,
    /// Snapshots until the run ends.
    left: usize,
    /// Where to copy the file then: what is on the disk is what a kill would leave.
    kill: Option<PathBuf>,
    path: &'a Path,
    stop: &'a AtomicBool,
}

impl Observer for Watcher<'_> {
    fn step(&mut self, _: &Simulation, _: &StepRecord) {}

    fn steps(&mut self, steps: &[StepRecord]) -> Result<(), ObserverError> {
        Ok(self.writer.write_steps(steps)?)
    }

    fn snapshot(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), ObserverError> {
        self.writer.write(snapshot, state, steps, scheduled)?;
        self.left -= 1;
        if self.left == 0 {
            if let Some(killed) = &self.kill {
                fs::copy(self.path, killed)?;
            }
            self.stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}
