//! What `reluflow kernel` prints.

use crate::cli::table::table;
use crate::kernel::{Curvature, Curve, Regime, Report, Within};
use crate::system::text;

use super::run::RunView;

/// Snapshots of a run that are printed; the file and JSON have all.
const SNAPSHOTS: usize = 9;

/// A number to four digits; `-` where there is none.
pub(in crate::cli) fn figure(value: f64) -> String {
    if value.is_nan() { "-".to_string() } else { text::digits(value, 4) }
}

/// A share to three digits; `-` where there is none.
fn percent(share: f64) -> String {
    if share.is_nan() { "-".to_string() } else { text::percent(share, 3) }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_string).to_vec()
}

fn regime(regime: Regime) -> &'static str {
    match regime {
        Regime::RandomFeatures => "random features",
        Regime::Tangent => "tangent kernel",
    }
}

/// All tables.
///
/// * `heading`: lines before them.
pub(super) fn report(heading: &[String], report: &Report, bound: f64) -> String {
    let mut text = heading.join("\n") + "\n";
    let mut section = |rows: Vec<Vec<String>>| {
        let right: Vec<usize> = (1..rows[0].len()).collect();
        text += "\n";
        text += &table(&rows, &right);
    };
    section(kernels(report));
    if report.regimes.iter().any(|r| r.flow.dense().is_none()) {
        text += "extreme rates alone, by the Lanczos process: so many samples are worked on in linear time\n";
    }
    for curve in report.curves() {
        if let Some(norm) = curve.norm
            && let Some(parts) = norm.parts
        {
            let least = norm.rounding / norm.square;
            let [f1, f2, f3] = parts.map(|part| match part / norm.square {
                share if share > least => percent(share),
                share if share <= least => format!("below {}", percent(least)),
                _ => "-".to_string(),
            });
            text += &format!("of the tangent kernel's |move|^2 (W Cor. 6): f1 {f1}, f2 {f2}, f3 {f3}\n");
            if parts.iter().any(|&part| part <= norm.rounding && norm.rounding > 0.0) {
                text += "  what is below a figure is lost in rounding: larger terms of both signs cancel, as where samples are close\n";
            }
        }
    }
    if let Some(curvature) = report.curvature() {
        text += &cubic(curvature, report.regimes[0].times.len());
    }
    let mut section = |rows: Vec<Vec<String>>| {
        let right: Vec<usize> = (1..rows[0].len()).collect();
        text += "\n";
        text += &table(&rows, &right);
    };
    section(functions(report));
    section(distances(report));
    section(within(report, bound));
    if report.width > 0 {
        section(random_starts(report));
    }
    if !report.knot_range.is_empty() {
        section(knot_range(report));
    }
    if report.pieces.is_some() {
        section(pieces(report));
    }
    if report.monte_carlo.is_some() {
        section(monte_carlo(report));
    }
    text
}

/// Many times what rounding of a sum explains.
const ROUNDING: f64 = 10.0;

/// Whether the path of random features is piecewise cubic (mathematics, section 20).
fn cubic(curvature: &Curvature, times: usize) -> String {
    let [off, rounding] = curvature.worst();
    match off <= ROUNDING * rounding {
        true => format!(
            "random features: at all {times} times f - f_0 is a cubic between samples, to {} of its size (rounding)\n",
            text::digits(off, 2)
        ),
        false => format!(
            "random features: f - f_0 is up to {} of its size off one cubic between samples: knots are uneven there\n",
            text::digits(off, 2)
        ),
    }
}

/// A function's name as the head of a column.
fn short(name: &str) -> &str {
    match name {
        "limit_random_features" => "RF limit",
        "limit_tangent" => "tangent limit",
        "natural_spline" => "natural",
        "linear_interpolant" => "linear",
        "smoothing_spline" => "smoothing",
        "tv_minimiser" => "TV",
        "ridge_random_features" => "RF ridge",
        "ridge_tangent" => "tangent ridge",
        name => name,
    }
}

