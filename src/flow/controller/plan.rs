//! How an attempt at a step is made: its length, the rule of its path, the path of its first push.

use crate::flow::field::gradients;
use crate::flow::implicit::{Implicit, Rule};
use crate::flow::path::Path;
use crate::flow::response::{Response, TURNS_BACK, turning_strength};
use crate::flow::state::State;
use crate::math::norm::{largest, length};

use super::{Controller, time_resolution};

/// How far a step may go in units of `turn / |g|`: growth near an unstable direction then errs by
/// about the tolerance, relative to itself.
const GROWTH_SHARE: f64 = 2.0;
/// How far a step may go in units of `1 / lambda` of weight decay: series of its factors end there.
const DECAY_SHARE: f64 = 0.1;
/// Where relaxing particles reduce `h` times the trace of `K N` by more than this, the path follows the slow motion of
/// the residuals alone (the stiff rule, with a [`Response`]).
const TURNING: f64 = 0.05;
/// A Hermite path can follow the transient of a particle whose `z` ([`weights`](crate::flow::response::weights)) is
/// below this.
const DIES_AWAY: f64 = 4.0;
/// A path is continued over a step that is at most this many times as long as the last.
const CONTINUABLE: f64 = 4.0;
/// A step that is this many times longer than [`Controller::longest_step`] is worth substeps of the particles.
const WORTH_SUBSTEPS: f64 = 2.0;
/// Share of the error allowed by which the start of a path may differ from the residuals in slow modes.
const START_SHARE: f64 = 0.01;

/// How an attempt is made.
pub(super) struct Plan<'a> {
    /// Its length.
    pub h: f64,
    /// A bound on the fastest rate of the residuals.
    pub fastest: f64,
    /// How the path is made from its end.
    pub rule: Rule,
    /// How particles that relax within the step answer to the path, where that matters.
    pub response: Option<Response>,
    /// Where the path starts.
    pub start: Vec<f64>,
    /// Whether it ends at the time that was asked for.
    pub is_last: bool,
    /// The shortest step that time resolves.
    pub least: f64,
    /// The last step, if its path is to be continued: not where this one is much longer, also because the last one only
    /// passed over an event.
    pub last: Option<LastStep<'a>>,
}

/// The last step.
pub(super) struct LastStep<'a> {
    /// Residuals at its start.
    pub rho: &'a [f64],
    /// Their rates there.
    pub rate: &'a [f64],
    pub length: f64,
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
            |k: usize| Some(length(g[k][0], g[k][1])).filter(|g| self.kappa * g > self.margins.of(k));
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
    pub(super) fn plan<'a>(&self, state: &'a State, (h, is_last): (f64, bool), fastest: f64) -> Plan<'a> {
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
    pub(super) fn predicted(&self, plan: &Plan<'_>) -> Path {
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
                    let end_rate = self.rate_of(self.coefficients(), &end);
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
}
