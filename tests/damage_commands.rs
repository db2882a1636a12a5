//! What is done to every damaged file, and what must hold then.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use crate::damage_bases::{Base, Kind, SCENARIO};
use crate::damage_contents::{Pair, differences};
use crate::damage_draw::Draw;
use crate::damage_limits::{Ended, Fault, run};

/// The damaged file, a copy of it for commands that change files, and the sound one.
pub const DAMAGED: &str = "damaged.h5";
const COPY: &str = "copy.h5";
const SOUND: &str = "sound.h5";
const RECOVERED: &str = "recovered.h5";

/// What a command does with the files of its folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    /// It changes `COPY`, which is made for it.
    Changes,
}

/// Commands that read run files, beside those of [`run_file`].
const ON_RUNS: [(&[&str], Effect); 18] = [
    (&["info", DAMAGED], Effect::Reads),
    (&["info", DAMAGED, "--json"], Effect::Reads),
    (&["info", DAMAGED, "--scenario"], Effect::Reads),
    (&["validate", DAMAGED, "--json"], Effect::Reads),
    (&["check", DAMAGED, "--json", "--explain"], Effect::Reads),
    (&["convert", DAMAGED, "--to", "knots"], Effect::Reads),
    (&["convert", DAMAGED, "--to", "neurons", "--time", "0"], Effect::Reads),
    (&["convert", DAMAGED, "--to", "canonical"], Effect::Reads),
    (&["plot", DAMAGED, "--all", "--format", "svg", "--data", "-o", "figures"], Effect::Reads),
    (&["plot", DAMAGED, "--dpi", "40", "-o", "figure.png"], Effect::Reads),
    (&["report", DAMAGED, "-o", "page.html", "--particles", "20"], Effect::Reads),
    (&["compare", DAMAGED, SOUND, "--directions", "48"], Effect::Reads),
    (&["compare", SOUND, DAMAGED, "--json", "--directions", "48"], Effect::Reads),
    (&["compare", DAMAGED, SOUND, "--exact"], Effect::Reads),
    (&["kernel", SCENARIO, "--run", DAMAGED, "--no-file", "--points", "21", "--pieces", "0"], Effect::Reads),
    (&["run", SCENARIO, "-o", DAMAGED], Effect::Reads),
    (&["recover", COPY], Effect::Changes),
    (&["resume", COPY, "-q"], Effect::Changes),
];

/// Commands that read study files and kernel files, or refuse to.
const ON_ARRAYS: [(&[&str], Effect); 8] = [
    (&["plot", DAMAGED, "--all", "--format", "svg", "--data", "-o", "figures"], Effect::Reads),
    (&["plot", DAMAGED, "--dpi", "40", "-o", "figure.png"], Effect::Reads),
    (&["report", DAMAGED, "-o", "page.html"], Effect::Reads),
    (&["info", DAMAGED], Effect::Reads),
    (&["validate", DAMAGED], Effect::Reads),
    (&["check", DAMAGED], Effect::Reads),
    (&["recover", COPY], Effect::Changes),
    (&["study", "merge", COPY], Effect::Changes),
];

/// Something that must not be.
#[derive(Debug)]
pub struct Wrong {
    pub fault: Fault,
    /// The command, and the last of what it said.
    pub what: String,
}

/// What became of one damaged file.
#[derive(Debug, Default)]
pub struct Verdict {
    /// `check` and `validate` both accept it, of studies and kernels `plot` and `validate`.
    pub accepted: bool,
    pub wrong: Vec<Wrong>,
}

/// The program in one folder.
struct Desk<'a> {
    folder: &'a Path,
    wrong: Vec<Wrong>,
    /// Prints what every command says.
    aloud: bool,
}

impl Desk<'_> {
    fn run(&mut self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("reluflow"));
        command.args(arguments);
        let ended = run(command, self.folder, "printed");
        if self.aloud {
            println!("$ reluflow {}\n{}=> {:?}", arguments.join(" "), ended.text, ended.code);
        }
        if let Some(fault) = ended.fault {
            self.add(fault, &arguments.join(" "), &ended.text);
        }
        ended
    }

    fn add(&mut self, fault: Fault, command: &str, said: &str) {
        let start = said.find("error: this is a bug").unwrap_or(0);
        let said: String = said[start..].chars().take(300).collect();
        self.wrong.push(Wrong { fault, what: format!("{command}: {}", said.trim().replace('\n', " | ")) });
    }

    /// `damaged` was accepted, so that it must hold what `sound` does.
    fn compare(&mut self, sound: &Path, damaged: &Path, pair: Pair) {
        match differences(sound, damaged, pair, self.folder) {
            Ok(said) if said.is_empty() => {}
            Ok(said) => self.add(Fault::Silent, "accepted", &said),
            Err(said) => self.add(Fault::Silent, "accepted, but HDF5 cannot read it", &said),
        }
    }

    fn again(&self) {
        let _ = fs::remove_file(self.folder.join(COPY));
        fs::copy(self.folder.join(DAMAGED), self.folder.join(COPY)).unwrap();
    }
}

