//! The file of a width study.

use crate::io::netcdf::{self, Array, Values};

use super::StudyError;
use super::assemble::{attributes, coordinate};
use super::columns::window;
use super::ensemble::Quantity;
use super::plan::Plan;
use super::record::Record;
use super::sweep::Place;
use super::views::DISTANCES;
use super::width::WidthReport;
use super::width_run::Limits;

/// Writes limit, ensembles and what they say.
pub(crate) fn write(
    place: &Place,
    plan: &Plan,
    report: &WidthReport,
    limits: &Limits,
    members: &[Record],
) -> Result<(), StudyError> {
    let limit = &limits.functions;
    let mut arrays: Vec<Array> = plan.axes.iter().map(coordinate).collect();
    let of_limit = |name: &str| limit.values(name).unwrap_or_default().to_vec();
    let s = of_limit("x").len();
    add(&mut arrays, "time", &["time"], "mean-field time", "section 2", of_limit("time"));
    add(&mut arrays, "grid", &["grid"], "points at which functions are compared", "", of_limit("grid"));
    for name in ["sample", "sample_column"] {
        let numbers = Values::I32((0..s as i32).collect());
        arrays.push(array(name, &[name], "number of the sample", "", numbers));
    }
    let names = |names: &[&str]| Values::Text(names.iter().map(|name| name.to_string()).collect());
    let quantities = names(&Quantity::ALL.map(Quantity::name));
    arrays.push(array("quantity", &["quantity"], "what is compared with the limit", "", quantities));
    arrays.push(array("moment", &["moment"], "when", "", names(&["start", "end"])));
    add(&mut arrays, "x", &["sample"], "position of the sample", "section 1", of_limit("x"));
    add(&mut arrays, "y", &["sample"], "value of the sample, mean over ties", "section 1", of_limit("y"));
    let distances = Values::Text(DISTANCES.iter().map(|name| name.to_string()).collect());
    arrays.push(array("distance", &["distance"], "between final measures", "", distances));
    limit_arrays(&mut arrays, limits, of_limit("time").len());
    ensembles(&mut arrays, limits, members);
    findings(&mut arrays, report, s);
    measures(&mut arrays, report, limits, members);
    let mut attributes = attributes(plan);
    attributes.push(("limit", report.limit.clone()));
    for (name, text) in
        [("limit_of_measures", report.measure_limit.clone()), ("limit_notes", report.notes.join("; "))]
    {
        if !text.is_empty() {
            attributes.push((name, text));
        }
    }
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

fn array(name: &str, dims: &[&str], about: &str, equation: &'static str, values: Values) -> Array {
    Array {
        name: name.to_string(),
        dims: dims.iter().map(|dim| dim.to_string()).collect(),
        values,
        units: if name.ends_with("_time") && name != "time" { "s" } else { "1" },
        long_name: about.to_string(),
        equation,
    }
}

fn add(
    arrays: &mut Vec<Array>,
    name: &str,
    dims: &[&str],
    about: &str,
    equation: &'static str,
    values: Vec<f64>,
) {
    arrays.push(array(name, dims, about, equation, Values::F64(values)));
}

fn limit_arrays(arrays: &mut Vec<Array>, limits: &Limits, times: usize) {
    let limit = &limits.functions;
    let of = |name: &str| limit.values(name).unwrap_or_default().to_vec();
    let dims = ["time", "sample"];
    add(arrays, "limit_residual", &dims, "residual in the limit", "section 2", of("residual"));
    let pinned = limits.measures.values("pinned_mass").unwrap_or_default().to_vec();
    add(arrays, "limit_pinned_mass", &["time"], "pinned mass in the limit", "section 6", pinned);
    add(arrays, "limit_function", &["grid"], "f at the end, in the limit", "section 2", of("function"));
    let kernel = of("kernel");
    let size = kernel.len() / limit.field("kernel").map_or(1, |(field, _)| field.shape[0].max(1));
    let about = "tangent kernel in the limit";
    if kernel.len() == times * size {
        add(arrays, "limit_tangent_kernel", &["time", "sample", "sample_column"], about, "section 7", kernel);
    } else {
        let about = "tangent kernel in the limit, at the end";
        add(arrays, "limit_tangent_kernel", &["sample", "sample_column"], about, "section 7", kernel);
    }
}

fn ensembles(arrays: &mut Vec<Array>, limits: &Limits, members: &[Record]) {
    let limit = &limits.functions;
    let all = |name: &str, like: &str| -> Vec<f64> {
        let size = limit.values(like).map_or(0, <[f64]>::len);
        let of = |record: &Record| record.values(name).map_or(vec![f64::NAN; size], <[f64]>::to_vec);
        members.iter().flat_map(of).collect()
    };
    let dims = ["width", "member", "time", "sample"];
    add(arrays, "residual", &dims, "residual of the run", "section 2", all("residual", "residual"));
    let values = all("pinned_mass", "pinned_mass");
    add(arrays, "pinned_mass", &dims[..3], "pinned mass of the run", "section 6", values);
    let values = all("function", "function");
    add(arrays, "function", &["width", "member", "grid"], "f of the run at the end", "section 2", values);
    let times = |value: fn(&Record) -> f64| members.iter().map(value).collect();
    add(arrays, "wall_time", &dims[..2], "duration of the run", "", times(|record| record.seconds));
    let about = "part of wall_time spent in the steps of the flow";
    add(arrays, "flow_time", &dims[..2], about, "", times(|record| record.flow_seconds));
    let failures = Values::Text(members.iter().map(|record| record.failure.clone()).collect());
    arrays.push(array("failure", &dims[..2], "why the run failed; empty if it did not", "", failures));
    let deviation = Quantity::ALL
        .iter()
        .flat_map(|quantity| members.iter().map(|run| limits.deviation(*quantity, run)))
        .collect();
    let about = "distance of the run to the limit: root mean square over snapshots, and samples or grid; \
                 between measures, at the end";
    add(arrays, "deviation", &["quantity", "width", "member"], about, "section 11", deviation);
}

fn findings(arrays: &mut Vec<Array>, report: &WidthReport, s: usize) {
    let over = |part: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        (0..Quantity::COUNT)
            .flat_map(|q| report.rows.iter().map(move |row| part(&row.deviation[q])))
            .collect()
    };
    let dims = ["quantity", "width"];
    add(arrays, "deviation_mean", &dims, "mean over the ensemble", "", over(|pair| pair.0));
    add(arrays, "deviation_error", &dims, "standard error of deviation_mean", "", over(|pair| pair.1));
    let most = (0..Quantity::COUNT).flat_map(|q| report.rows.iter().map(move |row| row.most[q])).collect();
    add(arrays, "deviation_most", &dims, "deviation that 95 of 100 networks do not exceed", "", most);
    let each = |value: &dyn Fn(&super::Approach) -> f64| -> Vec<f64> {
        report.approaches.iter().map(value).collect()
    };
    let dims = ["quantity"];
    let slope = each(&|a| a.law.map_or(f64::NAN, |law| law.exponent()));
    add(arrays, "slope", &dims, "slope of deviation_mean against width, both in logarithms", "", slope);
    let margin = each(&|a| a.law.map_or(f64::NAN, |law| law.exponent_margin()));
    add(arrays, "slope_margin", &dims, "half the 95 % confidence interval of the slope", "", margin);
    let values = each(&|a| a.limit_error);
    add(arrays, "limit_error", &dims, "the limit's own error", "", values);
    let values = each(&|a| a.one_percent.map_or(f64::NAN, |solved| solved.0));
    let about = "width at which the deviation is 1 % of the limit's size";
    add(arrays, "width_for_one_percent", &dims, about, "", values);
    for (name, about, end) in [
        ("width_for_one_percent_low", "lower end of the 95 % interval of width_for_one_percent", 1),
        ("width_for_one_percent_high", "upper end of the 95 % interval of width_for_one_percent", 2),
    ] {
        let values = each(&|a| a.one_percent.map_or(f64::NAN, |(_, low, high)| [low, high][end - 1]));
        add(arrays, name, &dims, about, "", values);
    }
    let values = each(&|a| a.one_percent_nearly_all.unwrap_or(f64::NAN));
    let about = "width from which on 95 of 100 networks deviate by 1 % of the limit's size or less";
    add(arrays, "width_for_one_percent_nearly_all", &dims, about, "", values);
    let values = each(&|a| a.redrawn.map_or(f64::NAN, |law| law.exponent()));
    let about = "slope that independent draws from the limit's final measure have";
    add(arrays, "redrawn_slope", &dims, about, "section 11", values);
    let both = || report.rows.iter().flat_map(|row| &row.fluctuations);
    let mean = both().flat_map(|f| f.mean.clone()).collect();
    let dims = ["width", "moment", "sample", "sample_column"];
    let about = "mean over the ensemble of sqrt(m) (residual - limit_residual)";
    add(arrays, "fluctuation_mean", &dims[..3], about, "section 11", mean);
    let covariance = both().flat_map(|f| f.covariance.clone()).collect();
    let about = "covariance over the ensemble of sqrt(m) (residual - limit_residual)";
    add(arrays, "fluctuation_covariance", &dims, about, "section 11", covariance);
    let p = both().flat_map(|f| f.p_values.clone()).collect();
    let about = "p-value of the Anderson-Darling test of normality";
    add(arrays, "normality", &dims[..3], about, "section 11", p);
    assert_eq!(report.theory.len(), s * s);
    let about = "covariance of the fluctuations at the start that independent draws have";
    let equation = "E z_j z_k - E z_j E z_k, z_j = r <xt_j, d>_+";
    add(arrays, "start_covariance", &dims[2..], about, equation, report.theory.clone());
}

