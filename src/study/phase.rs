//! Where learning is lazy: the invariant (or the balance of the layers) against width and scaling.

use crate::io::declared::Allowed;
use crate::io::netcdf::{Array, Values as Data};
use crate::math::power_law::PowerLaw;
use crate::system::text;

use super::StudyError;
use super::base::Base;
use super::ensemble::mean_and_error;
use super::plan::{Axis, Plan, Values};
use super::record::Record;
use super::variables::PHASE_TABLE;

/// The kind of study in its plan.
pub(crate) const PHASE: &str = "phase";

/// What says how `c |w|` is shared by the layers.
#[derive(Debug, Clone, PartialEq)]
pub enum Share {
    /// `measure.delta`: the invariant `c^2 - |w|^2` of every neuron.
    Delta(Vec<f64>),
    /// `flow.balance`: `w` is multiplied by it, `c` divided.
    Balance(Vec<f64>),
}

/// What a phase study is asked.
#[derive(Debug, Clone)]
pub struct PhaseRequest {
    /// A scenario of the lifted flow.
    pub base: Base,
    /// First axis.
    pub share: Share,
    /// Second axis: widths.
    pub widths: Vec<u64>,
    /// Third axis: `p` in `alpha(m) = m^p`; 1 is mean field, 1/2 the kernel scaling.
    pub powers: Vec<f64>,
    /// Runs of each.
    pub seeds: usize,
}

/// One line of the table from which a phase diagram is drawn: one share, one scaling.
#[derive(Debug, Clone)]
pub struct PhaseRow {
    /// `delta` or `balance`.
    pub share: f64,
    /// `p`.
    pub power: f64,
    /// By width: `|K_T - K_0| / |K_0|` at the end, mean and standard error.
    pub kernel_change: Vec<(f64, f64)>,
    /// At the largest width: root mean square angle turned (rad).
    pub turned: f64,
    /// At the largest width: share of the mass that is pinned.
    pub pinned: f64,
    /// At the largest width: loss at the end over loss at the start.
    pub loss_left: f64,
    /// How the change of the kernel goes with the width.
    pub law: Option<PowerLaw>,
}

impl PhaseRow {
    /// * `lazy`: the kernel changes less and less as the width grows;
    /// * `lazy at any width`: the change does not fall with the width, but is small: under 5 %;
    /// * `adaptive`: neither;
    /// * `?`: the interval of the exponent does not tell.
    pub fn phase(&self) -> &'static str {
        const FALLS: f64 = -0.1;
        const SMALL: f64 = 0.05;
        let last = self.kernel_change.last().map_or(f64::NAN, |change| change.0);
        match &self.law {
            Some(law) if law.exponent() + law.exponent_margin() < FALLS => "lazy",
            Some(law) if law.exponent() - law.exponent_margin() < FALLS => "?",
            Some(_) if last < SMALL => "lazy at any width",
            Some(_) => "adaptive",
            None => "?",
        }
    }
}

