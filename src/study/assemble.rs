//! The study file from the records of all runs.

use std::collections::BTreeSet;
use std::path::Path;

use crate::io::declared::Allowed;
use crate::io::netcdf::{self, Array, Values as Data};
use crate::io::{ArrayFile, git_commit, history_line, program};

use super::StudyError;
use super::plan::{Axis, Plan, Values};
use super::record::{Field, Record};
use super::variables;

/// Version of the layout of study files, stored as the root attribute `study_format_version`.
pub const FORMAT_VERSION: u32 = 2;

/// Writes the study file: every axis a dimension with its coordinate, every field of the runs an
/// array over the axes and its own dimensions.
///
/// Where fields of different runs differ in length, shorter ones are filled up with NaN. `time`,
/// `x`, `y` and `sample_weight` are coordinates or fields of the samples alone if they are the
/// same in all runs; if not, they are arrays over the axes, and `snapshot` counts times.
pub(crate) fn write(
    study: &Path,
    plan: &Plan,
    records: &[Record],
    force: bool,
    extra: Vec<Array>,
) -> Result<(), StudyError> {
    let mut arrays: Vec<Array> = plan.axes.iter().map(coordinate).collect();
    let axes: Vec<String> = plan.axes.iter().map(|axis| axis.name.clone()).collect();
    arrays.extend(fields(plan, &axes, records));
    let of_runs = |name: &str, values: Data| array(name, axes.clone(), values);
    arrays.push(of_runs("failure", Data::Text(records.iter().map(|r| r.failure.clone()).collect())));
    arrays.push(of_runs("wall_time", Data::F64(records.iter().map(|r| r.seconds).collect())));
    arrays.push(of_runs("flow_time", Data::F64(records.iter().map(|r| r.flow_seconds).collect())));
    arrays.extend(extra);
    netcdf::write(study, force, &attributes(plan), &arrays)?;
    Ok(())
}

pub(crate) fn attributes(plan: &Plan) -> Vec<(&'static str, String)> {
    vec![
        ("Conventions", "CF-1.10".to_string()),
        ("title", format!("{}: {}", plan.base.title, plan.kind)),
        ("source", program()),
        ("history", history_line(&format!("study {}", plan.kind))),
        ("study_format_version", FORMAT_VERSION.to_string()),
        ("study", plan.kind.clone()),
        ("git_commit", git_commit().to_string()),
        ("scenario", plan.base.text.clone()),
        ("runs", plan.fingerprint()),
    ]
}

/// Whether a study file is that of this plan.
pub(crate) fn is_of(plan: &Plan, study: &Path) -> bool {
    let file = ArrayFile::open(study, FORMAT_VERSION);
    file.is_ok_and(|file| file.attribute("runs").as_deref() == Some(plan.fingerprint().as_str()))
}

/// The coordinate of an axis.
pub(crate) fn coordinate(axis: &Axis) -> Array {
    let values = match &axis.values {
        Values::Whole(values) => Data::I64(values.clone()),
        Values::Numbers(values) => Data::F64(values.clone()),
        Values::Texts(values) => Data::Text(values.clone()),
    };
    Array {
        name: axis.name.clone(),
        dims: vec![axis.name.clone()],
        values,
        units: "1".to_string(),
        long_name: axis.about.clone(),
        equation: String::new(),
    }
}

/// Fields of the runs that do not change with the axes if all runs agree on them.
pub(super) const SHARED: [&str; 4] = ["time", "x", "y", "sample_weight"];

