//! Which runs a study consists of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::io;
use crate::system::files;

use super::base::Base;
use super::design::Design;
use super::fingerprint::Fingerprint;
use super::{StudyError, Swept};

/// More runs than this are a slip.
const MOST: usize = 1_000_000;
/// Runs that are checked side by side before a word about them.
const BATCH: usize = 4096;
/// The plan, beside the parts.
pub(crate) const FILE: &str = "plan.json";

/// The values along one axis of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Anything else, as TOML writes it.
    Texts(Vec<String>),
}

/// One axis of a study: a dimension of its file, with a coordinate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Name of the dimension: the key with `_` for `.`.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Its coordinate.
    pub values: Values,
}

/// One run of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Index along every axis.
    pub at: Vec<usize>,
    /// Keys and the values they are set to; one without a value is taken out of the scenario.
    pub set: Vec<(String, String)>,
    /// All that determines its numbers, as a hash.
    pub fingerprint: String,
    /// Particles, where the scenario says how many.
    pub particles: u64,
}

/// A study: every run, at its place on the axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `sweep`, `phase` or `width`.
    pub kind: String,
    /// The scenario that is varied.
    pub base: Base,
    /// Outermost first; the last is `seed`.
    pub axes: Vec<Axis>,
    /// Row-major along the axes.
    pub runs: Vec<Run>,
    /// Whether whole run files are kept.
    pub keep_runs: bool,
    /// What a width study is made of besides.
    #[serde(default)]
    pub(crate) width: Option<Design>,
}

impl Run {
    /// Its overrides as on the command line.
    pub fn words(&self) -> String {
        // Keys that are taken out are not a matter of choice.
        let given = self.set.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }
}

impl Axis {
    /// The axis of swept values.
    pub fn of(swept: &Swept) -> Axis {
        let parsed: Vec<Option<toml::Value>> = swept
            .values
            .iter()
            .map(|value| format!("v = {value}").parse::<toml::Table>().ok()?.remove("v"))
            .collect();
        let whole: Option<Vec<i64>> = parsed.iter().map(|v| v.as_ref()?.as_integer()).collect();
        let number = |v: &Option<toml::Value>| {
            v.as_ref().and_then(|v| v.as_float().or(v.as_integer().map(|i| i as f64)))
        };
        let numbers: Option<Vec<f64>> = parsed.iter().map(number).collect();
        let text = |(v, written): (&Option<toml::Value>, &String)| {
            v.as_ref().and_then(|v| v.as_str()).map_or(written.clone(), str::to_string)
        };
        let values = match (whole, numbers) {
            (Some(whole), _) => Values::Whole(whole),
            (None, Some(numbers)) => Values::Numbers(numbers),
            _ => Values::Texts(parsed.iter().zip(&swept.values).map(text).collect()),
        };
        Axis { name: swept.key.replace('.', "_"), about: swept.key.clone(), values }
    }

    /// The axis of seeds.
    pub fn seeds(first: u64, count: usize) -> Axis {
        let values = (0..count as u64).map(|k| (first + k) as i64).collect();
        Axis { name: "seed".into(), about: "measure.seed".into(), values: Values::Whole(values) }
    }

    /// Its length.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Whole(values) => values.len(),
            Values::Numbers(values) => values.len(),
            Values::Texts(values) => values.len(),
        }
    }
}

