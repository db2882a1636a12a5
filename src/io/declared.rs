//! Variables of study and kernel files: each declared once, with where its values come from. The
//! writer follows the table, and so do `validate` and the guide.

use super::arrays::ArrayFile;
use super::error::IoError;
use super::finding::{Finding, Findings};
use super::netcdf::{Array, Values};

/// What a variable of a study or kernel file is called and means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// Its dimensions.
    pub dims: &'static [&'static str],
    /// Its `units` attribute; texts have none.
    pub units: &'static str,
    /// Its `long_name` attribute.
    pub long_name: &'static str,
    /// Its `equation` attribute: where the formula stands. Empty if there is none.
    pub equation: &'static str,
}

impl Declared {
    /// A pure number.
    pub(crate) const fn new(
        name: &'static str,
        dims: &'static [&'static str],
        long_name: &'static str,
    ) -> Declared {
        Declared { name, dims, units: "1", long_name, equation: "" }
    }

    pub(crate) const fn units(self, units: &'static str) -> Declared {
        Declared { units, ..self }
    }

    pub(crate) const fn equation(self, equation: &'static str) -> Declared {
        Declared { equation, ..self }
    }
}

/// A declared variable, and where its values come from.
pub(crate) struct Entry<C> {
    pub declared: Declared,
    when: fn(&C) -> bool,
    values: fn(&C) -> Values,
}

impl<C> Entry<C> {
    /// Of a pure number, in every file.
    pub fn new(
        name: &'static str,
        dims: &'static [&'static str],
        long_name: &'static str,
        values: fn(&C) -> Values,
    ) -> Entry<C> {
        Entry { declared: Declared::new(name, dims, long_name), when: |_| true, values }
    }

    pub fn units(self, units: &'static str) -> Entry<C> {
        Entry { declared: self.declared.units(units), ..self }
    }

    pub fn equation(self, equation: &'static str) -> Entry<C> {
        Entry { declared: self.declared.equation(equation), ..self }
    }

    /// In some files only.
    pub fn when(self, when: fn(&C) -> bool) -> Entry<C> {
        Entry { when, ..self }
    }
}

/// The arrays of a file, in the order of the table.
pub(crate) fn arrays<C>(table: &[Entry<C>], of: &C) -> Vec<Array> {
    let present = table.iter().filter(|entry| (entry.when)(of));
    present.map(|entry| Allowed::from(&entry.declared).array((entry.values)(of))).collect()
}

/// A variable as a file may have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Allowed {
    pub name: String,
    pub dims: Vec<String>,
    pub units: String,
    pub long_name: String,
    pub equation: String,
}

impl From<&Declared> for Allowed {
    fn from(declared: &Declared) -> Allowed {
        Allowed {
            name: declared.name.to_string(),
            dims: declared.dims.iter().map(|dim| dim.to_string()).collect(),
            units: declared.units.to_string(),
            long_name: declared.long_name.to_string(),
            equation: declared.equation.to_string(),
        }
    }
}

impl Allowed {
    /// With values.
    pub fn array(self, values: Values) -> Array {
        let Allowed { name, dims, units, long_name, equation } = self;
        Array { name, dims, values, units, long_name, equation }
    }

    /// What is not as it is allowed to be.
    fn problem(&self, found: &Allowed) -> Option<String> {
        if found.dims != self.dims {
            let [found, allowed] = [found, self].map(|of| of.dims.join(", "));
            return Some(format!("has dimensions ({found}), not ({allowed})"));
        }
        let attributes = [
            ("long_name", &found.long_name, &self.long_name),
            ("units", &found.units, &self.units),
            ("equation", &found.equation, &self.equation),
        ];
        let (name, found, allowed) = attributes.into_iter().find(|(_, found, allowed)| found != allowed)?;
        Some(format!("has {name} \"{found}\", not \"{allowed}\""))
    }
}

/// What of a file is not as its table has it: variables that are not in the table, dimensions or
/// attributes that are not those of the table. That values are those that were written has been
/// found when the file was opened.
///
/// * `table`: a name may be there more than once, with other dimensions.
/// * `axes`: dimensions over which runs go, whose coordinates are free.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn disagreements(
    file: &ArrayFile,
    table: &[Allowed],
    axes: &[String],
) -> Result<Vec<Finding>, IoError> {
    let mut findings = Findings::default();
    for name in file.names()? {
        let mut found = Allowed {
            dims: file.dims(&name)?,
            units: file.attribute_of(&name, "units"),
            long_name: file.attribute_of(&name, "long_name"),
            equation: file.attribute_of(&name, "equation"),
            name: name.clone(),
        };
        if axes.contains(&name) && found.dims == [name.as_str()] {
            continue;
        }
        let of_name: Vec<&Allowed> = table.iter().filter(|allowed| allowed.name == name).collect();
        if file.texts(&name)?.is_some() && found.units.is_empty() {
            // Texts have no units.
            found.units = of_name.first().map_or(String::new(), |allowed| allowed.units.clone());
        }
        let problems: Option<Vec<String>> = of_name.iter().map(|allowed| allowed.problem(&found)).collect();
        match problems.as_deref() {
            Some([]) => findings.add(name, "is no variable of this format"),
            Some([first, ..]) => findings.add(name, first.clone()),
            // As one of them has it.
            None => {}
        }
    }
    Ok(findings.0)
}

#[cfg(test)]
mod tests {
    use super::super::netcdf;
    use super::*;

    fn table() -> Vec<Entry<Vec<f64>>> {
        vec![
            Entry::new("t", &["t"], "time", |values: &Vec<f64>| Values::F64(values.clone())).units("s"),
            Entry::new("word", &["t"], "a word", |values: &Vec<f64>| {
                Values::texts(values.iter().map(|_| "a"))
            }),
            Entry::new("none", &["t"], "not there", |_: &Vec<f64>| Values::F64(vec![])).when(|_| false),
            Entry::new("square", &["t"], "its square", |values: &Vec<f64>| {
                Values::F64(values.iter().map(|value| value * value).collect())
            })
            .equation("t^2"),
        ]
    }

    fn findings(arrays: &[Array]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        netcdf::write(&path, false, &[("kernel_format_version", "7".to_string())], arrays).unwrap();
        let allowed: Vec<Allowed> = table().iter().map(|entry| (&entry.declared).into()).collect();
        let found = disagreements(&ArrayFile::open(&path, 7).unwrap(), &allowed, &[]).unwrap();
        let mut words: Vec<String> = found.iter().map(Finding::to_string).collect();
        words.sort();
        words
    }

    #[test]
    fn what_is_written_is_as_declared_and_all_else_is_found() {
        let arrays = arrays(&table(), &vec![1.0, 2.0]);
        assert_eq!(arrays.iter().map(|array| &array.name[..]).collect::<Vec<_>>(), ["t", "word", "square"]);
        assert_eq!(findings(&arrays), [""; 0]);
        let mut other = arrays.clone();
        other[0].units = "1".to_string();
        other[1].long_name = "words".to_string();
        other[2].equation = String::new();
        other.push(Array { name: "more".to_string(), dims: vec!["t".to_string()], ..arrays[2].clone() });
        let wrong = [
            "more is no variable of this format",
            "square has equation \"\", not \"t^2\"",
            "t has units \"1\", not \"s\"",
            "word has long_name \"words\", not \"a word\"",
        ];
        assert_eq!(findings(&other), wrong);
        let mut other = arrays;
        (other[2].dims, other[2].values) = (vec![], Values::F64(vec![1.0]));
        assert_eq!(findings(&other), ["square has dimensions (), not (t)"]);
    }
}
