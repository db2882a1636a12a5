//! What a restart needs, in one list.

use crate::problem::{Place, PlaceKind};

use super::Counters;

/// The state of a run: with the samples, masses and settings, which never change, it determines
/// all that follows to the last bit.
///
/// The list of fields is [`State::columns`]; the checkpoint's writer, reader and comparison all
/// follow it.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Mean-field time.
    pub time: f64,
    /// Accepted steps so far.
    pub step: u64,
    /// The step size to try next.
    pub step_size: f64,
    /// Where in `r`, `theta` and `place` each particle is. Large measures are kept grouped by
    /// place, because the inner loop is faster so.
    pub position: Vec<u32>,
    /// Events of canonical particles up to the last grouping.
    pub grouped_at: u64,
    /// Signed amplitude of each particle, at its `position`; empty for neurons.
    pub r: Vec<f64>,
    /// Direction of each particle (rad), unwrapped: in the interval of its region; empty for
    /// neurons.
    pub theta: Vec<f64>,
    /// Neurons `(c, w)`, `w = (a, -b)`, each in the frame of its place; empty for canonical
    /// particles. [`State::neuron`] gives them as they are.
    pub c: Vec<f64>,
    /// First component of `w`.
    pub w_x: Vec<f64>,
    /// Second component of `w`.
    pub w_y: Vec<f64>,
    /// Where in memory each room of neurons begins, then the end; empty for canonical particles.
    pub room: Vec<u32>,
    /// Of each room: its three clocks, since the neurons were last grouped, and the two signs of its course.
    pub travel: Vec<f64>,
    /// The travel up to which each block of neurons needs no look, on all three clocks.
    pub deadline: Vec<f64>,
    /// Sums of past gradients of `c`, each times `momentum` to the number of steps since; the
    /// gradients are `m` times those of the loss. Empty without momentum.
    pub v_c: Vec<f64>,
    /// The same of `w_x`.
    pub v_x: Vec<f64>,
    /// The same of `w_y`.
    pub v_y: Vec<f64>,
    /// Frames of the `2 s` regions, then of the `2 s` boundaries: row-major `3 x 3` matrices that
    /// act on `(c, w)` (section 10). Empty where neurons are stored as they are.
    pub frame: Vec<f64>,
    /// What each particle is doing, and where.
    pub place: Vec<Place>,
    /// Region and boundary moments of the particles, as `flow` lays them out. Derived from the
    /// particles but kept, because summing again in another order would change bits.
    pub moments: Vec<f64>,
    /// The residual ODE, corrected (section 7).
    pub residual_ode: Vec<f64>,
    /// The residual ODE as printed.
    pub residual_ode_uncorrected: Vec<f64>,
    /// The controller's memory of the last step: its size, then the residual and its rate at its
    /// start. Size 0 means there is nothing to remember. Length `1 + 2 s`. Gradient descent has no
    /// controller: it keeps size 0, and then what `v_c` is to `c`: the sums of past rates of
    /// `residual_ode` and of `residual_ode_uncorrected`.
    pub memory: Vec<f64>,
    /// The tangent kernel at the start of the run in factored form: the region and boundary
    /// moments at `t = 0`, for `|K_t - K_0|`.
    pub initial_moments: Vec<f64>,
    /// The unit of the tolerance, in units of `y`: the larger of the root mean squares of `y` and
    /// of the residual at the start.
    pub scale: f64,
    /// Events since the start of the run.
    pub counters: Counters,
}

