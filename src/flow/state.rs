//! What a restart needs.

use crate::problem::{Place, PlaceKind};

use super::canonical::Canonical;
use super::columns::{Column, ColumnMut, Sizes, check};
use super::counters::Counters;
use super::density::Density;
use super::descent::Descended;
use super::error::FlowError;
use super::lifted::Lifted;
use super::moments::LENGTH;

/// The state of a run: with the samples, masses and settings, which never change, it determines
/// all that follows to the last bit.
///
/// It holds what all flows share, and the columns of the system that it is a state of. [`State::columns`] lists
/// everything; the checkpoint's writer, reader and comparison all follow it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Mean-field time.
    pub time: f64,
    /// Accepted steps so far.
    pub step: u64,
    /// The step size to try next.
    pub step_size: f64,
    /// Value of [`Counters::events`] when canonical particles were last grouped by place in memory.
    pub grouped_at: u64,
    /// The particles.
    pub particles: Particles,
    /// The residual ODE, corrected (section 7).
    pub residual_ode: Vec<f64>,
    /// The residual ODE as printed.
    pub residual_ode_uncorrected: Vec<f64>,
    /// The controller's memory of the last step: its size, then the residual and its rate at its
    /// start. Size 0 means that there was none. Length `1 + 2 s`. Gradient descent has no controller: it keeps size 0,
    /// and then the velocities (momentum) of `residual_ode` and of `residual_ode_uncorrected`: sums of past rates, each
    /// times `momentum` to the number of steps since.
    pub memory: Vec<f64>,
    /// The tangent kernel at the start of the run in factored form: the region and boundary
    /// moments at `t = 0`, for `|K_t - K_0|`.
    pub initial_moments: Vec<f64>,
    /// The unit of the tolerance, in units of `y`: the larger of the root mean squares of `y` and
    /// of the residual at the start.
    pub scale: f64,
    /// The output bias, if the run has one.
    pub output_bias: Option<f64>,
    /// What gradient descent remembers of past gradients of the output bias: their sum under momentum, or their mean and
    /// that of their squares of Adam.
    pub bias_memory: [f64; 2],
    /// Events since the start of the run.
    pub counters: Counters,
}

/// The columns of a system of particles.
#[derive(Debug, Clone, PartialEq)]
pub enum Particles {
    /// Of the canonical flow.
    Canonical(Canonical),
    /// Of the lifted flow and its two limits.
    Lifted(Lifted),
    /// Of gradient descent.
    Descended(Descended),
    /// Cells in the place of particles.
    Density(Density),
}

/// Calls the same method or field of whichever columns there are.
macro_rules! each {
    ($particles:expr, $columns:ident => $call:expr) => {
        match $particles {
            Particles::Canonical($columns) => $call,
            Particles::Lifted($columns) => $call,
            Particles::Descended($columns) => $call,
            Particles::Density($columns) => $call,
        }
    };
}

impl Particles {
    /// Empty columns of the system of which `has` says that they have values.
    pub fn with(has: impl Fn(&str) -> bool) -> Particles {
        if has("r") {
            Particles::Canonical(Canonical::default())
        } else if has("frame") {
            Particles::Lifted(Lifted::default())
        } else if has("cells") {
            Particles::Density(Density::default())
        } else {
            Particles::Descended(Descended::default())
        }
    }

    /// Columns of canonical particles.
    ///
    /// # Panics
    /// If they are others; so the next ones.
    pub fn canonical(&self) -> &Canonical {
        let Particles::Canonical(columns) = self else { panic!("not canonical particles") };
        columns
    }

    /// The same, to change.
    pub fn canonical_mut(&mut self) -> &mut Canonical {
        let Particles::Canonical(columns) = self else { panic!("not canonical particles") };
        columns
    }

    /// Columns of neurons in frames.
    pub fn lifted(&self) -> &Lifted {
        let Particles::Lifted(columns) = self else { panic!("not neurons in frames") };
        columns
    }

    /// The same, to change.
    pub fn lifted_mut(&mut self) -> &mut Lifted {
        let Particles::Lifted(columns) = self else { panic!("not neurons in frames") };
        columns
    }

    /// Columns of neurons under gradient descent.
    pub fn descended(&self) -> &Descended {
        let Particles::Descended(columns) = self else { panic!("not neurons under gradient descent") };
        columns
    }

