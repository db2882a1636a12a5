//! The one file: texts escaped, styles, data and scripts inside, nothing from elsewhere.

use crate::system::text::steers;
use serde_json::Value;

/// Text as HTML shows it.
///
/// ```
/// assert_eq!(reluflow::report::escape("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // NUL is not allowed in HTML; the others would turn the order of the text, or be invisible.
            c if steers(c) && !"\n\t".contains(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The same, with what stands between two `*` in italics.
pub(super) fn slanted(text: &str) -> String {
    let parts = escape(text);
    let parts = parts.split('*').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("<i>{part}</i>") } else { part.to_string() }).collect()
}

/// A page in the making.
#[derive(Debug)]
pub struct Page<'a> {
    /// Title of the window and of the page.
    pub title: &'a str,
    /// What it is of, below the title.
    pub subtitle: &'a str,
    /// Heading and sentence of the verdict.
    pub verdict: [&'a str; 2],
    /// HTML that follows the verdict: what to do with the page.
    pub hint: &'a str,
    /// Template of the body, and what stands for its `{{names}}`, escaped already.
    pub body: &'a str,
    /// Names in the template, and their HTML.
    pub fill: &'a [(&'a str, String)],
    /// What the scripts read.
    pub data: &'a Value,
    /// Scripts, one after the other in one scope.
    pub scripts: &'a [&'a str],
}

impl Page<'_> {
    /// The file.
    ///
    /// Its content security policy allows no request at all, and only the two blocks of style and
    /// script that carry the page's own number.
    pub fn render(&self) -> String {
        // `<` inside JSON stands in texts only: written so, no text can end the block.
        let data = self.data.to_string().replace('<', "\\u003c");
        let nonce = format!("{:08x}{:08x}", crc32fast::hash(data.as_bytes()), data.len());
        let body = fill(self.body, self.fill);
        let script = format!("\"use strict\";\n(() => {{\n{}\n}})();", self.scripts.join("\n"));
        let parts = [
            ("title", escape(self.title)),
            ("subtitle", escape(self.subtitle)),
            ("heading", escape(self.verdict[0])),
            ("sentence", escape(self.verdict[1])),
            ("hint", self.hint.to_string()),
            ("style", include_str!("page/style.css").to_string()),
            ("body", body),
            ("data", data),
            ("script", script),
            ("nonce", nonce),
        ];
        fill(include_str!("page/page.html"), &parts)
    }
}

/// Puts in what stands for `{{names}}`, in one pass: what is put in is not looked at again.
///
/// # Panics
/// If the template has a name that is not given: a mistake in this program.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut pieces = template.split("{{");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("a name in the template ends");
        let found = parts.iter().find(|part| part.0 == name);
        let (_, text) = found.unwrap_or_else(|| panic!("nothing stands for {name}"));
        out.push_str(text);
        out.push_str(rest);
    }
    out
}

/// A table: a caption for those who cannot see it, heads, and rows of cells that are escaped here.
/// Without heads it is one of names and values.
/// Cells of columns in `numbers` are aligned right.
pub fn table(caption: &str, heads: &[&str], rows: &[Vec<String>], numbers: &[usize]) -> String {
    let class = |c: usize| if numbers.contains(&c) { " class=\"number\"" } else { "" };
    let mut text = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table{1}><caption class=\"hidden\">{0}</caption>",
        escape(caption),
        if heads.is_empty() { " class=\"facts\"" } else { "" }
    );
    if !heads.is_empty() {
        text += "<thead><tr>";
        for (c, head) in heads.iter().enumerate() {
            text += &format!("<th scope=\"col\"{}>{}</th>", class(c), escape(head));
        }
        text += "</tr></thead>";
    }
    text += "<tbody>";
    for row in rows {
        text += "<tr>";
        for (c, cell) in row.iter().enumerate() {
            let mark = match cell.as_str() {
                "ok" => " class=\"good\"",
                "VIOLATED" => " class=\"bad\"",
                sentence if sentence.chars().count() > 40 => " class=\"long\"",
                _ => class(c),
            };
            text += &format!("<td{mark}>{}</td>", escape(cell));
        }
        text += "</tr>";
    }
    text + "</tbody></table></div>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_filled_again() {
        let parts = [("a", "{{b}}".to_string()), ("b", "2".to_string())];
        assert_eq!(fill("<p>{{a}} {{b}}</p>", &parts), "<p>{{b}} 2</p>");
    }
}