impl Plan {
    /// All that determines the numbers of the study, as a hash.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Fingerprint::new();
        hash.add(self.kind.as_bytes());
        self.runs.iter().for_each(|run| hash.add(run.fingerprint.as_bytes()));
        hash.finish()
    }

    /// The product of swept values and seeds.
    ///
    /// * `seeds`: how many, from the scenario's own seed on; `None` leaves the scenario's.
    /// * `checked`: told now and then how many runs of how many have been checked.
    ///
    /// # Errors
    /// A key given twice, too many runs, or a scenario that is refused with these overrides.
    pub fn product(
        base: Base,
        sweeps: &[Swept],
        seeds: Option<usize>,
        keep_runs: bool,
        checked: Checked,
    ) -> Result<Plan, StudyError> {
        let axes: Vec<Axis> = sweeps.iter().map(Axis::of).collect();
        for (i, swept) in sweeps.iter().enumerate() {
            let twice = sweeps[..i].iter().any(|other| other.key == swept.key);
            if twice || (seeds.is_some() && swept.key == "measure.seed") {
                return Err(StudyError::Request {
                    problem: format!("{} is swept twice", swept.key),
                    remedy: "give all its values at once: KEY=V1,V2,...".to_string(),
                });
            }
        }
        let set = |at: &[usize]| {
            sweeps.iter().zip(at).map(|(swept, &i)| (swept.key.clone(), swept.values[i].clone())).collect()
        };
        Plan::new("sweep", base, axes, seeds, keep_runs, set, checked)
    }

    /// Runs at all places of `axes` and `seeds`; `set` gives the overrides of a place (without the
    /// seed).
    ///
    /// # Errors
    /// As [`Plan::product`].
    pub fn new(
        kind: &str,
        base: Base,
        mut axes: Vec<Axis>,
        seeds: Option<usize>,
        keep_runs: bool,
        set: impl Fn(&[usize]) -> Vec<(String, String)> + Sync,
        checked: Checked,
    ) -> Result<Plan, StudyError> {
        let swept = axes.len();
        axes.push(Axis::seeds(base.seed, seeds.unwrap_or(1)));
        let total = axes.iter().try_fold(1usize, |n, axis| n.checked_mul(axis.len()));
        let Some(total) = total.filter(|&n| n <= MOST) else {
            return Err(StudyError::Request {
                problem: format!("the study has more than {MOST} runs"),
                remedy: "give fewer values or seeds".to_string(),
            });
        };
        let data = Data::default();
        let run = |index: usize| {
            let at = place(index, &axes);
            let mut set = set(&at[..swept]);
            if seeds.is_some() {
                set.push(("measure.seed".into(), (base.seed + at[swept] as u64).to_string()));
            }
            let extra = if keep_runs { format!("run file {index}") } else { String::new() };
            Plan::run(kind, &base, at, set, &extra, &data)
        };
        let mut runs = Vec::with_capacity(total);
        // A batch at a time: of several refusals the first is told, whatever the threads do.
        for begin in (0..total).step_by(BATCH) {
            checked(begin, total);
            let batch: Vec<Result<Run, StudyError>> =
                (begin..total.min(begin + BATCH)).into_par_iter().map(run).collect();
            for run in batch {
                runs.push(run?);
            }
        }
        Ok(Plan { kind: kind.to_string(), base, axes, runs, keep_runs, width: None })
    }

    /// One run, checked.
    pub(crate) fn run(
        kind: &str,
        base: &Base,
        at: Vec<usize>,
        set: Vec<(String, String)>,
        extra: &str,
        data: &Data,
    ) -> Result<Run, StudyError> {
        let text = base.with(&set)?;
        let particles = set.iter().rev().find(|(key, _)| key == "measure.particles");
        let particles = match particles {
            Some((_, value)) => value.parse::<f64>().map_or(0, |particles| particles as u64),
            None => base.particles.unwrap_or(0),
        };
        let mut hash = Fingerprint::new();
        hash.add(kind.as_bytes());
        hash.add(io::program().as_bytes());
        hash.add(io::git_commit().as_bytes());
        hash.add(text.as_bytes());
        hash.add(extra.as_bytes());
        for file in data_files(&text, &base.path) {
            hash.add(data.digest(&file).as_bytes());
        }
        Ok(Run { at, set, fingerprint: hash.finish(), particles })
    }
}

/// Index along every axis of the run `index`.
fn place(index: usize, axes: &[Axis]) -> Vec<usize> {
    let mut rest = index;
    let mut at = vec![0; axes.len()];
    for (i, axis) in axes.iter().enumerate().rev() {
        at[i] = rest % axis.len();
        rest /= axis.len();
    }
    at
}

/// Told how many runs of how many have been checked.
pub type Checked<'a> = &'a dyn Fn(usize, usize);

/// Hashes of the files that runs read, each read once for all of them.
#[derive(Default)]
pub(crate) struct Data(Mutex<HashMap<PathBuf, String>>);

