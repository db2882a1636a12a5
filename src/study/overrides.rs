//! Overrides written into the text of a scenario, so that it is read and checked as any other.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The text with `key` set to `value`.
///
/// An existing value is replaced where it stands; a new key goes below the header of its section,
/// a new section to the end. Comments and everything else stay as they are.
///
/// * `key`: dotted; `value`: as TOML writes it.
///
/// # Errors
/// What is wrong, if there is no place for it: the text is not TOML, or `key` leads through
/// something that is not a table.
pub fn set(text: &str, key: &str, value: &str) -> Result<String, String> {
    let document = DeTable::parse(text).map_err(|error| format!("the scenario: {}", error.message()))?;
    let path: Vec<&str> = key.split('.').collect();
    let edit = locate(text, document.get_ref(), &path, value)?;
    let mut changed = text.to_string();
    changed.replace_range(edit.0, &edit.1);
    Ok(changed)
}

/// What to replace, and by what.
fn locate(text: &str, root: &DeTable, path: &[&str], value: &str) -> Result<(Range<usize>, String), String> {
    let (last, parents) = path.split_last().expect("a key has at least one part");
    let mut table = root;
    let mut header: Option<Range<usize>> = None;
    let mut whole: Option<Range<usize>> = None;
    for (depth, part) in parents.iter().enumerate() {
        let Some((name, item)) = table.get_key_value(*part) else {
            let missing = path[depth + 1..].join(".");
            return Ok(match &whole {
                Some(braces) => inside(text, braces, &format!("{} = {value}", path[depth..].join("."))),
                None if depth == 0 => (text.len()..text.len(), format!("\n[{part}]\n{missing} = {value}\n")),
                None => below(text, &header.expect("a section"), &path[..depth], &path[depth..], value),
            });
        };
        let DeValue::Table(inner) = item.get_ref() else {
            return Err(format!("{} is not a table", path[..=depth].join(".")));
        };
        let span = item.span();
        if text[span.clone()].starts_with('{') {
            whole = Some(span);
        }
        header = Some(name.span());
        table = inner;
    }
    if let Some(item) = table.get(*last) {
        return Ok((item.span(), value.to_string()));
    }
    Ok(match (&whole, header) {
        (Some(braces), _) => inside(text, braces, &format!("{last} = {value}")),
        (None, Some(header)) => below(text, &header, parents, &[last], value),
        (None, None) => (0..0, format!("{last} = {value}\n")),
    })
}

/// The text without these keys of a section, where it has them.
///
/// # Errors
/// The text is not TOML.
pub(crate) fn without(text: &str, section: &str, keys: &[&str]) -> Result<String, String> {
    let mut left = text.to_string();
    for key in keys {
        let document = DeTable::parse(&left).map_err(|error| error.message().to_string())?;
        let Some(range) = entry(&left, document.get_ref(), section, key) else { continue };
        left.replace_range(range, "");
    }
    Ok(left)
}

/// Where a key of a section stands with its value: from the start of its line on, or, in an inline
/// table, with the comma that follows it or else the one before.
fn entry(text: &str, root: &DeTable, section: &str, key: &str) -> Option<Range<usize>> {
    let item = root.get(section)?;
    let DeValue::Table(table) = item.get_ref() else { return None };
    let (name, value) = table.get_key_value(key)?;
    let (start, end) = (name.span().start, value.span().end);
    if !text[item.span()].starts_with('{') {
        return Some(text[..start].rfind('\n').map_or(0, |at| at + 1)..end);
    }
    let after = text[end..].trim_start();
    if after.starts_with(',') {
        return Some(start..text.len() - after.len() + 1);
    }
    let before = text[..start].trim_end();
    Some(before.len() - usize::from(before.ends_with(','))..end)
}

