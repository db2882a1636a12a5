//! A state and the stepper that advances it.

use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Array1;

use crate::flow::{Flow, FlowError, OutputBias, State, StepRecord, Stepper};
use crate::problem::{Samples, Start, Truth, add_bias};

use super::diagnostics::{function, snapshot};
use super::{Description, Ending, Schedule, Snapshot, Until};
use super::{criteria, rest};

/// An error of an observer of a run, such as a full disk.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The computation failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// A snapshot could not be stored or shown.
    #[error(transparent)]
    Observer(ObserverError),
}

/// How a run that did not fail came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The last snapshot is taken: that of the end, or that where a criterion held.
    Finished(Option<Ending>),
    /// It was asked to stop; the state is stored and can be resumed.
    Interrupted,
}

/// Records of steps that [`drive`] keeps in memory at most.
pub const STEPS_KEPT: usize = 4096;
/// Numbers of the path of the residuals that it keeps at most: 32 MiB.
const PATH_KEPT: usize = 1 << 22;

/// What accompanies a run: writes its snapshots, shows its progress.
pub trait Observer {
    /// After each accepted step.
    fn step(&mut self, simulation: &Simulation, record: &StepRecord);

    /// Whenever [`Simulation::steps_kept`] steps have been taken since the last call or the last snapshot: those
    /// steps, which are not kept any longer.
    ///
    /// # Errors
    /// Any error stops the run.
    fn steps(&mut self, steps: &[StepRecord]) -> Result<(), ObserverError>;

    /// At each snapshot; `steps` are those since the last one or the last call of
    /// [`steps`](Observer::steps). `scheduled` is false for the extra snapshot of an interrupted run.
    ///
    /// # Errors
    /// Any error stops the run.
    fn snapshot(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), ObserverError>;
}

/// A run in memory: the state of the measure and what advances it.
///
/// ```
/// use reluflow::flow::Flow;
/// use reluflow::problem::{Affine, Measure, Samples};
/// use reluflow::run::{Description, Simulation};
/// use std::f64::consts::FRAC_PI_2;
/// // One sample at x = 0 and one neuron facing up: f(0) = r, and dr/dt = -(r - 1).
/// let samples = Samples::new(&[0.0], &[1.0])?;
/// let measure = Measure::uniform(vec![0.0], vec![FRAC_PI_2])?;
/// let mut simulation = Simulation::with(samples, measure, Flow::Canonical { tv: 0.0 }, 1e-9)?;
/// simulation.advance_to(1.0)?;
/// assert!((simulation.state().r()[0] - (1.0 - (-1f64).exp())).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation {
    stepper: Stepper,
    state: State,
    flow: Flow,
    until: Until,
    tolerance: f64,
    tangent_kernel: bool,
    /// What the samples were taken from.
    truth: Option<Truth>,
    /// Points at which snapshots have the function.
    grid: Vec<f64>,
    /// Whether records of steps have the path of the residuals.
    path: bool,
    /// Whether the snapshot of time 0 is still to be taken.
    fresh: bool,
    /// The run that tells the error of a quadrature or of a density.
    beside: Option<Box<Simulation>>,
}

impl Simulation {
    /// The start of a described run.
    ///
    /// # Errors
    /// Values that overflow at the start.
    pub fn new(description: &Description, start: impl Into<Start>) -> Result<Simulation, FlowError> {
        let Description { samples, flow, output_bias, tolerance, .. } = description;
        let mut simulation = Simulation::begin(samples.clone(), start, *flow, *output_bias, *tolerance)?;
        simulation.tangent_kernel = description.output.tangent_kernel;
        simulation.path = description.output.path;
        simulation.truth = description.truth.clone();
        simulation.until = description.until;
        simulation.grid = description.grid();
        Ok(simulation)
    }

    /// A run of these samples and particles, with no more description than it needs.
    ///
    /// # Errors
    /// Values that overflow at the start.
    pub fn with(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        tolerance: f64,
    ) -> Result<Simulation, FlowError> {
        Simulation::begin(samples, start, flow, OutputBias::default(), tolerance)
    }

    fn begin(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        bias: OutputBias,
        tolerance: f64,
    ) -> Result<Simulation, FlowError> {
        let (stepper, state) = Stepper::start_biased(samples, start, flow, bias, tolerance)?;
        Ok(Simulation {
            stepper,
            state,
            flow,
            until: Until::default(),
            tolerance,
            tangent_kernel: false,
            truth: None,
            grid: vec![],
            path: false,
            fresh: true,
            beside: None,
        })
    }

    /// Continues from a stored state, to the same bits as if it had never stopped.
    ///
    /// # Errors
    /// [`FlowError::State`] if the state does not belong to the description.
    pub fn resume(description: &Description, state: State) -> Result<Simulation, FlowError> {
        let (samples, mass) = (description.samples.clone(), description.mass.clone());
        let stepper = Stepper::resume(samples, mass, description.flow, description.tolerance, &state)?
            .with_output_bias_rate(description.output_bias.rate);
        let (flow, output) = (description.flow, description.output);
        let (tangent_kernel, path) = (output.tangent_kernel, output.path);
        let (until, tolerance) = (description.until, description.tolerance);
        Ok(Simulation {
            stepper,
            state,
            flow,
            until,
            tolerance,
            tangent_kernel,
            truth: description.truth.clone(),
            grid: description.grid(),
            path,
            fresh: false,
            beside: None,
        })
    }

