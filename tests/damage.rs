//! Damaged files: whatever happens to a file, every command answers.
//!
//! Sound files of every flow, finished, stopped and killed, studies and kernel files are damaged
//! in their bytes and in their objects, and every command that reads such files runs on them: exit
//! code 0, 1 or 2, no panic, no signal, within 4 GiB and 20 seconds. What `check` and `validate`
//! both accept must be the original in all that matters, and what `recover` writes must pass
//! `validate`.
//!
//! * `RELUFLOW_DAMAGE=5000 cargo test --release damaged_files` tries 5000 cases, every command on each;
//! * `RELUFLOW_DAMAGE_SEED=7` draws other ones;
//! * `RELUFLOW_DAMAGE_CASE=123` repeats one case alone and prints what every command says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::damage_bases::{self, Base};
use crate::damage_bytes::Bytes;
use crate::damage_commands::{DAMAGED, Resumed, Verdict, judge};
use crate::damage_draw::Draw;
use crate::damage_limits::Fault;
use crate::damage_objects::Object;
use crate::io_kill::fast_directory;

/// Cases of an ordinary test run, and commands on each beside those that judge it.
const CASES: u64 = 300;
const COMMANDS: usize = 2;

/// A kind of damage.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Bytes(Bytes),
    Object(Object),
}

impl Damage {
    fn name(self) -> &'static str {
        match self {
            Damage::Bytes(kind) => kind.name(),
            Damage::Object(kind) => kind.name(),
        }
    }
}

/// One damaged file.
struct Case<'a> {
    number: u64,
    base: &'a Base,
    damage: Damage,
    /// What was done to it.
    how: String,
}

/// Damages a file as the seed and the number of the case say, and writes it to a folder.
fn damage<'a>(bases: &'a [Base], number: u64, draw: &mut Draw, folder: &Path) -> Case<'a> {
    let kinds: Vec<Damage> = Bytes::ALL
        .into_iter()
        .map(Damage::Bytes)
        .chain(Object::ALL.into_iter().map(Damage::Object))
        .collect();
    // All kinds and bases in turn, so that few cases meet each, too.
    let damage = kinds[number as usize % kinds.len()];
    let base = &bases[draw.below(bases.len())];
    let path = folder.join(DAMAGED);
    let how = match damage {
        Damage::Bytes(kind) => {
            let mut bytes = base.bytes.clone();
            let how = kind.apply(&mut bytes, draw);
            fs::write(&path, bytes).unwrap();
            how
        }
        Damage::Object(kind) => {
            fs::write(&path, &base.bytes).unwrap();
            // HDF5 opens a file with the marks of a killed one for nothing but reading.
            let marks = set_marks(&path, 0);
            let done = kind.apply(&path, draw);
            if marks.is_some_and(|marks| marks != 0) {
                set_marks(&path, marks.unwrap_or(0));
            }
            done.unwrap_or_else(|error| format!("HDF5 refuses it: {error}"))
        }
    };
    Case { number, base, damage, how }
}

