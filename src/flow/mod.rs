//! Flows of the measure: the field from the residuals, what happens at a boundary, the residual
//! ODE and the step controller; and of each flow what others need to know of it, its [`Descriptor`].
//!
//! All equations are in [`guide::mathematics`](crate::guide::mathematics), whose sections are cited by number. An
//! order in which to read:
//!
//! 1. `moments`, `field`: from particles to residuals and back, in `O(s)` (section 4); `path`, `field_cubic`: both
//!    over a step;
//! 2. [`interface`]: what a particle does at a boundary (sections 6 and 15); `passage`: at the origin;
//! 3. `residual_ode`, [`tangent_kernel`] (sections 7 and 17); `output_bias` (section 21);
//! 4. `canonical`: motion in `(r, theta)`; `lifted`: neurons, in region frames (sections 5, 6 and 10); `events`: what
//!    both have in common; `density`: the measure on a grid, without particles (section 16);
//! 5. `system`, `push`: what the controller needs of either; `controller`, `implicit`, `response`, `scale`: the step
//!    (section 9);
//! 6. [`descent`]: gradient descent, which has steps of its own; `advance`: one face for both;
//! 7. `state`, `columns`, `counters`, `record`, `error`: what is kept and told; `descriptor`, `parameter`: what
//!    others follow instead of asking which flow it is.
//!
//! Throughout: within a step time is `u` in `[0, 1]`, and fields are multiplied by the step size `h` (of neurons also by
//! `kappa`), so that rates are per `u`; what is kept between steps has rates per unit of time. *Low*, *down* and
//! *clockwise* are one side of a boundary `b`, region `b`; *high*, *up* and *anticlockwise* the other one,
//! [`Regions::above`](crate::problem::Regions::above). A *push* moves all particles along one path of the residuals; a
//! step is one push or several. An *event* is whatever makes a rate of the residuals jump: a crossing, a death, a pin, a
//! release, `r` or `c` or `w` reaching zero.

mod advance;
mod canonical;
mod characteristics;
mod columns;
mod controller;
mod counters;
mod density;
pub mod descent;
mod descriptor;
mod error;
mod events;
mod field;
mod field_cubic;
mod implicit;
pub mod interface;
mod lifted;
pub mod moments;
mod output_bias;
mod parameter;
mod passage;
mod path;
mod push;
mod record;
mod residual_ode;
mod response;
mod scale;
mod state;
mod system;
mod systems;
pub mod tangent_kernel;

pub use advance::Stepper;
pub use canonical::Canonical;
pub use characteristics::{Foot, Point, ResidualPath, Source, feet};
pub use columns::{Column, ColumnMut};
pub use counters::Counters;
pub use density::{
    Densities, Density, DensityGrid, Invariants, NeuronNode, Nodes, Places, View, density_is_possible,
    neuron_nodes,
};
pub use descent::{Adam, Descended, Optimizer};
pub use descriptor::{Conserved, Descriptor, Law, Layers, ParticleKind};
pub use error::FlowError;
pub(crate) use field::rate;
pub use field::{Vec2, gradients, project};
pub use lifted::Lifted;
pub use output_bias::OutputBias;
pub(crate) use output_bias::add_rate;
pub use parameter::{Allowed, Parameter, Value};
pub use record::{PathRule, StepPath, StepRecord};
pub(crate) use scale::{least_scale, residual_scale};
pub use state::{Particles, State};

/// Which flow moves the measure (mathematics, section 5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flow {
    /// The gradient flow in the canonical parameters `(r, theta)`, W eq. 7; with `tv > 0` the
    /// total-variation term `tv * Int |r| mu` is added to the loss, W eq. 16.
    Canonical {
        /// `lambda`, weight of the total-variation term; 0 leaves it out.
        tv: f64,
    },
    /// The gradient flow of all parameters `(c, a, b)`, W eq. 2: real network training.
    Lifted {
        /// `m / alpha(m)`, the factor before the mean over neurons.
        kappa: f64,
        /// `lambda` of weight decay (section 21): `lambda / 2 Int (c^2 + |w|^2) mu` is added to the loss, of which only
        /// the layers that train count. A framework's value is `lambda / m`. 0 leaves it out.
        decay: f64,
    },
    /// Only `c` moves: the limit `delta -> -inf` of the lifted flow.
    Kernel {
        /// As in [`Flow::Lifted`].
        kappa: f64,
        /// As in [`Flow::Lifted`].
        decay: f64,
    },
    /// Only `w = (a, -b)` moves: the limit `delta -> +inf` of the lifted flow.
    Adaptive {
        /// As in [`Flow::Lifted`].
        kappa: f64,
        /// As in [`Flow::Lifted`].
        decay: f64,
    },
    /// Gradient descent on `(c, a, b)`, the algorithm of which the lifted flow is the limit.
    Descent {
        /// As in [`Flow::Lifted`].
        kappa: f64,
        /// How the steps are taken.
        descent: Descent,
    },
}

