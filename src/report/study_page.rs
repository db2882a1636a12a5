//! The page of a study.

use crate::system::text::{digits, percent};

use super::error::ReportError;
use super::html::{Page, escape, table};
use super::provenance;
use super::study::Study;
use crate::run::change_in_words;

const SHARED: [&str; 3] =
    [include_str!("page/core.js"), include_str!("page/plot.js"), include_str!("page/pointer.js")];

/// The whole file.
///
/// # Errors
/// The study lacks what its kind has.
pub fn study_page(study: &Study) -> Result<String, ReportError> {
    let (body, script, [heading, sentence, tables]) = match study.kind.as_str() {
        "width" => (include_str!("page/width.html"), include_str!("page/width.js"), width_words(study)?),
        "phase" => (include_str!("page/sweep.html"), include_str!("page/sweep.js"), phase_words(study)?),
        _ => (include_str!("page/sweep.html"), include_str!("page/sweep.js"), sweep_words(study)),
    };
    let mut scripts = SHARED.to_vec();
    scripts.push(include_str!("page/study.js"));
    scripts.push(script);
    let left_out = match study.left_out.is_empty() {
        true => String::new(),
        false => format!(" Too large for a page, and left out: {}.", study.left_out.join(", ")),
    };
    let fill = [
        ("tables", tables),
        ("failures", failures(study)),
        ("provenance", provenance::of_study(&study.attributes)),
        ("scenario", provenance::scenario(study.attribute("scenario"))),
        ("left_out", escape(&left_out)),
    ];
    let page = Page {
        title: study.attribute("title"),
        subtitle: &subtitle(study),
        verdict: [&heading, &sentence],
        hint: "",
        body,
        fill: &fill,
        data: &study.data(),
        scripts: &scripts,
    };
    Ok(page.render())
}

fn subtitle(study: &Study) -> String {
    let axes: Vec<String> = study
        .axes
        .iter()
        .map(|axis| {
            let count = study.array(axis).map_or(0, |array| array.numbers.len() + array.texts.len());
            // Swept keys are section and key.
            format!("{count} \u{d7} {}", axis.replacen('_', ".", 1))
        })
        .collect();
    let failed = match study.failures() {
        0 => String::new(),
        n => format!(", {n} of which failed"),
    };
    format!("{} runs{failed}: {}", study.runs(), axes.join(", "))
}

fn failures(study: &Study) -> String {
    let Some(array) = study.array("failure") else { return String::new() };
    let failed = array.texts.iter().enumerate().filter(|(_, text)| !text.is_empty());
    let rows: Vec<Vec<String>> =
        failed.take(50).map(|(run, text)| vec![run.to_string(), text.clone()]).collect();
    match rows.is_empty() {
        true => "<p>All runs reached their end.</p>".to_string(),
        false => table("Runs that failed", &["run", "why"], &rows, &[0]),
    }
}

/// A width as people write it: two digits are as many as it has. Infinite or 0 where it lies beyond the study's widths.
fn width_in_words(width: f64, widths: &[f64]) -> String {
    match width {
        width if width.is_nan() => "\u{2013}".to_string(),
        f64::INFINITY => format!("more than {}", widths.iter().copied().fold(0.0, f64::max)),
        0.0 => format!("fewer than {}", widths.iter().copied().fold(f64::INFINITY, f64::min)),
        width => {
            let unit = 10f64.powf((width.log10().floor() - 1.0).max(0.0));
            format!("{:.0}", (width / unit).round() * unit)
        }
    }
}

