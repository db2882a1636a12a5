//! One attempt at a step: how far it may go, when to push again, when to accept.

use crate::flow::field::gradients;
use crate::flow::implicit::{Implicit, Rule};
use crate::flow::path::Path;
use crate::flow::response::{Response, TURNS_BACK, turning_strength};
use crate::flow::state::State;
use crate::math::norm::largest;
use crate::math::poly;

use super::{Controller, Trial, time_resolution};

/// Pushes of one attempt before it is given up.
const MAX_PUSHES: u32 = 6;
/// What an event may add to the error of a step, in units of the error allowed; events are rarer than steps.
const EVENT_SHARE: f64 = 3.0;
/// How far a step may go in units of `turn / |g|`: growth near an unstable direction then errs by
/// about the tolerance, relative to itself.
const GROWTH_SHARE: f64 = 2.0;
/// How far a step may go in units of `1 / lambda` of weight decay: series of its factors end there.
const DECAY_SHARE: f64 = 0.1;
/// Where particles relax within the step, pushes go on until they lack no more than this share of the error allowed.
const CONVERGED: f64 = 0.01;
/// Where relaxing particles reduce `h` times the trace of `K N` by more than this, the path follows the slow motion of
/// the residuals alone (the stiff rule, with a [`Response`]).
const TURNING: f64 = 0.05;
/// A Hermite path can follow the transient of a particle whose `z` ([`weights`](crate::flow::response::weights)) is
/// below this.
const DIES_AWAY: f64 = 4.0;
/// A push that lacks more than this many times the error allowed is far from converged: the error of its path is
/// estimated anew from the next one.
const FAR: f64 = 100.0;
/// A path is continued over a step that is at most this many times as long as the last.
const CONTINUABLE: f64 = 4.0;
/// A step that is this many times longer than [`Controller::longest_step`] is worth substeps of the particles.
const WORTH_SUBSTEPS: f64 = 2.0;
/// A jump of the rate by `J` in the middle of a step puts the mean of the Hermite path over the step off by `J h / 24`:
/// `Int_0^1 p du = 1/6` of the path `p` against `1/8` of the ramp `(u - 1/2)_+`.
const JUMP_ERROR: f64 = 1.0 / 24.0;

/// Share of the error allowed by which the start of a path may differ from the residuals in slow modes.
const START_SHARE: f64 = 0.01;
/// The end of a push is known to this times `z` and the largest residual.
const ROUNDING: f64 = 100.0 * f64::EPSILON;

/// How an attempt ended.
pub(super) enum Attempt {
    /// With both residual ODEs at the end of the step.
    Accepted {
        error: f64,
        growth: f64,
        residual_ode: [Vec<f64>; 2],
    },
    Rejected {
        error: f64,
        next: f64,
        cause: &'static str,
    },
}

/// How an attempt is made.
struct Plan<'a> {
    /// Its length.
    h: f64,
    /// A bound on the fastest rate of the residuals.
    fastest: f64,
    /// How the path is made from its end.
    rule: Rule,
    /// How particles that relax within the step answer to the path, where that matters.
    response: Option<Response>,
    /// Where the path starts.
    start: Vec<f64>,
    /// Whether it ends at the time that was asked for.
    is_last: bool,
    /// The shortest step that time resolves.
    least: f64,
    /// The last step, if its path is to be continued: not where this one is much longer, also because the last one only
    /// passed over an event.
    last: Option<LastStep<'a>>,
}

/// The last step.
struct LastStep<'a> {
    /// Residuals at its start.
    rho: &'a [f64],
    /// Their rates there.
    rate: &'a [f64],
    length: f64,
}

/// Errors of the pushes of an attempt, in units of `y`.
struct Errors {
    /// What the residuals at the end of the last push lack because the particles went along its path and not along the
    /// one that leads to where they arrive. Another push takes it away.
    lack: f64,
    /// The same of the push before; infinite for the first one.
    last_lack: f64,
    /// The effect of the error of a path that is a cubic (stiff rule: a quadratic). No push takes that away.
    path: f64,
    /// Whether `path` must be estimated anew from the next push: at first, and far from convergence.
    far: bool,
    /// The first push whose error was allowed; 0 for none yet.
    good: u32,
}

