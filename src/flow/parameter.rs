//! Settings of a flow as run files and people know them.

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
