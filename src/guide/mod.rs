//! The manual. Each page is a file of `src/guide/` that can be read where it lies; the pictures of
//! [`papers`] show only there.

/// Where labels of pages lead in this documentation. The first definition of a label counts; the files
/// end with definitions of their own, which lead to files.
macro_rules! labels {
    () => {
        "[scenarios]: crate::guide::scenarios
[flows]: crate::guide::flows
[run files]: crate::guide::run_files
[kernel regime]: crate::guide::kernel_regime
[infinite width]: crate::guide::infinite_width
[studies]: crate::guide::studies
[figures]: crate::guide::figures
[density]: crate::guide::density
[landscape]: crate::guide::landscape
[selection]: crate::guide::selection
[from PyTorch]: crate::guide::from_pytorch
[papers]: crate::guide::papers
[validation]: crate::guide::validation
[performance]: crate::guide::performance
[mathematics]: crate::guide::mathematics
[`plot`]: crate::plot

"
    };
}

/// A page of the manual.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = concat!(labels!(), include_str!($file))]
        pub mod $name {}
    };
}

page!(scenarios, "scenarios.md");
page!(flows, "flows.md");
page!(mathematics, "mathematics.md");
page!(run_files, "run_files.md");
page!(kernel_regime, "kernel_regime.md");
page!(infinite_width, "infinite_width.md");
page!(density, "density.md");
page!(landscape, "landscape.md");
page!(selection, "selection.md");
page!(from_pytorch, "from_pytorch.md");
page!(studies, "studies.md");
page!(figures, "figures.md");
page!(papers, "papers.md");
page!(validation, "validation.md");
page!(performance, "performance.md");