    /// Cells of a density.
    pub fn density(&self) -> &Density {
        let Particles::Density(columns) = self else { panic!("not a density") };
        columns
    }

    /// The same, to change.
    pub fn density_mut(&mut self) -> &mut Density {
        let Particles::Density(columns) = self else { panic!("not a density") };
        columns
    }

    /// The same, to change.
    pub fn descended_mut(&mut self) -> &mut Descended {
        let Particles::Descended(columns) = self else { panic!("not neurons under gradient descent") };
        columns
    }
}

impl State {
    /// A state at time 0 of these particles, nothing of which has been summed yet.
    pub fn blank(particles: Particles) -> State {
        State {
            time: 0.0,
            step: 0,
            step_size: 0.0,
            grouped_at: 0,
            particles,
            residual_ode: vec![],
            residual_ode_uncorrected: vec![],
            memory: vec![],
            initial_moments: vec![],
            scale: 1.0,
            output_bias: None,
            bias_memory: [0.0; 2],
            counters: Counters::default(),
        }
    }

    /// Where in memory each particle is.
    pub fn position(&self) -> &[u32] {
        match &self.particles {
            Particles::Canonical(columns) => &columns.position,
            Particles::Lifted(columns) => &columns.position,
            Particles::Descended(columns) => &columns.position,
            Particles::Density(_) => &[],
        }
    }

    /// Where in [`r`](State::r), [`theta`](State::theta) and [`place`](State::place) particle `i` is.
    #[inline]
    pub fn position_of(&self, i: usize) -> usize {
        self.position()[i] as usize
    }

    /// What each particle is doing, and where, in the order of memory.
    #[inline]
    pub fn place(&self) -> &[Place] {
        match &self.particles {
            Particles::Canonical(columns) => &columns.place,
            Particles::Lifted(columns) => &columns.place,
            Particles::Descended(columns) => &columns.place,
            Particles::Density(_) => &[],
        }
    }

    /// Whether particles are neurons `(c, w)` rather than canonical.
    pub fn has_neurons(&self) -> bool {
        matches!(self.particles, Particles::Lifted(_) | Particles::Descended(_))
    }

    /// Signed amplitudes of canonical particles in the order of memory; nothing of neurons.
    #[inline]
    pub fn r(&self) -> &[f64] {
        if let Particles::Canonical(columns) = &self.particles { &columns.r } else { &[] }
    }

    /// Directions of canonical particles in the order of memory; nothing of neurons.
    #[inline]
    pub fn theta(&self) -> &[f64] {
        if let Particles::Canonical(columns) = &self.particles { &columns.theta } else { &[] }
    }

    /// Neuron `i` as it is: `(c, w_x, w_y)` with `w = (a, -b)`.
    ///
    /// # Panics
    /// If the particles are canonical, or there is no such particle.
    #[inline]
    pub fn neuron(&self, i: usize) -> [f64; 3] {
        let at = self.position_of(i);
        let columns = match &self.particles {
            Particles::Canonical(_) | Particles::Density(_) => panic!("these are not neurons"),
            Particles::Descended(columns) => return [columns.c[at], columns.w_x[at], columns.w_y[at]],
            Particles::Lifted(columns) => columns,
        };
        let (z, place) = ([columns.c[at], columns.w_x[at], columns.w_y[at]], columns.place[at]);
        let frames = columns.frame.as_chunks::<9>().0;
        let b = match place.kind() {
            PlaceKind::Free => &frames[place.index()],
            PlaceKind::Pinned => &frames[frames.len() / 2 + place.index()],
            _ => return columns.faded(z),
        };
        let row = |row: usize| b[3 * row] * z[0] + b[3 * row + 1] * z[1] + b[3 * row + 2] * z[2];
        columns.faded(std::array::from_fn(row))
    }