    /// With a run of the same quadrature with twice the nodes, or of the same density with half as many cells,
    /// beside it: every snapshot then tells how far apart their residuals are.
    ///
    /// * `beside`: at the same time, having stopped at the same snapshots.
    pub fn estimating(self, beside: Simulation) -> Simulation {
        Simulation { beside: Some(Box::new(beside)), ..self }
    }

    /// The current state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What advances it; holds the residual and the moments.
    pub fn stepper(&self) -> &Stepper {
        &self.stepper
    }

    /// `L = 1/2 Sum_j n_j rho_j^2`.
    pub fn loss(&self) -> f64 {
        rest::loss(&self.stepper)
    }

    /// The criterion of [`Description::until`] that holds in the current state.
    pub fn ending(&self) -> Option<Ending> {
        if !self.until.is_some() {
            return None;
        }
        criteria::reached(&self.until, &self.stepper, &self.state, self.tolerance * self.state.scale)
    }

    /// Mass pinned on all boundaries together.
    pub fn pinned_mass(&self) -> f64 {
        let moments = self.stepper.moments();
        (0..moments.boundary.len()).map(|b| moments.pinned_mass(b)).sum()
    }

    /// One accepted step, not past `until`.
    ///
    /// # Errors
    /// [`FlowError`]; the state stays as it was.
    pub fn step(&mut self, until: f64) -> Result<StepRecord, FlowError> {
        let mut record = self.stepper.step(&mut self.state, until)?;
        record.path = self.path.then(|| self.stepper.last_path());
        Ok(record)
    }

    /// How many records of steps wait in memory for the next snapshot at most.
    pub fn steps_kept(&self) -> usize {
        match self.path {
            true => (PATH_KEPT / (2 * self.stepper.samples().len())).clamp(1, STEPS_KEPT),
            false => STEPS_KEPT,
        }
    }

    /// Steps until `time`.
    ///
    /// # Errors
    /// [`FlowError`]; the state is that of the last good step.
    pub fn advance_to(&mut self, time: f64) -> Result<(), FlowError> {
        while self.state.time < time {
            self.step(time)?;
        }
        Ok(())
    }

    /// The diagnostics of this moment, but for the error told by the run beside.
    pub fn snapshot(&self) -> Snapshot {
        let snapshot = snapshot(&self.stepper, &self.state, &self.flow, self.tangent_kernel);
        let bias = snapshot.output_bias;
        let values = |points: &[f64]| {
            let mut values = function::values(&self.stepper, &self.state, &self.flow, points);
            add_bias(&mut values, bias);
            values
        };
        let risk = self.truth.as_ref().map(|truth| truth.risks(&values(truth.x())));
        let function = (!self.grid.is_empty()).then(|| Array1::from(values(&self.grid)));
        Snapshot { ending: self.ending(), risk, function, ..snapshot }
    }

    /// The diagnostics of this moment. The run beside this one catches up.
    ///
    /// # Errors
    /// [`FlowError`] of that run.
    pub fn snapshot_with_error(&mut self) -> Result<Snapshot, FlowError> {
        let mut snapshot = self.snapshot();
        if let Some(beside) = &mut self.beside {
            beside.advance_to(self.state.time)?;
            let pairs = snapshot.residual.iter().zip(beside.stepper.residual());
            let apart = pairs.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
            snapshot.error_estimate = Some(apart);
        }
        Ok(snapshot)
    }
}

/// Runs from the current state to the end of the schedule, or to the end of the first step where a criterion of
/// [`Description::until`] holds, which has a snapshot as well.
///
/// A run that was not resumed begins with a snapshot. When `stop` becomes true the step under way is
/// finished and a snapshot is taken there.
///
/// # Errors
/// The first error of the flow or of the observer.
pub fn drive(
    simulation: &mut Simulation,
    schedule: &Schedule,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Outcome, RunError> {
    let mut steps = vec![];
    // A run can stop without a further snapshot only where it has just taken one.
    let mut stored = true;
    if simulation.fresh {
        simulation.fresh = false;
        let snapshot = simulation.snapshot_with_error()?;
        observer.snapshot(&snapshot, &simulation.state, &steps, true).map_err(RunError::Observer)?;
        if snapshot.ending.is_some() {
            return Ok(Outcome::Finished(snapshot.ending));
        }
    }
    while let Some(next) = schedule.after(simulation.state.time) {
        if stop.load(Ordering::Relaxed) && stored {
            return Ok(Outcome::Interrupted);
        }
        steps.push(simulation.step(next)?);
        stored = false;
        observer.step(simulation, &steps[steps.len() - 1]);
        let ending = simulation.ending();
        let scheduled = simulation.state.time == next || ending.is_some();
        let stopping = stop.load(Ordering::Relaxed);
        if scheduled || stopping {
            let snapshot = simulation.snapshot_with_error()?;
            observer.snapshot(&snapshot, &simulation.state, &steps, scheduled).map_err(RunError::Observer)?;
            steps.clear();
            stored = true;
        } else if steps.len() >= simulation.steps_kept() {
            observer.steps(&steps).map_err(RunError::Observer)?;
            steps.clear();
        }
        if ending.is_some() {
            return Ok(Outcome::Finished(ending));
        }
        if stopping && schedule.after(simulation.state.time).is_some() {
            return Ok(Outcome::Interrupted);
        }
    }
    Ok(Outcome::Finished(None))
}