fn width_words(study: &Study) -> Result<[String; 3], ReportError> {
    let quantities = study.array("quantity").map(|array| array.texts.clone()).unwrap_or_default();
    let (one_percent, widths) = (study.numbers("width_for_one_percent")?, study.numbers("width")?);
    let (slope, margin) = (study.numbers("slope")?, study.numbers("slope_margin")?);
    let (mean, error) = (study.numbers("deviation_mean")?, study.numbers("deviation_error")?);
    let (low, high) =
        (study.numbers("width_for_one_percent_low")?, study.numbers("width_for_one_percent_high")?);
    let nearly_all = study.numbers("width_for_one_percent_nearly_all")?;
    // Files and terminals have it in ASCII.
    let typeset = |text: &str| text.replace(" +- ", " \u{b1} ");
    let heading = typeset(study.attribute("answer_in_short"));
    let sentence = typeset(study.attribute("answer"));
    let in_words = |width: f64| width_in_words(width, widths);
    let mut rows = vec![];
    for (q, name) in quantities.iter().enumerate() {
        let verdict = study.attribute(&format!("verdict_{}", name.replace(' ', "_").to_lowercase()));
        let of_slope = match slope[q].is_finite() {
            true => format!("{:.2} \u{b1} {:.2}", slope[q], margin[q]),
            false => "\u{2013}".to_string(),
        };
        let width = match one_percent[q] {
            width if width > 0.0 && width.is_finite() => {
                format!("{} ({} to {})", in_words(width), in_words(low[q]), in_words(high[q]))
            }
            width => in_words(width),
        };
        rows.push(vec![name.clone(), of_slope, width, in_words(nearly_all[q]), typeset(verdict)]);
    }
    let heads = ["distance of", "slope", "1 % of the limit at width", "95 of 100 networks", "verdict"];
    let mut tables = table("Slopes and verdicts", &heads, &rows, &[1, 2, 3]);
    let mut heads = vec!["width"];
    heads.extend(quantities.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = widths
        .iter()
        .enumerate()
        .map(|(w, width)| {
            let of = |q: usize| {
                let at = q * widths.len() + w;
                format!("{} \u{b1} {}", digits(mean[at], 3), percent(error[at] / mean[at], 2))
            };
            std::iter::once(width.to_string()).chain((0..quantities.len()).map(of)).collect()
        })
        .collect();
    tables += "<h3>Mean distance to the limit, with standard error</h3>";
    let numbers: Vec<usize> = (0..heads.len()).collect();
    tables += &table("Mean distance to the limit, with standard error", &heads, &rows, &numbers);
    Ok([heading, sentence, tables])
}

fn phase_words(study: &Study) -> Result<[String; 3], ReportError> {
    let phases = study.array("phase").map(|array| array.texts.clone()).unwrap_or_default();
    let (exponent, margin) =
        (study.numbers("kernel_change_exponent")?, study.numbers("kernel_change_exponent_margin")?);
    let (share, power) = (study.numbers(&study.axes[0])?, study.numbers("power")?);
    let count = |word: &str| phases.iter().filter(|phase| phase.starts_with(word)).count();
    let sentence = format!(
        "Of {} combinations of {} and scaling, {} are lazy (the tangent kernel changes less and less as the \
         network gets wider, or hardly at any width), {} are adaptive (it changes however wide the network \
         is), and of {} the runs do not tell.",
        phases.len(),
        study.axes[0],
        count("lazy"),
        count("adaptive"),
        count("?")
    );
    let change = study.numbers("final_tangent_kernel_change")?;
    let (widths, seeds) = (study.numbers("width")?, study.numbers("seed")?.len());
    let mut rows = vec![];
    for (i, share) in share.iter().enumerate() {
        for (j, p) in power.iter().enumerate() {
            let at = i * power.len() + j;
            let mut row = vec![share.to_string(), format!("m^{p}")];
            for w in 0..widths.len() {
                let first = ((i * widths.len() + w) * power.len() + j) * seeds;
                let runs: Vec<f64> =
                    change[first..first + seeds].iter().copied().filter(|c| c.is_finite()).collect();
                row.push(change_in_words(runs.iter().sum::<f64>() / runs.len() as f64));
            }
            row.push(format!("{:.2} \u{b1} {:.2}", exponent[at], margin[at]));
            row.push(phases[at].clone());
            rows.push(row);
        }
    }
    let by_width: Vec<String> = widths.iter().map(|width| format!("m = {width}")).collect();
    let mut heads = vec![study.axes[0].as_str(), "\u{3b1}(m)"];
    heads.extend(by_width.iter().map(String::as_str));
    heads.extend(["exponent of the width", "phase"]);
    let numbers: Vec<usize> = (0..heads.len() - 1).filter(|c| *c != 1).collect();
    let mut tables = "<h3>Change of the tangent kernel at the end</h3>".to_string();
    tables += &table("Change of the tangent kernel at the end", &heads, &rows, &numbers);
    Ok(["Where is learning lazy?".to_string(), sentence, tables])
}

fn sweep_words(study: &Study) -> [String; 3] {
    let loss = study.array("final_loss").map(|array| array.numbers.as_slice()).unwrap_or_default();
    let best = loss
        .iter()
        .copied()
        .filter(|loss| loss.is_finite())
        .fold((f64::MAX, f64::MIN), |ends, loss| (ends.0.min(loss), ends.1.max(loss)));
    let change = study.array("final_tangent_kernel_change").map(|array| array.numbers.as_slice());
    let span = |values: &[f64]| {
        values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold((f64::MAX, f64::MIN), |ends, v| (ends.0.min(v), ends.1.max(v)))
    };
    let mut sentence = match best.0 <= best.1 {
        true => format!(
            "The loss at the end goes from {} to {} over all runs",
            digits(best.0, 3),
            digits(best.1, 3)
        ),
        false => "No run reached its end".to_string(),
    };
    if let Some((least, most)) = change.map(span).filter(|(least, most)| least <= most) {
        sentence += &format!(
            "; the tangent kernel changed by {} to {}",
            change_in_words(least),
            change_in_words(most)
        );
    }
    sentence += ". Choose below what to look at, and over which of the swept keys.";
    ["Sweep".to_string(), sentence, String::new()]
}
