//! Text tables with aligned columns.

/// Lays out `rows`: columns two spaces apart, those in `right` aligned right, no trailing blanks.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|row| row.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let blank = " ".repeat(widths[c] - cell.chars().count());
            let gap = if c == 0 { "" } else { "  " };
            line += gap;
            line += &if right.contains(&c) { blank + cell } else { cell.clone() + &blank };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str| vec![a.to_string(), b.to_string()];
        let text = table(&[row("loss", "0.5"), row("ρ", "12.25")], &[1]);
        assert_eq!(text, "loss    0.5\nρ     12.25\n");
    }
}
