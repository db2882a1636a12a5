//! The section `[flow]`.

use crate::flow::{Flow, ParticleKind};
use crate::problem::Start;

use super::ScenarioError;
use super::descent::{descent, weight_decay};
use super::entry::Kept;
use super::error::split;
use super::section::Section;
use super::source::Source;

/// All keys of the section.
pub(super) const KEYS: [&str; 17] = [
    "kind",
    "tv",
    "weight_decay",
    "scaling",
    "balance",
    "learning_rate",
    "optimizer",
    "momentum",
    "beta1",
    "beta2",
    "epsilon",
    "batch",
    "label_noise",
    "temperature",
    "seed",
    "layers",
    "output_bias_rate",
];

/// Factors before the mean over neurons that moments of doubles can hold.
const KAPPA: [f64; 2] = [1e-20, 1e20];
/// Factors of `balance` beyond which one layer loses the other's digits.
const BALANCE: [f64; 2] = [1e-10, 1e10];

/// Largest rate of the output bias.
const MOST_BIAS_RATE: f64 = 1e12;

/// `alpha(m)` of section 2, by which the sum over neurons is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scaling {
    /// `alpha = m`: mean-field scaling.
    Width,
    /// `alpha = sqrt(m)`: NTK scaling.
    Root,
    /// `alpha` as told; 1 is the literal network.
    Number(f64),
}

/// The rate of the output bias in mean-field time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum BiasRate {
    /// `m`: as the weights of `m` neurons are trained.
    Literal,
    Number(f64),
}

/// What `[flow]` says; the width `m`, which `kappa = m / alpha(m)` needs, comes from the measure.
#[derive(Debug, Clone)]
pub(super) struct FlowForm {
    /// With `kappa = 1`.
    flow: Flow,
    scaling: Option<Kept<Scaling>>,
    balance: Option<Kept<f64>>,
    batch: Option<Kept<usize>>,
    bias_rate: BiasRate,
}

impl FlowForm {
    /// The canonical flow unless told.
    pub fn read(section: Option<Section>) -> Result<FlowForm, ScenarioError> {
        let [default, ..] = Flow::ALL;
        let fixed = BiasRate::Number(0.0);
        let mut form =
            FlowForm { flow: default, scaling: None, balance: None, batch: None, bias_rate: fixed };
        let Some(mut section) = section else { return Ok(form) };
        form.flow = section.choice("kind", &Flow::ALL.map(|flow| (flow.name(), flow)))?;
        form.scaling = scaling(&mut section)?;
        if form.particles() == ParticleKind::Neuron {
            form.balance = balance(&mut section)?;
        }
        let mut with = "";
        match &mut form.flow {
            Flow::Canonical { tv } => *tv = penalty(&mut section)?,
            Flow::Lifted { decay, .. } | Flow::Kernel { decay, .. } | Flow::Adaptive { decay, .. } => {
                *decay = weight_decay(&mut section)?;
            }
            Flow::Descent { descent: settings, .. } => {
                *settings = descent(&mut section, &mut form.batch)?;
                // A seed alone would draw nothing.
                let noise = ["label_noise", "temperature"].iter().any(|key| section.has(key));
                if form.batch.is_none() && !noise && section.has("seed") {
                    with = " without flow.batch, label_noise or temperature";
                }
            }
        }
        form.bias_rate = bias_rate(&mut section, &form.flow)?;
        section.finish(format_args!("flow.kind = \"{}\"{with}", form.name()))?;
        Ok(form)
    }

