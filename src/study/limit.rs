//! The limit of infinite width, as well as it can be had.

use serde::{Deserialize, Serialize};

use crate::problem::{Sampling, Start};
use crate::scenario::{Scenario, ScenarioError};
use crate::system::text;

use super::StudyError;
use super::base::Base;

/// How the limit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LimitKind {
    /// The density of the law itself (`measure.representation = "density"`): no points at all.
    Density,
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
/// Cells of a density each way, unless told.
const CELLS: [usize; 2] = [512, 512];
/// Keys that belong to a quadrature or a density alone: the study itself says by which the limit is made.
pub(crate) const KEYS_OF_LIMITS: [&str; 6] =
    ["nodes", "quadrature_error", "estimate_error", "representation", "cells", "density_error"];
/// Keys that a scenario with particles has and one with a density has not.
const KEYS_WITHOUT_DENSITY: [&str; 5] =
    ["measure.particles", "measure.seed", "measure.sampling", "measure.antisymmetric", "output.particles"];

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

/// What stands for the limit in a width study, and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// The first stands for residuals, functions, kernels; the others are independent of it.
    pub pairs: Vec<Pair>,
    /// Which of them stands for pinned mass and distances between final measures: the nodes of a quadrature
    /// are far apart although their moments are exact, and cells have a width, so that it is Sobol' points where there
    /// are some.
    pub measures: usize,
    /// What was tried and refused, and why.
    pub notes: Vec<String>,
}

/// What is asked of a limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// The best that the scenario allows if not told.
    pub kind: Option<LimitKind>,
    /// About how many particles; chosen by its kind if not told.
    pub particles: Option<u64>,
    /// Cells of a density each way; [`CELLS`] if not told.
    pub cells: Option<[usize; 2]>,
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

/// Why the scenario is refused so, without the overrides, and what to do.
fn reason(error: StudyError) -> (String, String) {
    match error {
        StudyError::Override { problem, remedy, .. } | StudyError::Request { problem, remedy } => {
            (problem, remedy)
        }
        error => (error.to_string(), String::new()),
    }
}

impl LimitKind {
    /// All of them.
    pub const ALL: [LimitKind; 4] =
        [LimitKind::Density, LimitKind::Quadrature, LimitKind::Sobol, LimitKind::Iid];
    /// Those that are tried unless one is asked for, from the best. Cells are as good as nodes where they are possible,
    /// but dearer.
    const BEST: [LimitKind; 3] = [LimitKind::Quadrature, LimitKind::Sobol, LimitKind::Iid];

