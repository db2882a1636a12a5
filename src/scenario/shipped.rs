//! The scenarios that come with the program.

/// A scenario that comes with the program, and the files it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name: `name.toml` in `scenarios/`.
    pub name: &'static str,
    /// The scenario itself.
    pub text: &'static str,
    /// Files it reads: path relative to it, and content.
    pub files: &'static [(&'static str, &'static str)],
}

impl Shipped {
    /// Its title line.
    pub fn title(&self) -> &'static str {
        let title = self.text.lines().find_map(|line| line.strip_prefix("title = \"")?.strip_suffix('"'));
        title.unwrap_or(self.name)
    }
}

/// A scenario and the files it reads, from `scenarios/`.
macro_rules! shipped {
    ($name:literal $(, $file:literal)*) => {
        Shipped {
            name: $name,
            text: include_str!(concat!("../../scenarios/", $name, ".toml")),
            files: &[$(($file, include_str!(concat!("../../scenarios/", $file)))),*],
        }
    };
}

/// All of them, simple ones first.
///
/// ```
/// use reluflow::scenario::scenarios;
/// let mcycle = scenarios().iter().find(|shipped| shipped.name == "mcycle").unwrap();
/// assert!(mcycle.title().contains("Motorcycle"));
/// assert_eq!(mcycle.files[0].0, "data/mcycle.csv");
/// ```
pub fn scenarios() -> &'static [Shipped] {
    &[
        shipped!("two_points"),
        shipped!("sine"),
        shipped!("inline"),
        shipped!("step"),
        shipped!("square"),
        shipped!("tv"),
        shipped!("lifted"),
        shipped!("kernel"),
        shipped!("adaptive"),
        shipped!("gd"),
        shipped!("delta_m100"),
        shipped!("delta_m1"),
        shipped!("delta_0"),
        shipped!("delta_1"),
        shipped!("delta_100"),
        shipped!("particles", "data/particles.csv"),
        shipped!("wide"),
        shipped!("quiet"),
        shipped!("width"),
        shipped!("width_lifted"),
        shipped!("nile", "data/nile.csv"),
        shipped!("mcycle", "data/mcycle.csv"),
    ]
}
