//! The lines of the table: which laws are checked of which run, and what they allow.

use crate::flow::{Conserved, Descriptor, Law as FlowLaw, Layers, ParticleKind};
use crate::math::norm::worse;
use crate::run::Description;

/// What the residual ODE and the residual of a density may be apart, times the square of the number of cells each way.
const ODE_OF_CELLS: f64 = 40.0;
/// What its energy may grow by.
const ENERGY_OF_CELLS: f64 = 0.1;

/// One line of the table: a law, the worst violation found, and what is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// Largest violation, in the unit of `bound`.
    pub worst: f64,
    /// The violation that is allowed.
    pub bound: f64,
    /// Mean-field time of the worst violation.
    pub time: f64,
    /// What the numbers mean.
    pub meaning: &'static str,
    /// False when the file does not hold what is needed, or the law is not one of this flow.
    pub done: bool,
}

impl Check {
    /// Whether the law holds (or could not be checked).
    pub fn holds(&self) -> bool {
        // Written so that a NaN fails.
        !self.done || self.worst <= self.bound
    }
}

/// The laws, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    Residual,
    Ode,
    Loss,
    Decrease,
    Dissipation,
    Energy,
    Mass,
    Dead,
    Lemma,
    Pinned,
    Held,
    Covariance,
    Places,
    Bias,
    Function,
    Risk,
    Steps,
    Times,
    Schedule,
    Ending,
    Losses,
    Events,
    Finite,
    Regions,
    Start,
    Printed,
    Change,
    Penalty,
    Frozen,
    Checkpoint,
    Kernel,
    Eigenvalues,
    Invariant(Conserved),
    Metric,
    Polar,
    Exponential,
}

impl Law {
    /// The law in its flow's words; `None` of laws of all flows, and of those of files.
    fn of_flow(self) -> Option<FlowLaw> {
        match self {
            Law::Ode => Some(FlowLaw::ResidualOde),
            Law::Printed => Some(FlowLaw::PrintedOde),
            Law::Decrease => Some(FlowLaw::EnergyDecreases),
            Law::Held => Some(FlowLaw::Held),
            Law::Invariant(Conserved::Delta) => Some(FlowLaw::Delta),
            Law::Dead => Some(FlowLaw::DeadMass),
            Law::Frozen => Some(FlowLaw::Frozen),
            _ => None,
        }
    }
}

/// The table, filled in as a run is gone through.
#[derive(Debug)]
pub(super) struct Table(Vec<Line>);

#[derive(Debug)]
struct Line {
    law: Law,
    check: Check,
    /// Whether it only says why the flow does not obey the law.
    broken: bool,
}