    /// Calls `visit` with the name and content of every column of the checkpoint, in order.
    ///
    /// # Errors
    /// Whatever `visit` returns, at once.
    pub fn columns<E>(
        &self,
        mut visit: impl FnMut(&'static str, Column<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (numbers, counts) = self.scalars();
        visit("numbers", Column::F64(&numbers))?;
        visit("counts", Column::U64(&counts))?;
        for (name, column) in each!(&self.particles, columns => columns.columns()) {
            visit(name, column)?;
        }
        for (name, column) in self.shared() {
            visit(name, Column::F64(column))?;
        }
        Ok(())
    }

    /// Builds a state by asking `fill` for every column of [`State::columns`], in the same order.
    ///
    /// * `particles`: of the right kind, empty.
    ///
    /// # Errors
    /// Whatever `fill` returns, at once.
    ///
    /// # Panics
    /// If `fill` leaves `numbers` or `counts` at another length than [`State::columns`] gives.
    pub fn from_columns<E>(
        particles: Particles,
        mut fill: impl FnMut(&'static str, ColumnMut<'_>) -> Result<(), E>,
    ) -> Result<State, E> {
        let (mut numbers, mut counts) = (vec![], vec![]);
        fill("numbers", ColumnMut::F64(&mut numbers))?;
        fill("counts", ColumnMut::U64(&mut counts))?;
        let [time, step_size, scale, ambiguous_mass, ref output_bias @ ..] = numbers[..] else {
            panic!("checkpoint/numbers has at least 4 values")
        };
        let (output_bias, bias_memory) = match *output_bias {
            [bias, first, second] => (Some(bias), [first, second]),
            _ => (None, [0.0; 2]),
        };
        let [step, grouped_at, ref events @ ..] = counts[..] else {
            panic!("checkpoint/counts has 11 values")
        };
        let events = events.try_into().expect("checkpoint/counts has 11 values");
        let counters = Counters::from_counts(events, ambiguous_mass);
        let mut state = State {
            time,
            step,
            step_size,
            grouped_at,
            scale,
            output_bias,
            bias_memory,
            counters,
            ..State::blank(particles)
        };
        for (name, column) in each!(&mut state.particles, columns => columns.columns_mut()) {
            fill(name, column)?;
        }
        for (name, column) in state.shared_mut() {
            fill(name, ColumnMut::F64(column))?;
        }
        Ok(state)
    }

    /// Checks the lengths of all columns, and that places and positions exist.
    ///
    /// # Errors
    /// [`FlowError::State`].
    pub(crate) fn check(&self, sizes: Sizes) -> Result<(), FlowError> {
        let lengths = match &self.particles {
            Particles::Canonical(_) => Canonical::lengths(sizes),
            Particles::Lifted(_) => Lifted::lengths(sizes),
            Particles::Descended(_) => Descended::lengths(sizes),
            // Where the grid is known, it is checked that both fit.
            Particles::Density(columns) => {
                let [layout, cells, stuck, released] =
                    [&columns.layout, &columns.cells, &columns.stuck, &columns.released].map(Vec::len);
                Density::lengths(Sizes { layout, cells, stuck, released, ..sizes })
            }
        };
        let columns = each!(&self.particles, columns => columns.columns());
        check(&columns, &lengths, sizes)?;
        let s = sizes.s;
        for ((what, column), expected) in self.shared().into_iter().zip([s, s, 1 + 2 * s, 2 * s * LENGTH]) {
            let found = column.len();
            if found != expected {
                return Err(FlowError::State { what, found, expected });
            }
        }
        Ok(())
    }

    /// The columns that all flows share.
    fn shared(&self) -> [(&'static str, &[f64]); 4] {
        [
            ("residual_ode", &self.residual_ode),
            ("residual_ode_uncorrected", &self.residual_ode_uncorrected),
            ("memory", &self.memory),
            ("initial_moments", &self.initial_moments),
        ]
    }

    fn shared_mut(&mut self) -> [(&'static str, &mut Vec<f64>); 4] {
        [
            ("residual_ode", &mut self.residual_ode),
            ("residual_ode_uncorrected", &mut self.residual_ode_uncorrected),
            ("memory", &mut self.memory),
            ("initial_moments", &mut self.initial_moments),
        ]
    }

    fn scalars(&self) -> (Vec<f64>, [u64; 11]) {
        let mut counts = [0; 11];
        (counts[0], counts[1]) = (self.step, self.grouped_at);
        for (slot, (_, count)) in counts[2..].iter_mut().zip(self.counters.counts()) {
            *slot = count;
        }
        let numbers = [self.time, self.step_size, self.scale, self.counters.ambiguous_mass];
        let bias = self.output_bias.map(|bias| [bias, self.bias_memory[0], self.bias_memory[1]]);
        (numbers.into_iter().chain(bias.into_iter().flatten()).collect(), counts)
    }
}
