//! What is swept: `KEY=VALUES` as on the command line.

use std::collections::HashSet;

use crate::system::text;

use super::StudyError;

/// Keys that hold whole numbers: values of their ranges are rounded.
const WHOLE: [&str; 8] = [
    "measure.particles",
    "measure.nodes",
    "measure.seed",
    "samples.count",
    "samples.seed",
    "time.steps",
    "flow.batch",
    "flow.seed",
];
/// More values of one key than this are a slip.
const MOST: usize = 100_000;

/// One key of a scenario and the values it takes, as TOML writes them.
///
/// ```
/// use reluflow::study::Swept;
/// let swept = Swept::parse("measure.scale=0.1:10:log3")?;
/// assert_eq!((swept.key.as_str(), swept.values), ("measure.scale", vec!["0.1".into(), "1.0".into(), "10.0".into()]));
/// assert_eq!(Swept::parse("flow.tv=0,0.01")?.values, ["0", "0.01"]);
/// assert_eq!(Swept::parse("time.end=1:2:3")?.values, ["1.0", "1.5", "2.0"]);
/// assert_eq!(Swept::parse("flow.scaling=m,sqrt(m)")?.values, ["\"m\"", "\"sqrt(m)\""]);
/// # Ok::<(), reluflow::study::StudyError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// Dotted, as `flow.tv`.
    pub key: String,
    /// At least one, each a TOML value.
    pub values: Vec<String>,
}

impl Swept {
    /// Reads `KEY=VALUE,...`. A value is a TOML value, a bare text (`lifted`), or a range:
    /// `from:to:N`, `N` values with equal distances, or `from:to:logN`, with equal ratios.
    ///
    /// # Errors
    /// [`StudyError::Syntax`].
    pub fn parse(text: &str) -> Result<Swept, StudyError> {
        let refuse = |problem: String, remedy| StudyError::Syntax { text: text.to_string(), problem, remedy };
        let Some((key, values)) = text.split_once('=') else {
            return Err(refuse("has no `=`".into(), "give KEY=VALUE,..., for example flow.tv=0,0.01,0.1"));
        };
        let key = key.trim();
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        if !key.split('.').all(plain) {
            return Err(refuse(
                format!("`{key}` is not a key"),
                "give section and key, for example measure.scale",
            ));
        }
        let mut found = vec![];
        for value in split(values) {
            let value = value.trim();
            if value.is_empty() {
                return Err(refuse(
                    "a value is empty".into(),
                    "give values between commas; \"\" for an empty text",
                ));
            }
            match range(value, WHOLE.contains(&key)) {
                Some(Ok(range)) => found.extend(range),
                Some(Err((problem, remedy))) => return Err(refuse(format!("{value} {problem}"), remedy)),
                None => found.push(toml_value(value)),
            }
            if found.len() > MOST {
                return Err(refuse(format!("more than {MOST} values"), "give fewer"));
            }
        }
        let mut before = HashSet::new();
        if let Some(value) = found.iter().find(|value| !before.insert(value.as_str())) {
            return Err(refuse(format!("{value} is given twice"), "give every value once"));
        }
        Ok(Swept { key: key.to_string(), values: found })
    }
}

/// At commas outside quotes, brackets and braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (vec![], 0, 0, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A TOML value as it is; anything else as a text.
fn toml_value(text: &str) -> String {
    match format!("v = {text}").parse::<toml::Table>() {
        Ok(table) if table.len() == 1 => text.to_string(),
        _ => toml::Value::String(text.to_string()).to_string(),
    }
}

