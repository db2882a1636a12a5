//! One cell of a table.

use super::source::shorten;

/// What people write where there is no value, in lower case.
const MISSING: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "?", "-", "."];

/// The sign before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

/// Whether a cell is a number; `commas`: with decimal commas, too.
pub(super) fn is_number(text: &str, commas: bool) -> bool {
    text.parse::<f64>().is_ok() || (commas && with_point(text).is_some())
}

/// A number with a decimal comma between digits, written with a point.
fn with_point(text: &str) -> Option<String> {
    let (before, after) = text.split_once(',')?;
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let number = format!("{before}.{after}");
    (digit(before.chars().last()) && digit(after.chars().next()) && number.parse::<f64>().is_ok())
        .then_some(number)
}

/// A finite number; otherwise what is wrong with the cell and what to do.
///
/// * `commas`: whether a comma may be before the decimals, as no comma is between columns.
/// * `decimal`: the sign that the numbers before this one have there, which is that of all.
pub(super) fn number(
    text: &str,
    commas: bool,
    decimal: &mut Option<Decimal>,
) -> Result<f64, (String, String)> {
    let text = text.trim();
    let found = || shorten(text);
    if MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)) {
        let found = if text.is_empty() { String::new() } else { format!(" ({})", found()) };
        return Err((
            format!("has no value{found}"),
            "remove the row or fill in the number: rows are never left out silently".to_string(),
        ));
    }
    let pointed = with_point(text);
    let sign = match (&pointed, text.contains('.')) {
        (Some(_), _) => Some(Decimal::Comma),
        (None, true) => Some(Decimal::Point),
        (None, false) => None,
    };
    let value = match &pointed {
        Some(pointed) if commas => pointed.parse::<f64>(),
        Some(pointed) => {
            return Err((
                format!("= {} has a decimal comma, in a table with commas between columns", found()),
                format!("write {}, or semicolons between columns", shorten(pointed)),
            ));
        }
        None => text.parse::<f64>(),
    };
    match value {
        Ok(value) if value.is_finite() => {
            if let (Some(before), Some(sign)) = (*decimal, sign)
                && before != sign
            {
                let [here, there] = match sign {
                    Decimal::Point => ["point", "comma"],
                    Decimal::Comma => ["comma", "point"],
                };
                return Err((
                    format!(
                        "= {} has a decimal {here}, and numbers before it have a decimal {there}",
                        found()
                    ),
                    "write all numbers of a table in one way".to_string(),
                ));
            }
            *decimal = decimal.or(sign);
            Ok(value)
        }
        Ok(_) => Err((
            format!("= {} is not finite", found()),
            "give a number that a double holds, or remove the row".to_string(),
        )),
        Err(_) => Err((
            format!("= {} is not a number", found()),
            "write numbers as 3.5 or 3.5e-2, without units or thousands separators".to_string(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_others_explained() {
        let number = |text: &str| number(text, false, &mut None);
        assert_eq!(number(" -3.5e-2\t"), Ok(-0.035));
        assert_eq!(number("+7"), Ok(7.0));
        let problem = |text| number(text).unwrap_err().0;
        assert_eq!(problem("  "), "has no value");
        assert_eq!(problem("N/A"), "has no value (N/A)");
        assert_eq!(problem("1,5"), "= 1,5 has a decimal comma, in a table with commas between columns");
        assert_eq!(problem("1e999"), "= 1e999 is not finite");
        assert_eq!(problem("0x10"), "= 0x10 is not a number");
    }

    #[test]
    fn all_decimals_have_one_sign() {
        let mut decimal = None;
        let mut read = |text: &str| number(text, true, &mut decimal);
        assert_eq!(read("7"), Ok(7.0));
        assert_eq!(read("-0,5e1"), Ok(-5.0));
        assert_eq!(read("7"), Ok(7.0));
        assert!(
            read("1.5")
                .unwrap_err()
                .0
                .contains("has a decimal point, and numbers before it have a decimal comma")
        );
        for text in ["1,234,567", "1.234,5", "1,", ",5"] {
            assert_eq!(read(text).unwrap_err().0, format!("= {text} is not a number"));
        }
    }
}