/// The table of a particle run.
pub(super) fn run(report: &Report, view: &RunView, bound: f64) -> String {
    let mut text = match view.cells {
        Some([per_turn, across]) => {
            format!("\ndensity run: {} flow, {per_turn} x {across} cells", view.flow)
        }
        None => format!("\nparticle run: {} flow, {} particles", view.flow, view.particles),
    };
    if view.without_knot > 0 && view.cells.is_none() {
        text += &format!(", {} of them constants without a knot", view.without_knot);
    }
    let names: Vec<&str> = report.curves().map(|curve| short(curve.name)).collect();
    let mut shape = vec![row(["t", "loss", "var f'", "Sum mu^2", "clusters", "pieces", "best loss"])];
    let mut distances = vec![row(["rms distance at t", "RF path", "tangent path"])];
    distances[0].extend(names.iter().map(|name| name.to_string()));
    for found in view.some(SNAPSHOTS) {
        shape.push(vec![
            figure(found.time),
            figure(found.loss),
            figure(found.slope_variation),
            figure(found.roughness.unwrap_or(f64::NAN)),
            found.clusters.map_or("-".to_string(), |clusters| clusters.to_string()),
            found.pieces.to_string(),
            figure(found.best_loss),
        ]);
        let mut cells = vec![figure(found.time)];
        cells.extend(found.to_path.iter().chain(&found.rms).map(|&d| figure(d)));
        distances.push(cells);
    }
    if view.rows.len() > 1 {
        let mut last = row(["", "", ""]);
        last[0] = format!("within {} from", percent(bound).replace(".00", ""));
        last.extend((0..names.len()).map(|k| view.within(k, bound).map_or("never".into(), figure)));
        distances.push(last);
    }
    text += "\n";
    text += &table(&shape, &(1..shape[0].len()).collect::<Vec<_>>());
    text += "\n";
    text += &table(&distances, &(1..distances[0].len()).collect::<Vec<_>>());
    if let Some(least) = &view.least {
        text += &format!(
            "\nloss + penalty with tv = {}: {:.6e} at the end, {:.6e} for the best measure ({} particles)\n",
            view.tv,
            view.energy,
            least.energy,
            least.particles.len(),
        );
    }
    text
}

fn kernels(report: &Report) -> Vec<Vec<String>> {
    let mut rows =
        vec![row(["kernel", "condition", "slowest rate", "fastest rate", "modes lost", "|move|^2"])];
    for r in &report.regimes {
        rows.push(vec![
            regime(r.regime).to_string(),
            figure(r.flow.condition_number()),
            figure(r.kappa * r.kappa * r.flow.least_rate()),
            figure(r.kappa * r.kappa * r.flow.largest_rate()),
            r.flow.dropped().to_string(),
            figure(r.limit.norm.map_or(f64::NAN, |norm| norm.square)),
        ]);
    }
    rows
}

fn functions(report: &Report) -> Vec<Vec<String>> {
    let mut rows =
        vec![row(["function", "loss", "var f'", "Int f''^2", "Int f''^2/nu", "affine part of norm"])];
    for curve in std::iter::once(&report.start).chain(report.curves()) {
        let share = curve.norm.and_then(|norm| norm.affine_share()).unwrap_or(f64::NAN);
        rows.push(vec![
            curve.title.clone(),
            figure(curve.loss),
            figure(curve.slope_variation),
            figure(curve.roughness),
            figure(curve.curvature.unwrap_or(f64::NAN)),
            percent(share),
        ]);
    }
    rows
}

fn distances(report: &Report) -> Vec<Vec<String>> {
    let to: Vec<&Curve> = report.curves().take(4).collect();
    let names = ["to RF limit", "to tangent limit", "to natural spline", "to linear"];
    let mut rows = vec![vec!["distance: rms (largest)".to_string()]];
    rows[0].extend(names.iter().map(|name| name.to_string()));
    for curve in report.curves() {
        let mut cells = vec![curve.title.clone()];
        for other in &to {
            let [rms, most] = report.function_norm.distance(&curve.at_nodes, &other.at_nodes);
            let same = std::ptr::eq(curve, *other);
            cells.push(if same { "-".to_string() } else { format!("{} ({})", figure(rms), figure(most)) });
        }
        rows.push(cells);
    }
    rows
}

fn within(report: &Report, bound: f64) -> Vec<Vec<String>> {
    let mut rows = vec![vec![format!("gradient flow within {}", percent(bound).replace(".00", ""))]];
    rows[0].extend(report.regimes.iter().map(|r| regime(r.regime).to_string()));
    for k in 0..report.regimes[0].targets.len() {
        let name = match k {
            0 => "of its limit".to_string(),
            _ => format!("of the {}", report.regimes[0].targets[k].replace('_', " ").replace("tv", "TV")),
        };
        let mut cells = vec![name];
        cells.extend(report.regimes.iter().map(|r| arrival(r.within[k])));
        rows.push(cells);
    }
    rows
}

