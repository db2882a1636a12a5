//! Back-propagation written out, sample by sample and neuron by neuron: what gradient descent is
//! compared with.

use reluflow::flow::descent::Descender;
use reluflow::flow::{Descent, Layers, Optimizer, OutputBias, State};
use reluflow::problem::{Neurons, Samples};

use crate::common::Draw;

/// The settings that tests start from.
pub const PLAIN: Descent = Descent { learning_rate: 0.1, ..Descent::PLAIN };

/// A network `f(x) = (1/alpha) Sum_i c_i [a_i x - b_i]_+` in training by `torch.optim.SGD`.
#[derive(Debug, Clone)]
pub struct Network {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub n: Vec<f64>,
    /// Parameters `c`, then `a`, then `b`.
    pub z: [Vec<f64>; 3],
    /// Their momentum buffers, of Adam the means of gradients.
    pub v: [Vec<f64>; 3],
    /// Adam's means of squares.
    pub q: [Vec<f64>; 3],
    /// Steps so far.
    pub steps: i32,
    pub alpha: f64,
}

impl Network {
    pub fn new(samples: &Samples, [c, a, b]: [Vec<f64>; 3], alpha: f64) -> Network {
        let zero = vec![0.0; c.len()];
        Network {
            x: samples.x().to_vec(),
            y: samples.y().to_vec(),
            n: samples.weight().to_vec(),
            v: [zero.clone(), zero.clone(), zero.clone()],
            q: [zero.clone(), zero.clone(), zero],
            steps: 0,
            z: [c, a, b],
            alpha,
        }
    }

    /// Which samples a neuron sees, at its kink none.
    pub fn sees(&self, i: usize) -> Vec<bool> {
        self.x.iter().map(|x| self.z[1][i] * x - self.z[2][i] > 0.0).collect()
    }

    pub fn residual(&self) -> Vec<f64> {
        let [c, a, b] = &self.z;
        (0..self.x.len())
            .map(|j| {
                let sum: f64 = (0..c.len()).map(|i| c[i] * (a[i] * self.x[j] - b[i]).max(0.0)).sum();
                sum / self.alpha - self.y[j]
            })
            .collect()
    }

    /// The gradient of `1/2 Sum_j weight_j n_j rho_j^2`, and the size of the terms that made it.
    pub fn gradient(&self, weight: &[f64]) -> ([Vec<f64>; 3], [f64; 3]) {
        let rho = self.residual();
        let m = self.z[0].len();
        let (mut gradient, mut size) = ([vec![0.0; m], vec![0.0; m], vec![0.0; m]], [0.0f64; 3]);
        for i in 0..m {
            let [c, a, b] = [self.z[0][i], self.z[1][i], self.z[2][i]];
            for (j, seen) in self.sees(i).into_iter().enumerate() {
                if seen {
                    let pull = weight[j] * self.n[j] * rho[j] / self.alpha;
                    let terms = [pull * (a * self.x[j] - b), pull * c * self.x[j], -pull * c];
                    for q in 0..3 {
                        gradient[q][i] += terms[q];
                    }
                    let both = pull.abs() * (a * self.x[j]).abs().max(b.abs());
                    size[0] = size[0].max(both);
                    (1..3).for_each(|q| size[q] = size[q].max(terms[q].abs()));
                }
            }
        }
        (gradient, size)
    }

    /// One step by the formulas of `torch.optim`, with a framework's gradient and weight decay.
    pub fn step(&mut self, descent: &Descent, weight: &[f64]) {
        let (gradient, _) = self.gradient(weight);
        self.steps += 1;
        let Descent { learning_rate: eta, momentum, .. } = *descent;
        let decay = descent.weight_decay / self.z[0].len() as f64;
        for q in 0..3 {
            let frozen = if q == 0 { Layers::Hidden } else { Layers::Output };
            if descent.layers == frozen {
                continue;
            }
            for i in 0..gradient[q].len() {
                let (z, v, square) = (&mut self.z[q][i], &mut self.v[q][i], &mut self.q[q][i]);
                let mut g = gradient[q][i];
                match descent.optimizer {
                    Optimizer::AdamW(_) => *z *= 1.0 - eta * descent.weight_decay,
                    _ => g += decay * *z,
                }
                let Some(adam) = descent.optimizer.adam() else {
                    *v = momentum * *v + g;
                    let nesterov = descent.optimizer == Optimizer::Nesterov;
                    *z -= eta * if nesterov { g + momentum * *v } else { *v };
                    continue;
                };
                let [beta1, beta2] = adam.beta;
                *v = beta1 * *v + (1.0 - beta1) * g;
                *square = beta2 * *square + (1.0 - beta2) * g * g;
                let mean = *v / (1.0 - beta1.powi(self.steps));
                let root = (*square / (1.0 - beta2.powi(self.steps))).sqrt();
                *z -= eta * mean / (root + adam.epsilon);
            }
        }
    }

    pub fn full(&self) -> Vec<f64> {
        vec![1.0; self.x.len()]
    }

    /// The program's run from the same start.
    pub fn descender(&self, descent: &Descent) -> (Descender, State) {
        self.biased(descent, OutputBias::default())
    }

    pub fn biased(&self, descent: &Descent, bias: OutputBias) -> (Descender, State) {
        let [c, a, b] = self.z.clone();
        let kappa = c.len() as f64 / self.alpha;
        let samples = Samples::from_merged(self.x.clone(), self.y.clone(), self.n.clone(), 0.0).unwrap();
        let neurons = Neurons::uniform(c, a, b).unwrap();
        Descender::start_biased(samples, neurons, kappa, descent, bias).unwrap()
    }

    /// Largest difference to the neurons of a state, relative to the largest parameter.
    pub fn distance(&self, state: &State) -> f64 {
        let (mut difference, mut size): (f64, f64) = (0.0, 0.0);
        for i in 0..self.z[0].len() {
            let [c, w_x, w_y] = state.neuron(i);
            for (mine, found) in [(self.z[0][i], c), (self.z[1][i], w_x), (self.z[2][i], -w_y)] {
                difference = difference.max((mine - found).abs());
                size = size.max(mine.abs());
            }
        }
        difference / size
    }
}

/// The same with no neuron exactly on a sample.
pub fn generic(seed: u64, s: usize, m: usize, alpha: f64) -> Network {
    let mut network = drawn(seed, s, m, alpha);
    (0..m).for_each(|i| network.z[2][i] += 0.031 * (1.0 + i as f64 / m as f64));
    network
}

/// Samples of a wave with ties, and neurons of which some are dead, constant, zero, or exactly on
/// a sample.
pub fn drawn(seed: u64, s: usize, m: usize, alpha: f64) -> Network {
    let mut draw = Draw(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) + 1);
    let mut x = draw.list(s, -1.5, 1.5);
    if s > 3 {
        (x[1], x[2]) = (x[0], 0.0);
    }
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin() + 0.1 * draw.uniform(-1.0, 1.0)).collect();
    let samples = Samples::new(&x, &y).unwrap();
    let mut z = [draw.list(m, -1.0, 1.0), draw.list(m, -1.0, 1.0), draw.list(m, -1.0, 1.0)];
    for i in 0..m {
        match i % 16 {
            1 => z[2][i] = z[1][i] * samples.x()[draw.below(samples.len())],
            3 => z[1][i] = 0.0,
            5 => z[2][i] = 0.0,
            7 => (z[1][i], z[2][i]) = (0.0, 0.0),
            9 => z[0][i] = 0.0,
            11 => (z[1][i], z[2][i]) = (0.1, 0.5),
            _ => {}
        }
    }
    Network::new(&samples, z, alpha)
}