impl Controller {
    /// The longest step that follows the motion within regions.
    ///
    /// Near the direction of `g` that is unstable, `r` and `theta` grow like `exp(|g| t)` from next
    /// to nothing, at first without any effect on the residuals, so that no error estimate sees it: one Runge-Kutta step
    /// errs by `(h |g|)^5 / 120` of that growth.
    ///
    /// In the kernel and adaptive limits motion is a shear: nothing grows by itself, and no step is too
    /// long.
    ///
    /// Under weight decay no step is longer than [`DECAY_SHARE`] of its time.
    pub(super) fn longest_step(&self) -> f64 {
        let [decay, _] = self.decay;
        let by_decay = if decay > 0.0 { DECAY_SHARE / decay } else { f64::INFINITY };
        if !self.system.grows() {
            return by_decay;
        }
        let mut g = vec![[0.0; 2]; self.regions.boundaries()];
        gradients(&self.samples, &self.rho, &mut g);
        // A field within the margin is not known to be there (section 15).
        let strength =
            |k: usize| Some(libm::hypot(g[k][0], g[k][1])).filter(|g| self.kappa * g > self.margins.of(k));
        let inhabited = (1..g.len()).filter(|&k| self.moments.sigma(k) != [0.0; 3]);
        let strongest = inhabited.filter_map(strength).fold(0.0, f64::max);
        by_decay.min(GROWTH_SHARE * self.turn / (self.kappa * strongest))
    }

    /// The length of the first attempt at a step, where the one before was `before` long (0: unknown) and the
    /// controller of the residuals wants `wanted`.
    ///
    /// Canonical particles take as many substeps as their motion needs. Over steps up to [`Self::longest_step`] that is
    /// one for most of them, which is cheaper than several steps' worth of substeps. Longer steps are taken only with a
    /// path that is continued from the last one: no other estimate of its error knows how fast particles may align.
    pub(super) fn first_length(&self, before: f64, wanted: f64) -> f64 {
        let (longest, continued) = (self.longest_step(), wanted.min(CONTINUABLE * before));
        let substeps = self.system.takes_substeps() && continued >= WORTH_SUBSTEPS * longest;
        if substeps { continued } else { wanted.min(longest) }
    }

