//! The limit of infinite width, as well as it can be had.

use serde::{Deserialize, Serialize};

use crate::problem::{Sampling, Start};
use crate::scenario::{Scenario, ScenarioError};
use crate::system::text;

use super::StudyError;
use super::base::Base;

/// How the start measure of the limit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LimitKind {
    /// Gauss nodes (`measure.sampling = "quadrature"`): exact moments at the start.
    Quadrature,
    /// Low-discrepancy points (`measure.sampling = "sobol"`).
    Sobol,
    /// Independent draws, as many as can be borne.
    Iid,
}

/// Fewest particles by which a limit is made if none are asked for.
const FEWEST: u64 = 1 << 16;
/// Fewest nodes of a quadrature: it is compared with one of half as many, which must be 4.
const FEWEST_NODES: usize = 8;
/// Keys that belong to a quadrature alone.
pub(crate) const QUADRATURE_KEYS: [&str; 3] = ["nodes", "quadrature_error", "estimate_error"];

/// A run that stands for the limit, or for a coarser one: its overrides, and its particles.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LimitRun {
    pub set: Vec<(String, String)>,
    pub particles: u64,
}

/// A limit, and a coarser one that tells its error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub kind: LimitKind,
    /// Fine, coarse.
    pub runs: [LimitRun; 2],
    /// In words.
    pub words: String,
}

/// What stands for the limit in a width study.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// Of residuals, functions, kernels.
    pub functions: Pair,
    /// Of pinned mass and distances between final measures, if another is: the nodes of a quadrature
    /// are far apart although their moments are exact, so that Sobol' points stand for the measure.
    pub measures: Option<Pair>,
    /// What was tried and refused, and why.
    pub notes: Vec<String>,
}

/// Particles of a limit for networks up to this width: as many as they have, or more while these
/// cost little. A quadrature in four directions has few nodes in each; and the `W_2` of Sobol' points
/// falls hardly faster than that of networks where the law has tails.
fn plenty(largest: u64) -> u64 {
    const CHEAP: u64 = 1 << 19;
    largest.max((64 * largest).min(CHEAP)).max(FEWEST)
}

fn set(key: &str, value: impl ToString) -> (String, String) {
    (format!("measure.{key}"), value.to_string())
}

/// Why the scenario is refused so, without the overrides.
fn reason(error: StudyError) -> String {
    match error {
        StudyError::Override { problem, .. } | StudyError::Request { problem, .. } => problem,
        error => error.to_string(),
    }
}

impl LimitKind {
    /// From the best.
    pub const ALL: [LimitKind; 3] = [LimitKind::Quadrature, LimitKind::Sobol, LimitKind::Iid];

    /// As on the command line and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            LimitKind::Quadrature => "quadrature",
            LimitKind::Sobol => "sobol",
            LimitKind::Iid => "iid",
        }
    }

    fn sampling(self) -> (String, String) {
        set("sampling", format_args!("\"{}\"", self.name()))
    }

    /// A limit of this kind.
    ///
    /// * `asked`: about how many particles; chosen if not told.
    /// * `largest`: the largest width of the study.
    fn pair(self, base: &Base, asked: Option<u64>, largest: u64) -> Result<Pair, StudyError> {
        if self == LimitKind::Quadrature {
            return quadrature(base, asked.unwrap_or(plenty(largest)), largest);
        }
        let fine = match self {
            LimitKind::Sobol => asked.unwrap_or(plenty(largest).max(4 * largest)).next_power_of_two(),
            _ => asked.unwrap_or((4 * largest).max(FEWEST)),
        };
        let run = |(i, particles): (u64, u64)| -> Result<LimitRun, StudyError> {
            // Seeds of their own, far from those of the ensembles.
            let seed = base.seed + 1_000_000_007 + i;
            let set = vec![self.sampling(), set("particles", particles), set("seed", seed)];
            base.with(&set)?;
            Ok(LimitRun { set, particles })
        };
        let coarse = even(fine / 4, base);
        let words = match self {
            LimitKind::Sobol => format!("{fine} Sobol' points (error: against {coarse})"),
            _ => format!("{fine} independent draws (error: from {coarse} others)"),
        };
        Ok(Pair { kind: self, runs: [run((0, even(fine, base)))?, run((1, coarse))?], words })
    }
}

