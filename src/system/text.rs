//! Texts and numbers made fit to be printed.
//!
//! A name, a title or a cell of a table was written by others. Printed as it is, it could steer the
//! terminal, turn the order of what is read (bidirectional formatting), or begin a line that looks
//! like one of this program's.

use std::borrow::Cow;
use std::path::Path;

/// Whether a character does something else than stand in a line of text: control characters,
/// line separators, bidirectional formatting, and characters that cannot be seen at all.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200e}' | '\u{200f}' | '\u{061c}' // marks of direction
            | '\u{2028}' | '\u{2029}' // separators of lines and paragraphs
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}') // tags
}

/// A text of one line: whatever else it holds is replaced by U+FFFD.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.contains(steers) { text.replace(steers, "\u{fffd}").into() } else { text.into() }
}

/// A text of several lines; tabs stay, too.
pub fn lines(text: &str) -> Cow<'_, str> {
    let other = |c: char| steers(c) && !matches!(c, '\n' | '\t');
    if text.contains(other) { text.replace(other, "\u{fffd}").into() } else { text.into() }
}

/// JSON in which nothing steers a terminal: what does is written as an escape.
///
/// Outside of its strings JSON has no such characters but line ends.
pub fn json(text: &str) -> Cow<'_, str> {
    let other = |c: char| steers(c) && c != '\n';
    if !text.contains(other) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if other(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| safe += &format!("\\u{unit:04x}"));
        } else {
            safe.push(c);
        }
    }
    safe.into()
}

/// A path on one line.
pub fn path(path: &Path) -> String {
    line(&path.to_string_lossy()).into_owned()
}

/// A number with as few digits as tell it apart from all others, and an exponent where zeros
/// would hide it: `0.001`, `1e-320`, `2.5e17`.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 | 1e-4..1e16 => value.to_string(),
        magnitude if magnitude.is_finite() => format!("{value:e}"),
        _ => value.to_string(),
    }
}

/// A number to so many digits that count: `0.0123`, `1234`, `1.20e-9`; zeros at the end say that they
/// are known.
///
/// ```
/// use reluflow::system::text::digits;
/// let three = [0.0, 1234.5, 0.012, 99_999.9, 1e-9, -1.0].map(|value| digits(value, 3));
/// assert_eq!(three, ["0", "1234", "0.0120", "1.00e5", "1.00e-9", "-1.00"]);
/// ```
pub fn digits(value: f64, count: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value + 0.0);
    }
    let rounded = format!("{value:.*e}", count - 1);
    let exponent: i32 = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    match exponent {
        -3..5 => format!("{value:.*}", (count as i32 - 1 - exponent).max(0) as usize),
        _ => rounded,
    }
}

/// A share in per cent, to so many digits; what is rounding is nothing.
///
/// ```
/// use reluflow::system::text::percent;
/// assert_eq!([percent(0.4821, 2), percent(0.012, 2), percent(1e-14, 2)], ["48 %", "1.2 %", "0 %"]);
/// ```
pub fn percent(share: f64, count: usize) -> String {
    let percentage = 100.0 * share;
    format!("{} %", digits(if percentage.abs() < 1e-10 { 0.0 } else { percentage }, count))
}

/// A time to ten digits at most, without the noise of rounding: `0.3` for `0.1 + 0.2`. It is near
/// enough to the time itself to be given to `--time`.
pub fn time(value: f64) -> String {
    number(format!("{value:.9e}").parse().unwrap_or(value))
}

/// A size in bytes: `12.0 GB`.
pub fn bytes(bytes: u64) -> String {
    let size = bytes as f64;
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        1_000_000_000..10_000_000_000_000 => format!("{:.1} GB", size / 1e9),
        _ => format!("{:.1} TB", size / 1e12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(line("plain: é, 数, ρ"), "plain: é, 数, ρ");
        assert_eq!(line("a\x1b[2J\nb\u{9b}c\u{202e}d"), "a\u{fffd}[2J\u{fffd}b\u{fffd}c\u{fffd}d");
        assert_eq!(lines("a\tb\nc\r\x07"), "a\tb\nc\u{fffd}\u{fffd}");
        let value = serde_json::json!({ "a\u{9b}": "\x1b\u{202e}\u{e0041}é\n" });
        let safe = json(&format!("{value:#}\n")).into_owned();
        assert!(!safe.contains(|c| steers(c) && c != '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn numbers_are_short_and_exact() {
        for (value, text) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (1e-4, "0.0001"),
            (1e-320, "1e-320"),
            (-1.5e-9, "-1.5e-9"),
            (1e15, "1000000000000000"),
            (2.5e17, "2.5e17"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!([time(0.1 + 0.2), time(1e-320), time(2.0 / 3.0)], ["0.3", "1e-320", "0.6666666667"]);
        assert_eq!([digits(-0.0, 3), digits(f64::NAN, 3), digits(0.000_999_9, 3)], ["0", "NaN", "0.00100"]);
        assert_eq!([bytes(12), bytes(1500), bytes(21_000_000_000_000)], ["12 bytes", "1.5 kB", "21.0 TB"]);
    }
}
