//! One pass over the neurons: a step of gradient descent for each, and the moments of where they
//! arrive.
//!
//! Neurons lie in memory in their own order. A block of them is gathered into lanes (its regions
//! differ), moved and multiplied out in loops without a branch, and scattered into the sums of
//! the regions; the few that left their region are handled one by one. No operation is fused or
//! reordered by the width of the machine's vectors: the bits are the same on all.

use crate::flow::field::Vec2;
use crate::math::instructions::vectorized;
use crate::problem::Place;

use super::active::region_near;
use super::kinks::Crosser;
use super::noise::Heat;
use super::rows::{Row, contains};
use super::sums::{ENTRIES, Sums};
use super::update::{AdamUpdate, Update};

/// Neurons in a block.
const LANES: usize = 32;

type Lanes = [f64; LANES];

/// Neurons of one chunk, `(c, w)` with `w = (a, -b)`.
pub struct Chunk<'a> {
    pub mass: &'a [f64],
    pub c: &'a mut [f64],
    pub w: [&'a mut [f64]; 2],
    pub place: &'a mut [Place],
    /// The number of its first neuron.
    pub first: u64,
    /// Sums of past gradients, in the order `c, w_x, w_y`, or Adam's means of them; empty without momentum.
    pub velocity: [&'a mut [f64]; 3],
    /// Adam's means of the squares of past gradients; empty without Adam.
    pub square: [&'a mut [f64]; 3],
}

/// What every chunk of a pass shares.
pub struct Pass<'a> {
    pub x: &'a [f64],
    pub rows: &'a [Row],
    /// `g_k` of the residual ODE and of the full batch, without `kappa`: for neurons that cross.
    pub g_ode: &'a [Vec2],
    pub update: Update,
    /// Of this step, [`Update::corrections`].
    pub corrections: [f64; 2],
    /// Where Langevin noise is drawn from.
    pub heat: Heat,
}

impl Pass<'_> {
    /// Moves the neurons of a chunk by one step and adds them to `sums`.
    pub fn advance(&self, chunk: &mut Chunk<'_>, sums: &mut Sums) {
        if !chunk.square[0].is_empty() {
            adam(self, chunk, sums);
        } else if !chunk.velocity[0].is_empty() {
            heavy(self, chunk, sums);
        } else {
            plain(self, chunk, sums);
        }
    }

    /// Adds the neurons of a chunk to `sums` where they are.
    pub fn sum(&self, chunk: &mut Chunk<'_>, sums: &mut Sums) {
        let mut block = Block::new();
        for start in (0..chunk.c.len()).step_by(LANES) {
            block.gather(self, chunk, start);
            block.moments(self.update);
            block.scatter(sums);
        }
        block.finish(sums);
    }
}

vectorized! {
    fn plain(pass: &Pass<'_>, chunk: &mut Chunk<'_>, sums: &mut Sums) {
        advance::<false, false>(pass, chunk, sums);
    }
}

vectorized! {
    fn heavy(pass: &Pass<'_>, chunk: &mut Chunk<'_>, sums: &mut Sums) {
        advance::<true, false>(pass, chunk, sums);
    }
}

vectorized! {
    fn adam(pass: &Pass<'_>, chunk: &mut Chunk<'_>, sums: &mut Sums) {
        advance::<true, true>(pass, chunk, sums);
    }
}

#[inline(always)]
fn advance<const HEAVY: bool, const ADAM: bool>(pass: &Pass<'_>, chunk: &mut Chunk<'_>, sums: &mut Sums) {
    let mut block = Block::new();
    for start in (0..chunk.c.len()).step_by(LANES) {
        block.gather(pass, chunk, start);
        if HEAVY {
            block.gather_velocity(chunk, start);
        }
        if ADAM {
            block.gather_square(chunk, start);
            block.step_of_adam(pass);
            block.scatter_response(chunk, start, sums);
        } else {
            block.step::<HEAVY>(pass.update);
        }
        if pass.update.heat > 0.0 {
            block.heat(pass, chunk.first + start as u64);
        }
        block.leave(pass, chunk, start, sums);
        block.moments(pass.update);
        block.scatter(sums);
        block.store(chunk, start);
        if HEAVY {
            block.store_velocity(chunk, start);
        }
        if ADAM {
            block.store_square(chunk, start);
        }
    }
    block.finish(sums);
}

/// A block of neurons in lanes; lanes beyond the end of a chunk are dead and without mass.
struct Block {
    len: usize,
    region: [u32; LANES],
    mass: Lanes,
    z: [Lanes; 3],
    velocity: [Lanes; 3],
    square: [Lanes; 3],
    g: [Lanes; 2],
    x: [Lanes; 2],
    parts: [Lanes; ENTRIES],
    /// Largest magnitudes met: of the neurons, of their velocities.
    largest: [Lanes; 2],
}