/// Antisymmetric particles come in pairs.
fn even(particles: u64, base: &Base) -> u64 {
    if base.antisymmetric() { (particles & !1).max(2) } else { particles.max(1) }
}

/// Samples that are smaller than this share of one neuron's function are 0 but for rounding.
const NOTHING: f64 = 1e-12;

/// Root mean square of `r` over the start measure.
fn size(scenario: &Scenario) -> f64 {
    let kappa = scenario.description.flow.kappa();
    let square = |i: usize| match &scenario.start {
        Start::Canonical(measure) => measure.r()[i].powi(2),
        Start::Lifted(neurons) => {
            (kappa * neurons.c()[i]).powi(2) * (neurons.a()[i].powi(2) + neurons.b()[i].powi(2))
        }
        // It has none of which this could be one.
        Start::Density(_) => 0.0,
    };
    scenario.start.mass().iter().enumerate().map(|(i, mass)| mass * square(i)).sum::<f64>().sqrt()
}

/// A quadrature of about `budget` particles, and one of half the nodes.
fn quadrature(base: &Base, budget: u64, largest: u64) -> Result<Pair, StudyError> {
    let sampling = LimitKind::Quadrature.sampling();
    let built = |set: &[(String, String)]| -> Result<(usize, Scenario), StudyError> {
        let refused = |error: ScenarioError| StudyError::Request {
            problem: error.problem().to_string(),
            remedy: error.remedy().to_string(),
        };
        let whole = Scenario::parse(&base.with(set)?, &base.path).map_err(refused)?;
        let nodes = match whole.description.sampling {
            Sampling::Quadrature { nodes, .. } => nodes,
            _ => 0,
        };
        Ok((nodes, whole))
    };
    let (nodes, whole) = built(&[sampling.clone(), set("particles", budget)])?;
    let particles = whole.start.len() as u64;
    let y = whole.description.samples.y();
    if y.iter().all(|y| y.abs() <= NOTHING * size(&whole)) {
        return Err(StudyError::Request {
            problem: "its start function is 0, and so are the samples: there would be nothing to learn"
                .to_string(),
            remedy: "give other samples".to_string(),
        });
    }
    if nodes < FEWEST_NODES {
        return Err(StudyError::Request {
            problem: format!(
                "{budget} particles are {nodes} nodes in each direction and amplitude, fewer than {FEWEST_NODES}"
            ),
            remedy: "give more --limit-particles".to_string(),
        });
    }
    // `particles` is the m of laws and scalings that depend on it.
    let with = |nodes: usize| vec![sampling.clone(), set("nodes", nodes), set("particles", largest)];
    let coarse = LimitRun { particles: built(&with(nodes / 2))?.1.start.len() as u64, set: with(nodes / 2) };
    let words = format!(
        "quadrature, {nodes} nodes in each direction and amplitude, {particles} particles (error: against {} nodes)",
        nodes / 2
    );
    let runs = [LimitRun { set: with(nodes), particles }, coarse];
    Ok(Pair { kind: LimitKind::Quadrature, runs, words })
}

impl Limit {
    /// The best that the scenario allows, or what was asked for.
    ///
    /// # Errors
    /// What was asked for is refused; or everything: a start measure from a file has no width.
    pub fn new(
        base: &Base,
        kind: Option<LimitKind>,
        asked: Option<u64>,
        largest: u64,
    ) -> Result<Limit, StudyError> {
        let mut notes = vec![];
        let kinds = kind.map_or(LimitKind::ALL.to_vec(), |kind| vec![kind]);
        let mut found = None;
        for kind in kinds {
            match kind.pair(base, asked, largest) {
                Ok(pair) => {
                    found = Some(pair);
                    break;
                }
                Err(error) => notes.push(format!("limit from {}: refused: {}", kind.name(), reason(error))),
            }
        }
        let Some(functions) = found else {
            return Err(match kind {
                Some(_) => StudyError::Request {
                    problem: notes.join("; "),
                    remedy: "choose another with --limit".to_string(),
                },
                None => StudyError::Request {
                    problem: format!(
                        "{}: the start measure is not drawn, so that there is no width to vary",
                        text::path(&base.path)
                    ),
                    remedy: "give a scenario with measure.particles and a law".to_string(),
                },
            });
        };
        let mut measures = None;
        if functions.kind == LimitKind::Quadrature {
            match LimitKind::Sobol.pair(base, asked, largest) {
                Ok(pair) => measures = Some(pair),
                Err(error) => {
                    notes.push(format!("measures of the limit from sobol: refused: {}", reason(error)));
                }
            }
        }
        Ok(Limit { functions, measures, notes })
    }
}

