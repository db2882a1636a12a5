//! What the records of a width study say together.

use crate::math::power_law::PowerLaw;

use super::answer::{self, Answer};
use super::approach::{Approach, Evidence, approach};
use super::design::{Design, OneLimit};
use super::ensemble::{Fluctuations, Quantity, WidthRow, mean_and_error, rms};
use super::limit::LimitKind;
use super::limit_report::{COMPARED, LimitReport};
use super::record::Record;
use super::views::{DISTANCES, Views};
use super::width_run::{Limits, kernel_distance};

/// A finished width study.
#[derive(Debug, Clone)]
pub struct WidthReport {
    /// Why there is no limit to approach; `None` if there is one.
    pub no_limit: Option<String>,
    /// The limit in words.
    pub limit: String,
    /// What stands for its final measure, in words; empty if it is the same.
    pub measure_limit: String,
    /// What was refused on the way to the limit, and why.
    pub notes: Vec<String>,
    /// What stands for the limit, and others that are independent of it.
    pub limits: Vec<LimitReport>,
    /// Shares of the limit's mass whose knot lies at the ends of the window or beyond, and that has
    /// none.
    pub knot_shares: [f64; 2],
    /// By width.
    pub rows: Vec<WidthRow>,
    /// By quantity.
    pub approaches: Vec<Approach>,
    /// Covariance of the fluctuations at the start as theory predicts it, row-major.
    pub theory: Vec<f64>,
}

impl WidthReport {
    /// How wide a network must be to be within 1 % of the limit's function, or why that is not known.
    pub fn answer(&self) -> Answer {
        let widths: Vec<u64> = self.rows.iter().map(|row| row.width).collect();
        let of_function = self.approaches.iter().find(|approach| approach.quantity == Quantity::Function);
        Answer::of(self.no_limit.as_deref(), of_function, &widths)
    }
}

/// From the records of all runs, in the order of the plan.
pub(crate) fn report(design: &Design, limits: &Limits, records: &[Record]) -> WidthReport {
    let (limit, members) = (&limits.functions, &records[design.runs_of_limits()..]);
    let rows: Vec<WidthRow> = design
        .widths
        .iter()
        .zip(members.chunks(design.seeds))
        .map(|(&width, ensemble)| row(width, ensemble, limits))
        .collect();
    let coarse = design.fine().map(|fine| &records[fine + 1]);
    let limit_reports = reports_of_limits(design, records);
    let no_limit = answer::no_limit(
        design,
        &limit_reports,
        limits.size(Quantity::Function),
        rows.last().map_or(f64::NAN, |widest| widest.deviation[Quantity::Function as usize].0),
    );
    let approaches = Quantity::ALL
        .iter()
        .map(|&quantity| {
            let evidence = Evidence {
                limit_error: limit_error(design, limits, coarse, quantity),
                size: limits.size(quantity),
                redrawn: redrawn(design, &limits.measures, quantity),
                exists: no_limit.is_none(),
            };
            approach(quantity, &rows, &evidence)
        })
        .collect();
    let mut theory = limit.values("start_covariance").unwrap_or_default().to_vec();
    if design.antisymmetric {
        // Pairs cancel: the start function is 0 at any width.
        theory.fill(0.0);
    }
    let shares = limits.measures.values("knot_shares").unwrap_or(&[f64::NAN; 2]);
    WidthReport {
        no_limit,
        limit: design.limits[0].words.clone(),
        measure_limit: match design.measures {
            0 => String::new(),
            measures => design.limits[measures].words.clone(),
        },
        notes: design.notes.clone(),
        limits: limit_reports,
        knot_shares: [shares[0], shares[1]],
        rows,
        approaches,
        theory,
    }
}

/// The limits side by side.
fn reports_of_limits(design: &Design, records: &[Record]) -> Vec<LimitReport> {
    let of = |(i, limit): (usize, &OneLimit)| {
        let [fine, coarse] = [&records[2 * i], &records[2 * i + 1]];
        let beside = records[..design.runs_of_limits()].iter().step_by(2);
        LimitReport {
            kind: limit.kind,
            about: limit.words.clone(),
            error: {
                let apart = apart(coarse, fine);
                std::array::from_fn(|q| error_of(limit.kind, Quantity::ALL[q], apart[q]))
            },
            apart: beside.map(|other| apart(other, fine)).collect(),
        }
    };
    design.limits.iter().enumerate().map(of).collect()
}