/// Settings of gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// `eta`; one step advances mean-field time by `eta / m`, of Adam by `eta`.
    pub learning_rate: f64,
    /// Which formula makes steps of gradients.
    pub optimizer: Optimizer,
    /// Factor on the last displacement (heavy ball, Nesterov); 0 is plain descent, and Adam.
    pub momentum: f64,
    /// Weight decay: `lambda` of `lambda / 2 Int (c^2 + |w|^2) mu`, whose gradient is added to that of the loss; a
    /// framework's is `lambda / m`. Of AdamW, which shrinks weights beside its steps, the framework's own. Of the layers
    /// that train. 0 is none.
    pub weight_decay: f64,
    /// Samples per step, drawn without replacement epoch by epoch; `None` is the full batch.
    pub batch: Option<usize>,
    /// Seed of the batches and of the noise.
    pub seed: u64,
    /// Standard deviation of the normal noise that every step draws anew for every label `y`; merged labels are means
    /// of `n_j`, with `n_j^(-1/2)` of it. 0 is none.
    pub label_noise: f64,
    /// Temperature `tau` of Langevin noise: every step adds `(2 tau eta / m)^(1/2)` times a standard normal to each
    /// parameter that trains. A framework's temperature of the loss is `tau / m`. 0 is none.
    pub temperature: f64,
    /// Which layers train.
    pub layers: Layers,
}

impl Descent {
    /// Plain full-batch descent of both layers, with learning rate 1.
    pub const PLAIN: Descent = Descent {
        learning_rate: 1.0,
        optimizer: Optimizer::Sgd,
        momentum: 0.0,
        weight_decay: 0.0,
        batch: None,
        seed: 0,
        label_noise: 0.0,
        temperature: 0.0,
        layers: Layers::Both,
    };

    /// Whether the velocity of the neurons is anything but minus the gradient of the energy at this moment: momentum, Adam,
    /// minibatches, noise.
    pub fn is_unsteady(&self) -> bool {
        self.is_heavy() || self.batch.is_some() || self.is_noisy()
    }

    /// Whether past gradients count.
    pub fn is_heavy(&self) -> bool {
        self.momentum > 0.0 || self.optimizer.adam().is_some()
    }

    /// Whether steps draw noise.
    pub fn is_noisy(&self) -> bool {
        self.label_noise > 0.0 || self.temperature > 0.0
    }
}

impl Flow {
    /// One of each flow: without a total-variation term, `kappa = 1`, plain descent of both layers.
    pub const ALL: [Flow; 5] = [
        Flow::Canonical { tv: 0.0 },
        Flow::Lifted { kappa: 1.0, decay: 0.0 },
        Flow::Kernel { kappa: 1.0, decay: 0.0 },
        Flow::Adaptive { kappa: 1.0, decay: 0.0 },
        Flow::Descent { kappa: 1.0, descent: Descent::PLAIN },
    ];

    /// All that others need to know of it.
    pub fn descriptor(&self) -> Descriptor {
        match self {
            Flow::Canonical { tv } => canonical::descriptor(*tv),
            Flow::Lifted { kappa, decay } => lifted::descriptor::lifted(*kappa, *decay),
            Flow::Kernel { kappa, decay } => lifted::descriptor::kernel(*kappa, *decay),
            Flow::Adaptive { kappa, decay } => lifted::descriptor::adaptive(*kappa, *decay),
            Flow::Descent { kappa, descent } => descent::descriptor::descriptor(*kappa, descent),
        }
    }

    /// Values of its [`parameters`](Descriptor::parameters), in their order; `None` for one that does
    /// not apply.
    pub fn values(&self) -> Vec<Option<Value>> {
        match self {
            Flow::Descent { descent, .. } => descent::descriptor::values(descent).to_vec(),
            Flow::Lifted { decay, .. } | Flow::Kernel { decay, .. } | Flow::Adaptive { decay, .. } => {
                lifted::descriptor::values(*decay).to_vec()
            }
            Flow::Canonical { .. } => vec![],
        }
    }

    /// That of [`Flow::ALL`] with this name.
    ///
    /// ```
    /// use reluflow::flow::Flow;
    /// assert_eq!(Flow::named("kernel"), Some(Flow::Kernel { kappa: 1.0, decay: 0.0 }));
    /// assert_eq!(Flow::named("colonel"), None);
    /// ```
    pub fn named(name: &str) -> Option<Flow> {
        Flow::ALL.into_iter().find(|flow| flow.name() == name)
    }

    /// The same with another `kappa`, if it has one.
    pub fn with_kappa(&self, kappa: f64) -> Flow {
        let descriptor = self.descriptor();
        (descriptor.build)(kappa, self.tv(), &self.values()).expect("its own values fit")
    }

