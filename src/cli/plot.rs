//! `reluflow plot FILE`.

use std::path::{Path, PathBuf};

use crate::io::{make_folder, write_file};
use crate::plot::{
    FIGURES, Figure, Format, Named, PageShape, PlotError, Source, figure_of_several, to_csv, to_pdf, to_png,
    to_svg,
};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::info::warn_unless_ordinary;
use super::names::Names;
use super::output::{note, print};
use super::probe::guard;

/// Draw figures of a run, a study, a kernel, law or landscape file
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// The file; several runs are drawn together (function, loss, kernel)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which figure [default: the first that the file has; of several runs function]
    #[arg(long, value_name = "NAME", value_parser = Names::figures(), hide_possible_values = true)]
    figure: Option<String>,
    /// All figures that the file has, into a folder
    #[arg(long, conflicts_with = "figure")]
    all: bool,
    /// Time of the moment that density, function, plane, cylinder, marginals and field show [default: the last]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    time: Option<f64>,
    /// Another run whose particles the figure density shows as dots
    #[arg(long, value_name = "RUN")]
    over: Option<PathBuf>,
    /// A title above the picture
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Width of the picture in inches [default: 3.4 or 7, for one or two columns of a page]
    #[arg(long, value_name = "INCHES", value_parser = inches)]
    width: Option<f64>,
    /// Height of the picture in inches [default: that of the figure]
    #[arg(long, value_name = "INCHES", value_parser = inches)]
    height: Option<f64>,
    /// Size of labels in points, with which all letters and lines go [default: 8]
    #[arg(long, value_name = "POINTS", value_parser = points)]
    font_size: Option<f64>,
    /// Format [default: as -o ends, else png]
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// Pixels to the inch of png
    #[arg(long, value_name = "DPI", default_value_t = 300, value_parser = clap::value_parser!(u32).range(30..=2400))]
    dpi: u32,
    /// Write the numbers that are drawn, too, as CSV beside each picture
    #[arg(long)]
    data: bool,
    /// The picture, with --all the folder [default: <file>_<figure>.<format> beside the file, <file>_figures]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace what exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Pixels
    Png,
    /// Vectors for the web
    Svg,
    /// Vectors for papers
    Pdf,
}

impl Kind {
    fn format(self) -> Format {
        match self {
            Kind::Png => Format::Png,
            Kind::Svg => Format::Svg,
            Kind::Pdf => Format::Pdf,
        }
    }
}