fn fields(plan: &Plan, axes: &[String], records: &[Record]) -> Vec<Array> {
    let names: BTreeSet<&str> =
        records.iter().flat_map(Record::fields).map(|field| field.name.as_str()).collect();
    let of = |name: &str| -> Vec<(&Field, &[f64])> { records.iter().filter_map(|r| r.field(name)).collect() };
    let shared = |name: &str| {
        let found = of(name);
        let same = |(field, values): &(&Field, &[f64])| {
            (&field.dims, &field.shape, *values) == (&found[0].0.dims, &found[0].0.shape, found[0].1)
        };
        SHARED.contains(&name) && found.iter().all(same)
    };
    let (same_times, mut arrays) = (shared("time"), vec![]);
    // Names of the runs' own dimensions in the file.
    let dim_name = |dim: &str| match dim {
        "time" if !same_times => "snapshot".to_string(),
        dim => dim.to_string(),
    };
    let mut dims: Vec<(String, usize)> = vec![];
    for name in &names {
        let found = of(name);
        let longest = longest(found.iter().map(|(field, _)| field.shape.as_slice()));
        let field = found[0].0;
        for (dim, &length) in field.dims.iter().map(|dim| dim_name(dim)).zip(&longest) {
            match dims.iter_mut().find(|known| known.0 == dim) {
                Some(known) => known.1 = known.1.max(length),
                None => dims.push((dim, length)),
            }
        }
    }
    for (dim, length) in &dims {
        if dim == "time" {
            let times = of("time")[0].1.to_vec();
            arrays.push(array("time", vec!["time".into()], Data::F64(times)));
        } else {
            let numbers = (0..*length as i32).collect();
            let mut counted = array(dim, vec![dim.clone()], Data::I32(numbers));
            counted.long_name = format!("number of the {dim}");
            arrays.push(counted);
        }
    }
    for name in names.into_iter().filter(|name| !(same_times && *name == "time")) {
        let (field, first) = of(name)[0];
        let own: Vec<String> = field.dims.iter().map(|dim| dim_name(dim)).collect();
        if shared(name) {
            arrays.push(array(name, own, Data::F64(first.to_vec())));
            continue;
        }
        let shape: Vec<usize> = own
            .iter()
            .map(|dim| dims.iter().find(|known| &known.0 == dim).expect("collected above").1)
            .collect();
        let size: usize = shape.iter().product();
        let mut values = vec![f64::NAN; size * plan.runs.len()];
        for (record, out) in records.iter().zip(values.chunks_mut(size.max(1))) {
            if let Some((field, values)) = record.field(name) {
                spread(&field.shape, values, &shape, out);
            }
        }
        let all_dims = axes.iter().cloned().chain(own).collect();
        arrays.push(array(name, all_dims, Data::F64(values)));
    }
    arrays
}

/// The greatest length along each axis.
fn longest<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> Vec<usize> {
    let mut longest: Vec<usize> = vec![];
    for shape in shapes {
        longest.resize(shape.len(), 0);
        longest.iter_mut().zip(shape).for_each(|(most, &length)| *most = (*most).max(length));
    }
    longest
}

/// Copies an array into the corner of a larger one.
fn spread(shape: &[usize], values: &[f64], larger: &[usize], out: &mut [f64]) {
    match (shape, larger) {
        ([], []) => out[0] = values[0],
        ([length], [_]) => out[..*length].copy_from_slice(values),
        ([first, inner @ ..], [_, larger @ ..]) => {
            let (size, room): (usize, usize) = (inner.iter().product(), larger.iter().product());
            for i in 0..*first {
                spread(inner, &values[i * size..(i + 1) * size], larger, &mut out[i * room..(i + 1) * room]);
            }
        }
        _ => panic!("shapes {shape:?} and {larger:?} differ in rank"),
    }
}

fn array(name: &str, dims: Vec<String>, values: Data) -> Array {
    let unknown = || Allowed {
        name: name.to_string(),
        dims: vec![],
        units: "1".to_string(),
        long_name: name.to_string(),
        equation: String::new(),
    };
    Allowed { dims, ..variables::find(name).unwrap_or_else(unknown) }.array(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_arrays_fill_a_corner() {
        let mut out = [0.0; 12];
        spread(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 4], &mut out);
        assert_eq!(out, [1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let shapes: [&[usize]; 2] = [&[2, 5], &[3, 1]];
        assert_eq!(longest(shapes.into_iter()), [3, 5]);
    }
}