/// Numbers of outcomes by kind of damage.
#[derive(Default)]
struct Table(BTreeMap<&'static str, Row>);

#[derive(Default)]
struct Row {
    cases: u64,
    refused: u64,
    harmless: u64,
    wrong: BTreeMap<Fault, u64>,
}

const FAULTS: [Fault; 7] =
    [Fault::Panic, Fault::Signal, Fault::Memory, Fault::Time, Fault::Code, Fault::Silent, Fault::Recovered];

impl Table {
    fn add(&mut self, case: &Case, verdict: &Verdict) {
        for name in [case.damage.name(), "all"] {
            let row = self.0.entry(name).or_default();
            row.cases += 1;
            let mut faults: Vec<Fault> = verdict.wrong.iter().map(|wrong| wrong.fault).collect();
            faults.sort();
            faults.dedup();
            match (verdict.accepted, faults.contains(&Fault::Silent)) {
                (true, false) => row.harmless += 1,
                (false, _) => row.refused += 1,
                (true, true) => {}
            }
            for fault in faults {
                *row.wrong.entry(fault).or_default() += 1;
            }
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{:20}{:>8}{:>9}{:>10}", "damage", "cases", "refused", "harmless");
        for fault in FAULTS {
            write!(text, "{:>11}", format!("{fault:?}").to_lowercase()).unwrap();
        }
        let last = self.0.iter().filter(|(name, _)| **name == "all");
        for (name, row) in self.0.iter().filter(|(name, _)| **name != "all").chain(last) {
            write!(text, "\n{name:20}{:>8}{:>9}{:>10}", row.cases, row.refused, row.harmless).unwrap();
            for fault in FAULTS {
                write!(text, "{:>11}", row.wrong.get(&fault).unwrap_or(&0)).unwrap();
            }
        }
        text
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} = {text:?} is not a whole number")))
}

/// Where damaged files that are answered wrongly are kept.
fn keep() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("damage")
}

#[test]
fn damaged_files_are_answered() {
    let seed = number("RELUFLOW_DAMAGE_SEED").unwrap_or(1);
    let many = number("RELUFLOW_DAMAGE");
    let only = number("RELUFLOW_DAMAGE_CASE");
    let cases = match only {
        Some(case) => case..case + 1,
        None => 0..many.unwrap_or(CASES),
    };
    let some = if many.or(only).is_some() { None } else { Some(COMMANDS) };
    let directory = fast_directory();
    let directory = directory.path();
    let started = Instant::now();
    let bases = damage_bases::make(directory);
    let (resumed, next) = (Resumed::default(), AtomicU64::new(cases.start));
    let told = Mutex::new((Table::default(), BTreeMap::<String, (u64, String)>::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (bases, resumed, next, told, cases) = (&bases, &resumed, &next, &told, &cases);
            scope.spawn(move || {
                let folder = directory.join(format!("case{thread}"));
                while let Some(number) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| cases.contains(number))
                {
                    fs::create_dir(&folder).unwrap();
                    let mut draw = Draw::new(seed, number);
                    let case = damage(bases, number, &mut draw, &folder);
                    let verdict = judge(case.base, &folder, &mut draw, some, resumed, only.is_some());
                    if only.is_some() {
                        println!("case {number}: {}, {}", case.base.name, case.how);
                    }
                    let mut told = told.lock().unwrap();
                    told.0.add(&case, &verdict);
                    remember(&mut told.1, &case, &verdict, seed, &folder);
                    drop(told);
                    fs::remove_dir_all(&folder).unwrap();
                }
            });
        }
    });
    let (table, wrong) = told.into_inner().unwrap();
    println!("{}\nin {:.0} s", table.text(), started.elapsed().as_secs_f64());
    let list: Vec<String> = wrong.values().map(|(count, text)| format!("{count} x {text}")).collect();
    assert!(
        list.is_empty(),
        "seed {seed}; RELUFLOW_DAMAGE_SEED={seed} RELUFLOW_DAMAGE_CASE=<case> repeats one alone; files in {}\n{}\n{}",
        keep().display(),
        table.text(),
        list.join("\n")
    );
}

/// Keeps the first file of every distinct fault.
fn remember(
    wrong: &mut BTreeMap<String, (u64, String)>,
    case: &Case,
    verdict: &Verdict,
    seed: u64,
    folder: &Path,
) {
    for one in &verdict.wrong {
        // The same place in the program, or the same kind of damage to the same object.
        let place = one.what.split(".rs:").nth(1).map(|rest| rest.chars().take(5).collect::<String>());
        let object = case.how.split(' ').take(4).collect::<Vec<_>>().join(" ");
        let key = match one.fault {
            Fault::Panic => format!("Panic {place:?}"),
            fault => format!("{fault:?} {} {object}", one.what.split(' ').next().unwrap_or("")),
        };
        let first = || {
            let kept = keep();
            fs::create_dir_all(&kept).unwrap();
            fs::copy(folder.join(DAMAGED), kept.join(format!("{seed}_{}.h5", case.number))).unwrap();
            format!("{:?}: case {} ({}, {}): {}", one.fault, case.number, case.base.name, case.how, one.what)
        };
        wrong
            .entry(key)
            .or_insert_with(|| {
                let first = first();
                println!("{first}");
                (0, first)
            })
            .0 += 1;
    }
}

/// Sets the marks of a file under way; returns what they were. `None` for an older kind of file,
/// which has none.
fn set_marks(path: &Path, marks: u8) -> Option<u8> {
    let mut bytes = fs::read(path).unwrap();
    // Superblock of version 3: the marks are byte 11, four addresses, then the checksum.
    if bytes[8] != 3 {
        return None;
    }
    let old = bytes[11];
    bytes[11] = marks;
    let sum = crate::damage_lookup3::checksum(&bytes[..44]);
    bytes[44..48].copy_from_slice(&sum.to_le_bytes());
    fs::write(path, bytes).unwrap();
    Some(old)
}
