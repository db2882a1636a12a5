//! The steps of a run file, and the path of the residuals along them.

use crate::flow::{Counters, PathRule, ResidualPath, StepPath};
use crate::run::StepRecord;

use super::error::IoError;
use super::piece::Piece;
use super::reader::RunFile;
use super::rows;
use super::schema::Dim;

impl RunFile {
    /// Complete steps in the file: those that a checkpoint vouches for.
    pub fn step_len(&self) -> usize {
        self.step_len
    }

    /// Whether there are as many steps as the newest checkpoint said when the file was opened.
    pub(crate) fn has_all_steps(&self) -> bool {
        self.all_steps
    }

    /// All complete steps, without their path: see [`RunFile::residual_path`].
    ///
    /// # Errors
    /// Reading fails.
    pub fn steps(&self) -> Result<Vec<StepRecord>, IoError> {
        let mut steps = Vec::with_capacity(self.step_len);
        self.each_step(|step| steps.push(step))?;
        Ok(steps)
    }

    /// Calls `take` with every complete step, without its path, in the memory of a few.
    ///
    /// # Errors
    /// Reading fails.
    pub(crate) fn each_step(&self, mut take: impl FnMut(StepRecord)) -> Result<(), IoError> {
        for first in (0..self.step_len).step_by(self.sets.layout.step_batch()) {
            let count = self.sets.layout.step_batch().min(self.step_len - first);
            self.step_batch(first, count)?.1.into_iter().for_each(&mut take);
        }
        Ok(())
    }

    /// The numbers, from 1, and the records of `count` steps from row `first` on.
    pub(crate) fn step_batch(
        &self,
        first: usize,
        count: usize,
    ) -> Result<(Vec<u64>, Vec<StepRecord>), IoError> {
        self.check("steps", self.read_steps(first, count))
    }

    fn read_steps(&self, first: usize, count: usize) -> hdf5::Result<(Vec<u64>, Vec<StepRecord>)> {
        let read = |name| rows::read_batch(&self.sets, name, first, count);
        let numbers = |name| read(name).map(Piece::into_f64);
        let whole = |name| match read(name)? {
            Piece::U32(values) => Ok::<_, hdf5::Error>(values),
            other => panic!("{name} is not {other:?}"),
        };
        let long = |name| match read(name)? {
            Piece::I64(values) => Ok::<_, hdf5::Error>(values),
            other => panic!("{name} is not {other:?}"),
        };
        let counts = Counters::default().counts().map(|(name, _)| long(name));
        let counts = counts.into_iter().collect::<hdf5::Result<Vec<_>>>()?;
        let (time, step_size, loss) = (numbers("time")?, numbers("step_size")?, numbers("loss")?);
        let (error_estimate, ambiguous_mass) = (numbers("error_estimate")?, numbers("ambiguous_mass")?);
        let (pushes, rejections, touched) = (whole("pushes")?, whole("rejections")?, long("touched")?);
        let record = |i: usize| StepRecord {
            time: time[i],
            step_size: step_size[i],
            loss: loss[i],
            error_estimate: error_estimate[i],
            pushes: pushes[i],
            rejections: rejections[i],
            touched: touched[i] as u64,
            counters: Counters::from_counts(std::array::from_fn(|k| counts[k][i] as u64), ambiguous_mass[i]),
            path: None,
        };
        let numbers = long("step")?.into_iter().map(|number| number as u64).collect();
        Ok((numbers, (0..count).map(record).collect()))
    }

    /// The path of the residuals from the start on, up to the last step or the first that is lost; `None`
    /// if the run stores none (`output.path`).
    ///
    /// # Errors
    /// Reading fails, or the residuals at the start are lost.
    pub fn residual_path(&self) -> Result<Option<ResidualPath>, IoError> {
        if !self.sets.layout.options().path {
            return Ok(None);
        }
        let damaged = |found: String| IoError::Damaged { path: self.path.clone(), found };
        if self.len() == 0 || self.time(0)? != 0.0 {
            return Err(damaged("the snapshot of its start is lost, with which the path begins".to_owned()));
        }
        let start = self.check("the path of the residuals", self.numbers(0, "residual"))?;
        let (mut steps, mut next) = (vec![], 1);
        let size = self.sets.layout.step_batch();
        for first in (0..self.step_len).step_by(size) {
            let count = size.min(self.step_len - first);
            let batch = self.check("the path of the residuals", self.read_path(first, count))?;
            // Nothing is known beyond a gap.
            let whole =
                batch.into_iter().zip(next..).take_while(|((number, ..), expected)| number == expected);
            let before = steps.len();
            steps.extend(whole.map(|((_, time, step), _)| (time, step)));
            if steps.len() - before < count {
                break;
            }
            next += count as i64;
        }
        ResidualPath::new(start, steps).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// Numbers and ends of `count` steps from row `first` on, and their path.
    fn read_path(&self, first: usize, count: usize) -> hdf5::Result<Vec<(i64, f64, StepPath)>> {
        let read = |name| rows::read_batch(&self.sets, name, first, count);
        let (Piece::I64(numbers), Piece::I8(rules)) = (read("step")?, read("path_rule")?) else {
            panic!("numbers are 64-bit numbers, rules are bytes")
        };
        let time = read("time")?.into_f64();
        let [residual, rate] = [read("residual")?.into_f64(), read("residual_rate")?.into_f64()];
        let s = self.sets.layout.len(Dim::Sample);
        let row = |values: &[f64], i: usize| values[i * s..(i + 1) * s].to_vec();
        let step = |i: usize| {
            let rule = PathRule::from_code(rules[i]);
            let rule = rule.ok_or_else(|| hdf5::Error::from(format!("path_rule is {}", rules[i])))?;
            let path = StepPath { residual: row(&residual, i), residual_rate: row(&rate, i), rule };
            Ok((numbers[i], time[i], path))
        };
        (0..count).map(step).collect()
    }
}