    /// As on the command line and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            LimitKind::Density => "density",
            LimitKind::Quadrature => "quadrature",
            LimitKind::Sobol => "sobol",
            LimitKind::Iid => "iid",
        }
    }

    fn sampling(self) -> (String, String) {
        set("sampling", format_args!("\"{}\"", self.name()))
    }

    /// The others that are made beside a limit of this kind, to compare it with.
    fn beside(self) -> &'static [LimitKind] {
        match self {
            LimitKind::Density => &[LimitKind::Quadrature, LimitKind::Sobol],
            LimitKind::Quadrature => &[LimitKind::Sobol],
            LimitKind::Sobol | LimitKind::Iid => &[],
        }
    }

    /// A limit of this kind.
    ///
    /// * `largest`: the largest width of the study.
    fn pair(self, base: &Base, asked: Asked, largest: u64) -> Result<Pair, StudyError> {
        let Asked { particles: asked, cells, .. } = asked;
        match self {
            LimitKind::Density => return density(base, cells.unwrap_or(CELLS)),
            LimitKind::Quadrature => return quadrature(base, asked.unwrap_or(plenty(largest)), largest),
            LimitKind::Sobol | LimitKind::Iid => {}
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

/// The density in so many cells each way, and in half as many.
fn density(base: &Base, cells: [usize; 2]) -> Result<Pair, StudyError> {
    let run = |cells: [usize; 2]| -> Result<LimitRun, StudyError> {
        let [per_turn, across] = cells;
        let taken_out = KEYS_WITHOUT_DENSITY.map(|key| (key.to_string(), String::new()));
        let mut set =
            vec![set("representation", "\"density\""), set("cells", format_args!("[{per_turn}, {across}]"))];
        set.extend(taken_out);
        base.with(&set)?;
        Ok(LimitRun { set, particles: (per_turn * across) as u64 })
    };
    let half = cells.map(|cells| cells / 2);
    let runs = [run(cells)?, run(half)?];
    let whole = Scenario::parse(&base.with(&runs[1].set)?, &base.path).map_err(refused)?;
    // All laws are symmetric in r.
    let y = whole.description.samples.y();
    if y.iter().all(|y| y.abs() <= NOTHING) {
        return Err(nothing_to_learn());
    }
    let words = |[per_turn, across]: [usize; 2]| format!("{per_turn} x {across} cells");
    Ok(Pair {
        kind: LimitKind::Density,
        runs,
        words: format!("density, {} (error: against {})", words(cells), words(half)),
    })
}

fn refused(error: ScenarioError) -> StudyError {
    StudyError::Request { problem: error.problem().to_string(), remedy: error.remedy().to_string() }
}

fn nothing_to_learn() -> StudyError {
    StudyError::Request {
        problem: "its start function is 0, and so are the samples: there would be nothing to learn"
            .to_string(),
        remedy: "give other samples".to_string(),
    }
}

/// A quadrature of about `budget` particles, and one of half the nodes.
fn quadrature(base: &Base, budget: u64, largest: u64) -> Result<Pair, StudyError> {
    let sampling = LimitKind::Quadrature.sampling();
    let built = |set: &[(String, String)]| -> Result<(usize, Scenario), StudyError> {
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
        return Err(nothing_to_learn());
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
    /// The best that the scenario allows, or what was asked for, with those that it is compared with.
    ///
    /// # Errors
    /// What was asked for is refused; or everything: a start measure from a file has no width.
    pub fn new(base: &Base, asked: Asked, largest: u64) -> Result<Limit, StudyError> {
        let mut notes = vec![];
        let kinds = asked.kind.map_or(LimitKind::BEST.to_vec(), |kind| vec![kind]);
        let mut found = None;
        for kind in kinds {
            match kind.pair(base, asked, largest) {
                Ok(pair) => {
                    found = Some(pair);
                    break;
                }
                Err(error) if asked.kind.is_some() => {
                    let (problem, remedy) = reason(error);
                    return Err(StudyError::Request {
                        problem: format!("limit from {}: refused: {problem}", kind.name()),
                        remedy: format!("{remedy}; or choose another with --limit"),
                    });
                }
                Err(error) => notes.push(format!("limit from {}: refused: {}", kind.name(), reason(error).0)),
            }
        }
        let Some(functions) = found else {
            return Err(StudyError::Request {
                problem: format!(
                    "{}: the start measure is not drawn, so that there is no width to vary",
                    text::path(&base.path)
                ),
                remedy: "give a scenario with measure.particles and a law".to_string(),
            });
        };
        let mut pairs = vec![functions];
        for &kind in pairs[0].kind.beside() {
            match kind.pair(base, asked, largest) {
                Ok(pair) => pairs.push(pair),
                Err(error) => {
                    notes.push(format!(
                        "beside it, limit from {}: refused: {}",
                        kind.name(),
                        reason(error).0
                    ));
                }
            }
        }
        let measures = pairs.iter().position(|pair| pair.kind == LimitKind::Sobol).unwrap_or(0);
        Ok(Limit { pairs, measures, notes })
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
        let any = |particles: Option<u64>| Asked { particles, ..Asked::default() };
        let of = |kind: LimitKind, particles| Asked { kind: Some(kind), ..any(particles) };
        let kinds = |limit: &Limit| limit.pairs.iter().map(|pair| pair.kind).collect::<Vec<_>>();
        let limit = Limit::new(&plain, any(None), 1000).unwrap();
        assert_eq!((limit.measures, limit.notes.len()), (1, 0));
        assert_eq!(kinds(&limit), [LimitKind::Quadrature, LimitKind::Sobol]);
        let [fine, coarse] = &limit.pairs[0].runs;
        // Particles go with the square of the nodes: one factor for directions, one for amplitudes.
        assert!(fine.particles <= 1 << 16 && fine.particles > 1 << 15, "{fine:?}");
        let nodes = |run: &LimitRun| run.set[1].1.parse::<usize>().unwrap();
        assert_eq!((nodes(fine) % 2, nodes(coarse)), (0, nodes(fine) / 2));
        let text = plain.with(&coarse.set).unwrap();
        let start = Scenario::parse(&text, &plain.path).unwrap().start;
        assert_eq!(start.len() as u64, coarse.particles);
        assert_eq!(limit.pairs[1].runs[0].particles, 1 << 16);
        // sin(2 pi x) at five points from -1 to 1, and the start function of a quadrature, are 0.
        let flat = Base { text: plain.text.replace("count = 6", "count = 5"), ..plain.clone() };
        let limit = Limit::new(&flat, any(None), 1000).unwrap();
        assert_eq!((kinds(&limit), limit.notes.len()), (vec![LimitKind::Sobol], 1));
        assert!(limit.notes[0].contains("nothing to learn"), "{:?}", limit.notes);
        // Gradient descent has no quadrature.
        let descent = base(
            "[measure]\nparticles = 100\nlaw = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n",
        );
        let limit = Limit::new(&descent, any(Some(3000)), 1000).unwrap();
        assert_eq!((kinds(&limit), limit.pairs[0].runs[0].particles), (vec![LimitKind::Sobol], 4096));
        assert_eq!(limit.measures, 0);
        assert!(limit.notes[0].contains("limit from quadrature: refused: "), "{:?}", limit.notes);
        assert!(limit.notes[0].contains("of no use to gradient descent"), "{:?}", limit.notes);
        // Too few particles for as many nodes as tell an error.
        let few = Limit::new(&plain, of(LimitKind::Quadrature, Some(600)), 1000).unwrap_err().to_string();
        assert!(few.contains("600 particles are") && few.contains("choose another"), "{few}");
        assert!(few.contains("give more --limit-particles; or"), "{few}");
        let pairs = base("[measure]\nparticles = 100\nantisymmetric = true\n");
        let limit = Limit::new(&pairs, of(LimitKind::Iid, Some(10)), 1000).unwrap();
        assert_eq!(limit.pairs[0].runs.clone().map(|run| run.particles), [10, 2]);
    }

    /// A density stands for functions beside both others, Sobol' points for the measure.
    #[test]
    fn a_density_is_the_limit_where_it_is_asked_for_and_possible() {
        let asked = |cells| Asked { kind: Some(LimitKind::Density), cells, ..Asked::default() };
        let pairs = base(
            "[measure]\nparticles = 100\nseed = 3\nsampling = \"sobol\"\nantisymmetric = true\n\
             [output]\nparticles = \"none\"\n",
        );
        let limit = Limit::new(&pairs, asked(None), 1000).unwrap();
        let kinds: Vec<LimitKind> = limit.pairs.iter().map(|pair| pair.kind).collect();
        assert_eq!(kinds, [LimitKind::Density, LimitKind::Quadrature, LimitKind::Sobol]);
        assert_eq!((limit.measures, limit.notes.len()), (2, 0));
        assert_eq!(limit.pairs[0].words, "density, 512 x 512 cells (error: against 256 x 256 cells)");
        let limit = Limit::new(&pairs, asked(Some([40, 32])), 1000).unwrap();
        for (run, cells) in limit.pairs[0].runs.iter().zip([[40, 32], [20, 16]]) {
            let scenario = Scenario::parse(&pairs.with(&run.set).unwrap(), &pairs.path).unwrap();
            assert_eq!(scenario.description.density.unwrap().cells, cells);
            assert_eq!(run.particles, (cells[0] * cells[1]) as u64);
        }
        let refused = |base: &Base| Limit::new(base, asked(None), 1000).unwrap_err().to_string();
        let flat = Base { text: pairs.text.replace("count = 6", "count = 5"), ..pairs.clone() };
        assert!(refused(&flat).contains("nothing to learn"), "{}", refused(&flat));
        let descent = base(
            "[measure]\nparticles = 100\nlaw = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n",
        );
        for words in [
            "limit from density: refused: ",
            "is not possible with flow.kind = \"gd\"",
            "there is a density of the canonical flow; the lifted one with a delta",
            "or choose another with --limit",
        ] {
            assert!(refused(&descent).contains(words), "{}", refused(&descent));
        }
    }
}