    /// The name of the flow.
    pub fn name(&self) -> &'static str {
        self.flow.name()
    }

    /// What the particles are.
    pub fn particles(&self) -> ParticleKind {
        self.flow.particles()
    }

    /// What a section turned out to be, for messages about keys it does not use.
    pub fn form(&self, origin: &str) -> String {
        // Of canonical particles are scenarios without [flow], which need not be told.
        match self.particles() {
            ParticleKind::Canonical => origin.to_string(),
            ParticleKind::Neuron => format!("{origin} with flow.kind = \"{}\"", self.name()),
        }
    }

    /// The flow before `kappa` is known, and as if that were 1.
    pub fn unscaled(&self) -> &Flow {
        &self.flow
    }

    /// `eta`, if steps advance time by `eta / m`.
    pub fn learning_rate(&self) -> Option<f64> {
        self.flow.descriptor().learning_rate
    }

    /// Weight of the total-variation term.
    pub fn tv(&self) -> f64 {
        self.flow.tv()
    }

    /// Whether `kappa`, or the rate of the output bias, depends on the number of neurons.
    pub fn depends_on_width(&self) -> bool {
        let scaled = self.scaling.as_ref().is_some_and(|scaling| scaling.value != Scaling::Width);
        scaled && self.particles() == ParticleKind::Neuron || self.has_literal_bias()
    }

    /// Whether the output bias is trained as the weights are.
    pub fn has_literal_bias(&self) -> bool {
        self.bias_rate == BiasRate::Literal
    }

    /// The rate of the output bias of `m` neurons.
    pub fn bias_rate(&self, m: usize) -> f64 {
        match self.bias_rate {
            BiasRate::Literal => m as f64,
            BiasRate::Number(rate) => rate,
        }
    }

    /// Whether neurons are summed with the default, `alpha = m`.
    pub fn scales_by_default(&self) -> bool {
        self.scaling.is_none() && self.particles() == ParticleKind::Neuron
    }

    /// Multiplies `w` by `flow.balance` and divides `c`.
    pub fn balanced(&self, source: Source, start: Start) -> Result<Start, ScenarioError> {
        match (start, self.balance_entry()) {
            (Start::Lifted(neurons), Some(balance)) => {
                let balanced = neurons.balanced(balance.value).map_err(|error| {
                    let (problem, _) = split(&error);
                    balance.on(source).refuse(format_args!("makes {problem}"), "give a factor nearer to 1")
                })?;
                Ok(balanced.into())
            }
            (start, _) => Ok(start),
        }
    }

    /// The factor between the layers, 1 unless told.
    pub fn balance(&self) -> f64 {
        self.balance.as_ref().map_or(1.0, |balance| balance.value)
    }

    /// `flow.balance`, to refuse it where it stands.
    pub fn balance_entry(&self) -> Option<&Kept<f64>> {
        self.balance.as_ref()
    }

    /// Refuses `scaling` for canonical particles, whose `r` holds `kappa` already.
    pub fn refuse_scaling(&self, source: Source) -> Result<(), ScenarioError> {
        match &self.scaling {
            Some(scaling) => Err(scaling.on(source).refuse(
                "is not used by canonical particles",
                "remove it: r = kappa c |w| holds the factor; it is for files with columns c, a, b and for flow.kind = \"lifted\"",
            )),
            None => Ok(()),
        }
    }

    /// `kappa` for this many neurons, whatever it is.
    pub fn kappa_of(&self, m: usize) -> f64 {
        match self.scaling.as_ref().map(|scaling| scaling.value) {
            None | Some(Scaling::Width) => 1.0,
            Some(Scaling::Root) => (m as f64).sqrt(),
            Some(Scaling::Number(alpha)) => m as f64 / alpha,
        }
    }

    /// `kappa = m / alpha(m)` for this many neurons.
    pub fn kappa(&self, source: Source, m: usize) -> Result<f64, ScenarioError> {
        let kappa = self.kappa_of(m);
        let Some(scaling) = &self.scaling else { return Ok(kappa) };
        if !(KAPPA[0]..=KAPPA[1]).contains(&kappa) {
            return Err(scaling.on(source).refuse(
                format_args!("makes kappa = m / alpha = {kappa:e} for m = {m}"),
                format_args!("give an alpha for which kappa is from {:e} to {:e}", KAPPA[0], KAPPA[1]),
            ));
        }
        Ok(kappa)
    }

    /// The flow of this many neurons and samples.
    pub fn flow(&self, source: Source, m: usize, samples: usize) -> Result<Flow, ScenarioError> {
        if let Some(batch) = self.batch.as_ref().filter(|batch| batch.value > samples) {
            return Err(batch.on(source).refuse(
                format_args!("is more than the {samples} samples (ties merged)"),
                format_args!("give at most {samples}, or leave it out for the full batch"),
            ));
        }
        Ok(self.flow.with_kappa(self.kappa(source, m)?))
    }
}

/// `tv`: weight of the total-variation term.
fn penalty(section: &mut Section) -> Result<f64, ScenarioError> {
    let Some(tv) = section.number("tv")? else { return Ok(0.0) };
    if tv.value < 0.0 {
        return Err(tv.refuse("is negative", "give 0 (no total-variation term) or more"));
    }
    Ok(tv.value)
}

/// `output_bias_rate = number | "literal"`.
fn bias_rate(section: &mut Section, flow: &Flow) -> Result<BiasRate, ScenarioError> {
    let Some(entry) = section.value("output_bias_rate") else { return Ok(BiasRate::Number(0.0)) };
    if entry.value.is_str() {
        return entry.text()?.one_of(&[("literal", BiasRate::Literal)]);
    }
    let rate = entry.number()?;
    if !(0.0..=MOST_BIAS_RATE).contains(&rate.value) {
        return Err(rate.refuse(
            "is out of range",
            format_args!(
                "give 0 (fixed) to {MOST_BIAS_RATE:e}, or \"literal\": the number of neurons, as gradient descent trains it"
            ),
        ));
    }
    if flow.is_adam() && rate.value != 0.0 {
        return Err(rate.refuse(
            "is a rate, of which steps of Adam know nothing",
            "give 0 (fixed), or \"literal\": trained as the weights are",
        ));
    }
    Ok(BiasRate::Number(rate.value))
}

/// `scaling = "m" | "sqrt(m)" | "1" | number`.
fn scaling(section: &mut Section) -> Result<Option<Kept<Scaling>>, ScenarioError> {
    let Some(entry) = section.value("scaling") else { return Ok(None) };
    if entry.value.is_str() {
        let text = entry.text()?;
        let choices = [("m", Scaling::Width), ("sqrt(m)", Scaling::Root), ("1", Scaling::Number(1.0))];
        let scaling = text.one_of(&choices)?;
        return Ok(Some(text.with(scaling).keep()));
    }
    let number = entry.number()?;
    if number.value <= 0.0 {
        return Err(number.refuse("is not positive", "give alpha above 0, or \"m\", \"sqrt(m)\", \"1\""));
    }
    Ok(Some(number.with(Scaling::Number(number.value)).keep()))
}

/// `balance`: `w` is multiplied by it and `c` divided.
fn balance(section: &mut Section) -> Result<Option<Kept<f64>>, ScenarioError> {
    let Some(balance) = section.number("balance")? else { return Ok(None) };
    if !(BALANCE[0]..=BALANCE[1]).contains(&balance.value) {
        return Err(balance.refuse(
            "is out of range",
            format_args!(
                "give a factor from {:e} to {:e}: a and b are multiplied by it, c is divided by it",
                BALANCE[0], BALANCE[1]
            ),
        ));
    }
    Ok(Some(balance.keep()))
}
