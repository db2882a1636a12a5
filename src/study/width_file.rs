//! The file of a width study.

use crate::io::Declared;
use crate::io::declared::{self, Entry};
use crate::io::netcdf::{self, Array, Values};

use super::StudyError;
use super::approach::{Approach, Width};
use super::assemble::{attributes, coordinate};
use super::columns::window;
use super::ensemble::{Fluctuations, Quantity, WidthRow};
use super::limit_report::COMPARED;
use super::place::Place;
use super::plan::Plan;
use super::record::Record;
use super::views::DISTANCES;
use super::width_report::WidthReport;
use super::width_run::Limits;

/// Writes limit, ensembles and what they say.
pub(crate) fn write(
    place: &Place,
    plan: &Plan,
    report: &WidthReport,
    limits: &Limits,
    members: &[Record],
) -> Result<(), StudyError> {
    let mut arrays: Vec<Array> = plan.axes.iter().map(coordinate).collect();
    arrays.extend(declared::arrays(&table(), &Source { report, limits, members }));
    let mut attributes = attributes(plan);
    attributes.push(("limit", report.limit.clone()));
    for (name, text) in
        [("limit_of_measures", report.measure_limit.clone()), ("limit_notes", report.notes.join("; "))]
    {
        if !text.is_empty() {
            attributes.push((name, text));
        }
    }
    let answer = report.answer();
    attributes.extend([("answer", answer.sentence), ("answer_in_short", answer.heading)]);
    for approach in &report.approaches {
        let name = match approach.quantity {
            Quantity::Residual => "verdict_residual",
            Quantity::Function => "verdict_function",
            Quantity::TangentKernel => "verdict_tangent_kernel",
            Quantity::PinnedMass => "verdict_pinned_mass",
            Quantity::KnotsW1 => "verdict_knots_w1",
            Quantity::KnotsW2 => "verdict_knots_w2",
            Quantity::ThetaW1 => "verdict_theta_w1",
            Quantity::ThetaW2 => "verdict_theta_w2",
            Quantity::Cylinder => "verdict_cylinder_sw2",
        };
        attributes.push((name, approach.verdict.clone()));
    }
    netcdf::write(&place.study, place.force, &attributes, &arrays)?;
    Ok(())
}

/// What the file of a width study is made of.
struct Source<'a> {
    report: &'a WidthReport,
    limits: &'a Limits,
    members: &'a [Record],
}

impl Source<'_> {
    /// What the limit of the functions left behind, or that of the measures.
    fn limit(&self, name: &str) -> Values {
        Values::F64(self.limits.functions.values(name).unwrap_or_default().to_vec())
    }

    fn limit_of_measures(&self, name: &str) -> Values {
        Values::F64(self.limits.measures.values(name).unwrap_or_default().to_vec())
    }

    fn samples(&self) -> Values {
        let count = self.limits.functions.values("x").unwrap_or_default().len();
        Values::I32((0..count as i32).collect())
    }

    /// Whether the tangent kernel of the limit is kept at all times, or at the end alone.
    fn kernel_of_all_times(&self) -> bool {
        let limit = &self.limits.functions;
        let [kernel, times] = ["kernel", "time"].map(|name| limit.values(name).unwrap_or_default().len());
        let size = kernel / limit.field("kernel").map_or(1, |(field, _)| field.shape[0].max(1));
        kernel == times * size
    }

    /// Values of every member, NaN where it failed; as many as the limit has.
    fn each_member(&self, name: &str) -> Values {
        let size = self.limits.functions.values(name).map_or(0, <[f64]>::len);
        let of = |record: &Record| record.values(name).map_or(vec![f64::NAN; size], <[f64]>::to_vec);
        Values::F64(self.members.iter().flat_map(of).collect())
    }

    /// Numbers `at` these places of every member's values.
    fn numbers(&self, name: &str, at: &[usize]) -> Values {
        let number = |record: &Record, at: usize| record.values(name).map_or(f64::NAN, |v| v[at]);
        Values::F64(
            self.members.iter().flat_map(|record| at.iter().map(move |&at| number(record, at))).collect(),
        )
    }

    fn duration(&self, value: fn(&Record) -> f64) -> Values {
        Values::F64(self.members.iter().map(value).collect())
    }

    /// Over quantities and widths.
    fn each_row(&self, value: fn(&WidthRow, usize) -> f64) -> Values {
        let row = |q: usize| self.report.rows.iter().map(move |row| value(row, q));
        Values::F64((0..Quantity::COUNT).flat_map(row).collect())
    }

    fn each_quantity(&self, value: fn(&Approach) -> f64) -> Values {
        Values::F64(self.report.approaches.iter().map(value).collect())
    }

    /// Over widths and moments.
    fn fluctuations(&self, value: fn(&Fluctuations) -> &Vec<f64>) -> Values {
        let each = self.report.rows.iter().flat_map(|row| &row.fluctuations);
        Values::F64(each.flat_map(|found| value(found).iter().copied()).collect())
    }
}