impl Block {
    #[inline(always)]
    fn new() -> Block {
        let zero = [0.0; LANES];
        Block {
            len: 0,
            region: [0; LANES],
            mass: zero,
            z: [zero; 3],
            velocity: [zero; 3],
            square: [zero; 3],
            g: [zero; 2],
            x: [zero; 2],
            parts: [zero; ENTRIES],
            largest: [zero; 2],
        }
    }

    #[inline(always)]
    fn gather(&mut self, pass: &Pass<'_>, chunk: &Chunk<'_>, start: usize) {
        let len = LANES.min(chunk.c.len() - start);
        if len < LANES {
            *self = Block { largest: self.largest, ..Block::new() };
        }
        self.len = len;
        let range = start..start + len;
        load(&mut self.mass, &chunk.mass[range.clone()]);
        load(&mut self.z[0], &chunk.c[range.clone()]);
        load(&mut self.z[1], &chunk.w[0][range.clone()]);
        load(&mut self.z[2], &chunk.w[1][range.clone()]);
        for (i, place) in chunk.place[range].iter().enumerate() {
            let k = place.index();
            let row = &pass.rows[k];
            self.region[i] = k as u32;
            (self.g[0][i], self.g[1][i]) = (row.g[0], row.g[1]);
            (self.x[0][i], self.x[1][i]) = (row.x[0], row.x[1]);
        }
    }

    #[inline(always)]
    fn gather_velocity(&mut self, chunk: &Chunk<'_>, start: usize) {
        for (lanes, column) in self.velocity.iter_mut().zip(&chunk.velocity) {
            load(lanes, &column[start..start + self.len]);
        }
    }

    #[inline(always)]
    fn gather_square(&mut self, chunk: &Chunk<'_>, start: usize) {
        for (lanes, column) in self.square.iter_mut().zip(&chunk.square) {
            load(lanes, &column[start..start + self.len]);
        }
    }

    /// `(<g,w>, c g) + lambda z` of a lane, of the parameters that train.
    #[inline(always)]
    fn gradient(&self, i: usize, Update { decay, output, hidden, .. }: Update) -> [f64; 3] {
        let (c, w_x, w_y) = (self.z[0][i], self.z[1][i], self.z[2][i]);
        let (g_x, g_y) = (self.g[0][i], self.g[1][i]);
        [
            output * (g_x * w_x + g_y * w_y + decay * c),
            hidden * (c * g_x + decay * w_x),
            hidden * (c * g_y + decay * w_y),
        ]
    }

    /// `z -= dt v`, `v = momentum v + gradient`, or Nesterov's `z -= dt (gradient + momentum v)`: torch.optim.SGD.
    #[inline(always)]
    fn step<const HEAVY: bool>(&mut self, update: Update) {
        let Update { dt, momentum, mix: [now, past], .. } = update;
        for i in 0..LANES {
            let mut v = self.gradient(i, update);
            if HEAVY {
                let mut most: f64 = 0.0;
                for q in 0..3 {
                    let sum = v[q] + momentum * self.velocity[q][i];
                    self.velocity[q][i] = sum;
                    most = most.max(sum.abs());
                    v[q] = now * v[q] + past * sum;
                }
                self.largest[1][i] = self.largest[1][i].max(most);
            }
            (0..3).for_each(|q| self.z[q][i] -= dt * v[q]);
        }
    }

    /// torch.optim.Adam and AdamW: see [`optimizer`](super::optimizer).
    #[inline(always)]
    fn step_of_adam(&mut self, pass: &Pass<'_>) {
        let update = pass.update;
        let Some(AdamUpdate { beta2, epsilon }) = update.adam else { return };
        let (dt, beta1, [first, second]) = (update.dt, update.momentum, pass.corrections);
        let shrink = [update.output, update.hidden, update.hidden].map(|trains| trains * update.shrink);
        for i in 0..LANES {
            let gradient = self.gradient(i, update);
            for q in 0..3 {
                let g = gradient[q];
                let v = beta1 * self.velocity[q][i] + (1.0 - beta1) * g;
                let square = beta2 * self.square[q][i] + (1.0 - beta2) * (g * g);
                (self.velocity[q][i], self.square[q][i]) = (v, square);
                let step = first * v / ((second * square).sqrt() + epsilon);
                self.z[q][i] -= shrink[q] * self.z[q][i] + dt * step;
            }
        }
    }

    /// `c dw + w dc` of each lane, by which its region's `F` changes to first order.
    #[inline(always)]
    fn scatter_response(&self, chunk: &Chunk<'_>, start: usize, sums: &mut Sums) {
        for i in 0..self.len {
            let at = start + i;
            let (c, w) = (chunk.c[at], [chunk.w[0][at], chunk.w[1][at]]);
            let dc = self.z[0][i] - c;
            let sum = &mut sums.response[self.region[i] as usize];
            for q in 0..2 {
                sum[q] += self.mass[i] * (c * (self.z[1 + q][i] - w[q]) + w[q] * dc);
            }
        }
    }