    /// How an attempt of length `h` is made; `fastest` is a bound on the fastest rate of the residuals.
    fn plan<'a>(&self, state: &'a State, (h, is_last): (f64, bool), fastest: f64) -> Plan<'a> {
        let (rule, response) = self.rule(state, h, fastest);
        let (before, (rho, rate)) = (state.memory[0], state.memory[1..].split_at(self.samples.len()));
        let last =
            (before > 0.0 && h <= CONTINUABLE * before).then_some(LastStep { rho, rate, length: before });
        let start = if response.is_none() { self.path_start(rule, h, fastest) } else { self.rho.clone() };
        Plan { h, fastest, rule, response, start, is_last, least: 2.0 * time_resolution(state.time), last }
    }

    /// The rule for the path of a step, and, where that matters, how particles that relax within it answer to
    /// that path.
    ///
    /// A Hermite path goes on with the rate at the start, also with that part of it which is left of a relaxation and
    /// dies away at once.
    fn rule(&self, state: &State, h: f64, fastest: f64) -> (Rule, Option<Response>) {
        if self.fixed.is_some() {
            return (Rule::Hermite, None);
        }
        let rule = Rule::for_coupling(h * fastest);
        let least = if rule == Rule::Stiff { TURNS_BACK } else { DIES_AWAY };
        let Some(turning) = self.system.aligning(&self.samples, state, &self.rho, h, least) else {
            return (rule, None);
        };
        if rule == Rule::Hermite && h * turning_strength(&self.samples, &turning) <= TURNING {
            return (rule, None);
        }
        (Rule::Stiff, Some(Response::new(h, &self.sigma, &turning)))
    }

    /// Where the path of a step starts: at the residuals, but for modes that are gone at once.
    ///
    /// Of a mode with a large `z` the residuals hold little but rounding and what earlier steps lacked. A quadratic
    /// path would let it act for a third of the step, and particles would make an excursion of `z` times that. What
    /// stands in place of `rho` is `(I + 2 c z / 3 + c^2 z^2 / 6)^-1 rho`: with `c` such that modes of `z = 1` change by a
    /// hundredth of the error allowed.
    fn path_start(&self, rule: Rule, h: f64, fastest: f64) -> Vec<f64> {
        let share = (START_SHARE * self.allowed / largest(&self.rho)).min(1.0);
        if !rule.is_very_stiff(h * fastest) || share * h * fastest < 1.0 {
            return self.rho.clone();
        }
        let implicit = Implicit::new(&self.samples, &self.sigma, share * h, fastest, rule);
        implicit.solve(&self.rho)
    }

    /// The path of the first push.
    fn predicted(&self, plan: &Plan<'_>) -> Path {
        let (h, turning) = (plan.h, plan.response.is_some());
        match (plan.rule, &plan.last) {
            // The frozen kernel does not describe relaxing particles. Differences over the whole last step show the
            // slow motion; rates are dominated by what is left of fast modes.
            (Rule::Stiff, Some(last)) if turning => {
                let rise: Vec<f64> =
                    self.rho.iter().zip(last.rho).map(|(now, then)| (now - then) / last.length).collect();
                Path::line(h, &plan.start, &rise)
            }
            (Rule::Stiff, None) if turning => Path::line(h, &plan.start, &vec![0.0; self.rho.len()]),
            (Rule::Stiff, _) => {
                // A continued cubic would blow up whatever is left of the fast modes.
                let frozen = Implicit::new(&self.samples, &self.sigma, h, plan.fastest, plan.rule);
                let (end, end_rate) = if frozen.is_very_stiff() {
                    frozen.frozen_ends(&self.rho, &self.rho_rate, &plan.start)
                } else {
                    let end = frozen.frozen_end(&self.rho, &self.rho_rate);
                    let end_rate = self.rate_of((&self.moments, &self.sigma), &end);
                    (end, end_rate)
                };
                plan.rule.path(h, (&plan.start, &self.rho_rate), (&end, &end_rate))
            }
            (Rule::Hermite, Some(last)) => {
                Path::continued(h, last.length, last.rho, last.rate, &self.rho, &self.rho_rate)
            }
            (Rule::Hermite, None) => Path::line(h, &self.rho, &self.rho_rate),
        }
    }

    /// One attempt at a step of length `h`, which may be the last of the time that was asked for; also returns how many
    /// pushes it took.
    pub(super) fn attempt(
        &mut self,
        state: &State,
        (h, is_last): (f64, bool),
        fastest: f64,
    ) -> (Attempt, u32) {
        let plan = self.plan(state, (h, is_last), fastest);
        self.trial.rule = plan.rule;
        let mut path = self.predicted(&plan);
        // How strongly an error of the path acts on the residuals within the step.
        let coupling = (h * fastest).min(1.0);
        // A jump of the rate by J bends the path by at most J h / 8 away from a cubic.
        let significant = if self.fixed.is_some() {
            f64::INFINITY
        } else {
            EVENT_SHARE * self.allowed * 8.0 / (h * coupling)
        };
        let mut errors =
            Errors { lack: f64::INFINITY, last_lack: f64::INFINITY, path: f64::INFINITY, far: true, good: 0 };
        for push in 1..=MAX_PUSHES {
            self.push(state, &path, significant);
            if self.trial.tally.events.given_up {
                let cause = "particles cannot be followed over so long a step";
                return (Attempt::Rejected { error: f64::INFINITY, next: 0.1 * h, cause }, push);
            }
            let implicit = Implicit::new(&self.samples, &self.trial.sigma, h, fastest, plan.rule);
            let better = self.estimate(&plan, &implicit, &path, &mut errors);
            let verdict = match self.fixed {
                Some(_) => self.accept_third(state, &plan, &implicit, push, &errors),
                None => self.verdict(state, &plan, &implicit, push, &mut errors),
            };
            if let Some(verdict) = verdict {
                return (verdict, push);
            }
            path = better;
        }
        unreachable!("the last push accepts or rejects")
    }

    /// Estimates the errors of the push along `path` that is in the trial; returns the path for the next push.
    ///
    /// * `implicit`: of the trial.
    fn estimate(&self, plan: &Plan<'_>, implicit: &Implicit<'_>, path: &Path, errors: &mut Errors) -> Path {
        let Plan { h, rule, .. } = *plan;
        let trial = &self.trial;
        let (end, end_rate) = self.improved(implicit, plan.response.as_ref(), path);
        let lacking: Vec<f64> = end.iter().zip(&trial.rho).map(|(end, rho)| end - rho).collect();
        let better = rule.path(h, (&plan.start, &self.rho_rate), (&end, &end_rate));
        if errors.far {
            let bend = || Path::hermite(h, &self.rho, &self.rho_rate, &end, &end_rate).third();
            let effect = match (&plan.response, &plan.last, rule) {
                (Some(response), Some(last), _) => {
                    response.effect(&self.samples, &bend_since(&better, last.length / h, last.rho))
                }
                (Some(response), None, _) => response.effect(&self.samples, &bend()),
                (None, _, Rule::Stiff) => cubic_effect(implicit, &bend()),
                (None, last, Rule::Hermite) => {
                    let before = last.as_ref().map(|last| last.length);
                    implicit.solve(&quartic_effect(implicit, path, &better, before))
                }
            };
            errors.path = self.lasting(plan, implicit, &effect);
        }
        (errors.last_lack, errors.lack) = (errors.lack, self.lasting(plan, implicit, &lacking));
        // Far from convergence `better` is one Newton step from a bad guess: its bend says little about the error.
        errors.far = rule == Rule::Stiff && errors.lack > FAR * errors.path.max(self.allowed);
        better
    }

    /// The size of an error of the residuals at the end of a step, as far as a shorter step would make it smaller or
    /// later steps keep it.
    ///
    /// A push is known to `z` roundings of its path (mathematics, section 9). An error that is no larger counts by
    /// what the next step leaves of it, `S^-1` times as much: modes that are much faster than the step forget it at once.
    /// At the end of the time that was asked for there is no next step, and all of it counts.
    fn lasting(&self, plan: &Plan<'_>, implicit: &Implicit<'_>, error: &[f64]) -> f64 {
        let size = largest(error);
        let rounding = ROUNDING * plan.h * plan.fastest * largest(&self.rho).max(largest(&self.trial.rho));
        if plan.is_last || plan.response.is_some() || size > rounding || rounding <= self.allowed {
            return size;
        }
        largest(&implicit.solve(error)).min(size)
    }

    /// With fixed steps: the third push is accepted, whatever its error.
    fn accept_third(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        push: u32,
        errors: &Errors,
    ) -> Option<Attempt> {
        if push < 3 {
            return None;
        }
        let (ode, step) = (self.ode_step(plan.h), (plan.h, plan.fastest));
        let residual_ode = self.advanced_ode(state, step, &ode, implicit, &self.trial.rho);
        Some(Attempt::Accepted { error: errors.lack + errors.path, growth: 1.0, residual_ode })
    }

    /// How the attempt ends with this push; `None` if another push is worth while.
    fn verdict(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        push: u32,
        errors: &mut Errors,
    ) -> Option<Attempt> {
        let Plan { h, .. } = *plan;
        let error = errors.lack + errors.path;
        if !error.is_finite() {
            return Some(Attempt::Rejected { error, next: 0.2 * h, cause: "the attempt overflowed" });
        }
        let first = self.trial.tally.events.first_significant;
        if first.is_finite() && errors.path < 1e3 * self.allowed {
            // The first push already knows the event well enough to fence it in.
            let next = self.fence(plan, first);
            if next < 0.999 * h {
                let cause = "a particle's event changes the rate of the residuals abruptly";
                return Some(Attempt::Rejected { error, next, cause });
            }
        }
        if error <= self.allowed && errors.good == 0 {
            errors.good = push;
        }
        // What fast modes lack dies away within the next step, which would take it for a bend of its path.
        let converged =
            plan.response.is_none() || errors.lack <= CONVERGED * self.allowed || push == MAX_PUSHES;
        if error <= self.allowed && converged {
            return Some(self.checked_by_ode(state, plan, implicit, errors));
        }
        let stalled = push > 1 && errors.lack > 0.3 * errors.last_lack && error > self.allowed;
        if (errors.path > self.allowed && !errors.far) || stalled || push == MAX_PUSHES {
            // More pushes take away what is lacking, but not the error of the path.
            let error = if errors.path > self.allowed { errors.path } else { error };
            return Some(self.shrink(h, error, "the path of the residuals"));
        }
        None
    }

    /// Accepts a push whose errors are allowed if the residual ODE over the step agrees: that checks the integration of
    /// the particles.
    fn checked_by_ode(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        errors: &Errors,
    ) -> Attempt {
        let Plan { h, fastest, .. } = *plan;
        let ode = self.ode_step(h);
        let end = self.ode_end(&ode, implicit);
        let defect = if self.system.is_on_grid() {
            0.0
        } else {
            let defect: Vec<f64> = end.iter().zip(&self.trial.rho).map(|(a, b)| a - b).collect();
            self.lasting(plan, implicit, &defect)
        };
        let error = (errors.lack + errors.path).max(defect);
        if error > self.allowed {
            return self.shrink(h, error, "the motion of the particles");
        }
        // Without `lack`, which another push would reduce: it does not limit the next step.
        let base = errors.path.max(defect - errors.lack).max(1e-3 * self.allowed);
        let growth = 0.9 * libm::pow(self.allowed / base, 0.2);
        // Many pushes for one step cost more than a shorter step does.
        let most = match errors.good {
            1..=3 => 3.0,
            4 => 1.5,
            _ => 1.0,
        };
        let growth = growth.clamp(0.3, most).min(self.event_limit(h, fastest) / h);
        let residual_ode = self.advanced_ode(state, (h, fastest), &ode, implicit, &end);
        Attempt::Accepted { error, growth, residual_ode }
    }

    /// End values and rates of the path along which a push would end where the path does: Newton's step from the push
    /// along `path`, whose end is in the trial.
    fn improved(
        &self,
        implicit: &Implicit<'_>,
        response: Option<&Response>,
        path: &Path,
    ) -> (Vec<f64>, Vec<f64>) {
        let (trial, h, s) = (&self.trial, path.h, self.rho.len());
        let Trial { rho, rho_rate, .. } = trial;
        let (guess, guess_rate) = path.end();
        if let Some(response) = response {
            let list = |rho: &[f64], rate: &[f64]| -> Vec<f64> {
                rho.iter().copied().chain(rate.iter().map(|rate| h * rate)).collect()
            };
            let found = list(rho, &self.rate_of(trial.ends(), &guess));
            let guess = list(&guess, &guess_rate);
            let change = response.correction(&self.samples, &found, &guess);
            let end: Vec<f64> = guess.iter().zip(change).map(|(guess, change)| guess + change).collect();
            return (end[..s].to_vec(), end[s..].iter().map(|rate| rate / h).collect());
        }
        if implicit.is_very_stiff() {
            let lacking: Vec<f64> = rho.iter().zip(&guess).map(|(rho, guess)| rho - guess).collect();
            let at_guess = self.rate_of(trial.ends(), &guess);
            let rate_lacking: Vec<f64> =
                at_guess.iter().zip(&guess_rate).map(|(rate, guess)| h * (rate - guess)).collect();
            let (y, w) = implicit.newton(&lacking, &rate_lacking);
            let end = guess.iter().zip(y).map(|(guess, y)| guess + y).collect();
            let end_rate = guess_rate.iter().zip(w).map(|(rate, w)| rate + w / h).collect();
            return (end, end_rate);
        }
        let lacking = implicit.correction((rho, rho_rate), (&guess, &guess_rate));
        let rate_lacking = implicit.apply(&lacking);
        let end = rho.iter().zip(&lacking).map(|(rho, lacking)| rho + lacking).collect();
        let end_rate = rho_rate.iter().zip(&rate_lacking).map(|(rate, lacking)| rate - lacking / h).collect();
        (end, end_rate)
    }

    fn shrink(&self, h: f64, error: f64, cause: &'static str) -> Attempt {
        let factor = 0.85 * libm::pow(self.allowed / error, 0.2);
        Attempt::Rejected { error, next: h * factor.clamp(0.1, 0.7), cause }
    }

    /// The longest step that may pass over events like those of the trial, if there are at least two notable ones (so
    /// that the next step is likely to meet others); infinite if not, because fencing in a single one is cheaper.
    fn event_limit(&self, h: f64, fastest: f64) -> f64 {
        let tally = &self.trial.tally;
        if tally.events.notable < 2 {
            f64::INFINITY
        } else {
            self.passable(0.9 * EVENT_SHARE, fastest).max(0.5 * h)
        }
    }

    /// The step over which the largest jump of the trial costs this share of the tolerance:
    /// `JUMP_ERROR J h min(1, h fastest) = share * allowed`.
    fn passable(&self, share: f64, fastest: f64) -> f64 {
        let uncoupled = share * self.allowed / (JUMP_ERROR * self.trial.tally.events.largest_jump);
        if fastest * uncoupled < 1.0 { (uncoupled / fastest).sqrt() } else { uncoupled }
    }

    /// The step to try instead when the first significant event is at `first` (in `u`): to just
    /// before it, or, if that is near, one so short that it may pass over the event.
    fn fence(&self, plan: &Plan<'_>, first: f64) -> f64 {
        let Plan { h, fastest, least, .. } = *plan;
        let narrow = self.passable(0.5 * EVENT_SHARE, fastest).max(least);
        (first * h - 0.5 * narrow).max(narrow)
    }
}