/// When a path arrives, in words.
fn arrival(within: Within) -> String {
    match within {
        Within::From(t) => format!("from t = {}", figure(t)),
        Within::Between(from, f64::INFINITY) => format!("from t = {}, not in the limit", figure(from)),
        Within::Between(from, until) => format!("from t = {} to {}", figure(from), figure(until)),
        Within::Never { closest, at: f64::INFINITY } => format!("never: {} in the limit", percent(closest)),
        Within::Never { closest, at } => format!("never: {} at t = {}", percent(closest), figure(at)),
    }
}

/// Times of which random starts are told; those beyond are in the file.
const TIMES: usize = 12;

fn random_starts(report: &Report) -> Vec<Vec<String>> {
    let [low, high] = report.range();
    let mut rows = vec![vec![format!("deviation over starts of {} neurons: rms (largest)", report.width)]];
    rows[0].extend(report.regimes.iter().map(|r| regime(r.regime).to_string()));
    let starts: Vec<_> = report.regimes.iter().filter_map(|r| r.random_starts.as_ref()).collect();
    let times = &starts[0].times;
    let last = times.len() - 1;
    for i in (0..last.min(TIMES)).chain([last]) {
        let mut cells = vec![match times[i] {
            0.0 => "at the start".to_string(),
            f64::INFINITY => "in the limit".to_string(),
            t => format!("at t = {}", figure(t)),
        }];
        cells.extend(starts.iter().map(|starts| {
            let [rms, most] = starts.deviation_between(i, low, high);
            format!("{} ({})", figure(rms), figure(most))
        }));
        rows.push(cells);
    }
    rows
}

fn knot_range(report: &Report) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["knots spread by".to_string()]];
    rows[0].extend(report.knot_range.iter().map(|wide| format!("x {}", wide.factor)));
    let mut line = |name: &str, value: &dyn Fn(&crate::kernel::KnotRange) -> String| {
        let mut cells = vec![name.to_string()];
        cells.extend(report.knot_range.iter().map(value));
        rows.push(cells);
    };
    line("largest distance of RF limit to natural spline", &|wide| figure(wide.distance));
    line("affine part of norm", &|wide| percent(wide.affine_share));
    line("condition", &|wide| figure(wide.condition_number));
    if report.knot_range.iter().any(|wide| wide.dropped > 0) {
        line("modes lost", &|wide| wide.dropped.to_string());
    }
    rows
}

fn pieces(report: &Report) -> Vec<Vec<String>> {
    let [best, greedy] = report.pieces.as_ref().expect("asked for");
    let mut rows = vec![vec!["straight pieces that need not meet".to_string()]];
    rows[0].extend((1..=best.len()).map(|k| k.to_string()));
    for (name, fits) in [("loss of the best fit", best), ("loss of the greedy fit", greedy)] {
        let mut cells = vec![name.to_string()];
        cells.extend(fits.iter().map(|fit| figure(0.5 * fit.error)));
        rows.push(cells);
    }
    rows
}

fn monte_carlo(report: &Report) -> Vec<Vec<String>> {
    let found = report.monte_carlo.as_ref().expect("asked for");
    let x = report.samples.x();
    let last = x.len() - 1;
    let mut rows = vec![row(["kernel at", "value", "Monte Carlo", "its error", "deviation/error"])];
    for r in &report.regimes {
        let (mean, error) = found.gram(r.regime);
        for (i, j) in [(0, 0), (0, last / 2), (0, last), (last / 2, last / 2), (last, last)] {
            let exact = report.kernel.value(r.regime, x[i], x[j]);
            let (mean, error) = (mean[[i, j]], error[[i, j]]);
            let deviation = if error > 0.0 { (mean - exact) / error } else { 0.0 };
            rows.push(vec![
                format!("{}, ({}, {})", regime(r.regime), figure(x[i]), figure(x[j])),
                format!("{exact:.6e}"),
                format!("{mean:.6e}"),
                format!("{error:.1e}"),
                format!("{deviation:+.2}"),
            ]);
        }
    }
    rows.dedup();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        let texts = [0.0, 0.99999999, -12.3456, 99999.4, 123456.0, 0.00123456, 1e-5, f64::NAN, f64::INFINITY]
            .map(figure);
        assert_eq!(texts, ["0", "1.000", "-12.35", "1.000e5", "1.235e5", "0.001235", "1.000e-5", "-", "inf"]);
        assert_eq!(
            [0.01, 1.0, 1e-6, 0.0, f64::NAN].map(percent),
            ["1.00 %", "100 %", "1.00e-4 %", "0 %", "-"]
        );
    }
}
