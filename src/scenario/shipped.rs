//! The scenarios that come with the program.

/// A scenario that comes with the program, and the files it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name: that of `name.toml` in `scenarios/`, with the folder of those in `scenarios/papers/`.
    pub name: &'static str,
    /// The scenario itself.
    pub text: &'static str,
    /// Files it reads: path relative to its folder, and content.
    pub files: &'static [(&'static str, &'static str)],
}

impl Shipped {
    /// Its title line.
    pub fn title(&self) -> &'static str {
        let title = self.text.lines().find_map(|line| line.strip_prefix("title = \"")?.strip_suffix('"'));
        title.unwrap_or(self.name)
    }
}

/// A scenario and the files it reads, from `scenarios/` or a folder in it.
macro_rules! shipped {
    ($folder:literal / $name:literal $(, $file:literal)*) => {
        Shipped {
            name: concat!($folder, $name),
            text: include_str!(concat!("../../scenarios/", $folder, $name, ".toml")),
            files: &[$(($file, include_str!(concat!("../../scenarios/", $folder, $file)))),*],
        }
    };
    ($name:literal $(, $file:literal)*) => { shipped!("" / $name $(, $file)*) };
}

/// All of them, simple ones first, then those that reproduce the papers.
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
        shipped!("density"),
        shipped!("regime_adaptive"),
        shipped!("regime_kernel"),
        shipped!("lifted"),
        shipped!("kernel"),
        shipped!("adaptive"),
        shipped!("alignment"),
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
        shipped!("papers/" / "w_fig1"),
        shipped!("papers/" / "w_fig2"),
        shipped!("papers/" / "w_fig3"),
        shipped!("papers/" / "w_fig4"),
        shipped!("papers/" / "w_fig5"),
        shipped!("papers/" / "w_fig6"),
        shipped!("papers/" / "w_fig7"),
        shipped!("papers/" / "w_fig8"),
        shipped!("papers/" / "w_fig9"),
        shipped!("papers/" / "w_residuals"),
        shipped!("papers/" / "w_lemma2"),
        shipped!("papers/" / "w_clt"),
        shipped!("papers/" / "s_table1"),
        shipped!("papers/" / "s_table2"),
        shipped!("papers/" / "s_fig7"),
        shipped!("papers/" / "s_fig9"),
        shipped!("papers/" / "s_fig10", "s_fig10_flat.csv", "s_fig10_spiky.csv"),
        shipped!("papers/" / "s_fig11"),
        shipped!("papers/" / "a_decay"),
        shipped!("papers/" / "a_alignment"),
        shipped!("papers/" / "a_label_noise"),
    ]
}