/// Final measures: how far draws from the limit itself are from it, and where knots are.
fn measures(arrays: &mut Vec<Array>, report: &WidthReport, limits: &Limits, members: &[Record]) {
    let of_limit = |name: &str| limits.measures.values(name).unwrap_or_default().to_vec();
    let dims = ["width", "distance"];
    let about = "mean distance of independent draws from the limit's final measure to it";
    add(arrays, "redrawn_distance", &dims, about, "section 11", of_limit("redrawn_mean"));
    let about = "standard error of redrawn_distance";
    add(arrays, "redrawn_distance_error", &dims, about, "", of_limit("redrawn_error"));
    let number = |record: &Record, name: &str, at: usize| record.values(name).map_or(f64::NAN, |v| v[at]);
    let of = |name: &str, at: usize| members.iter().map(|record| number(record, name, at)).collect();
    let dims = ["width", "member"];
    let about = "standard error of the sliced distance over the choice of directions";
    add(arrays, "sliced_error", &dims, about, "", of("sliced_error", 0));
    let shares = Values::Text(vec!["outside".into(), "none".into()]);
    let about = "of the mass: knot at the ends of the window of knots or beyond; no knot, a = 0";
    arrays.push(array("share", &["share"], about, "", shares));
    let about = "share of the mass by its knots";
    let values = (0..members.len()).flat_map(|i| [0, 1].map(|at| number(&members[i], "knot_shares", at)));
    add(arrays, "knot_shares", &["width", "member", "share"], about, "section 13", values.collect());
    let about = "share of the mass by its knots, in the limit";
    add(arrays, "limit_knot_shares", &["share"], about, "section 13", report.knot_shares.to_vec());
    let window = window(limits.functions.values("x").unwrap_or(&[f64::NAN]));
    let about = "window of knots: those beyond are put at its ends";
    arrays.push(array(
        "end",
        &["end"],
        "of an interval",
        "",
        Values::Text(vec!["low".into(), "high".into()]),
    ));
    add(arrays, "knot_window", &["end"], about, "", window.to_vec());
}
