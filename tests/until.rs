//! Runs that end by a criterion: where, what the file says, the same when resumed.

use std::f64::consts::FRAC_PI_2;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use reluflow::io::{RunFile, RunWriter, Status, validate};
use reluflow::run::{
    Description, Ending, Observer, ObserverError, Outcome, Simulation, Snapshot, State, StepRecord, drive,
};
use reluflow::scenario::Scenario;

use crate::cli_support::{json, reluflow};
use crate::io_support::assert_same_bits;

/// Writes a run and asks it to stop after some steps, counted from its start; 0 never.
struct Writing<'a> {
    writer: RunWriter,
    stop: &'a AtomicBool,
    stop_after: u64,
}

impl Observer for Writing<'_> {
    fn step(&mut self, simulation: &Simulation, _: &StepRecord) {
        self.stop.store(simulation.state().step == self.stop_after, Ordering::Relaxed);
    }

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
        Ok(self.writer.write(snapshot, state, steps, scheduled)?)
    }
}

fn driven(simulation: &mut Simulation, d: &Description, writer: RunWriter, stop_after: u64) -> Outcome {
    let stop = AtomicBool::new(false);
    let mut writing = Writing { writer, stop: &stop, stop_after };
    let outcome = drive(simulation, &d.schedule, &mut writing, &stop).unwrap();
    writing.writer.finish().unwrap();
    outcome
}

/// Runs a scenario into a file.
fn run(text: &str, path: &Path, stop_after: u64) -> Outcome {
    let scenario = Scenario::parse(text, Path::new("until.toml")).unwrap();
    let mut simulation = Simulation::new(&scenario.description, scenario.start).unwrap();
    let writer = RunWriter::create(path, &scenario.description, false).unwrap();
    driven(&mut simulation, &scenario.description, writer, stop_after)
}

/// One sample at 0 with value 1 and one neuron facing up with `r = 0`: `rho = -exp(-t)`, `L = exp(-2 t) / 2`, and
/// the velocity is `exp(-t)`.
fn decay(folder: &Path, criterion: &str) -> String {
    let file = folder.join("one.csv");
    fs::write(&file, format!("r,theta,mass\n0.0,{FRAC_PI_2:?},1\n")).unwrap();
    format!(
        "[samples]\nx = [0.0]\ny = [1.0]\n[measure]\nfile = {:?}\n[flow]\nkind = \"canonical\"\n[time]\nend = 1000.0\n\
         tolerance = 1e-9\n{criterion}\n[output]\nsnapshots = {{ times = [0.5, 1.0, 2.0, 500.0] }}\n",
        file.to_str().unwrap()
    )
}

/// Times of the last two steps, and the file.
fn ended(text: &str, path: &Path, by: Ending) -> [f64; 2] {
    assert_eq!(run(text, path, 0), Outcome::Finished(Some(by)));
    let file = RunFile::open(path).unwrap();
    assert_eq!((file.status(), file.ending().unwrap()), (Status::Finished, Some(by)));
    let last = file.snapshot(file.len() - 1).unwrap();
    assert_eq!(last.ending, Some(by));
    assert!((0..file.len() - 1).all(|i| file.snapshot(i).unwrap().ending.is_none()));
    assert_eq!(validate(path).unwrap(), []);
    let checks = file.checks().unwrap();
    let of = |name: &str| checks.iter().find(|check| check.name == name).unwrap().done;
    assert!(of("ending") && of("schedule"));
    assert_eq!(checks.into_iter().filter(|check| !check.holds()).collect::<Vec<_>>(), []);
    let steps = file.steps().unwrap();
    assert_eq!(steps[steps.len() - 1].time, last.time);
    [steps[steps.len() - 2].time, last.time]
}

#[test]
fn runs_end_where_loss_and_speed_say() {
    let folder = tempfile::tempdir().unwrap();
    for (i, (criterion, by, value)) in [
        ("until_loss = 1e-4", Ending::Loss, 1e-4),
        ("until_speed = 1e-3", Ending::Speed, 1e-3),
        ("until_loss = 1e-4\nuntil_speed = 1e-3\nuntil = \"rest\"", Ending::Loss, 1e-4),
        ("until_loss = 1e-9\nuntil_speed = 1e-3\nuntil = \"end\"", Ending::Speed, 1e-3),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{i}.h5"));
        let [before, at] = ended(&decay(folder.path(), criterion), &path, by);
        let exact = |t: f64| if by == Ending::Loss { 0.5 * (-2.0 * t).exp() } else { (-t).exp() };
        println!("{criterion:?}: t = {before} .. {at}");
        assert!(exact(before) > value * (1.0 - 1e-7) && exact(at) <= value * (1.0 + 1e-7));
        let file = RunFile::open(&path).unwrap();
        let times: Vec<f64> = (0..file.len()).map(|i| file.time(i).unwrap()).collect();
        assert_eq!(times, [0.0, 0.5, 1.0, 2.0, at]);
    }
}