type Variable<'a> = Entry<Source<'a>>;

/// The variables of the file of a width study besides its axes, in the order in which they are
/// written.
fn table<'a>() -> Vec<Variable<'a>> {
    [coordinates(), limit(), limits_side_by_side(), ensembles(), deviations(), fluctuations(), measures()]
        .into_iter()
        .flatten()
        .collect()
}

/// The declared variables.
pub(super) fn variables() -> Vec<Declared> {
    table().into_iter().map(|entry| entry.declared).collect()
}

fn coordinates<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new("time", &["time"], "mean-field time", |w| w.limit("time")).equation("section 2"),
        Variable::new("grid", &["grid"], "points at which functions are compared", |w| w.limit("grid")),
        Variable::new("sample", &["sample"], "number of the sample", |w| w.samples()),
        Variable::new("sample_column", &["sample_column"], "number of the sample", |w| w.samples()),
        Variable::new("quantity", &["quantity"], "what is compared with the limit", |_| {
            Values::texts(Quantity::ALL.map(Quantity::name))
        }),
        Variable::new("moment", &["moment"], "when", |_| Values::texts(["start", "end"])),
        Variable::new("x", &["sample"], "position of the sample", |w| w.limit("x")).equation("section 1"),
        Variable::new("y", &["sample"], "value of the sample, mean over ties", |w| w.limit("y"))
            .equation("section 1"),
        Variable::new("distance", &["distance"], "between final measures", |_| Values::texts(DISTANCES)),
    ]
}

fn limit<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new("limit_residual", &["time", "sample"], "residual in the limit", |w| {
            w.limit("residual")
        })
        .equation("section 2"),
        Variable::new("limit_pinned_mass", &["time"], "pinned mass in the limit", |w| {
            w.limit_of_measures("pinned_mass")
        })
        .equation("section 6"),
        Variable::new("limit_function", &["grid"], "f at the end, in the limit", |w| w.limit("function"))
            .equation("section 2"),
        Variable::new(
            "limit_tangent_kernel",
            &["time", "sample", "sample_column"],
            "tangent kernel in the limit",
            |w| w.limit("kernel"),
        )
        .equation("section 7")
        .when(|w| w.kernel_of_all_times()),
        Variable::new(
            "limit_tangent_kernel",
            &["sample", "sample_column"],
            "tangent kernel in the limit, at the end",
            |w| w.limit("kernel"),
        )
        .equation("section 7")
        .when(|w| !w.kernel_of_all_times()),
    ]
}