/// A borrowed column of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// Floating-point values.
    F64(&'a [f64]),
    /// Positions.
    U32(&'a [u32]),
    /// Whole numbers.
    U64(&'a [u64]),
    /// Places, four bytes each.
    Place(&'a [Place]),
}

/// A column of a checkpoint to read into.
#[derive(Debug, PartialEq)]
pub enum ColumnMut<'a> {
    /// Floating-point values.
    F64(&'a mut Vec<f64>),
    /// Positions.
    U32(&'a mut Vec<u32>),
    /// Whole numbers.
    U64(&'a mut Vec<u64>),
    /// Places, four bytes each.
    Place(&'a mut Vec<Place>),
}

impl State {
    /// A state at time 0 of `m` particles, none of which has been placed yet.
    pub fn blank(m: usize) -> State {
        State {
            time: 0.0,
            step: 0,
            step_size: 0.0,
            position: (0..m as u32).collect(),
            grouped_at: 0,
            r: vec![],
            theta: vec![],
            c: vec![],
            w_x: vec![],
            w_y: vec![],
            room: vec![],
            travel: vec![],
            deadline: vec![],
            v_c: vec![],
            v_x: vec![],
            v_y: vec![],
            frame: vec![],
            place: vec![],
            moments: vec![],
            residual_ode: vec![],
            residual_ode_uncorrected: vec![],
            memory: vec![],
            initial_moments: vec![],
            scale: 1.0,
            counters: Counters::default(),
        }
    }

    /// Where in `r`, `theta` and `place` particle `i` is.
    #[inline]
    pub fn position_of(&self, i: usize) -> usize {
        self.position[i] as usize
    }

    /// Neuron `i` as it is: `(c, w_x, w_y)` with `w = (a, -b)`.
    ///
    /// # Panics
    /// If the particles are canonical, or there is no such particle.
    #[inline]
    pub fn neuron(&self, i: usize) -> [f64; 3] {
        let at = self.position_of(i);
        let z = [self.c[at], self.w_x[at], self.w_y[at]];
        let rooms = self.frame.len() / 9;
        let room = match self.place[at].kind() {
            PlaceKind::Free => self.place[at].index(),
            PlaceKind::Pinned => rooms / 2 + self.place[at].index(),
            _ => return z,
        };
        if rooms == 0 {
            return z;
        }
        let b = &self.frame[9 * room..9 * room + 9];
        std::array::from_fn(|row| b[3 * row] * z[0] + b[3 * row + 1] * z[1] + b[3 * row + 2] * z[2])
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
        visit("position", Column::U32(&self.position))?;
        visit("r", Column::F64(&self.r))?;
        visit("theta", Column::F64(&self.theta))?;
        visit("c", Column::F64(&self.c))?;
        visit("w_x", Column::F64(&self.w_x))?;
        visit("w_y", Column::F64(&self.w_y))?;
        visit("room", Column::U32(&self.room))?;
        visit("travel", Column::F64(&self.travel))?;
        visit("deadline", Column::F64(&self.deadline))?;
        visit("v_c", Column::F64(&self.v_c))?;
        visit("v_x", Column::F64(&self.v_x))?;
        visit("v_y", Column::F64(&self.v_y))?;
        visit("frame", Column::F64(&self.frame))?;
        visit("place", Column::Place(&self.place))?;
        visit("moments", Column::F64(&self.moments))?;
        visit("residual_ode", Column::F64(&self.residual_ode))?;
        visit("residual_ode_uncorrected", Column::F64(&self.residual_ode_uncorrected))?;
        visit("memory", Column::F64(&self.memory))?;
        visit("initial_moments", Column::F64(&self.initial_moments))
    }

    /// Builds a state by asking `fill` for every column of [`State::columns`], in the same order.
    ///
    /// # Errors
    /// Whatever `fill` returns, at once.
    ///
    /// # Panics
    /// If `fill` leaves `numbers` or `counts` at another length than [`State::columns`] gives.
    pub fn from_columns<E>(
        mut fill: impl FnMut(&'static str, ColumnMut<'_>) -> Result<(), E>,
    ) -> Result<State, E> {
        let (mut numbers, mut counts) = (vec![], vec![]);
        fill("numbers", ColumnMut::F64(&mut numbers))?;
        fill("counts", ColumnMut::U64(&mut counts))?;
        let [time, step_size, scale, ambiguous_mass] = numbers[..] else {
            panic!("checkpoint/numbers has 4 values")
        };
        let [step, grouped_at, ref events @ ..] = counts[..] else {
            panic!("checkpoint/counts has 11 values")
        };
        let events = events.try_into().expect("checkpoint/counts has 11 values");
        let counters = Counters::from_counts(events, ambiguous_mass);
        let mut state = State { time, step, step_size, grouped_at, scale, counters, ..State::blank(0) };
        fill("position", ColumnMut::U32(&mut state.position))?;
        fill("r", ColumnMut::F64(&mut state.r))?;
        fill("theta", ColumnMut::F64(&mut state.theta))?;
        fill("c", ColumnMut::F64(&mut state.c))?;
        fill("w_x", ColumnMut::F64(&mut state.w_x))?;
        fill("w_y", ColumnMut::F64(&mut state.w_y))?;
        fill("room", ColumnMut::U32(&mut state.room))?;
        fill("travel", ColumnMut::F64(&mut state.travel))?;
        fill("deadline", ColumnMut::F64(&mut state.deadline))?;
        fill("v_c", ColumnMut::F64(&mut state.v_c))?;
        fill("v_x", ColumnMut::F64(&mut state.v_x))?;
        fill("v_y", ColumnMut::F64(&mut state.v_y))?;
        fill("frame", ColumnMut::F64(&mut state.frame))?;
        fill("place", ColumnMut::Place(&mut state.place))?;
        fill("moments", ColumnMut::F64(&mut state.moments))?;
        fill("residual_ode", ColumnMut::F64(&mut state.residual_ode))?;
        fill("residual_ode_uncorrected", ColumnMut::F64(&mut state.residual_ode_uncorrected))?;
        fill("memory", ColumnMut::F64(&mut state.memory))?;
        fill("initial_moments", ColumnMut::F64(&mut state.initial_moments))?;
        Ok(state)
    }

    fn scalars(&self) -> ([f64; 4], [u64; 11]) {
        let mut counts = [0; 11];
        (counts[0], counts[1]) = (self.step, self.grouped_at);
        for (slot, (_, count)) in counts[2..].iter_mut().zip(self.counters.counts()) {
            *slot = count;
        }
        ([self.time, self.step_size, self.scale, self.counters.ambiguous_mass], counts)
    }
}