/// The runs of a phase study.
///
/// At width `m` and power `p`: `alpha = m^p`, `kappa = m^(1 - p)`. Weights are of order one, so
/// that the start function is `kappa` times a mean; with `delta` that takes `r = kappa c |w|`,
/// hence `measure.scale` times `kappa`. Learning is faster by the size of the kernel, and the run
/// shorter by it, so that every run learns about as much:
///
/// ```text
/// end = time.end / (kappa^2 sqrt(1 + delta^2 / 4))        delta
/// end = time.end / (kappa^2 (balance^2 + balance^-2) / 2)   balance
/// ```
///
/// # Errors
/// A scenario that is refused with these overrides.
pub fn phase_plan(request: &PhaseRequest) -> Result<Plan, StudyError> {
    let base = &request.base;
    let table: toml::Table = base.text.parse().unwrap_or_default();
    let number = |section: &str, key: &str| {
        let value = table.get(section)?.get(key)?;
        value.as_float().or(value.as_integer().map(|i| i as f64))
    };
    let Some(end) = number("time", "end") else {
        return Err(StudyError::Request {
            problem: format!("{} has no time.end", text::path(&base.path)),
            remedy: "give the mean-field time of the run with kappa = 1".to_string(),
        });
    };
    let scale = number("measure", "scale").unwrap_or(1.0);
    let (key, shares) = match &request.share {
        Share::Delta(values) => ("measure.delta", values),
        Share::Balance(values) => ("flow.balance", values),
    };
    let name = key.rsplit('.').next().unwrap_or(key);
    let axes = vec![
        Axis { name: name.into(), about: key.into(), values: Values::Numbers(shares.clone()) },
        Axis {
            name: "width".into(),
            about: "measure.particles".into(),
            values: Values::Whole(request.widths.iter().map(|&m| m as i64).collect()),
        },
        Axis {
            name: "power".into(),
            about: "p in alpha(m) = m^p (flow.scaling)".into(),
            values: Values::Numbers(request.powers.clone()),
        },
    ];
    let delta = matches!(request.share, Share::Delta(_));
    Plan::new(
        PHASE,
        base.clone(),
        axes,
        Some(request.seeds),
        false,
        |at| {
            let (share, width, power) = (shares[at[0]], request.widths[at[1]], request.powers[at[2]]);
            let m = width as f64;
            let kappa = libm::pow(m, 1.0 - power);
            let size = match delta {
                true => (1.0 + 0.25 * share * share).sqrt(),
                false => 0.5 * (share * share + 1.0 / (share * share)),
            };
            let set = |key: &str, value: String| (key.to_string(), value);
            let mut all = vec![
                set(key, format!("{share:?}")),
                set("measure.particles", width.to_string()),
                set("flow.scaling", format!("{:?}", libm::pow(m, power))),
                set("time.end", format!("{:?}", end / (kappa * kappa * size))),
            ];
            if delta {
                all.push(set("measure.scale", format!("{:?}", scale * kappa)));
            }
            all
        },
        &|_, _| (),
    )
}

/// The table of a finished phase study.
pub(crate) fn phase_table(plan: &Plan, records: &[Record]) -> Vec<PhaseRow> {
    let [shares, widths, powers, seeds] = &plan.axes[..] else { return vec![] };
    let number = |axis: &Axis, i: usize| match &axis.values {
        Values::Whole(values) => values[i] as f64,
        Values::Numbers(values) => values[i],
        Values::Texts(_) => f64::NAN,
    };
    let mut rows = vec![];
    for share in 0..shares.len() {
        for power in 0..powers.len() {
            let ensemble = |width: usize, of: &dyn Fn(&Record) -> Option<f64>| -> Vec<f64> {
                let first = ((share * widths.len() + width) * powers.len() + power) * seeds.len();
                records[first..first + seeds.len()].iter().filter_map(of).collect()
            };
            let last = |name: &'static str| move |r: &Record| r.values(name).map(|values| values[0]);
            let kernel_change: Vec<(f64, f64)> = (0..widths.len())
                .map(|w| mean_and_error(&ensemble(w, &last("final_tangent_kernel_change"))))
                .collect();
            let widest = widths.len() - 1;
            let mean = |of: &dyn Fn(&Record) -> Option<f64>| mean_and_error(&ensemble(widest, of)).0;
            let x: Vec<f64> = (0..widths.len()).map(|w| number(widths, w)).collect();
            let (y, error): (Vec<f64>, Vec<f64>) = kernel_change.iter().copied().unzip();
            rows.push(PhaseRow {
                share: number(shares, share),
                power: number(powers, power),
                turned: mean(&last("final_direction_change")),
                pinned: mean(&last("final_pinned_mass")),
                loss_left: mean(&|r| r.values("loss").map(|loss| loss[loss.len() - 1] / loss[0])),
                law: PowerLaw::fit(&x, &y, &error),
                kernel_change,
            });
        }
    }
    rows
}

/// What the table adds to the study file.
pub(crate) fn phase_arrays(plan: &Plan, records: &[Record]) -> Vec<Array> {
    let rows = phase_table(plan, records);
    let of = |value: &dyn Fn(&PowerLaw) -> f64| {
        Data::F64(rows.iter().map(|row| row.law.as_ref().map_or(f64::NAN, value)).collect())
    };
    let values = [
        of(&|law| law.exponent()),
        of(&|law| law.exponent_margin()),
        Data::Text(rows.iter().map(|row| row.phase().to_string()).collect()),
    ];
    let dims = [0, 2].map(|axis| plan.axes[axis].name.clone()).to_vec();
    let array = |(declared, values)| Allowed { dims: dims.clone(), ..Allowed::from(declared) }.array(values);
    PHASE_TABLE.iter().zip(values).map(array).collect()
}