impl Data {
    /// Of the content of a file; of nothing where it cannot be read, which the run will tell.
    fn digest(&self, file: &Path) -> String {
        let mut known = self.0.lock().expect("no holder panics");
        let digest = known.entry(file.to_path_buf()).or_insert_with(|| {
            let mut hash = Fingerprint::new();
            hash.add(&files::read(file, MOST_DATA).unwrap_or_default());
            hash.finish()
        });
        digest.clone()
    }
}

/// No scenario reads a larger file (bytes).
const MOST_DATA: u64 = 2 << 30;

/// Files that a scenario reads.
fn data_files(text: &str, path: &Path) -> Vec<PathBuf> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new(""));
    let file = |(section, key): &(&str, &str)| {
        table.get(*section)?.get(*key)?.as_str().map(|file| folder.join(file))
    };
    // `truth` may name a function: then there is no such file.
    [("samples", "file"), ("samples", "truth"), ("measure", "file")].iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        let text = "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nparticles = 1e2\nseed = 7\n[time]\nend = 1\n";
        std::fs::write(&path, text).unwrap();
        Base::read(&path).unwrap()
    }

    fn sweep(sets: &[&str], seeds: Option<usize>) -> Result<Plan, StudyError> {
        let sweeps: Vec<Swept> = sets.iter().map(|set| Swept::parse(set).unwrap()).collect();
        Plan::product(base(), &sweeps, seeds, false, &|_, _| ())
    }

    #[test]
    fn a_product_has_all_combinations_once() {
        let plan = sweep(&["flow.tv=0,0.1", "measure.particles=10,20,30"], Some(2)).unwrap();
        assert_eq!(plan.runs.len(), 12);
        assert_eq!(plan.runs[5].at, [0, 2, 1]);
        assert_eq!(plan.runs[5].words(), "flow.tv=0 measure.particles=30 measure.seed=8");
        assert_eq!(plan.runs[5].particles, 30);
        assert_eq!(plan.axes[0].values, Values::Numbers(vec![0.0, 0.1]));
        assert_eq!(plan.axes[1].values, Values::Whole(vec![10, 20, 30]));
        let mut prints: Vec<&str> = plan.runs.iter().map(|run| run.fingerprint.as_str()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), 12);
        assert_eq!(sweep(&[], None).unwrap().runs[0].particles, 100);
    }

    #[test]
    fn refusals_name_the_override() {
        for (sets, words) in [
            (&["flow.tv=0,-1", "time.end=1,2"][..], "--set flow.tv=-1: "),
            (&["flow.tw=0"], "--set flow.tw=0: "),
            (&["flaw.tv=0"], "--set flaw.tv=0: "),
            (&["samples.function=sin"], "--set samples.function=\"sin\": "),
            (&["title.x.y=1"], "--set title.x.y=1: "),
            (
                &["measure.law=normal", "measure.a_bound=2"],
                "--set measure.law=\"normal\" --set measure.a_bound=2: ",
            ),
        ] {
            let error = sweep(sets, None).unwrap_err().to_string();
            assert!(error.starts_with(words), "{sets:?}: {error}");
        }
        assert!(sweep(&["flow.tv=0", "flow.tv=1"], None).unwrap_err().to_string().contains("swept twice"));
    }

    #[test]
    fn the_fingerprint_follows_text_and_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        let text = "[samples]\nfile = \"d.csv\"\n[measure]\nparticles = 10\n[time]\nend = 1\n";
        std::fs::write(&path, text).unwrap();
        let print = |data: &str, set: &str| {
            std::fs::write(folder.path().join("d.csv"), data).unwrap();
            let sweeps = [Swept::parse(set).unwrap()];
            Plan::product(Base::read(&path).unwrap(), &sweeps, None, false, &|_, _| ()).unwrap().runs[0]
                .fingerprint
                .clone()
        };
        let first = print("x,y\n0,1\n", "flow.tv=0.1");
        assert_eq!(print("x,y\n0,1\n", "flow.tv=0.1"), first);
        assert_ne!(print("x,y\n0,2\n", "flow.tv=0.1"), first);
        assert_ne!(print("x,y\n0,1\n", "flow.tv=0.2"), first);
    }
}
