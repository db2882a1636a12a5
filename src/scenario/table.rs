//! Tables of numbers: CSV files with named columns.
//!
//! Read as people write them: comma, semicolon, tab or spaces between columns, with or without a byte order mark, any
//! line ends, blank lines and `#` comments anywhere; with a decimal comma where no comma is between columns. What
//! separates columns and names them is found in `dialect`. Only the columns asked for must be numbers.
//! A cell that is missing or not a finite number is an error that names its line and column:
//! leaving a row out is for the owner of the data to decide.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::problem::ProblemError;

use super::cell::{self, Decimal};
use super::dialect::{Dialect, squeezed};
use super::error::split;
use super::source::{line_of, nearest, shorten};
use super::{ScenarioError, file};

/// Text around an error is shown for files up to this size.
const MAX_SHOWN: usize = 1 << 20;

/// A CSV file in memory, its header understood.
pub(super) struct Table {
    path: PathBuf,
    bytes: Vec<u8>,
    delimiter: u8,
    columns: Vec<String>,
    /// Whether the first record names the columns.
    named: bool,
    example: &'static str,
}

impl Table {
    /// Reads a file and its header; `example` is a header as it should be.
    pub fn read(path: &Path, example: &'static str) -> Result<Table, ScenarioError> {
        Table::parse(path, file::table(path)?, example)
    }