    /// Adds Langevin noise to the parameters that train; the block's first neuron is number `first`.
    fn heat(&mut self, pass: &Pass<'_>, first: u64) {
        let Update { output, hidden, heat, .. } = pass.update;
        for i in 0..self.len {
            let mut draw = pass.heat.of(first + i as u64);
            for (z, trains) in self.z.iter_mut().zip([output, hidden, hidden]) {
                z[i] += heat * trains * draw.normal();
            }
        }
    }

    /// Finds those that left their region, and counts them.
    #[inline(always)]
    fn leave(&mut self, pass: &Pass<'_>, chunk: &mut Chunk<'_>, start: usize, sums: &mut Sums) {
        let s = pass.x.len();
        let mut away = 0u32;
        for i in 0..LANES {
            let w = [self.z[1][i], self.z[2][i]];
            let stays = contains([self.x[0][i], self.x[1][i]], s, self.region[i] as usize, w);
            away |= u32::from(!stays) << i;
        }
        while away != 0 {
            let i = away.trailing_zeros() as usize;
            away &= away - 1;
            if i >= self.len {
                break;
            }
            let w = [self.z[1][i], self.z[2][i]];
            let from = self.region[i] as usize;
            let to = region_near(pass.x, w, from);
            self.region[i] = to as u32;
            chunk.place[start + i] = Place::in_region(to);
            let count = if to == 0 { &mut sums.deaths } else { &mut sums.crossings };
            *count += 1;
            // The chunk still holds the start of the step.
            let (c, then) = (chunk.c[start + i], [chunk.w[0][start + i], chunk.w[1][start + i]]);
            let pull = pass.update.pull(c, then, pass.g_ode[from]);
            let crosser = Crosser { mass: self.mass[i], pull, w: [then, w] };
            crosser.add_to(pass.x, [from, to], &mut sums.missed);
        }
    }

    /// `F` and `Sigma` of each lane (sections 4 and 7).
    #[inline(always)]
    fn moments(&mut self, update: Update) {
        let (output, hidden) = (update.output, update.hidden);
        for i in 0..LANES {
            let (c, w_x, w_y) = (self.z[0][i], self.z[1][i], self.z[2][i]);
            let mass = self.mass[i];
            let (mc, cc) = (mass * c, hidden * (c * c));
            self.parts[0][i] = mc * w_x;
            self.parts[1][i] = mc * w_y;
            self.parts[2][i] = mass * (output * (w_x * w_x) + cc);
            self.parts[3][i] = mass * (output * (w_x * w_y));
            self.parts[4][i] = mass * (output * (w_y * w_y) + cc);
            let most = c.abs().max(w_x.abs()).max(w_y.abs());
            self.largest[0][i] = self.largest[0][i].max(most);
        }
    }

    #[inline(always)]
    fn scatter(&self, sums: &mut Sums) {
        // Lanes beyond the end are zero, in region 0.
        let [even, odd] = &mut sums.region;
        for i in (0..LANES).step_by(2) {
            let (sum, other) = (&mut even[self.region[i] as usize], &mut odd[self.region[i + 1] as usize]);
            for q in 0..ENTRIES {
                sum[q] += self.parts[q][i];
                other[q] += self.parts[q][i + 1];
            }
        }
    }

    #[inline(always)]
    fn store(&self, chunk: &mut Chunk<'_>, start: usize) {
        let range = start..start + self.len;
        unload(&self.z[0], &mut chunk.c[range.clone()]);
        unload(&self.z[1], &mut chunk.w[0][range.clone()]);
        unload(&self.z[2], &mut chunk.w[1][range]);
    }

    #[inline(always)]
    fn store_velocity(&self, chunk: &mut Chunk<'_>, start: usize) {
        for (lanes, column) in self.velocity.iter().zip(&mut chunk.velocity) {
            unload(lanes, &mut column[start..start + self.len]);
        }
    }

    #[inline(always)]
    fn store_square(&self, chunk: &mut Chunk<'_>, start: usize) {
        for (lanes, column) in self.square.iter().zip(&mut chunk.square) {
            unload(lanes, &mut column[start..start + self.len]);
        }
    }

    #[inline(always)]
    fn finish(&self, sums: &mut Sums) {
        let most = |lanes: &Lanes| lanes.iter().fold(0.0, |most: f64, &value| most.max(value));
        sums.largest = sums.largest.max(most(&self.largest[0]));
        sums.largest_velocity = sums.largest_velocity.max(most(&self.largest[1]));
    }
}

/// Copies a column into the first lanes; whole blocks without a call.
#[inline(always)]
fn load(lanes: &mut Lanes, column: &[f64]) {
    match <&Lanes>::try_from(column) {
        Ok(block) => *lanes = *block,
        Err(_) => lanes[..column.len()].copy_from_slice(column),
    }
}

/// Copies the first lanes back into a column.
#[inline(always)]
fn unload(lanes: &Lanes, column: &mut [f64]) {
    let len = column.len();
    match <&mut Lanes>::try_from(&mut *column) {
        Ok(block) => *block = *lanes,
        Err(_) => column.copy_from_slice(&lanes[..len]),
    }
}