/// What the distance to a coarser limit says of the error of a finer one.
fn error_of(kind: LimitKind, quantity: Quantity, apart: f64) -> f64 {
    match (kind, quantity) {
        // Both err: variances 1/M and 4/M.
        (LimitKind::Iid, _) => apart / 5f64.sqrt(),
        // What of a cell's mass is on a line is known to first order in its width or a little less: as the power 0.6
        // the error is twice the distance.
        (LimitKind::Density, Quantity::TangentKernel | Quantity::PinnedMass) => 2.0 * apart,
        // The coarser errs more, so that the distance is a bound.
        _ => apart,
    }
}

/// The limit's own error in a quantity, from the coarser limits.
fn limit_error(design: &Design, limits: &Limits, coarse: [&Record; 2], quantity: Quantity) -> f64 {
    let (kind, coarse) = match quantity.of_measure() {
        false => (design.limits[0].kind, coarse[0]),
        true => (design.limits[design.measures].kind, coarse[1]),
    };
    let error = error_of(kind, quantity, limits.deviation(quantity, coarse));
    // Networks and limit are gathered in cells of the same length.
    let gathered = Views::of_record(&limits.measures).map_or([f64::NAN; DISTANCES.len()], |v| v.spread());
    error + quantity.distance().map_or(0.0, |q| 2.0 * gathered[q])
}

/// The law by which independent draws from the limit's final measure itself approach it.
fn redrawn(design: &Design, measures: &Record, quantity: Quantity) -> Option<PowerLaw> {
    let q = quantity.distance()?;
    let column = |name: &str| -> Option<Vec<f64>> {
        Some(measures.values(name)?.chunks(DISTANCES.len()).map(|row| row[q]).collect())
    };
    let widths: Vec<f64> = design.widths.iter().map(|&width| width as f64).collect();
    PowerLaw::fit(&widths, &column("redrawn_mean")?, &column("redrawn_error")?)
}

/// How far two limits are apart in residual, function, tangent kernel and pinned mass.
fn apart(other: &Record, limit: &Record) -> [f64; COMPARED] {
    let kernels = |record: &Record| -> (Vec<f64>, usize) {
        let kernel = record.field("kernel");
        kernel.map_or((vec![], 1), |(field, values)| (values.to_vec(), field.shape[1] * field.shape[2]))
    };
    let ((a, size), (b, _)) = (kernels(limit), kernels(other));
    let kernel = rms(a.chunks(size).zip(b.chunks(size)).map(|(a, b)| kernel_distance(b, a)));
    let of = |quantity: Quantity| quantity.deviation(other, limit);
    [of(Quantity::Residual), of(Quantity::Function), kernel, of(Quantity::PinnedMass)]
}

fn row(width: u64, ensemble: &[Record], limits: &Limits) -> WidthRow {
    let limit = &limits.functions;
    let good: Vec<&Record> = ensemble.iter().filter(|record| record.failure.is_empty()).collect();
    let of =
        |quantity: Quantity| -> Vec<f64> { good.iter().map(|run| limits.deviation(quantity, run)).collect() };
    let deviation = Quantity::ALL.map(|quantity| mean_and_error(&of(quantity)));
    let most = Quantity::ALL.map(|quantity| quantile(of(quantity), 0.95));
    let limit_path = limit.values("residual").unwrap_or_default();
    let s = limit.values("x").map_or(1, <[f64]>::len);
    let at = |first: usize| {
        let scaled = |run: &&Record| -> Option<Vec<f64>> {
            let path = run.values("residual")?;
            Some((first..first + s).map(|i| (width as f64).sqrt() * (path[i] - limit_path[i])).collect())
        };
        Fluctuations::of(&good.iter().filter_map(scaled).collect::<Vec<_>>(), s)
    };
    let fluctuations = [at(0), at(limit_path.len() - s)];
    let share = |k: usize| {
        let values: Vec<f64> = good.iter().filter_map(|run| Some(run.values("knot_shares")?[k])).collect();
        mean_and_error(&values).0
    };
    let knot_shares = [share(0), share(1)];
    WidthRow { width, deviation, most, fluctuations, knot_shares, failed: ensemble.len() - good.len() }
}

/// The value below which this share of the values lies, between neighbours linearly; NaN of none.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
    below + (at - at.floor()) * (above - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(vec![0.0, 10.0], 0.95), 9.5);
        assert!(quantile(vec![], 0.95).is_nan());
    }
}