/// The limit and others that are independent of it.
fn limits_side_by_side<'a>() -> Vec<Variable<'a>> {
    const LIMIT: &[&str] = &["limit_kind"];
    vec![
        Variable::new("limit_kind", LIMIT, "how a limit is made; the first stands for the functions", |w| {
            Values::texts(w.report.limits.iter().map(|limit| limit.kind.name()))
        }),
        Variable::new("other_limit_kind", &["other_limit_kind"], "how a limit is made", |w| {
            Values::texts(w.report.limits.iter().map(|limit| limit.kind.name()))
        }),
        Variable::new("compared", &["compared"], "in what limits are compared", |_| {
            Values::texts(Quantity::ALL.into_iter().take(COMPARED).map(Quantity::name))
        }),
        Variable::new("limit_about", LIMIT, "the limit in words", |w| {
            Values::Text(w.report.limits.iter().map(|limit| limit.about.clone()).collect())
        }),
        Variable::new(
            "limit_own_error",
            &["limit_kind", "compared"],
            "the limit's own error, from a coarser one of its kind",
            |w| Values::F64(w.report.limits.iter().flat_map(|limit| limit.error).collect()),
        ),
        Variable::new(
            "limits_apart",
            &["limit_kind", "other_limit_kind", "compared"],
            "how far the other limit is from the limit",
            |w| {
                Values::F64(
                    w.report.limits.iter().flat_map(|limit| limit.apart.iter().flatten().copied()).collect(),
                )
            },
        ),
    ]
}

fn ensembles<'a>() -> Vec<Variable<'a>> {
    const MEMBER: &[&str] = &["width", "member"];
    vec![
        Variable::new("residual", &["width", "member", "time", "sample"], "residual of the run", |w| {
            w.each_member("residual")
        })
        .equation("section 2"),
        Variable::new("pinned_mass", &["width", "member", "time"], "pinned mass of the run", |w| {
            w.each_member("pinned_mass")
        })
        .equation("section 6"),
        Variable::new("function", &["width", "member", "grid"], "f of the run at the end", |w| {
            w.each_member("function")
        })
        .equation("section 2"),
        Variable::new("wall_time", MEMBER, "duration of the run", |w| w.duration(|record| record.seconds))
            .units("s"),
        Variable::new("flow_time", MEMBER, "part of wall_time spent in the steps of the flow", |w| {
            w.duration(|record| record.flow_seconds)
        })
        .units("s"),
        Variable::new("failure", MEMBER, "why the run failed; empty if it did not", |w| {
            Values::Text(w.members.iter().map(|record| record.failure.clone()).collect())
        }),
        Variable::new(
            "deviation",
            &["quantity", "width", "member"],
            "distance of the run to the limit: root mean square over snapshots, and samples or grid; \
             between measures, at the end",
            |w| {
                let of =
                    |quantity: Quantity| w.members.iter().map(move |run| w.limits.deviation(quantity, run));
                Values::F64(Quantity::ALL.into_iter().flat_map(of).collect())
            },
        )
        .equation("section 11"),
    ]
}

/// The width for 1 %, or an end of its interval.
fn one_percent(approach: &Approach, which: usize) -> f64 {
    approach.one_percent.map_or(f64::NAN, |widths| number(widths[which]))
}

fn number(width: Width) -> f64 {
    match width {
        Width::At(width) => width,
        Width::Below(_) => 0.0,
        Width::Beyond(_) => f64::INFINITY,
    }
}