impl Table {
    /// The laws of this run.
    pub fn new(description: &Description) -> Table {
        let (flow, tolerance) = (description.flow.descriptor(), description.tolerance);
        let rounding = if description.output.single_precision { 1e-5 } else { 1e-11 };
        // Of a density, the error of its cells adds to that of its steps: of second order in their size.
        let grid = description.density.map_or(0.0, |density| {
            let fewest = density.cells[0].min(density.cells[1]) as f64;
            1.0 / (fewest * fewest)
        });
        let mut table = Table(vec![]);
        let mut line = |law, name, bound, meaning| table.add(law, name, bound, meaning);
        line(
            Law::Residual,
            "residual",
            rounding,
            "stored residual against f(x) - y summed from the particles, relative to the size of the sums",
        );
        line(
            Law::Ode,
            "residual ODE",
            1e3 * tolerance + ODE_OF_CELLS * grid,
            "integrated residual ODE against the particles' residual, relative to the tolerance's unit",
        );
        line(Law::Loss, "loss", 1e-12, "stored loss against 1/2 Sum n rho^2, relative");
        line(
            Law::Decrease,
            "energy decreases",
            10.0 * tolerance + ENERGY_OF_CELLS * grid,
            "growth of loss + penalty between snapshots, relative to the start",
        );
        line(
            Law::Dissipation,
            "dissipation",
            rounding,
            "stored dissipation against Int |velocity|^2 mu from the particles, relative",
        );
        line(
            Law::Energy,
            "energy law",
            rounding.max(1e-9),
            "dissipation against -rho^T N d rho/dt and the penalty's rate, relative to the start",
        );
        line(
            Law::Mass,
            "mass",
            1e-12,
            "free + pinned + stuck + dead mass, and the masses' own sum, against 1",
        );
        line(Law::Dead, "dead mass", 1e-14, "decrease of dead mass between snapshots");
        line(
            Law::Lemma,
            "Lemma 2",
            0.0,
            "attractor classes that differ from the two-sided inequality, count",
        );
        line(
            Law::Pinned,
            "pinned on attractors",
            1e3 * tolerance,
            "mass pinned where the outward speed exceeds rounding",
        );
        line(
            Law::Held,
            "held",
            0.0,
            "mass released between snapshots from boundaries whose field held it all the time",
        );
        line(Law::Covariance, "covariance", rounding, "stored Sigma_k against the particles, relative");
        line(
            Law::Places,
            "places",
            rounding,
            "distance (rad) of particles from the region or boundary they are said to be in; infinite where the place cannot be",
        );
        if description.output_bias.is_some() {
            line(
                Law::Bias,
                "output bias",
                1e3 * tolerance,
                "excess over (rate elapsed fall of the energy)^(1/2) of its way between snapshots, and difference to its start there, relative to the tolerance's unit",
            );
        }
        if description.output.function > 0 {
            line(
                Law::Function,
                "function",
                rounding,
                "stored function against that summed from the particles, relative to the size of the sums",
            );
        }
        if description.truth.is_some() {
            line(
                Law::Risk,
                "risk",
                rounding,
                "stored distances to the truth against those of the function summed from the particles, relative to the size of the sums",
            );
        }
        line(Law::Steps, "steps", 1e-12, "time against the sum of the steps, relative");
        line(
            Law::Times,
            "times",
            0.0,
            "times of snapshots against the steps they were taken after, relative",
        );
        line(
            Law::Schedule,
            "schedule",
            0.0,
            "snapshots of a finished run that were due and are not there, count",
        );
        if description.until.is_some() {
            line(
                Law::Ending,
                "ending",
                0.0,
                "snapshots at which the criterion that ends the run is not the one that holds there, count",
            );
        }
        line(
            Law::Losses,
            "losses of steps",
            1e-12,
            "losses of snapshots against those of the steps they were taken after, relative",
        );
        line(Law::Events, "events", 0.0, "counts of events against the sum over the steps");
        line(Law::Finite, "finite", 0.0, "numbers of a snapshot that are not finite, count");
        line(
            Law::Regions,
            "mass by place",
            1e-13,
            "stored masses of regions and boundaries, and the stuck mass, against the particles",
        );
        line(
            Law::Start,
            "start",
            if description.output.single_precision { 1e-5 } else { 1e-12 },
            "residual ODEs (and delta) at the start against the particles there, relative",
        );
        line(
            Law::Printed,
            "residual ODE as printed",
            1e3 * tolerance,
            "W Prop. 1 against the corrected ODE while nothing was ever pinned, and growth of its norm, relative to the tolerance's unit",
        );
        line(
            Law::Change,
            "kernel change",
            rounding.max(1e-10),
            "stored |K_t - K_0| / |K_0| against the second moments",
        );
        line(
            Law::Penalty,
            "penalty",
            rounding,
            "stored penalty against lambda Int |r| mu, or that of weight decay, from the particles, relative",
        );
        line(
            Law::Frozen,
            "frozen",
            if description.flow.is_penalized() { rounding } else { 0.0 },
            "change of dead and stuck particles between snapshots, relative",
        );
        line(
            Law::Checkpoint,
            "checkpoint",
            0.0,
            "values of the last snapshot that differ from the checkpoint of its time, count",
        );
        if description.output.tangent_kernel {
            line(
                Law::Kernel,
                "tangent kernel",
                rounding,
                "stored K_t against the second moments, relative to its largest entry",
            );
            line(
                Law::Eigenvalues,
                "eigenvalues",
                1e-11,
                "stored eigenvalues against those of the stored kernel, relative to the largest",
            );
        }
        if flow.particles == ParticleKind::Neuron {
            let single = description.output.single_precision;
            if let Some(conserved) = flow.conserves {
                let (name, meaning) = invariant(conserved);
                line(Law::Invariant(conserved), name, if single { 1e-5 } else { 1e-12 }, meaning);
            }
            line(
                Law::Metric,
                "metric",
                rounding,
                "velocity of (c, a, b) by the definition against the canonical one through W Prop. 4's metric, relative",
            );
            line(
                Law::Polar,
                "r and theta",
                if single { 1e-5 } else { 1e-13 },
                "stored r, theta against kappa c |w|, atan2(-b, a); r relative, theta in rad",
            );
        }
        if has_exponential(description) {
            line(
                Law::Exponential,
                "matrix exponential",
                1e3 * tolerance,
                "residual against expm(-K N t) rho(0), or that of weight decay, by eigenvectors of the first kernel, relative to the tolerance's unit",
            );
        }
        table.note_broken(&flow);
        if description.density.is_some() {
            table.note_particles();
        }
        table
    }