/// The values of `from:to:N` or `from:to:logN`; `None` if it is no range.
#[allow(clippy::type_complexity)] // either values or what is wrong and what to do
fn range(text: &str, whole: bool) -> Option<Result<Vec<String>, (String, &'static str)>> {
    let parts: Vec<&str> = text.split(':').collect();
    let [from, to, count] = parts[..] else { return None };
    let (from, to) = (from.trim().parse::<f64>().ok()?, to.trim().parse::<f64>().ok()?);
    let (log, count) = match count.trim().strip_prefix("log") {
        Some(count) => (true, count),
        None => (false, count.trim()),
    };
    let remedy = "give from:to:N or from:to:logN with N of at least 2, for example 0.1:10:log7";
    // 1e3 is a number of values, too.
    let Some(number) = count.parse::<f64>().ok().filter(|n| n.fract() == 0.0 && *n >= 0.0) else {
        return Some(Err(("does not say how many values".into(), remedy)));
    };
    let count = number as usize;
    if count > MOST {
        return Some(Err((
            format!("has {} values, and at most {MOST} are taken", text::number(number)),
            "give fewer, or several keys with --set: their product may have more runs",
        )));
    }
    if count < 2 || !from.is_finite() || !to.is_finite() || from.total_cmp(&to).is_eq() {
        return Some(Err(("is not a range".into(), remedy)));
    }
    if log && !(from > 0.0 && to > 0.0) {
        return Some(Err((
            "has equal ratios between numbers that are not positive".into(),
            "give positive ends, or equal distances: from:to:N",
        )));
    }
    let value = |i: usize| {
        let u = i as f64 / (count - 1) as f64;
        match i {
            0 => from,
            i if i == count - 1 => to,
            // Rounded to twelve digits, so that 0.1:10:log3 has 1 and not 0.9999999999999999.
            _ if log => digits(from * libm::pow(to / from, u)),
            _ => digits(from + (to - from) * u),
        }
    };
    let number = |v: f64| if whole { format!("{}", v.round()) } else { format!("{v:?}") };
    Some(Ok((0..count).map(|i| number(value(i))).collect()))
}

fn digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().expect("a number that was just written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Swept::parse(text).unwrap_or_else(|error| panic!("{error}")).values
    }

    #[test]
    fn all_forms_of_values_are_read() {
        assert_eq!(values("samples.x=[0, 1],[2, 3]"), ["[0, 1]", "[2, 3]"]);
        assert_eq!(values("title='a, b',\"c\""), ["'a, b'", "\"c\""]);
        assert_eq!(values("flow.kind=lifted"), ["\"lifted\""]);
        assert_eq!(values("measure.antisymmetric=true,false"), ["true", "false"]);
        assert_eq!(values("measure.particles=100:10000:log5"), ["100", "316", "1000", "3162", "10000"]);
        assert_eq!(values("a.b=0:1:1e1").len(), 10);
        assert_eq!(values("a.b=1:0:3,7"), ["1.0", "0.5", "0.0", "7"]);
        assert_eq!(values("a.b=1e-7:1e-5:log3"), ["1e-7", "1e-6", "1e-5"]);
        // A value must stay one value: nothing slips another key in.
        assert_eq!(values("title=1\nseed = 3"), ["\"\"\"\n1\nseed = 3\"\"\""]);
    }

    #[test]
    fn as_many_values_as_are_taken_take_no_time() {
        let started = std::time::Instant::now();
        assert_eq!(values("flow.tv=0:1:100000").len(), 100_000);
        // Compared in pairs they took minutes.
        assert!(started.elapsed().as_secs() < 20);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, problem) in [
            ("flow.tv", "--set flow.tv: has no `=`"),
            ("flow tv=1", "`flow tv` is not a key"),
            ("flow.tv=1,,2", "a value is empty"),
            ("flow.tv=0:1:log3", "0:1:log3 has equal ratios between numbers that are not positive"),
            ("flow.tv=0:1:x", "0:1:x does not say how many values"),
            ("flow.tv=0:1:1", "0:1:1 is not a range"),
            ("flow.tv=0:1:1000000", "0:1:1000000 has 1000000 values, and at most 100000 are taken"),
            ("flow.tv=0:1:1e30", "0:1:1e30 has 1e30 values, and at most 100000 are taken"),
            ("flow.tv=0:1:2.5", "0:1:2.5 does not say how many values"),
            ("flow.tv=0:1:-5", "0:1:-5 does not say how many values"),
            ("flow.tv=1,2,1", "1 is given twice"),
        ] {
            let error = Swept::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
