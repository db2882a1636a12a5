//! Text tables with aligned columns.

use crate::system::text;

/// Lays out `rows`: columns two spaces apart, those in `right` aligned right, no trailing blanks.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    // A line end in a cell, for example in a title, would begin a row of its own.
    let clean = |row: &Vec<String>| row.iter().map(|cell| text::line(cell).into_owned()).collect();
    let rows: &[Vec<String>] = &rows.iter().map(clean).collect::<Vec<_>>();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|row| row.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut laid = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let blank = " ".repeat(widths[c] - cell.chars().count());
            let gap = if c == 0 { "" } else { "  " };
            line += gap;
            line += &if right.contains(&c) { blank + cell } else { cell.clone() + &blank };
        }
        laid += line.trim_end();
        laid.push('\n');
    }
    laid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str| vec![a.to_string(), b.to_string()];
        let text = table(&[row("loss", "0.5"), row("ρ", "12.25")], &[1]);
        assert_eq!(text, "loss    0.5\nρ     12.25\n");
        assert_eq!(table(&[row("a\nerror: b", "\x1b")], &[]), "a\u{fffd}error: b  \u{fffd}\n");
    }
}
