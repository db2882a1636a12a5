//! How a table is written: what separates its columns, and where their names are.

use super::cell::is_number;

/// What separates columns, and their names where no header line has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Comma, semicolon, tab, or a space for any number of spaces and tabs.
    pub delimiter: u8,
    /// `None` where the first line has them.
    pub names: Option<Vec<String>>,
}

impl Dialect {
    /// Of a text.
    ///
    /// The delimiter is the most frequent of comma, semicolon and tab in the first line that is neither blank nor a
    /// comment, or spaces in a line without any of them. Numbers there may have decimal commas.
    ///
    /// Where that line holds numbers, a comment just before it may name the columns, as `numpy.savetxt` writes its
    /// `header`; of two columns between spaces without one, as it writes them otherwise, `x` comes first.
    ///
    /// * `example`: a header as it should be; `"x,y"` for samples.
    pub fn of(bytes: &[u8], example: &str) -> Dialect {
        let mut comment: &[u8] = b"";
        let lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r').map(|line| line.trim_ascii());
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some(said) = line.strip_prefix(b"#") {
                comment = said;
                continue;
            }
            let delimiter = delimiter(line);
            let first = pieces(line, delimiter);
            if !first.iter().all(|piece| is_number(piece, delimiter != b',')) {
                return Dialect { delimiter, names: None };
            }
            let said = pieces(comment, delimiter);
            let commented = said.len() == first.len() && said.iter().all(|name| !name.is_empty());
            let names = match (commented, delimiter, first.len()) {
                (true, ..) => Some(said),
                (false, b' ', 2) if example == "x,y" => Some(vec!["x".to_string(), "y".to_string()]),
                _ => None,
            };
            return Dialect { delimiter, names };
        }
        Dialect { delimiter: b',', names: None }
    }
}

/// What separates the columns of a line.
fn delimiter(line: &[u8]) -> u8 {
    // Decimal commas outnumber semicolons.
    let between = |delimiter: u8| {
        let pieces = pieces(line, delimiter);
        pieces.len() > 1 && pieces.iter().all(|piece| is_number(piece, true))
    };
    if let Some(delimiter) = [b';', b'\t', b' '].into_iter().find(|&delimiter| between(delimiter)) {
        return delimiter;
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in line {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    // The first of equals: comma before semicolon before tab.
    match counts.into_iter().rev().max_by_key(|(_, count)| *count) {
        Some((delimiter, 1..)) => delimiter,
        _ if pieces(line, b' ').len() > 1 && !line.contains(&b'"') => b' ',
        _ => b',',
    }
}

fn pieces(line: &[u8], delimiter: u8) -> Vec<String> {
    let text = String::from_utf8_lossy(line);
    match delimiter {
        b' ' => text.split_whitespace().map(str::to_string).collect(),
        _ => text.split(char::from(delimiter)).map(|piece| piece.trim().to_string()).collect(),
    }
}

/// The text with one space between the words of a line and none around them; lines stay where they are.
pub(super) fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut space = false;
    for &byte in bytes {
        if matches!(byte, b' ' | b'\t') {
            space = true;
            continue;
        }
        let ends = matches!(byte, b'\n' | b'\r');
        if space && !ends && !matches!(text.last(), None | Some(b'\n' | b'\r')) {
            text.push(b' ');
        }
        space = false;
        text.push(byte);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_separates_its_columns() {
        let of = |text: &str| char::from(Dialect::of(text.as_bytes(), "x,y").delimiter);
        assert_eq!(of("x,y\n1,2"), ',');
        assert_eq!(of("# a;b;c\n\nx\ty\n"), '\t');
        assert_eq!(of("\"a,b,c\";y\n"), ';');
        assert_eq!(of("0,5;1,5"), ';');
        assert_eq!(of("0,5\t1,5"), '\t');
        assert_eq!(of("0,5  1,5"), ' ');
        assert_eq!(of("1, 2"), ',');
        assert_eq!(of("  x   y"), ' ');
        assert_eq!(of("x"), ',');
    }

    #[test]
    fn names_come_from_a_comment_or_from_the_order_of_two_columns() {
        let of =
            |text: &str, example| Dialect::of(text.as_bytes(), example).names.map(|names| names.join("|"));
        assert_eq!(of("x y\n1 2", "x,y"), None);
        assert_eq!(of("1.0 2.0\n", "x,y"), Some("x|y".into()));
        assert_eq!(of("1.0 2.0\n", "r,theta or c,a,b"), None);
        assert_eq!(of("# made today\n# r theta\n1.0 2.0\n", "r,theta or c,a,b"), Some("r|theta".into()));
        assert_eq!(of("# time,height\n1.0,2.0\n", "x,y"), Some("time|height".into()));
        // A header may have been lost.
        assert_eq!(of("1.0,2.0\n", "x,y"), None);
        assert_eq!(of("1 2 3\n", "x,y"), None);
    }

    #[test]
    fn lines_stay_where_they_are() {
        assert_eq!(squeezed(b"  1 \t 2 \r\n\r\n 3"), b"1 2\r\n\r\n3");
    }
}
