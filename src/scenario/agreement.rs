//! Whether a run is the one that its scenario describes.

use crate::run::Description;

use super::form::Form;
use super::source::Source;

impl Form {
    /// A setting in which a run differs from this scenario, with both values.
    pub fn disagreement(&self, source: Source, run: &Description) -> Option<String> {
        let differ = |what: &str, found: String, expected: String| {
            Some(format!("{what} is {found}; by the scenario it is {expected}"))
        };
        if self.tolerance() != run.tolerance {
            return differ("tolerance", format!("{:e}", run.tolerance), format!("{:e}", self.tolerance()));
        }
        // Laws that come in pairs, and quadratures, have other numbers of particles than the width
        // that scales the network.
        let widths = [run.mass.len(), self.particles()];
        let flows = widths.map(|m| self.flow_of(source, m.max(1), run.samples.len()).ok());
        if let Some(expected) = other(&flows, &run.flow) {
            return differ("flow", format!("{:?}", run.flow), format!("{expected:?}"));
        }
        let ends = widths.map(|m| self.end_of(source, m.max(1)).ok());
        if let Some(expected) = other(&ends, &run.end) {
            return differ("end", run.end.to_string(), expected.to_string());
        }
        if self.until() != run.until {
            return differ("until", format!("{:?}", run.until), format!("{:?}", self.until()));
        }
        let density = self.density(run.density.map(|density| density.cells));
        if density != run.density {
            return differ("density", format!("{:?}", run.density), format!("{density:?}"));
        }
        if self.output_options() != run.output {
            return differ("output", format!("{:?}", run.output), format!("{:?}", self.output_options()));
        }
        None
    }
}

/// One of the values that a scenario may mean, if there are some and none is the one found.
fn other<T: Copy + PartialEq, const N: usize>(meant: &[Option<T>; N], found: &T) -> Option<T> {
    let mut meant = meant.iter().flatten().copied();
    let first = meant.next()?;
    (first != *found && meant.all(|value| value != *found)).then_some(first)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Scenario;

    #[test]
    fn every_shipped_scenario_agrees_with_its_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let scenarios: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
        assert!(scenarios.len() > 20);
        for path in scenarios {
            let description = Scenario::read(&path).unwrap().description;
            assert_eq!(Scenario::disagreement(&description), None, "{}", path.display());
        }
    }
}
