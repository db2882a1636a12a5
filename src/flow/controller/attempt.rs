//! One attempt at a step: how far it may go, when to push again, when to accept.

use crate::flow::field::gradients;
use crate::flow::implicit::{Implicit, Rule};
use crate::flow::path::Path;
use crate::flow::response::{Response, TURNS_BACK, turning_strength};
use crate::flow::state::State;
use crate::math::norm::largest;
use crate::math::poly;

use super::{Controller, Trial};

/// Pushes of one attempt before it is given up.
const MAX_PUSHES: u32 = 6;
/// What an event may add to the error of a step, in units of the error allowed; events are rarer than steps.
const EVENT_SHARE: f64 = 3.0;
/// How far a step may go in units of `turn / |g|`: growth near an unstable direction then errs by
/// about the tolerance, relative to itself.
const GROWTH_SHARE: f64 = 2.0;
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

/// How an attempt ended.
pub(super) enum Attempt {
    Accepted { error: f64, growth: f64 },
    Rejected { error: f64, next: f64, cause: &'static str },
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
    pub(super) fn longest_step(&self) -> f64 {
        if !self.system.grows() {
            return f64::INFINITY;
        }
        let mut g = vec![[0.0; 2]; self.regions.boundaries()];
        gradients(&self.samples, &self.rho, &mut g);
        let inhabited = (1..g.len()).filter(|&k| self.moments.sigma(k) != [0.0; 3]);
        let strongest = inhabited.map(|k| g[k][0].hypot(g[k][1])).fold(0.0, f64::max);
        GROWTH_SHARE * self.turn / (self.kappa * strongest)
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

    /// Residuals and rates at the start of the last step, and its length, if its path is to be continued over `h`: not
    /// where this step is much longer, also because the last one only passed over an event.
    fn remembered<'a>(&self, state: &'a State, h: f64) -> Option<(&'a [f64], &'a [f64], f64)> {
        let (before, (rho, rate)) = (state.memory[0], state.memory[1..].split_at(self.samples.len()));
        (before > 0.0 && h <= CONTINUABLE * before).then_some((rho, rate, before))
    }

    /// The path of the first push.
    fn predicted(&self, state: &State, h: f64, fastest: f64, rule: Rule, turning: bool) -> Path {
        let remembered = self.remembered(state, h);
        match (rule, remembered) {
            // The frozen kernel does not describe relaxing particles. Differences over the whole last step show the
            // slow motion; rates are dominated by what is left of fast modes.
            (Rule::Stiff, Some((then, _, before))) if turning => {
                let rise: Vec<f64> =
                    self.rho.iter().zip(then).map(|(now, then)| (now - then) / before).collect();
                Path::line(h, &self.rho, &rise)
            }
            (Rule::Stiff, None) if turning => Path::line(h, &self.rho, &vec![0.0; self.rho.len()]),
            (Rule::Stiff, _) => {
                // A continued cubic would blow up whatever is left of the fast modes.
                let sigma = self.moments.sigma_with_pinned(&self.regions);
                let frozen = Implicit::new(&self.samples, sigma, h, fastest, rule);
                let end = frozen.frozen_end(&self.rho, &self.rho_rate);
                let end_rate = self.rate_of(&self.moments, &end);
                rule.path(h, (&self.rho, &self.rho_rate), (&end, &end_rate))
            }
            (Rule::Hermite, Some((rho, rate, before))) => {
                Path::continued(h, before, rho, rate, &self.rho, &self.rho_rate)
            }
            (Rule::Hermite, None) => Path::line(h, &self.rho, &self.rho_rate),
        }
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
        let sigma = self.moments.sigma_with_pinned(&self.regions);
        (Rule::Stiff, Some(Response::new(h, &sigma, &turning)))
    }

    /// One attempt at a step of length `h`; also returns how many pushes it took.
    pub(super) fn attempt(&mut self, state: &State, h: f64, fastest: f64) -> (Attempt, u32) {
        let s = self.samples.len();
        let remembered = self.remembered(state, h);
        let (rule, response) = self.rule(state, h, fastest);
        self.trial.rule = rule;
        let mut path = self.predicted(state, h, fastest, rule, response.is_some());
        // How strongly an error of the path acts on the residuals within the step.
        let coupling = (h * fastest).min(1.0);
        // A jump of the rate by J bends the path by at most J h / 8 away from a cubic.
        let significant = if self.fixed.is_some() {
            f64::INFINITY
        } else {
            EVENT_SHARE * self.allowed * 8.0 / (h * coupling)
        };
        let mut last_lack = f64::INFINITY;
        let mut cubic = f64::INFINITY;
        let mut far = false;
        // The first push whose error was allowed; 0 for none yet.
        let mut good = 0;
        for push in 1..=MAX_PUSHES {
            self.push(state, &path, significant);
            if self.trial.tally.events.given_up {
                let cause = "particles cannot be followed over so long a step";
                return (Attempt::Rejected { error: f64::INFINITY, next: 0.1 * h, cause }, push);
            }
            let trial = &self.trial;
            let sigma = trial.tally.moments.sigma_with_pinned(&self.regions);
            let implicit = Implicit::new(&self.samples, sigma, h, fastest, rule);
            // What the residuals lack because the particles went along this path and not along
            // the one that leads to where they arrive.
            let (end, end_rate) = self.improved(&implicit, response.as_ref(), &path);
            let lacking: Vec<f64> = (0..s).map(|j| end[j] - trial.rho[j]).collect();
            let better = rule.path(h, (&self.rho, &self.rho_rate), (&end, &end_rate));
            if push == 1 || far {
                let bend = || Path::hermite(h, &self.rho, &self.rho_rate, &end, &end_rate).third();
                let effect = match (&response, remembered, rule) {
                    (Some(response), Some((then, _, before)), _) => {
                        response.effect(&self.samples, &bend_since(&better, before / h, then))
                    }
                    (Some(response), None, _) => response.effect(&self.samples, &bend()),
                    (None, _, Rule::Stiff) => implicit.solve(&cubic_effect(&implicit, &bend())),
                    (None, _, Rule::Hermite) => {
                        let before = remembered.map(|(_, _, before)| before);
                        implicit.solve(&quartic_effect(&implicit, &path, &better, before))
                    }
                };
                cubic = largest(&effect);
            }
            let lack = largest(&lacking);
            // Far from convergence `better` is one Newton step from a bad guess: its bend says little about the error.
            far = rule == Rule::Stiff && lack > FAR * cubic.max(self.allowed);
            let mut error = lack + cubic;
            if self.fixed.is_some() {
                if push == 3 {
                    self.trial.ode_end.clone_from(&self.trial.rho);
                    return (Attempt::Accepted { error, growth: 1.0 }, push);
                }
                path = better;
                continue;
            }
            if !error.is_finite() {
                let next = 0.2 * h;
                return (Attempt::Rejected { error, next, cause: "the attempt overflowed" }, push);
            }
            let first = self.trial.tally.events.first_significant;
            if first.is_finite() && cubic < 1e3 * self.allowed {
                // The first push already knows the event well enough to fence it in.
                let next = self.fence(h, fastest, first);
                if next < 0.999 * h {
                    let cause = "a particle's event changes the rate of the residuals abruptly";
                    return (Attempt::Rejected { error, next, cause }, push);
                }
            }
            if error <= self.allowed && good == 0 {
                good = push;
            }
            // What fast modes lack dies away within the next step, which would take it for a bend of its path.
            let converged = response.is_none() || lack <= CONVERGED * self.allowed || push == MAX_PUSHES;
            if error <= self.allowed && converged {
                // The residual ODE over this step checks the particles' own integration.
                let defect = self.ode_defect(h, fastest);
                let defect = if self.system.is_on_grid() { 0.0 } else { defect };
                error = error.max(defect);
                if error <= self.allowed {
                    // Without `lack`, which another push would reduce: it does not limit the next step.
                    let base = cubic.max(defect - lack).max(1e-3 * self.allowed);
                    let growth = 0.9 * (self.allowed / base).powf(0.2);
                    let most = match good {
                        1..=3 => 3.0,
                        4 => 1.5,
                        _ => 1.0,
                    };
                    let growth = growth.clamp(0.3, most).min(self.event_limit(h, fastest) / h);
                    return (Attempt::Accepted { error, growth }, push);
                }
                return (self.shrink(h, error, "the motion of the particles"), push);
            }
            let stalled = push > 1 && lack > 0.3 * last_lack && error > self.allowed;
            if (cubic > self.allowed && !far) || stalled || push == MAX_PUSHES {
                // More pushes take away what is lacking, but not the error of a cubic path.
                let error = if cubic > self.allowed { cubic } else { error };
                return (self.shrink(h, error, "the path of the residuals"), push);
            }
            last_lack = lack;
            path = better;
        }
        unreachable!("the last push accepts or rejects")
    }

    /// End values and rates of the path along which a push would end where the path does: Newton's step from the push
    /// along `path`, whose end is in the trial.
    fn improved(
        &self,
        implicit: &Implicit<'_>,
        response: Option<&Response>,
        path: &Path,
    ) -> (Vec<f64>, Vec<f64>) {
        let (Trial { tally, rho, rho_rate, .. }, h, s) = (&self.trial, path.h, self.rho.len());
        let (guess, guess_rate) = path.end();
        if let Some(response) = response {
            let list = |rho: &[f64], rate: &[f64]| -> Vec<f64> {
                rho.iter().copied().chain(rate.iter().map(|rate| h * rate)).collect()
            };
            let found = list(rho, &self.rate_of(&tally.moments, &guess));
            let guess = list(&guess, &guess_rate);
            let change = response.correction(&self.samples, &found, &guess);
            let end: Vec<f64> = guess.iter().zip(change).map(|(guess, change)| guess + change).collect();
            return (end[..s].to_vec(), end[s..].iter().map(|rate| rate / h).collect());
        }
        let lacking = implicit.correction((rho, rho_rate), (&guess, &guess_rate));
        let rate_lacking = implicit.apply(&lacking);
        let end = rho.iter().zip(&lacking).map(|(rho, lacking)| rho + lacking).collect();
        let end_rate = rho_rate.iter().zip(&rate_lacking).map(|(rate, lacking)| rate - lacking / h).collect();
        (end, end_rate)
    }

    fn shrink(&self, h: f64, error: f64, cause: &'static str) -> Attempt {
        let factor = 0.85 * (self.allowed / error).powf(0.2);
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
    fn fence(&self, h: f64, fastest: f64, first: f64) -> f64 {
        let narrow = self.passable(0.5 * EVENT_SHARE, fastest);
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

/// The same for the quadratic path of the stiff rule: it errs by `c3 u (1 - u)^2`, of which the
/// integral is `c3 / 12`, with the cubic coefficient `c3` of the Hermite path.
fn cubic_effect(implicit: &Implicit<'_>, third: &[f64]) -> Vec<f64> {
    implicit.apply(&third.iter().map(|c| c / 12.0).collect::<Vec<f64>>())
}

/// The coefficients of `u (1 - u)^2` by which a quadratic path misses the residuals at the start of the last step,
/// `before`, at `u = -q`. Unlike a comparison with the rate at the start this does not see what is left of fast modes.
fn bend_since(path: &Path, q: f64, before: &[f64]) -> Vec<f64> {
    let scale = 1.0 / (q * (1.0 + q) * (1.0 + q));
    let pairs = path.cubic.iter().zip(before);
    pairs.map(|(c, before)| scale * (poly::value(c, -q) - before)).collect()
}