/// `x = (0, 1)`, `y = (-2, 1)`, one particle: `rho = (2, -exp(-t)/2)`, for ever above interpolation (section 15).
#[test]
fn a_run_above_interpolation_comes_to_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.csv");
    fs::write(&file, "r,theta,mass\n0.5,0,1\n").unwrap();
    let text = format!(
        "[samples]\nx = [0, 1]\ny = [-2, 1]\n[measure]\nfile = {:?}\n[flow]\nkind = \"canonical\"\n[time]\nend = 1e6\n\
         tolerance = 1e-6\nuntil = \"rest\"\n[output]\nsnapshots = {{ count = 3 }}\n",
        file.to_str().unwrap()
    );
    let path = folder.path().join("run.h5");
    let [before, at] = ended(&text, &path, Ending::Rest);
    // The rate is 1, and the unit of the tolerance the root mean square of y.
    let (eps, left) = (1e-6 * 2.5f64.sqrt(), |t: f64| t.max(1.0) * 0.5 * (-t).exp());
    println!("t = {before} .. {at}");
    assert!(left(before) > eps * 0.99 && left(at) <= eps * 1.01, "{} {} {eps}", left(before), left(at));
    let last = RunFile::open(&path).unwrap().snapshot(1).unwrap();
    assert!((last.loss - 2.0).abs() < 1e-9, "{}", last.loss);
}

/// Small neurons and two samples, which need neurons of either sign: that with the larger value is learned at `t = 10`, the
/// other one, whose field is a fifteenth of it, long after. The plateau between is no rest.
#[test]
fn a_plateau_is_no_rest() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [-1.0, 0.5]\ny = [-0.05, 1.0]\n[measure]\nparticles = 60\nscale = 1e-6\ndelta = 0.0\nseed = 3\n\
                [flow]\nkind = \"lifted\"\n[time]\nend = 1e5\nuntil = \"rest\"\n\
                [output]\nsnapshots = { times = [14.0, 20.0] }\n";
    let path = folder.path().join("run.h5");
    let [_, at] = ended(text, &path, Ending::Rest);
    let file = RunFile::open(&path).unwrap();
    let loss: Vec<f64> = (0..4).map(|i| file.snapshot(i).unwrap().loss).collect();
    println!("at rest at t = {at}: {loss:?}");
    // 0.05^2 / 2 on the plateau.
    assert!((loss[1] - 1.25e-3).abs() < 1e-6 && (loss[2] - 1.25e-3).abs() < 1e-6, "{loss:?}");
    assert!(loss[3] < 1e-11 && at > 100.0, "{loss:?}");
}

#[test]
fn a_resumed_run_ends_where_it_would_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let flows = [
        ("kind = \"canonical\"\ntv = 0.02", "until_speed = 1e-2"),
        ("kind = \"lifted\"", "until = \"rest\""),
        ("kind = \"gd\"\nlearning_rate = 1.0", "until_loss = 0.02"),
    ];
    for (i, (flow, criterion)) in flows.into_iter().enumerate() {
        let law = if i == 0 { "" } else { "law = \"pytorch\"\n" };
        let text = format!(
            "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.0, 1.0, 0.5]\n[measure]\nparticles = 50\n{law}[flow]\n{flow}\n[time]\nend = 3000.0\n\
             {criterion}\n[output]\nsnapshots = {{ times = [1.0, 10.0] }}\n"
        );
        let whole = folder.path().join(format!("whole{i}.h5"));
        let Outcome::Finished(Some(_)) = run(&text, &whole, 0) else { panic!("no criterion ended {flow}") };
        let steps = RunFile::open(&whole).unwrap().step_len() as u64;
        for stop_after in [1, steps / 2, steps - 1] {
            let part = folder.path().join(format!("part{i}-{stop_after}.h5"));
            assert_eq!(run(&text, &part, stop_after), Outcome::Interrupted);
            let file = RunFile::open(&part).unwrap();
            assert_eq!((file.status(), file.ending().unwrap()), (Status::Interrupted, None));
            drop(file);
            let (writer, d, state) = RunWriter::resume(&part).unwrap();
            let mut simulation = Simulation::resume(&d, state).unwrap();
            let Outcome::Finished(Some(_)) = driven(&mut simulation, &d, writer, 0) else { panic!("{flow}") };
            assert_same_bits(&whole, &part);
        }
        let error = RunWriter::resume(&whole).unwrap_err().to_string();
        assert!(error.contains("is complete: 4 snapshots") && error.contains("nothing to resume"), "{error}");
        println!("{flow}: {steps} steps");
    }
}