/// Overrides of a member of an ensemble, without its seed.
pub(crate) fn member(base: &Base, width: u64) -> Vec<(String, String)> {
    let independent = vec![LimitKind::Iid.sampling(), set("particles", width)];
    match base.with(&independent) {
        Ok(_) => independent,
        // Refused where the run is planned, in words about the width alone.
        Err(_) => vec![set("particles", width)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Base {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        let text = format!("[samples]\nfunction = \"sine\"\ncount = 6\n[time]\nend = 1\n{text}");
        std::fs::write(&path, text).unwrap();
        Base::read(&path).unwrap()
    }

    #[test]
    fn the_best_limit_is_taken_and_what_is_refused_is_said() {
        let plain = base("[measure]\nparticles = 100\n");
        let limit = Limit::new(&plain, None, None, 1000).unwrap();
        assert_eq!((limit.functions.kind, limit.notes.len()), (LimitKind::Quadrature, 0));
        let [fine, coarse] = &limit.functions.runs;
        // Particles go with the square of the nodes: one factor for directions, one for amplitudes.
        assert!(fine.particles <= 1 << 16 && fine.particles > 1 << 15, "{fine:?}");
        let nodes = |run: &LimitRun| run.set[1].1.parse::<usize>().unwrap();
        assert_eq!((nodes(fine) % 2, nodes(coarse)), (0, nodes(fine) / 2));
        let text = plain.with(&coarse.set).unwrap();
        let start = Scenario::parse(&text, &plain.path).unwrap().start;
        assert_eq!(start.len() as u64, coarse.particles);
        let measures = limit.measures.unwrap();
        assert_eq!((measures.kind, measures.runs[0].particles), (LimitKind::Sobol, 1 << 16));
        // sin(2 pi x) at five points from -1 to 1, and the start function of a quadrature, are 0.
        let flat = Base { text: plain.text.replace("count = 6", "count = 5"), ..plain.clone() };
        let limit = Limit::new(&flat, None, None, 1000).unwrap();
        assert_eq!((limit.functions.kind, limit.notes.len()), (LimitKind::Sobol, 1));
        assert!(limit.notes[0].contains("nothing to learn"), "{:?}", limit.notes);
        // Gradient descent has no quadrature.
        let descent = base(
            "[measure]\nparticles = 100\nlaw = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n",
        );
        let limit = Limit::new(&descent, None, Some(3000), 1000).unwrap();
        assert_eq!((limit.functions.kind, limit.functions.runs[0].particles), (LimitKind::Sobol, 4096));
        assert_eq!(limit.measures, None);
        assert!(limit.notes[0].contains("limit from quadrature: refused: "), "{:?}", limit.notes);
        assert!(limit.notes[0].contains("of no use to gradient descent"), "{:?}", limit.notes);
        // Too few particles for as many nodes as tell an error.
        let few = Limit::new(&plain, Some(LimitKind::Quadrature), Some(600), 1000).unwrap_err().to_string();
        assert!(few.contains("600 particles are") && few.contains("choose another"), "{few}");
        let pairs = base("[measure]\nparticles = 100\nantisymmetric = true\n");
        let limit = Limit::new(&pairs, Some(LimitKind::Iid), Some(10), 1000).unwrap();
        assert_eq!(limit.functions.runs.map(|run| run.particles), [10, 2]);
    }
}