/// Resumed sound files by base, made once.
pub type Resumed = Mutex<BTreeMap<&'static str, Vec<u8>>>;

/// Runs commands on the damaged file in `folder`: those that judge it always, of the others `some`
/// that are drawn (`None`: all).
pub fn judge(
    base: &Base,
    folder: &Path,
    draw: &mut Draw,
    some: Option<usize>,
    resumed: &Resumed,
    aloud: bool,
) -> Verdict {
    fs::copy(&base.path, folder.join(SOUND)).unwrap();
    let scenario = base.path.with_file_name(SCENARIO);
    fs::copy(scenario, folder.join(SCENARIO)).unwrap();
    let mut desk = Desk { folder, wrong: vec![], aloud };
    let mut accepted = false;
    let others: &[(&[&str], Effect)] = if base.kind.is_run() { &ON_RUNS } else { &ON_ARRAYS };
    if base.kind.is_run() {
        accepted = desk.run(&["validate", DAMAGED]).accepts() & desk.run(&["check", DAMAGED]).accepts();
        if accepted {
            compare(base, &mut desk, resumed);
        }
        recover(&mut desk);
    }
    let chosen: Vec<_> = match some {
        None => others.to_vec(),
        Some(count) => (0..count).map(|_| draw.one_of(others)).collect(),
    };
    for (arguments, effect) in chosen {
        if effect == Effect::Changes {
            desk.again();
        }
        let ended = desk.run(arguments);
        match arguments {
            ["recover", ..] => recovered_in_place(&mut desk, &ended),
            ["plot", _, "--all", ..] if !base.kind.is_run() && ended.accepts() => {
                accepted = desk.run(&["validate", DAMAGED]).accepts();
                if accepted {
                    desk.compare(&base.path, &folder.join(DAMAGED), Pair::Arrays);
                }
            }
            _ => {}
        }
        for made in ["figures", "figure.png", "figure.csv", "page.html"] {
            let made = folder.join(made);
            let _ = fs::remove_dir_all(&made).or_else(|_| fs::remove_file(&made));
        }
    }
    Verdict { accepted, wrong: desk.wrong }
}

/// What is accepted must be the sound file in all that matters: of one that is not finished, the
/// run that `resume` makes of it.
fn compare(base: &Base, desk: &mut Desk, resumed: &Resumed) {
    let (sound, damaged) = match base.kind {
        Kind::Finished => (base.path.clone(), desk.folder.join(DAMAGED)),
        _ => {
            let copy = desk.folder.join(COPY);
            let sound = desk.folder.join("resumed.h5");
            let mut known = resumed.lock().unwrap();
            let bytes = known.entry(base.name).or_insert_with(|| {
                fs::copy(&base.path, &copy).unwrap();
                assert!(desk.run(&["resume", COPY, "-q"]).accepts(), "{} cannot be resumed", base.name);
                fs::read(&copy).unwrap()
            });
            fs::write(&sound, bytes).unwrap();
            drop(known);
            desk.again();
            let ended = desk.run(&["resume", COPY, "-q"]);
            if !ended.accepts() {
                return desk.add(Fault::Silent, "accepted, but not resumed", &ended.text);
            }
            (sound, copy)
        }
    };
    let pair = if base.kind == Kind::Finished { Pair::Runs } else { Pair::Resumed };
    desk.compare(&sound, &damaged, pair);
}

/// What `recover` put in the place of a file must be a good one, and the damaged one is beside it.
fn recovered_in_place(desk: &mut Desk, ended: &Ended) {
    let read = |name: &str| fs::read(desk.folder.join(name));
    let kept = format!("{COPY}.damaged");
    let (before, after, beside) = (read(DAMAGED).unwrap(), read(COPY), read(&kept));
    let replaced = after.as_ref().ok() != Some(&before);
    if replaced {
        let validated = desk.run(&["validate", COPY]);
        if validated.fault.is_none() && !validated.accepts() {
            desk.add(Fault::Recovered, "validate what recover wrote in place", &validated.text);
        }
        let lost = beside.as_ref().ok() != Some(&before);
        if lost && !desk.run(&["validate", DAMAGED]).accepts() {
            desk.add(Fault::Recovered, "recover did not keep the damaged file", &ended.text);
        }
    }
    let _ = fs::remove_file(desk.folder.join(kept));
}

/// What `recover` writes must be a good file.
fn recover(desk: &mut Desk) {
    desk.run(&["recover", DAMAGED, "-o", RECOVERED]);
    let recovered = desk.folder.join(RECOVERED);
    if recovered.exists() {
        let ended = desk.run(&["validate", RECOVERED]);
        if ended.fault.is_none() && !ended.accepts() {
            desk.add(Fault::Recovered, "validate what recover wrote", &ended.text);
        }
        fs::remove_file(recovered).unwrap();
    }
}
