//! One cell of a table.

use super::source::shorten;

/// What people write where there is no value, in lower case.
const MISSING: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "?", "-", "."];

/// A finite number; otherwise what is wrong with the cell and what to do.
pub(super) fn number(text: &str) -> Result<f64, (String, String)> {
    let text = text.trim();
    let found = shorten(text);
    if MISSING.contains(&text.to_ascii_lowercase().as_str()) {
        let found = if text.is_empty() { found } else { format!(" ({found})") };
        return Err((
            format!("has no value{found}"),
            "remove the row or fill in the number: rows are never left out silently".to_string(),
        ));
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err((
            format!("= {found} is not finite"),
            "give a number that a double holds, or remove the row".to_string(),
        )),
        Err(_) if text.replacen(',', ".", 1).parse::<f64>().is_ok() => {
            Err((format!("= {found} has a decimal comma"), format!("write {}", found.replacen(',', ".", 1))))
        }
        Err(_) => Err((
            format!("= {found} is not a number"),
            "write numbers as 3.5 or 3.5e-2, without units or thousands separators".to_string(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_others_explained() {
        assert_eq!(number(" -3.5e-2\t"), Ok(-0.035));
        assert_eq!(number("+7"), Ok(7.0));
        let problem = |text| number(text).unwrap_err().0;
        assert_eq!(problem("  "), "has no value");
        assert_eq!(problem("N/A"), "has no value (N/A)");
        assert_eq!(problem("1,5"), "= 1,5 has a decimal comma");
        assert_eq!(problem("1e999"), "= 1e999 is not finite");
        assert_eq!(problem("0x10"), "= 0x10 is not a number");
    }
}