fn deviations<'a>() -> Vec<Variable<'a>> {
    const QUANTITY: &[&str] = &["quantity"];
    const ROW: &[&str] = &["quantity", "width"];
    vec![
        Variable::new("deviation_mean", ROW, "mean over the ensemble", |w| {
            w.each_row(|row, q| row.deviation[q].0)
        }),
        Variable::new("deviation_error", ROW, "standard error of deviation_mean", |w| {
            w.each_row(|row, q| row.deviation[q].1)
        }),
        Variable::new("deviation_most", ROW, "deviation that 95 of 100 networks do not exceed", |w| {
            w.each_row(|row, q| row.most[q])
        }),
        Variable::new("slope", QUANTITY, "slope of deviation_mean against width, both in logarithms", |w| {
            w.each_quantity(|a| a.law.map_or(f64::NAN, |law| law.exponent()))
        }),
        Variable::new("slope_margin", QUANTITY, "half the 95 % confidence interval of the slope", |w| {
            w.each_quantity(|a| a.law.map_or(f64::NAN, |law| law.exponent_margin()))
        }),
        Variable::new("limit_error", QUANTITY, "the limit's own error", |w| {
            w.each_quantity(|a| a.limit_error)
        }),
        Variable::new(
            "width_for_one_percent",
            QUANTITY,
            "width at which the deviation is 1 % of the limit's size; infinite beyond the widest, 0 below the narrowest",
            |w| w.each_quantity(|a| one_percent(a, 0)),
        ),
        Variable::new(
            "width_for_one_percent_low",
            QUANTITY,
            "lower end of the 95 % interval of width_for_one_percent",
            |w| w.each_quantity(|a| one_percent(a, 1)),
        ),
        Variable::new(
            "width_for_one_percent_high",
            QUANTITY,
            "upper end of the 95 % interval of width_for_one_percent",
            |w| w.each_quantity(|a| one_percent(a, 2)),
        ),
        Variable::new(
            "width_for_one_percent_nearly_all",
            QUANTITY,
            "width from which on 95 of 100 networks deviate by 1 % of the limit's size or less",
            |w| w.each_quantity(|a| a.one_percent_nearly_all.map_or(f64::NAN, number)),
        ),
        Variable::new(
            "redrawn_slope",
            QUANTITY,
            "slope that independent draws from the limit's final measure have",
            |w| w.each_quantity(|a| a.redrawn.map_or(f64::NAN, |law| law.exponent())),
        )
        .equation("section 11"),
    ]
}

fn fluctuations<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new(
            "fluctuation_mean",
            &["width", "moment", "sample"],
            "mean over the ensemble of sqrt(m) (residual - limit_residual)",
            |w| w.fluctuations(|found| &found.mean),
        )
        .equation("section 11"),
        Variable::new(
            "fluctuation_covariance",
            &["width", "moment", "sample", "sample_column"],
            "covariance over the ensemble of sqrt(m) (residual - limit_residual)",
            |w| w.fluctuations(|found| &found.covariance),
        )
        .equation("section 11"),
        Variable::new(
            "normality",
            &["width", "moment", "sample"],
            "p-value of the Anderson-Darling test of normality",
            |w| w.fluctuations(|found| &found.p_values),
        )
        .equation("section 11"),
        Variable::new(
            "start_covariance",
            &["sample", "sample_column"],
            "covariance of the fluctuations at the start that independent draws have",
            |w| Values::F64(w.report.theory.clone()),
        )
        .equation("E z_j z_k - E z_j E z_k, z_j = r <xt_j, d>_+"),
    ]
}

/// Final measures: how far draws from the limit itself are from it, and where knots are.
fn measures<'a>() -> Vec<Variable<'a>> {
    vec![
        Variable::new(
            "redrawn_distance",
            &["width", "distance"],
            "mean distance of independent draws from the limit's final measure to it",
            |w| w.limit_of_measures("redrawn_mean"),
        )
        .equation("section 11"),
        Variable::new(
            "redrawn_distance_error",
            &["width", "distance"],
            "standard error of redrawn_distance",
            |w| w.limit_of_measures("redrawn_error"),
        ),
        Variable::new(
            "sliced_error",
            &["width", "member"],
            "standard error of the sliced distance over the choice of directions",
            |w| w.numbers("sliced_error", &[0]),
        ),
        Variable::new(
            "share",
            &["share"],
            "of the mass: knot at the ends of the window of knots or beyond; no knot, a = 0",
            |_| Values::texts(["outside", "none"]),
        ),
        Variable::new("knot_shares", &["width", "member", "share"], "share of the mass by its knots", |w| {
            w.numbers("knot_shares", &[0, 1])
        })
        .equation("section 13"),
        Variable::new("limit_knot_shares", &["share"], "share of the mass by its knots, in the limit", |w| {
            Values::F64(w.report.knot_shares.to_vec())
        })
        .equation("section 13"),
        Variable::new("end", &["end"], "of an interval", |_| Values::texts(["low", "high"])),
        Variable::new("knot_window", &["end"], "window of knots: those beyond are put at its ends", |w| {
            Values::F64(window(w.limits.functions.values("x").unwrap_or(&[f64::NAN])).to_vec())
        }),
    ]
}
