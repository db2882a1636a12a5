//! Settings of a flow as run files and people know them.

use crate::system::text::number;

/// A setting of a flow besides `tv` and `kappa`, which all run files have.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The attribute of the run file.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its type, and which values it can have.
    pub allowed: Allowed,
    /// A value in a few words; empty where that says nothing.
    pub words: fn(Option<Value>) -> String,
}

/// Type and range of a setting.
#[derive(Debug, Clone, Copy)]
pub enum Allowed {
    /// A finite number for which this holds.
    Number(fn(f64) -> bool),
    /// A whole number.
    Count,
    /// One of these names.
    Name(&'static [&'static str]),
}

/// The value of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Of [`Allowed::Number`].
    Number(f64),
    /// Of [`Allowed::Count`].
    Count(u64),
    /// Of [`Allowed::Name`].
    Name(&'static str),
}

/// Weight decay, of all flows of neurons.
pub(crate) const WEIGHT_DECAY: Parameter = Parameter {
    name: "weight_decay",
    about: "lambda of weight decay in mean-field time, if there is any; a framework's is lambda / m; of adamw the framework's",
    allowed: Allowed::Number(|decay| decay > 0.0),
    words: |value| labelled("weight decay", value),
};

/// A number in words; nothing where there is none.
pub(crate) fn labelled(label: &str, value: Option<Value>) -> String {
    match value {
        Some(Value::Number(value)) => format!("{label} {}", number(value)),
        _ => String::new(),
    }
}
