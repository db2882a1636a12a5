//! `samples.truth`: the function that samples were taken from.

use std::ops::Range;
use std::path::Path;

use crate::math::linear_spline::LinearSpline;
use crate::problem::{Affine, Truth};

use super::ScenarioError;
use super::function::Function;
use super::section::Section;
use super::source::Source;
use super::table::Table;

/// Where the truth comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TruthForm {
    Function(Function),
    /// A table of points, straight in between.
    File {
        file: String,
        span: Range<usize>,
    },
}

impl TruthForm {
    /// Of samples of a function it is that without noise; none of a spike, which is one at a sample alone.
    pub fn of(function: &Function) -> Option<TruthForm> {
        function.truth(0.0).map(|_| TruthForm::Function(function.clone()))
    }

    /// The key of samples from elsewhere: the name of a file, or of a function.
    pub fn read(section: &mut Section) -> Result<Option<TruthForm>, ScenarioError> {
        let Some(entry) = section.text("truth")? else { return Ok(None) };
        if entry.value.contains(['.', '/']) {
            return Ok(Some(TruthForm::File { file: entry.value, span: entry.span }));
        }
        Function::read_truth(section, &entry).map(|function| Some(TruthForm::Function(function)))
    }

    /// In the units of the run.
    ///
    /// * `x`: of the samples, in these units.
    pub fn build(
        &self,
        source: Source,
        folder: &Path,
        x: &[f64],
        [x_map, y_map]: [Affine; 2],
    ) -> Result<Truth, ScenarioError> {
        match self {
            TruthForm::Function(function) => {
                Ok(Truth::new(x, |x| function.truth(x_map.invert(x)).map(|y| y_map.apply(y))))
            }
            TruthForm::File { file, span } => {
                let path = folder.join(file);
                let points = points(&path, [x_map, y_map]).map_err(|error| source.blame(span, error))?;
                let (low, high) = (points.knots()[0], points.knots()[points.knots().len() - 1]);
                if low > x[0] || high < x[x.len() - 1] {
                    let problem = format_args!(
                        "goes from x = {} to {}, and the samples from {} to {}",
                        x_map.invert(low),
                        x_map.invert(high),
                        x_map.invert(x[0]),
                        x_map.invert(x[x.len() - 1])
                    );
                    let remedy = "give rows over the whole range of the samples, and beyond for the risk outside of it";
                    return Err(source.blame(span, ScenarioError::in_file(&path, problem, remedy)));
                }
                Ok(Truth::new(x, |x| (low..=high).contains(&x).then(|| points.value(x))))
            }
        }
    }
}

/// The rows of a table, by ascending `x`, in the units of the run.
fn points(path: &Path, [x_map, y_map]: [Affine; 2]) -> Result<LinearSpline, ScenarioError> {
    let [x, y] = Table::read(path, "x,y")?.numbers([("x", true), ("y", true)])?;
    let (x, y) = (x.expect("it is required"), y.expect("it is required"));
    let mut rows: Vec<(f64, f64)> =
        x.iter().zip(&y).map(|(&x, &y)| (x_map.apply(x), y_map.apply(y))).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(ScenarioError::in_file(
            path,
            format_args!("has two rows with x = {}", x_map.invert(pair[0].0)),
            "give one value of the truth for each x",
        ));
    }
    let (x, y) = rows.into_iter().unzip();
    Ok(LinearSpline::new(x, y))
}