fn after_help() -> String {
    let mut text = String::new();
    let mut last: &[&str] = &[];
    for figure in FIGURES {
        if figure.of != last {
            text.push_str(&format!("Figures of a {}:\n", figure.of.join(" or a ")));
            last = figure.of;
        }
        text.push_str(&format!("  {:<13} {}\n", figure.name, figure.about));
    }
    text.push_str(
        "\nExamples:\n  reluflow plot output/mcycle.h5\n  reluflow plot output/mcycle.h5 --figure plane --time 0.5 -o plane.pdf\n  \
         reluflow plot output/mcycle.h5 --all --data\n  \
         reluflow plot output/narrow.h5 output/wide.h5 --figure loss --title \"Two widths\"\n\nPictures are 3.4 or 7 inches wide, \
         for one or two columns of a page, unless --width is given.",
    );
    text
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        let format = self.format()?;
        for file in &self.files {
            guard(file)?;
        }
        if let [_, _, ..] = self.files[..] {
            return self.several(format, quiet);
        }
        let file = &self.files[0];
        if let (Some(figure), Some(_)) = (self.figure.as_deref(), &self.over)
            && figure != "density"
        {
            return Err(Failure::usage(format!(
                "--over shows particles in the figure density, not in {figure}"
            ))
            .help("leave it out, or give --figure density"));
        }
        let source = match (Source::open(file)?, &self.over) {
            (source, None) => source,
            (Source::Run(run), Some(over)) if run.file().densities(0)?.is_some() => {
                guard(over)?;
                Source::Run(Box::new(run.with_over(over)?))
            }
            _ => {
                return Err(Failure::usage("--over shows particles over a density, which the file has not")
                    .help(
                        "leave it out, or give the file of a run with measure.representation = \"density\"",
                    ));
            }
        };
        if let Source::Run(run) = &source {
            warn_unless_ordinary(run.file(), quiet);
        }
        let stem = file.with_extension("");
        let stem = stem.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let mut made = vec![];
        if self.all {
            let folder = self.output.clone().unwrap_or_else(|| folder.join(format!("{stem}_figures")));
            make_folder(&folder)?;
            let kinds = source.figures();
            for kind in &kinds {
                let path = folder.join(format!("{}.{}", kind.name, format.extension()));
                self.free(&path)?;
            }
            for kind in kinds {
                let time = self.time.filter(|_| kind.is_of_a_moment());
                match source.figure(Some(kind.name), time) {
                    Ok(figure) => {
                        let path = folder.join(format!("{}.{}", kind.name, format.extension()));
                        made.extend(self.write(&figure, &path, format)?);
                    }
                    // The file lacks what this one shows; the others are drawn.
                    Err(PlotError::Lacks { needed, .. }) => {
                        if !quiet {
                            note(&format!("note: no figure {}: the file has not {needed}", kind.name));
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        } else {
            let figure = source.figure(self.figure.as_deref(), self.time)?;
            let default = || folder.join(format!("{stem}_{}.{}", figure.name, format.extension()));
            let path = self.output.clone().unwrap_or_else(default);
            made.extend(self.write(&figure, &path, format)?);
        }
        self.told(&made, quiet)
    }

    /// Draws several runs in one figure.
    fn several(&self, format: Format, quiet: bool) -> Result<Exit, Failure> {
        if self.all || self.over.is_some() {
            let option = if self.all { "--all" } else { "--over" };
            return Err(Failure::usage(format!("{option} is for one file, not for {}", self.files.len()))
                .help("name one file, or one figure of several runs: function, loss or kernel"));
        }
        let mut runs = vec![];
        for path in &self.files {
            match Source::open(path)? {
                Source::Run(run) => runs.push(run),
                other => {
                    return Err(Failure::usage(format!(
                        "{} is a {}: several files in one figure must be runs",
                        text::path(path),
                        other.kind()
                    ))
                    .help("name one file"));
                }
            }
        }
        for run in &runs {
            warn_unless_ordinary(run.file(), quiet);
        }
        let named: Vec<Named> =
            legend(&self.files).into_iter().zip(&runs).map(|(name, run)| Named { name, run }).collect();
        let figure = figure_of_several(&named, self.figure.as_deref(), self.time)?;
        let default = || PathBuf::from(format!("{}.{}", figure.name, format.extension()));
        let path = self.output.clone().unwrap_or_else(default);
        let made = self.write(&figure, &path, format)?;
        self.told(&made, quiet)
    }

    fn told(&self, made: &[PathBuf], quiet: bool) -> Result<Exit, Failure> {
        if !quiet {
            print(&made.iter().map(|path| format!("{}\n", quoted(path))).collect::<String>())?;
        }
        Ok(Exit::Success)
    }

    /// The format that is asked for, by `--format` or by the ending of `-o`.
    fn format(&self) -> Result<Format, Failure> {
        let ending = self
            .output
            .as_ref()
            .filter(|_| !self.all)
            .map(|path| path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase());
        let named = ending.as_ref().map(|ending| Format::ALL.into_iter().find(|f| f.extension() == *ending));
        match (self.format.map(Kind::format), named) {
            (Some(format), None) => Ok(format),
            (Some(format), Some(named)) if named.is_none_or(|named| named == format) => Ok(format),
            (Some(format), _) => Err(Failure::usage(format_args!(
                "--format {} and -o {} do not agree",
                format.extension(),
                text::path(self.output.as_deref().unwrap_or(Path::new("")))
            ))
            .help("leave one of them out")),
            (None, None) => Ok(Format::Png),
            (None, Some(Some(format))) => Ok(format),
            (None, Some(None)) => Err(Failure::usage(format_args!(
                "-o {}: the ending names no format",
                text::path(self.output.as_deref().unwrap_or(Path::new("")))
            ))
            .help("end it in .png, .svg or .pdf, or give --format")),
        }
    }

    fn shape(&self) -> PageShape {
        let title = self.title.as_deref().map(|title| text::line(title).into_owned());
        PageShape { width: self.width, height: self.height, font_size: self.font_size, title }
    }

    /// Refuses to overwrite.
    fn free(&self, path: &Path) -> Result<(), Failure> {
        let taken = [Some(path.to_owned()), self.data.then(|| path.with_extension("csv"))];
        match taken.into_iter().flatten().find(|path| path.exists() && !self.force) {
            Some(path) => Err(Failure::usage(format_args!("{} exists already", text::path(&path)))
                .help("choose another output with -o, or replace it with --force")),
            None => Ok(()),
        }
    }

    /// Writes the picture, and its numbers if they are asked for.
    fn write(&self, figure: &Figure, path: &Path, format: Format) -> Result<Vec<PathBuf>, Failure> {
        self.free(path)?;
        let figure = &self.shape().of(figure.clone())?;
        let svg = to_svg(figure)?;
        let bytes = match format {
            Format::Svg => svg.into_bytes(),
            Format::Png => to_png(&svg, f64::from(self.dpi))?,
            Format::Pdf => to_pdf(&svg)?,
        };
        let mut made = vec![path.to_owned()];
        write_file(path, &bytes)?;
        if self.data {
            let path = path.with_extension("csv");
            write_file(&path, to_csv(figure).as_bytes())?;
            made.push(path);
        }
        Ok(made)
    }
}

/// What the legend calls files: their names without ending, or as they were given where names are the same.
fn legend(files: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| text::path(Path::new(path.file_stem().unwrap_or_default()));
    let stems: Vec<String> = files.iter().map(stem).collect();
    let unique = |name: &String| stems.iter().filter(|other| *other == name).count() == 1;
    files
        .iter()
        .zip(&stems)
        .map(|(file, stem)| if unique(stem) { stem.clone() } else { text::path(file) })
        .collect()
}

fn inches(said: &str) -> Result<f64, String> {
    between(said, 1.0, 100.0, "inches")
}

fn points(said: &str) -> Result<f64, String> {
    between(said, 3.0, 72.0, "points")
}

fn between(said: &str, low: f64, high: f64, unit: &str) -> Result<f64, String> {
    let number = said.parse().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("a number of {unit} from {low} to {high} is needed"))
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Failure {
        match error {
            PlotError::Io(error) => error.into(),
            PlotError::Drawing { .. } | PlotError::Converting { .. } => Failure::computation(error),
            _ => Failure::usage(error),
        }
    }
}