#[test]
fn the_program_says_why_a_run_ended() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), decay(folder.path(), "until_loss = 1e-4")).unwrap();
    let told = json(reluflow(folder.path()).args(["run", "a.toml", "-o", "a.h5", "--json"]));
    assert_eq!((told["outcome"].as_str(), told["ended_by"].as_str()), (Some("finished"), Some("loss")));
    let told = json(reluflow(folder.path()).args(["info", "a.h5", "--json"]));
    assert_eq!((told["status"].as_str(), told["ended_by"].as_str()), (Some("finished"), Some("loss")));
    let output = reluflow(folder.path()).args(["info", "a.h5"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("loss at most time.until_loss") && text.contains("at a loss of 0.0001"), "{text}");
    // The schedule is longer than the run.
    assert!(reluflow(folder.path()).args(["check", "a.h5"]).output().unwrap().status.success());
    let output = reluflow(folder.path()).args(["resume", "a.h5"]).output().unwrap();
    assert!(output.status.success() && String::from_utf8(output.stderr).unwrap().contains("is complete"));
}

#[test]
fn sweeps_keep_when_and_why_their_runs_ended() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        decay(folder.path(), "until_loss = 1e-4").replace("end = 1000.0", "end = 5.0").replace(", 500.0", "");
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let values = "time.until_loss=1e-9,1e-4,1e-2";
    let command = ["study", "sweep", "a.toml", "--set", values, "-o", "s.h5"];
    let output = reluflow(folder.path()).args(command).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let file =
        reluflow::io::ArrayFile::open(&folder.path().join("s.h5"), reluflow::study::FORMAT_VERSION).unwrap();
    let numbers = |name: &str| file.numbers(name).unwrap();
    assert_eq!(numbers("ending"), [0.0, 2.0, 2.0]);
    let (time, loss) = (numbers("final_time"), numbers("final_loss"));
    assert!(time[0] == 5.0 && time[2] < time[1] && time[1] < 5.0, "{time:?}");
    // L = exp(-2 t) / 2, whose last snapshot is that of the criterion.
    assert!(
        time.iter().zip(&loss).all(|(t, loss)| (loss * 2.0 * (2.0 * t).exp() - 1.0).abs() < 1e-5),
        "{loss:?}"
    );
    assert!(loss[1] <= 1e-4 && loss[2] <= 1e-2, "{loss:?}");
}

#[test]
fn criteria_that_cannot_be_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |criterion: &str, flow: &str| {
        let text = format!(
            "[samples]\nx = [0.0, 1.0]\ny = [1.0, 0.0]\n[measure]\nparticles = 5\nlaw = \"pytorch\"\n[flow]\n{flow}\n[time]\n\
             end = 1.0\n{criterion}\n"
        );
        let error = Scenario::parse(&text, Path::new("a.toml")).unwrap_err();
        format!("{}: {}", error.problem(), error.remedy())
    };
    let gd = "kind = \"gd\"\nlearning_rate = 0.1\nmomentum = 0.5";
    for (criterion, flow, expected) in [
        ("until = \"still\"", "kind = \"lifted\"", "give one of rest, end"),
        ("until_loss = -1.0", "kind = \"lifted\"", "is negative: give a loss of 0 or more"),
        ("until_speed = 0", "kind = \"lifted\"", "is not positive: give a speed above 0"),
        (
            "until = \"rest\"",
            gd,
            "not known of gradient descent with momentum, Adam, weight decay, minibatches or noise: give until_loss",
        ),
        (
            "until_speed = 0.1",
            gd,
            "not known of gradient descent with momentum, Adam, weight decay, minibatches or noise: give until_loss",
        ),
    ] {
        let found = refused(criterion, flow);
        assert!(found.contains(expected), "{criterion}: {found}");
    }
    drop(folder);
}
