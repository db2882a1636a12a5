//! The update of a step in numbers, ready for the pass over the neurons.

use crate::flow::field::Vec2;

/// How a step changes a neuron: see [`optimizer`](super::optimizer) for the formulas.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    /// Mean-field time of a step: `eta / m`, of Adam `eta`.
    pub dt: f64,
    /// Factor on the velocity; `beta1` of Adam.
    pub momentum: f64,
    /// The step of `Sgd` and `Nesterov` is `dt` times this combination of the gradient and the new velocity.
    pub mix: [f64; 2],
    /// Of Adam.
    pub adam: Option<AdamUpdate>,
    /// `lambda` of what is added to the gradient.
    pub decay: f64,
    /// By what part of them a step of AdamW shrinks the weights.
    pub shrink: f64,
    /// 1 if `c` trains, else 0.
    pub output: f64,
    /// 1 if `w` trains, else 0.
    pub hidden: f64,
    /// Standard deviation of the Langevin noise of a step, `(2 tau dt)^(1/2)`.
    pub heat: f64,
}

/// A step of the output bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BiasStep {
    /// By how much it moves.
    pub step: f64,
    /// What is remembered of its gradients: their sum, or their mean and that of their squares.
    pub memory: [f64; 2],
}

/// What only Adam has.
#[derive(Debug, Clone, Copy)]
pub struct AdamUpdate {
    /// What is left of the mean square after a step.
    pub beta2: f64,
    /// `m epsilon`.
    pub epsilon: f64,
}

impl Update {
    /// Whether past gradients count.
    pub fn is_heavy(&self) -> bool {
        self.momentum > 0.0 || self.adam.is_some()
    }

    /// How many layers train: the degree of `f` in the weights that decay.
    pub fn degree(&self) -> f64 {
        self.output + self.hidden
    }

    /// `M g` of a neuron: `w <w, g>` if `c` trains, `c^2 g` if `w` does (section 5).
    pub fn pull(&self, c: f64, w: Vec2, g: Vec2) -> Vec2 {
        let along = self.output * (w[0] * g[0] + w[1] * g[1]);
        let cc = self.hidden * c * c;
        [along * w[0] + cc * g[0], along * w[1] + cc * g[1]]
    }

    /// Factors on Adam's mean gradient and mean square in step `step`, counted from 0: they undo that both began at 0.
    pub fn corrections(&self, step: u64) -> [f64; 2] {
        let Some(AdamUpdate { beta2, .. }) = self.adam else { return [1.0; 2] };
        let k = (step + 1) as f64;
        [self.momentum, beta2].map(|beta| 1.0 / (1.0 - libm::pow(beta, k)))
    }

    /// The step of the output bias, which neither decays nor has noise.
    ///
    /// * `gradient`: its rate times the sum of the residuals; `memory`: of past ones; `corrections`: of this step.
    pub fn bias_step(&self, gradient: f64, memory: [f64; 2], corrections: [f64; 2]) -> BiasStep {
        let [velocity, square] = memory;
        if gradient == 0.0 && memory == [0.0; 2] {
            return BiasStep { step: 0.0, memory };
        }
        if let Some(AdamUpdate { beta2, epsilon }) = self.adam {
            let velocity = self.momentum * velocity + (1.0 - self.momentum) * gradient;
            let square = beta2 * square + (1.0 - beta2) * gradient * gradient;
            let root = (corrections[1] * square).sqrt() + epsilon;
            return BiasStep {
                step: -self.dt * corrections[0] * velocity / root,
                memory: [velocity, square],
            };
        }
        let velocity = self.momentum * velocity + gradient;
        let step = -self.dt * (self.mix[0] * gradient + self.mix[1] * velocity);
        BiasStep { step, memory: [if self.momentum > 0.0 { velocity } else { 0.0 }, 0.0] }
    }

    /// A bound on the largest change of a parameter in a step, but for its noise.
    ///
    /// * `largest`: the largest parameter and the largest velocity; `strongest`: the largest `|g_x| + |g_y|`.
    ///
    /// Adam's is that of Cauchy and Schwarz for `v^ / q^^(1/2)`, whatever the gradients were.
    pub fn reach(&self, largest: [f64; 2], strongest: f64) -> f64 {
        if let Some(AdamUpdate { beta2, .. }) = self.adam {
            let ratio = self.momentum * self.momentum / beta2;
            return self.dt / ((1.0 - beta2) * (1.0 - ratio)).sqrt() + self.shrink * largest[0];
        }
        let gradient = (strongest + self.decay) * largest[0];
        let velocity = self.momentum * largest[1] + gradient;
        self.dt * (self.mix[0] * gradient + self.mix[1] * velocity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradients for which the bound is sharp: `g_i` in proportion to `(beta1 / beta2)^(k - i)`.
    #[test]
    fn no_step_of_adam_is_larger_than_its_bound() {
        for (beta1, beta2) in [(0.9, 0.999), (0.5, 0.3), (0.0, 0.9), (0.9, 0.9)] {
            let adam = Some(AdamUpdate { beta2, epsilon: 1e-300 });
            let update = Update {
                dt: 1.0,
                momentum: beta1,
                mix: [0.0, 1.0],
                adam,
                decay: 0.0,
                shrink: 0.0,
                output: 1.0,
                hidden: 1.0,
                heat: 0.0,
            };
            let bound = update.reach([1.0, 0.0], 0.0);
            for steps in [1, 2, 10, 100, 300] {
                let (mut v, mut q) = (0.0, 0.0);
                for i in 1..=steps {
                    let g = if beta1 == 0.0 { 1.0 } else { (beta1 / beta2).powi(steps - i) };
                    v = beta1 * v + (1.0 - beta1) * g;
                    q = beta2 * q + (1.0 - beta2) * g * g;
                }
                let [first, second] = update.corrections(steps as u64 - 1);
                let step = first * v / (second * q).sqrt();
                assert!(step <= bound, "{beta1} {beta2} {steps}: {step} above {bound}");
            }
        }
    }
}