    /// Understands the header of a table already in memory.
    pub fn parse(path: &Path, mut bytes: Vec<u8>, example: &'static str) -> Result<Table, ScenarioError> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(ScenarioError::in_file(path, "the table is in UTF-16", "save it as CSV in UTF-8"));
        }
        if bytes.contains(&0) {
            return Err(ScenarioError::in_file(
                path,
                "the table holds zero bytes: it is a binary file",
                "export it as CSV: a header line with column names, then one row per line",
            ));
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let Dialect { delimiter, names } = Dialect::of(&bytes, example);
        if delimiter == b' ' {
            bytes = squeezed(&bytes);
        }
        let path = path.to_path_buf();
        let mut table = Table { path, bytes, delimiter, columns: vec![], named: names.is_none(), example };
        table.columns = match names {
            Some(names) => names,
            None => table.header()?,
        };
        Ok(table)
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Refuses columns that are none of `known`, which hold `what`; those without a name, in which
    /// table programs number rows, are left out.
    pub fn refuse_others(&self, known: &[&str], what: &str) -> Result<(), ScenarioError> {
        let Some(other) =
            self.columns.iter().find(|name| !name.is_empty() && !known.contains(&name.as_str()))
        else {
            return Ok(());
        };
        let meant = match nearest(other, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? "),
            None => String::new(),
        };
        Err(self.in_header(
            format_args!("column `{}` is none of those that hold {what}", shorten(other)),
            format_args!("{meant}remove it, or rename it to one of {}", known.join(", ")),
        ))
    }

    /// A word about columns that are none of `taken`; not all of those need be there.
    pub fn left_out(&self, taken: &[&str]) -> Option<String> {
        let others: Vec<String> = self
            .columns
            .iter()
            .filter(|name| !name.is_empty() && !taken.contains(&name.as_str()))
            .cloned()
            .collect();
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let used: Vec<&str> =
            taken.iter().copied().filter(|name| self.columns.iter().any(|column| column == name)).collect();
        let (last, first) = used.split_last()?;
        let used = format!("{} and {last}", first.join(", "));
        (!others.is_empty()).then(|| format!("of {file}, only {used} are used; left out: {}", list(&others)))
    }

    /// The columns with these names, `None` for an optional one (`(name, false)`) that is absent.
    pub fn numbers<const N: usize>(
        &self,
        names: [(&str, bool); N],
    ) -> Result<[Option<Vec<f64>>; N], ScenarioError> {
        let mut index = [None; N];
        for (slot, (name, required)) in index.iter_mut().zip(names) {
            *slot = self.find(name, required)?;
        }
        let mut values: [Option<Vec<f64>>; N] = index.map(|i| i.map(|_| vec![]));
        let mut records = 0;
        let mut decimal = None;
        self.for_each_record(|start, record| {
            records += 1;
            if records <= self.header_rows() {
                return Ok(());
            }
            if record.iter().skip(self.columns.len()).any(|cell| !cell.trim_ascii().is_empty()) {
                return Err(self.error_at(
                    start,
                    format_args!("the row has {} cells, the header {}", record.len(), self.columns.len()),
                    "name every column in the header, or remove the extra cells",
                ));
            }
            for (column, values) in index.iter().zip(&mut values) {
                if let (Some(column), Some(values)) = (column, values) {
                    values.push(self.number(start, record.get(*column), *column, &mut decimal)?);
                }
            }
            Ok(())
        })?;
        if records <= self.header_rows() {
            return Err(ScenarioError::in_file(
                &self.path,
                "the table has a header but no rows",
                "add at least one row of numbers",
            ));
        }
        Ok(values)
    }

    /// What [`Samples`](crate::problem::Samples) or [`Measure`](crate::problem::Measure) found
    /// wrong with the columns, at its row.
    pub fn refuse(&self, error: &ProblemError) -> ScenarioError {
        let (mut problem, mut remedy) = split(error);
        let (index, what) = match error {
            ProblemError::NonFinite { index, what, .. } => (*index, *what),
            ProblemError::TooLarge { index, what, .. } => (*index, *what),
            ProblemError::NegativeMass { index, .. } => (*index, "mass"),
            ProblemError::Orientation { index, .. } => (*index, "orientation"),
            _ => return ScenarioError::in_file(&self.path, problem, remedy),
        };
        match what {
            "mass" if matches!(error, ProblemError::TooLarge { .. }) => {
                problem = problem.replace(", beyond what the moments can hold", "");
                remedy = "masses are >= 0 and sum to 1".to_string();
            }
            "theta" => {
                problem = problem.replace("what the moments can hold", "any sense of place on the circle");
                remedy = "give angles in radians, best from 0 to 2 pi".to_string();
            }
            "r" => remedy = "give smaller amplitudes: they are in units of the samples' y".to_string(),
            "c" | "a" | "b" => remedy = "give smaller weights".to_string(),
            _ => {}
        }
        self.refuse_row(index, problem, remedy)
    }

    /// An error about row `index` below the header.
    pub fn refuse_row(&self, index: usize, problem: impl Display, remedy: impl Display) -> ScenarioError {
        let mut start = None;
        let mut rows = 0;
        let _ = self.for_each_record(|byte, _| {
            if rows == index + self.header_rows() {
                start = Some(byte);
            }
            rows += 1;
            Ok(())
        });
        match start {
            Some(start) => self.error_at(start, problem, remedy),
            None => ScenarioError::in_file(&self.path, problem, remedy),
        }
    }

    fn find(&self, name: &str, required: bool) -> Result<Option<usize>, ScenarioError> {
        let mut found = (0..self.columns.len()).filter(|&i| self.columns[i] == name);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(self
                .in_header(format_args!("two columns are named `{}`", shorten(name)), "rename one of them")),
            (Some(index), None) => Ok(Some(index)),
            (None, _) if !required => Ok(None),
            (None, _) => {
                let meant = match nearest(name, self.columns.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`? "),
                    None => String::new(),
                };
                Err(self.in_header(
                    format_args!("there is no column `{}`", shorten(name)),
                    format_args!("{meant}the columns are {}", list(&self.columns)),
                ))
            }
        }
    }

    /// Records that hold names.
    fn header_rows(&self) -> usize {
        usize::from(self.named)
    }

    /// One cell as a finite number; a short row has no cell.
    ///
    /// * `decimal`: how the numbers before it are written.
    fn number(
        &self,
        start: usize,
        cell: Option<&[u8]>,
        column: usize,
        decimal: &mut Option<Decimal>,
    ) -> Result<f64, ScenarioError> {
        let text = String::from_utf8_lossy(cell.unwrap_or_default());
        cell::number(&text, self.delimiter != b',', decimal).map_err(|(problem, remedy)| {
            let name = shorten(&self.columns[column]);
            self.error_at(start, format_args!("column `{name}` {problem}"), remedy)
        })
    }

    fn header(&self) -> Result<Vec<String>, ScenarioError> {
        let mut header: Option<(usize, Vec<String>)> = None;
        self.first_record(|start, record| {
            header = Some((
                start,
                record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_string()).collect(),
            ));
        })?;
        let Some((start, columns)) = header else {
            return Err(ScenarioError::in_file(
                &self.path,
                "the table is empty",
                "write a header line with column names, then one row per line",
            ));
        };
        if columns.iter().all(|name| cell::is_number(name, self.delimiter != b',')) {
            return Err(self.error_at(
                start,
                "the first line holds numbers, not column names",
                format_args!("put a header line before it, for example: {}", self.example),
            ));
        }
        Ok(columns)
    }

    fn first_record(&self, mut visit: impl FnMut(usize, &csv::ByteRecord)) -> Result<(), ScenarioError> {
        let mut done = false;
        let stopped = self.for_each_record(|start, record| {
            visit(start, record);
            done = true;
            // Any error ends the walk; it is dropped below.
            Err(ScenarioError::in_file(&self.path, "", ""))
        });
        if done { Ok(()) } else { stopped }
    }

    /// Calls `visit` with the byte at which it starts and the cells of each record that is
    /// neither blank nor a comment.
    fn for_each_record(
        &self,
        mut visit: impl FnMut(usize, &csv::ByteRecord) -> Result<(), ScenarioError>,
    ) -> Result<(), ScenarioError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .comment(Some(b'#'))
            .from_reader(&self.bytes[..]);
        let mut record = csv::ByteRecord::new();
        loop {
            match reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    return Err(ScenarioError::in_file(
                        &self.path,
                        error,
                        "repair the file, or export it again as CSV",
                    ));
                }
            }
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let first = record.get(0).unwrap_or_default().trim_ascii();
            let blank = record.iter().all(|cell| cell.trim_ascii().is_empty()) && record.len() == 1;
            if !blank && !first.starts_with(b"#") {
                visit(start, &record)?;
            }
        }
    }

    fn in_header(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        let mut start = 0;
        let _ = self.first_record(|header, _| start = header);
        self.error_at(start, problem, remedy)
    }

    /// An error about the record that starts at this byte or after it.
    fn error_at(&self, start: usize, problem: impl Display, remedy: impl Display) -> ScenarioError {
        // The csv reader's position is where it began to look: blank lines and comments first.
        let start = self.skip_to_content(start);
        let line = line_of(&self.bytes, start);
        let error = ScenarioError::in_file(&self.path, problem, remedy).at(line, None);
        if self.bytes.len() > MAX_SHOWN {
            return error;
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => error.showing(text.to_string(), start..self.end_of_line(start)),
            Err(_) => error,
        }
    }

    fn skip_to_content(&self, mut start: usize) -> usize {
        loop {
            let end = self.end_of_line(start);
            let line = self.bytes[start..end].trim_ascii();
            if end == self.bytes.len() || !(line.is_empty() || line.starts_with(b"#")) {
                return start;
            }
            start = end + 1;
        }
    }

    fn end_of_line(&self, start: usize) -> usize {
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
        start + length.unwrap_or(rest.len())
    }
}

/// Column names for a message, at most twelve of them.
pub(super) fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| shorten(name)).collect();
    if names.len() > shown.len() {
        shown.push("...".to_string());
    }
    shown.join(", ")
}
