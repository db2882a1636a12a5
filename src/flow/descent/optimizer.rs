//! How a gradient becomes a step: the optimizers of `torch.optim`, by their formulas.
//!
//! With `g = m grad L + lambda z`, the gradient in mean-field units and that of the weight decay `lambda`
//! (`weight_decay = lambda / m` of a framework, added to the gradient as `SGD` and `Adam` do it):
//!
//! ```text
//! Sgd        v <- momentum v + g                             z <- z - (eta / m) v
//! Nesterov   the same v                                      z <- z - (eta / m) (g + momentum v)
//! Adam       v <- beta1 v + (1 - beta1) g                    z <- z - eta v^ / (q^^(1/2) + m epsilon)
//!            q <- beta2 q + (1 - beta2) g^2                  v^ = v / (1 - beta1^k),  q^ = q / (1 - beta2^k)
//! AdamW      as Adam without lambda in g, after              z <- (1 - eta weight_decay) z
//! ```
//!
//! in step `k = 1, 2, ...`. The factor `m` of `epsilon` makes Adam's step that of a framework, whose gradient is `g / m`.

/// Which formula takes the steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Plain descent, or the heavy ball where there is momentum: `torch.optim.SGD`.
    Sgd,
    /// The same with `nesterov=True`.
    Nesterov,
    /// `torch.optim.Adam`: weight decay is added to the gradient.
    Adam(Adam),
    /// `torch.optim.AdamW`: weight decay shrinks the weights beside the step.
    AdamW(Adam),
}

/// Settings of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// `beta1`, `beta2`: what is left of the averages of the gradient and of its square after a step.
    pub beta: [f64; 2],
    /// Added to the root of the mean square, in the units of a framework's gradient.
    pub epsilon: f64,
}

impl Adam {
    /// Those of `torch.optim`.
    pub const DEFAULT: Adam = Adam { beta: [0.9, 0.999], epsilon: 1e-8 };
}

impl Optimizer {
    /// All of them, with their names in scenarios and run files.
    pub const NAMES: [(&'static str, Optimizer); 4] = [
        ("sgd", Optimizer::Sgd),
        ("nesterov", Optimizer::Nesterov),
        ("adam", Optimizer::Adam(Adam::DEFAULT)),
        ("adamw", Optimizer::AdamW(Adam::DEFAULT)),
    ];

    /// The name in scenarios and run files.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Sgd => "sgd",
            Optimizer::Nesterov => "nesterov",
            Optimizer::Adam(_) => "adam",
            Optimizer::AdamW(_) => "adamw",
        }
    }

    /// The settings of Adam, if it is one.
    pub fn adam(&self) -> Option<Adam> {
        match self {
            Optimizer::Sgd | Optimizer::Nesterov => None,
            Optimizer::Adam(adam) | Optimizer::AdamW(adam) => Some(*adam),
        }
    }

    /// The same with these settings of Adam, if it is one.
    pub fn with_adam(self, adam: Adam) -> Optimizer {
        match self {
            Optimizer::Adam(_) => Optimizer::Adam(adam),
            Optimizer::AdamW(_) => Optimizer::AdamW(adam),
            other => other,
        }
    }
}
