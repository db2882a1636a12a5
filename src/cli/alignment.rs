//! `reluflow info RUN --alignment`: where small neurons turned to, snapshot by snapshot.

use std::ops::Range;

use serde_json::{Value, json};

use crate::io::RunFile;
use crate::run::{Alignment, Columns, Losses};
use crate::system::text::{digits, percent, time};

use super::failure::Failure;
use super::table::table;

/// From this share of the live mass on, neurons count as aligned.
const ALIGNED: f64 = 0.9;
/// A plateau is a stretch of at least this many snapshots,
const LEAST_SNAPSHOTS: usize = 3;
/// of which no loss differs from the first by more than this share of the loss of a zero network.
const LEVEL: f64 = 1e-3;

/// The alignment of a run.
pub struct Course {
    angle: f64,
    losses: Losses,
    time: Vec<f64>,
    loss: Vec<f64>,
    found: Vec<Alignment>,
}

impl Course {
    /// Of the particles that a run file stores.
    ///
    /// * `angle`: how near to a direction counts as aligned (rad).
    ///
    /// # Errors
    /// The run stores no particles, or reading fails.
    pub fn of(file: &RunFile, angle: f64) -> Result<Course, Failure> {
        if !(angle > 0.0 && angle < 1.0) {
            return Err(Failure::usage(format!("--alignment {angle} is out of range"))
                .help("give an angle in radians above 0 and below 1, for example 0.05"));
        }
        let d = file.description()?;
        let mut course =
            Course { angle, losses: Losses::of(&d.samples), time: vec![], loss: vec![], found: vec![] };
        for index in 0..file.len() {
            let Some(p) = file.particles(index)? else {
                return Err(Failure::usage("the run stores no particles, whose directions are asked for")
                    .help(
                        "run it again with output.particles = \"all\", and without measure.representation",
                    ));
            };
            let snapshot = file.snapshot(index)?;
            let columns = Columns {
                index: &p.index,
                r: &p.r,
                theta: &p.theta,
                c: &p.c,
                a: &p.a,
                b: &p.b,
                place: &p.place,
            };
            let rho = snapshot.residual.to_vec();
            course.found.push(Alignment::new(&d.samples, &rho, &d.mass, &columns, angle));
            course.time.push(snapshot.time);
            course.loss.push(snapshot.loss);
        }
        Ok(course)
    }

    /// The first snapshot at which neurons are aligned.
    fn aligned(&self) -> Option<usize> {
        self.found.iter().position(|found| found.share >= ALIGNED)
    }

    /// Stretches of snapshots whose losses are level, the last one included.
    fn plateaus(&self) -> Vec<Range<usize>> {
        let level = |i: usize, j: usize| (self.loss[i] - self.loss[j]).abs() <= LEVEL * self.losses.zero;
        let (mut found, mut first) = (vec![], 0);
        while first < self.loss.len() {
            let end = (first..self.loss.len()).find(|&i| !level(first, i)).unwrap_or(self.loss.len());
            if end - first >= LEAST_SNAPSHOTS {
                found.push(first..end);
                first = end;
            } else {
                first += 1;
            }
        }
        found
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let snapshots = self.found.iter().enumerate().map(|(i, found)| {
            let directions = found.directions.iter().map(|(to, share)| {
                json!({ "sign": to.sign, "theta": to.theta, "growth": to.growth, "boundary": to.boundary, "share": share })
            });
            json!({
                "time": self.time[i],
                "loss": self.loss[i],
                "live_mass": found.live_mass,
                "share": found.share,
                "directions": directions.collect::<Vec<_>>(),
            })
        });
        let plateaus = self.plateaus().into_iter().map(|range| {
            let (first, last) = (range.start, range.end - 1);
            json!({ "from": self.time[first], "to": self.time[last], "loss": self.loss[last] })
        });
        json!({
            "angle": self.angle,
            "zero_loss": self.losses.zero,
            "line_loss": self.losses.line,
            "aligned_at": self.aligned().map(|i| self.time[i]),
            "plateaus": plateaus.collect::<Vec<_>>(),
            "snapshots": snapshots.collect::<Vec<_>>(),
        })
    }

    /// As text.
    pub fn text(&self) -> String {
        let row = |cells: [&str; 5]| cells.map(String::from).to_vec();
        let mut rows =
            vec![row(["t", "loss", "live mass", "aligned", "extremal directions: sign of r, theta, share"])];
        for (i, found) in self.found.iter().enumerate() {
            let directions = found.directions.iter().map(|(to, share)| {
                let sign = if to.sign > 0.0 { '+' } else { '-' };
                let pinned = to.boundary.map_or("", |_| " pinned");
                format!("{sign} {}{pinned} {}", digits(to.theta, 4), percent(*share, 3))
            });
            rows.push(vec![
                time(self.time[i]),
                format!("{:.7}", self.loss[i]),
                percent(found.live_mass, 3),
                percent(found.share, 3),
                directions.collect::<Vec<_>>().join("; "),
            ]);
        }
        let mut text = table(&rows, &[0, 1, 2, 3]);
        let Losses { zero, line } = self.losses;
        text += &format!("loss of a network that is zero {zero:.7}, of the least-squares line {line:.7}\n");
        text += &match self.aligned() {
            Some(i) => format!(
                "aligned (over 90 % of the live mass within {} rad) from t = {} on, at a loss of {:.7}\n",
                self.angle,
                time(self.time[i]),
                self.loss[i]
            ),
            None => format!("at no snapshot over 90 % of the live mass within {} rad\n", self.angle),
        };
        for range in self.plateaus() {
            let (first, last) = (range.start, range.end - 1);
            text += &format!(
                "plateau from t = {} to {}: loss {:.7}\n",
                time(self.time[first]),
                time(self.time[last]),
                self.loss[last]
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plateaus_are_level_stretches() {
        let losses = Losses { zero: 1.0, line: 0.5 };
        let loss = vec![1.0, 1.0, 0.9999, 0.7, 0.5, 0.5004, 0.5, 0.3];
        let time = (0..8).map(f64::from).collect();
        let course = Course { angle: 0.1, losses, time, loss, found: vec![] };
        assert_eq!(course.plateaus(), [0..3, 4..7]);
        assert_eq!(course.aligned(), None);
    }
}