/// Below the header of a section; at the very start if the section was opened by dotted keys.
fn below(
    text: &str,
    header: &Range<usize>,
    section: &[&str],
    key: &[&str],
    value: &str,
) -> (Range<usize>, String) {
    let start = text[..header.start].rfind('\n').map_or(0, |at| at + 1);
    if text[start..].trim_start_matches([' ', '\t', '\u{feff}']).starts_with('[') {
        let end = text[header.end..].find('\n').map_or(text.len(), |at| header.end + at);
        return (end..end, format!("\n{} = {value}", key.join(".")));
    }
    (0..0, format!("{}.{} = {value}\n", section.join("."), key.join(".")))
}

/// First in an inline table.
fn inside(text: &str, braces: &Range<usize>, entry: &str) -> (Range<usize>, String) {
    let at = braces.start + 1;
    let empty = text[at..braces.end - 1].trim().is_empty();
    (at..at, if empty { format!(" {entry} ") } else { format!(" {entry},") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a run\ntitle = \"a\"\n[measure] # start\nparticles = 10 # few\n\
                        [output]\nsnapshots = { count = 3 }\n";

    fn value(text: &str, key: &str) -> toml::Value {
        let mut value = toml::Value::Table(text.parse().unwrap_or_else(|e| panic!("{e}\n{text}")));
        for part in key.split('.') {
            value = value.get(part).unwrap_or_else(|| panic!("{key} is not in\n{text}")).clone();
        }
        value
    }

    #[test]
    fn values_land_where_they_belong() {
        for key in [
            "title",
            "measure.particles",
            "measure.scale",
            "flow.kind",
            "output.snapshots.count",
            "output.snapshots.every",
            "output.snapshots.log.first",
            "output.particles",
            "extra",
        ] {
            let changed = set(TEXT, key, "7").unwrap();
            assert_eq!(value(&changed, key), toml::Value::Integer(7), "{changed}");
            // Once more replaces it; everything else is as it was.
            let again = set(&changed, key, "\"x\"").unwrap();
            assert_eq!(value(&again, key).as_str(), Some("x"));
            for other in ["title", "measure.particles", "output.snapshots.count"] {
                assert!(key == other || value(&again, other) == value(TEXT, other), "{key} changed {other}");
            }
            assert!(again.contains("# a run") && again.contains("# start") && again.contains("# few"));
        }
    }

    #[test]
    fn keys_are_taken_out() {
        let all = ["nodes", "quadrature_error", "estimate_error"];
        for (text, expected) in [
            ("[measure]\nnodes = 8 # few\nlaw = \"normal\"\n", "[measure]\n # few\nlaw = \"normal\"\n"),
            ("measure.nodes = 8\nmeasure.seed = 1\n", "\nmeasure.seed = 1\n"),
            ("measure = { nodes = 8, seed = 1 }", "measure = {  seed = 1 }"),
            ("measure = { seed = 1, estimate_error = true }", "measure = { seed = 1 }"),
            ("measure = { nodes = 8, seed = 1, quadrature_error = 1e-3 }", "measure = {  seed = 1 }"),
            ("measure = { nodes = 8 }", "measure = { }"),
            ("[time]\nnodes = 8\n", "[time]\nnodes = 8\n"),
        ] {
            let found = without(text, "measure", &all).unwrap();
            assert_eq!(found, expected, "{text}");
            assert!(found.parse::<toml::Table>().is_ok(), "{found}");
        }
    }

    #[test]
    fn other_ways_to_write_sections_work() {
        let dotted = set("measure.particles = 10\n", "measure.scale", "2.0").unwrap();
        assert_eq!(value(&dotted, "measure.scale"), toml::Value::Float(2.0));
        assert_eq!(value(&dotted, "measure.particles"), toml::Value::Integer(10));
        let inline = set("measure = {}", "measure.scale", "2.0").unwrap();
        assert_eq!(value(&inline, "measure.scale"), toml::Value::Float(2.0));
        let last = set("[measure]", "measure.scale", "2.0").unwrap();
        assert_eq!(value(&last, "measure.scale"), toml::Value::Float(2.0));
        assert_eq!(set("title = 3", "title.x", "1").unwrap_err(), "title is not a table");
    }
}
