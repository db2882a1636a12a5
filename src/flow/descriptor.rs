//! What the rest of the program needs to know of a flow.

use super::Flow;
use super::parameter::{Parameter, Value};

/// What is particular to a flow, with its settings: whatever depends on which flow it is follows this.
/// One for each flow, beside its code; [`Flow::descriptor`] gives it.
#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    /// The name in scenarios and run files.
    pub name: &'static str,
    /// What it does, in a few words for people.
    pub words: &'static str,
    /// What it means for kernel and adaptive learning: a paragraph, with `*` around what is slanted.
    pub meaning: &'static str,
    /// What the particles are.
    pub particles: ParticleKind,
    /// Which parameters of a particle move.
    pub trains: Layers,
    /// What each particle keeps at all times, but for the size of steps where [`Law::Delta`] is
    /// broken.
    pub conserves: Option<Conserved>,
    /// `lambda`, weight of the total-variation term; `None` where the flow has no such term.
    pub tv: Option<f64>,
    /// `lambda` of weight decay, 0 where there is none.
    pub decay: f64,
    /// `kappa = m / alpha(m)`, the factor before the mean over neurons; `None` where it is in the
    /// parameters of the particles.
    pub kappa: Option<f64>,
    /// `eta` of a flow whose steps all advance time by `eta / m`; `None` where a controller chooses
    /// their size by the tolerance.
    pub learning_rate: Option<f64>,
    /// Whether the velocity is minus the gradient of the loss and nothing else (no penalty,
    /// momentum, minibatches): with a kernel `K` that stands still residuals then obey
    /// `d rho/dt = -K N rho`.
    pub plain: bool,
    /// Laws of other flows that this one does not obey, and why.
    pub breaks: &'static [(Law, &'static str)],
    /// Settings besides `tv` and `kappa`.
    pub parameters: &'static [Parameter],
    /// Makes the flow of `kappa`, `tv` and the values of `parameters`; `None` if those do not fit.
    pub build: fn(f64, f64, &[Option<Value>]) -> Option<Flow>,
    /// Memory that a sample takes while a run goes on, in bytes: its regions and boundaries,
    /// moments, step tables, and the chunks of its rows in the file. The most that was measured.
    pub bytes_per_sample: u64,
}

impl Descriptor {
    /// Why the flow does not obey a law; `None` if it does.
    pub fn breaks(&self, law: Law) -> Option<&'static str> {
        self.breaks.iter().find(|(broken, _)| *broken == law).map(|(_, why)| *why)
    }
}

/// What the particles of a flow are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticleKind {
    /// Canonical particles `(r, theta)`.
    Canonical,
    /// Neurons `(c, a, b)`.
    Neuron,
}

/// Which layers train. Of canonical particles, which are both at once, both do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// `c`, `a` and `b`.
    Both,
    /// `c` alone, as in the kernel limit.
    Output,
    /// `a` and `b` alone, as in the adaptive limit.
    Hidden,
}

impl Layers {
    /// All of them, with their names in scenarios and run files.
    pub const NAMES: [(&'static str, Layers); 3] =
        [("both", Layers::Both), ("output", Layers::Output), ("hidden", Layers::Hidden)];

    /// The name in scenarios and run files.
    pub fn name(self) -> &'static str {
        Layers::NAMES.iter().find(|(_, layers)| *layers == self).map_or("", |(name, _)| name)
    }

    /// Whether `c` trains.
    pub fn output(self) -> bool {
        self != Layers::Hidden
    }

    /// Whether `w = (a, -b)` trains.
    pub fn hidden(self) -> bool {
        self != Layers::Output
    }
}

/// What a neuron keeps at all times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conserved {
    /// `delta = c^2 - |w|^2`.
    Delta,
    /// `a` and `b`.
    HiddenWeights,
    /// `c`.
    OutputWeights,
}

/// Laws that `reluflow check` tests and that not all flows obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// The residual ODE, integrated by itself, has the particles' residuals.
    ResidualOde,
    /// So has W Prop. 1 as printed, while nothing was ever pinned.
    PrintedOde,
    /// Loss and penalty together never grow.
    EnergyDecreases,
    /// What the field holds on a boundary stays there.
    Held,
    /// `c^2 - |w|^2` of each neuron is conserved.
    Delta,
    /// Dead mass stays dead.
    DeadMass,
    /// Dead and stuck particles do not move, but for the penalty.
    Frozen,
}
