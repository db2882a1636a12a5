//! The manual. Each page is a file of `src/guide/` that can be read where it lies; the pictures of
//! [`papers`] show only there.

/// A page of the manual.
///
/// The first definition of a label counts: here labels of pages are paths of the documentation, in
/// the files, which end with definitions of their own, they are files.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = concat!(
                                            "[scenarios]: crate::guide::scenarios\n",
                                            "[flows]: crate::guide::flows\n",
                                            "[run files]: crate::guide::run_files\n",
                                            "[kernel regime]: crate::guide::kernel_regime\n",
                                            "[infinite width]: crate::guide::infinite_width\n",
                                            "[studies]: crate::guide::studies\n",
                                            "[figures]: crate::guide::figures\n",
                                            "[papers]: crate::guide::papers\n",
                                            "[validation]: crate::guide::validation\n",
                                            "[performance]: crate::guide::performance\n",
                                            "[mathematics]: crate::mathematics\n",
                                            "[`plot`]: crate::plot\n",
                                            "\n",
                                            include_str!($file)
                                        )]
        pub mod $name {}
    };
}

page!(scenarios, "scenarios.md");
page!(flows, "flows.md");
page!(run_files, "run_files.md");
page!(kernel_regime, "kernel_regime.md");
page!(infinite_width, "infinite_width.md");
page!(studies, "studies.md");
page!(figures, "figures.md");
page!(papers, "papers.md");
page!(validation, "validation.md");
page!(performance, "performance.md");