/// The effect on the residuals, but for `S^-1`, of the error of the cubic Hermite path: that is
/// `c4 u^2 (1 - u)^2` with `c4 = h^4/24` times the fourth derivative, of which the integral is
/// `c4 / 30`.
///
/// * `before`: length of the last step, if `path` was its continuation.
fn quartic_effect(implicit: &Implicit<'_>, path: &Path, better: &Path, before: Option<f64>) -> Vec<f64> {
    if let Some(before) = before {
        // The continued path errs by c4 u^2 (u + 1/q)^2, q = h / before: known at u = 1.
        let q = path.h / before;
        let share = q * q / (30.0 * (1.0 + q) * (1.0 + q));
        let (better, path) = (better.end().0, path.end().0);
        let difference: Vec<f64> = better.iter().zip(&path).map(|(b, p)| share * (b - p)).collect();
        implicit.apply(&difference)
    } else {
        // The cubic term is h^3/6 times the third derivative, of which the kernel gives one more:
        // c4 = -z c3 / 4.
        let third: Vec<f64> = better.third().iter().map(|c| c / 120.0).collect();
        implicit.apply(&implicit.apply(&third))
    }
}

/// The same for the quadratic path of the stiff rule, `S^-1` included: it errs by `c3 u (1 - u)^2`, of which the
/// integral is `c3 / 12`, with the cubic coefficient `c3` of the Hermite path.
fn cubic_effect(implicit: &Implicit<'_>, third: &[f64]) -> Vec<f64> {
    implicit.solve_product(&third.iter().map(|c| c / 12.0).collect::<Vec<f64>>())
}

/// The coefficients of `u (1 - u)^2` by which a quadratic path misses the residuals at the start of the last step,
/// `before`, at `u = -q`. Unlike a comparison with the rate at the start this does not see what is left of fast modes.
fn bend_since(path: &Path, q: f64, before: &[f64]) -> Vec<f64> {
    let scale = 1.0 / (q * (1.0 + q) * (1.0 + q));
    let pairs = path.cubic.iter().zip(before);
    pairs.map(|(c, before)| scale * (poly::value(c, -q) - before)).collect()
}
