//! What is found about a claim: numbers, criteria, and the verdict that follows from them.

use crate::system::text::digits;

use serde_json::json;

/// What a criterion allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// From the first to the second.
    Within(f64, f64),
}

/// A number that a claim stands or falls with.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// What is measured, in words.
    pub says: String,
    /// What was found.
    pub found: f64,
    /// What the claim needs.
    pub bound: Bound,
    /// Without it the claim does not hold; otherwise it only needs a caveat.
    pub essential: bool,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All criteria are met.
    Holds,
    /// All essential ones are.
    HoldsWithCaveat,
    /// An essential one is not.
    DoesNotHold,
}

/// Columns of numbers, which a picture shows and a CSV file keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name of the file, without `.csv`.
    pub name: String,
    /// Names and values of the columns; shorter ones end early.
    pub columns: Vec<(String, Vec<f64>)>,
}

/// Everything that is found about a figure or table.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// Our numbers, in a sentence or two, as the guide shows them.
    pub numbers: String,
    /// What the verdict follows from.
    pub criteria: Vec<Criterion>,
    /// What a reader should know besides.
    pub remarks: Vec<String>,
    /// The numbers in full.
    pub tables: Vec<Table>,
}

impl Bound {
    /// Whether a number is allowed; NaN never is.
    pub fn allows(self, found: f64) -> bool {
        match self {
            Bound::AtMost(most) => found <= most,
            Bound::AtLeast(least) => found >= least,
            Bound::Within(low, high) => (low..=high).contains(&found),
        }
    }

    /// As in `<= 0.01`.
    pub fn words(self) -> String {
        match self {
            Bound::AtMost(most) => format!("<= {}", digits(most, 3)),
            Bound::AtLeast(least) => format!(">= {}", digits(least, 3)),
            Bound::Within(low, high) => format!("{} to {}", digits(low, 3), digits(high, 3)),
        }
    }
}

impl Criterion {
    /// Whether it is met.
    pub fn holds(&self) -> bool {
        self.bound.allows(self.found)
    }
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsWithCaveat => "holds with a caveat",
            Verdict::DoesNotHold => "does not hold",
        }
    }
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<String>) -> Table {
        Table { name: name.into(), columns: vec![] }
    }

    /// With one more column.
    pub fn with(mut self, name: impl Into<String>, values: impl Into<Vec<f64>>) -> Table {
        self.columns.push((name.into(), values.into()));
        self
    }

    /// As CSV; numbers as short as they can be to come back with the same bits.
    ///
    /// ```
    /// use reluflow::reproduce::Table;
    /// let table = Table::new("f").with("x", [0.5, 1.0]).with("y", [2.0]);
    /// assert_eq!(table.csv(), "x,y\n0.5,2\n1,\n");
    /// ```
    pub fn csv(&self) -> String {
        let rows = self.columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..rows {
            let cell = |values: &Vec<f64>| values.get(row).map_or(String::new(), |value| format!("{value}"));
            text += &self.columns.iter().map(|(_, values)| cell(values)).collect::<Vec<_>>().join(",");
            text.push('\n');
        }
        text
    }
}

impl Finding {
    /// Adds a criterion without which the claim does not hold.
    pub fn needs(&mut self, says: impl Into<String>, found: f64, bound: Bound) {
        self.criteria.push(Criterion { says: says.into(), found, bound, essential: true });
    }

    /// Adds a criterion without which the claim needs a caveat.
    pub fn should(&mut self, says: impl Into<String>, found: f64, bound: Bound) {
        self.criteria.push(Criterion { says: says.into(), found, bound, essential: false });
    }

    /// What follows from the criteria.
    ///
    /// ```
    /// use reluflow::reproduce::{Bound, Finding, Verdict};
    /// let mut finding = Finding::default();
    /// finding.needs("loss", 1e-9, Bound::AtMost(1e-6));
    /// assert_eq!(finding.verdict(), Verdict::Holds);
    /// finding.should("slope", f64::NAN, Bound::Within(-0.6, -0.4));
    /// assert_eq!(finding.verdict(), Verdict::HoldsWithCaveat);
    /// finding.needs("share", 0.1, Bound::AtLeast(0.5));
    /// assert_eq!(finding.verdict(), Verdict::DoesNotHold);
    /// ```
    pub fn verdict(&self) -> Verdict {
        let failed = |essential: bool| self.criteria.iter().any(|c| c.essential == essential && !c.holds());
        match (failed(true), failed(false)) {
            (true, _) => Verdict::DoesNotHold,
            (false, true) => Verdict::HoldsWithCaveat,
            (false, false) => Verdict::Holds,
        }
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        let criteria: Vec<serde_json::Value> = self
            .criteria
            .iter()
            .map(|c| {
                json!({
                    "says": c.says,
                    "found": c.found,
                    "needed": c.bound.words(),
                    "essential": c.essential,
                    "holds": c.holds(),
                })
            })
            .collect();
        json!({
            "verdict": self.verdict().words(),
            "numbers": self.numbers,
            "criteria": criteria,
            "remarks": self.remarks,
            "tables": self.tables.iter().map(|table| format!("{}.csv", table.name)).collect::<Vec<_>>(),
        })
    }
}

/// Mean and standard deviation of a sample; deviation NaN of fewer than two.
pub fn spread(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    [mean, (square / (n - 1.0)).sqrt()]
}

/// `mean +- deviation` over seeds.
pub fn with_spread(values: &[f64]) -> String {
    let [mean, deviation] = spread(values);
    format!("{} +- {}", digits(mean, 3), digits(deviation, 3))
}
