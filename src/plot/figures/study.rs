//! Arrays of study files by the names of their dimensions.

use crate::io::ArrayFile;

use super::super::error::PlotError;
use super::super::ticks::number;

/// One axis of a study.
#[derive(Debug, Clone)]
pub(super) struct StudyAxis {
    /// Name of the dimension.
    pub name: String,
    /// Its values; `None` if they are texts.
    pub values: Option<Vec<f64>>,
    /// Its values in words.
    pub words: Vec<String>,
}

impl StudyAxis {
    fn read(file: &ArrayFile, name: &str) -> Result<StudyAxis, PlotError> {
        if let Some(words) = file.texts(name)? {
            return Ok(StudyAxis { name: name.to_string(), values: None, words });
        }
        let values = file.numbers(name)?;
        let words = values.iter().map(|&value| number(value)).collect();
        Ok(StudyAxis { name: name.to_string(), values: Some(values), words })
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The values, or their numbers where they are words.
    pub fn places(&self) -> Vec<f64> {
        self.values.clone().unwrap_or_else(|| (0..self.len()).map(|i| i as f64).collect())
    }

    /// Whether equal ratios lie between values rather than equal differences.
    pub fn is_log(&self) -> bool {
        let Some(values) = &self.values else { return false };
        let (low, high) = values.iter().fold((f64::MAX, 0.0f64), |(a, b), &v| (a.min(v), b.max(v)));
        low > 0.0 && high / low > 20.0
    }
}

/// The axes over which the runs of a study lie, in their order.
pub(super) fn axes(file: &ArrayFile) -> Result<Vec<StudyAxis>, PlotError> {
    file.dims("failure")?.iter().map(|name| StudyAxis::read(file, name)).collect()
}

/// Numbers with one value for each run.
pub(super) struct PerRun {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl PerRun {
    pub fn read(file: &ArrayFile, name: &str) -> Result<PerRun, PlotError> {
        Ok(PerRun { shape: file.shape(name)?, values: file.numbers(name)? })
    }

    /// The values of the runs with these indices along some axes, over all the others.
    pub fn at(&self, fixed: &[(usize, usize)]) -> Vec<f64> {
        let index = |mut flat: usize| -> Vec<usize> {
            let mut index = vec![0; self.shape.len()];
            for axis in (0..self.shape.len()).rev() {
                index[axis] = flat % self.shape[axis];
                flat /= self.shape[axis];
            }
            index
        };
        let chosen = |flat: &usize| {
            let index = index(*flat);
            fixed.iter().all(|&(axis, at)| index[axis] == at)
        };
        (0..self.values.len())
            .filter(chosen)
            .map(|flat| self.values[flat])
            .filter(|v| v.is_finite())
            .collect()
    }
}

/// Mean, and its standard error; the error is 0 of a single value, and both NaN of none.
pub(super) fn mean_and_error(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return [mean, if values.is_empty() { f64::NAN } else { 0.0 }];
    }
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    [mean, (variance / n).sqrt()]
}
