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

    /// What is along it, in words, and the symbol of its values: of keys of scenarios and of axes of phase studies.
    pub fn quantity(&self) -> [String; 2] {
        let known = match self.name.as_str() {
            "measure_particles" | "width" => ["width m", "m"],
            "measure_scale" => ["factor on r at the start", "scale"],
            "measure_hidden_scale" => ["factor on a, b at the start", "hidden_scale"],
            "measure_output_scale" => ["factor on c at the start", "output_scale"],
            "measure_delta" | "delta" => ["δ = c² − |w|²", "δ"],
            "measure_output_bias" => ["output bias at the start", "output_bias"],
            "flow_tv" => ["λ, weight of the total variation", "λ"],
            "flow_weight_decay" => ["λ, weight decay", "λ"],
            "flow_learning_rate" => ["learning rate", "learning_rate"],
            "flow_balance" | "balance" => ["balance of the layers", "balance"],
            "flow_scaling" => ["scaling α", "α"],
            "power" => ["p in α = mᵖ", "p"],
            "time_end" => ["end of the run (mean-field time)", "end"],
            "time_tolerance" => ["tolerance", "tolerance"],
            "samples_count" => ["samples", "samples"],
            "samples_noise" => ["standard deviation of the noise", "noise"],
            "samples_frequency" => ["frequency (cycles per unit of x)", "frequency"],
            other => {
                let key = other.replacen('_', ".", 1);
                return [key.clone(), key];
            }
        };
        known.map(str::to_string)
    }

    /// The least size of values of both signs, or 0 and others, that lie orders of magnitude apart.
    pub fn symmetric(&self) -> Option<f64> {
        let values = self.values.as_ref().filter(|values| values.iter().any(|value| *value <= 0.0))?;
        let sizes = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0);
        let (least, most) = sizes.fold((f64::MAX, 0.0f64), |(a, b), size| (a.min(size), b.max(size)));
        (most > 20.0 * least).then_some(least)
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