    fn add(&mut self, law: Law, name: &'static str, bound: f64, meaning: &'static str) {
        let check = Check { name, worst: 0.0, bound, time: 0.0, meaning, done: false };
        self.0.push(Line { law, check, broken: false });
    }

    /// Lines of laws that the flow does not obey say why instead.
    fn note_broken(&mut self, flow: &Descriptor) {
        for line in &mut self.0 {
            if let Some(why) = line.law.of_flow().and_then(|law| flow.breaks(law)) {
                (line.check.meaning, line.broken) = (why, true);
            }
        }
    }

    /// Lines of laws of particles say that there are none.
    fn note_particles(&mut self) {
        const OF_PARTICLES: [Law; 10] = [
            Law::Residual,
            Law::Risk,
            Law::Dissipation,
            Law::Energy,
            Law::Covariance,
            Law::Places,
            Law::Regions,
            Law::Frozen,
            Law::Metric,
            Law::Polar,
        ];
        for line in &mut self.0 {
            if OF_PARTICLES.contains(&line.law) || matches!(line.law, Law::Invariant(_)) {
                (line.check.meaning, line.broken) = ("a law of particles, which a density has not", true);
            }
        }
    }

    /// Takes note of a violation; a NaN counts as the worst there is, a law that the table does
    /// not have, or that the flow does not obey, for nothing.
    pub fn note(&mut self, law: Law, worst: f64, time: f64) {
        let worst = worse(f64::NEG_INFINITY, worst);
        let Some(Line { check, .. }) = self.0.iter_mut().find(|line| line.law == law && !line.broken) else {
            return;
        };
        if !check.done || worst > check.worst {
            (check.worst, check.time) = (worst, time);
        }
        check.done = true;
    }

    /// The lines.
    pub fn finish(self) -> Vec<Check> {
        self.0.into_iter().map(|line| line.check).collect()
    }
}

/// Whether residuals are a matrix exponential of the time: the kernel stands still, and nothing else
/// moves them but weight decay, which an output bias that moves has not.
pub(super) fn has_exponential(description: &Description) -> bool {
    let flow = description.flow.descriptor();
    let still = flow.particles == ParticleKind::Neuron && flow.trains == Layers::Output;
    let plain = flow.plain || flow.decay > 0.0 && description.output_bias.rate == 0.0;
    still && plain && flow.breaks(FlowLaw::ResidualOde).is_none()
}

/// Name and meaning of what a flow conserves of each neuron.
fn invariant(conserved: Conserved) -> (&'static str, &'static str) {
    match conserved {
        Conserved::Delta => (
            "delta",
            "c^2 - |w|^2 of each neuron against its start, which weight decay shrinks, relative to c^2 + |w|^2",
        ),
        Conserved::HiddenWeights => {
            ("hidden weights", "a, b of each neuron, which do not train, against the start, relative")
        }
        Conserved::OutputWeights => {
            ("output weights", "c of each neuron, which does not train, against the start, relative")
        }
    }
}