    /// The name in scenarios and run files.
    pub fn name(&self) -> &'static str {
        self.descriptor().name
    }

    /// What its particles are.
    pub fn particles(&self) -> ParticleKind {
        self.descriptor().particles
    }

    /// `lambda` of the total-variation term; 0 where there is none.
    pub fn tv(&self) -> f64 {
        self.descriptor().tv.unwrap_or(0.0)
    }

    /// `lambda` of weight decay; 0 where there is none.
    pub fn decay(&self) -> f64 {
        self.descriptor().decay
    }

    /// The rate at which weight decay alone makes the function fall, `lambda` for each layer that trains:
    /// `f` is of degree one in the weights of each.
    pub fn function_decay(&self) -> f64 {
        let (output, hidden) = self.moves();
        self.decay() * f64::from(u8::from(output) + u8::from(hidden))
    }

    /// Whether anything but the loss is descended: the total-variation term, or weight decay.
    pub fn is_penalized(&self) -> bool {
        self.tv() > 0.0 || self.decay() > 0.0
    }

    /// `kappa = m / alpha(m)`, the factor before the mean over neurons; 1 in canonical parameters.
    pub fn kappa(&self) -> f64 {
        self.descriptor().kappa.unwrap_or(1.0)
    }

    /// Mean-field time of a step of `m` neurons, where the flow's settings say it; `None` where the
    /// controller chooses it by the tolerance.
    pub fn given_step(&self, m: usize) -> Option<f64> {
        self.descriptor().learning_rate.map(|rate| rate / self.steps_per_rate(m))
    }

    /// How many steps of `m` neurons take as much mean-field time as the learning rate is: `m`, of Adam, whose steps do not
    /// get smaller with the gradients, 1.
    pub fn steps_per_rate(&self, m: usize) -> f64 {
        if self.is_adam() { 1.0 } else { m as f64 }
    }

    /// Whether steps are divided by the size of the gradients, so that there is no flow that they approach.
    pub fn is_adam(&self) -> bool {
        matches!(self, Flow::Descent { descent, .. } if descent.optimizer.adam().is_some())
    }

    /// Whether `c`, and whether `w = (a, -b)`, moves; both as functions of `(r, theta)` in the
    /// canonical flow.
    pub fn moves(&self) -> (bool, bool) {
        let layers = self.descriptor().trains;
        (layers.output(), layers.hidden())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_make_the_flow_they_are_of() {
        let settings = Descent {
            learning_rate: 0.3,
            momentum: 0.5,
            batch: Some(7),
            seed: 11,
            layers: Layers::Hidden,
            ..Descent::PLAIN
        };
        let noisy = Descent { momentum: 0.0, label_noise: 0.5, temperature: 0.25, ..settings };
        let adam = Adam { beta: [0.5, 0.75], epsilon: 1e-3 };
        let with = |optimizer| Descent { momentum: 0.0, optimizer, weight_decay: 0.5, ..settings };
        let nesterov = Descent { optimizer: Optimizer::Nesterov, ..settings };
        let more = [
            Flow::Canonical { tv: 0.25 },
            Flow::Lifted { kappa: 2.5, decay: 0.1 },
            Flow::Kernel { kappa: 2.5, decay: 0.1 },
            Flow::Adaptive { kappa: 2.5, decay: 0.1 },
            Flow::Descent { kappa: 2.5, descent: settings },
            Flow::Descent { kappa: 2.5, descent: Descent { batch: None, seed: 0, ..settings } },
            Flow::Descent { kappa: 2.5, descent: nesterov },
            Flow::Descent { kappa: 2.5, descent: with(Optimizer::Adam(adam)) },
            Flow::Descent { kappa: 2.5, descent: with(Optimizer::AdamW(adam)) },
            Flow::Descent { kappa: 2.5, descent: noisy },
            Flow::Descent { kappa: 2.5, descent: Descent { batch: None, temperature: 0.0, ..noisy } },
        ];
        for flow in Flow::ALL.into_iter().chain(more) {
            let (d, values) = (flow.descriptor(), flow.values());
            assert_eq!(values.len(), d.parameters.len(), "{flow:?}");
            assert_eq!((d.build)(flow.kappa(), flow.tv(), &values), Some(flow));
            if matches!(flow, Flow::Descent { .. }) {
                assert_eq!((d.build)(1.0, 0.0, &vec![None; values.len()]), None, "{flow:?}");
            }
            assert_eq!(Flow::named(d.name).map(|flow| flow.name()), Some(d.name));
            let other = flow.with_kappa(4.0);
            assert_eq!((other.kappa(), other.with_kappa(flow.kappa())), (d.kappa.map_or(1.0, |_| 4.0), flow));
        }
    }
}
