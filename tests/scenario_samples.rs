//! Samples as people have them: dialects of CSV, scales, ties, and runs without a scenario.

use std::path::Path;

use proptest::prelude::*;
use reluflow::problem::Affine;
use reluflow::run::{ParticleOutput, Schedule};
use reluflow::scenario::{Scenario, scenarios, standardize};

use crate::common::random::cases;

/// Reads a scenario of one table, with more keys of `[samples]`.
fn read(table: &[u8], keys: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("table.csv"), table).unwrap();
    let text =
        format!("[samples]\nfile = \"table.csv\"\n{keys}\n[measure]\nparticles = 4\n[time]\nend = 1.0\n");
    Scenario::parse(&text, &folder.path().join("a.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn parse(text: &str) -> Scenario {
    Scenario::parse(text, "a.toml".as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn dialects_are_one_table() {
    let dialects: [&[u8]; 27] = [
        b"x,y\n1,2\n3,4.5\n",
        b"x,y\n1,2\n3,4.5",
        b"\xef\xbb\xbfx,y\n1,2\n3,4.5\n",
        b"x,y\r\n1,2\r\n3,4.5\r\n",
        b"x,y\r1,2\r3,4.5\r",
        b"x;y\n1;2\n3;4.5\n",
        b"x\ty\n1\t2\n3\t4.5\n",
        b" x , y \n 1 ,\t2\n3, 4.5 \n",
        b"# from the lab, 3 May\n\n\nx,y\n# first\n1,2\n   \n3,4.5\n\n# end\n",
        b"y,note,x\n2,\"a, b\",1\n4.5,NA,3\n",
        b"\"x\",\"y\"\n\"1\",\"2\"\n\"3\",\"4.5\"\n",
        b"\xef\xbb\xbf\"x\";\"y, in m\";\"y\"\n1;;2\n3;;4.5\n",
        // A byte order mark, quotes and delimiters where they mean nothing.
        b"\xef\xbb\xbf# a\tb\tc\nx,y\n1,2\n3,4.5\n",
        b"# a,\"b\nx,y\n1,2\n3,4.5\n",
        b"\"a; b; c; d\",x,y\n0,1,2\n0,3,4.5\n",
        b"x,y,\n1,2,\n3,4.5,,\n",
        b"x,y\n+1.0e0,2E0\n3.,45e-1\n",
        // Decimal commas, between semicolons, tabs and spaces.
        b"x;y\n1,0;2\n3;4,5\n",
        b"x\ty\n1\t2,0\n3,0\t4,5\n",
        b"x y\n1 2\n3 4,5\n",
        b"# x;y\n1,0;2,0\n3,0;4,5\n",
        // Spaces, as numpy.savetxt writes them, with and without a header.
        b"1.000000000000000000e+00 2.000000000000000000e+00\n3.000000000000000000e+00 4.500000000000000000e+00\n",
        b"# x y\n1.000000000000000000e+00 2.000000000000000000e+00\n3.000000000000000000e+00 4.500000000000000000e+00\n",
        b"# y x\n2 1\n4.5 3\n",
        b"  x   y  \r\n  1   2\r\n\r\n  3   4.5 \r\n",
        b"# x,y\n1,2\n3,4.5\n",
        b"x \t y\n1 \t 2\n3 \t 4.5\n",
    ];
    for bytes in dialects {
        let samples = read(bytes, "").description.samples;
        assert_eq!(
            (samples.x(), samples.y()),
            (&[1.0, 3.0][..], &[2.0, 4.5][..]),
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn columns_can_be_named() {
    let samples = read(b"t,temp (C),x\n1,2,9\n3,4,9\n", "x = \"t\"\ny = \"temp (C)\"").description.samples;
    assert_eq!((samples.x(), samples.y()), (&[1.0, 3.0][..], &[2.0, 4.0][..]));
}

#[test]
fn a_large_table_is_read() {
    let mut table = String::from("x,y\n");
    for i in 0..200_000 {
        table += &format!("{i},{}\n", i % 7);
    }
    assert_eq!(read(table.as_bytes(), "").description.samples.len(), 200_000);
    // An error far down still has its line.
    table += "200000,\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    std::fs::write(&path, table).unwrap();
    let error = Scenario::read(&path).unwrap_err();
    assert_eq!(error.line(), Some(200_002));
}

#[test]
fn standardization_counts_every_row_and_merges_afterwards() {
    // y: 0, 2, 2, 4 has mean 2 and variance 2; x from 10 to 30.
    let scenario = read(b"x,y\n10,0\n20,2\n20,4\n30,2\n", "standardize = true");
    let description = &scenario.description;
    assert_eq!(description.x_map, Affine { offset: 20.0, scale: 10.0 });
    assert_eq!(description.y_map.offset, 2.0);
    assert!((description.y_map.scale - 2f64.sqrt()).abs() < 1e-15);
    assert_eq!(description.samples.x(), [-1.0, 0.0, 1.0]);
    assert_eq!(description.samples.weight(), [1.0, 2.0, 1.0]);
    assert!((description.samples.y()[1] - 0.5f64.sqrt()).abs() < 1e-15);
    // The tie's spread, 1 on either side, is 1/2 (1 + 1) / variance.
    assert!((description.samples.merged_loss() - 0.5).abs() < 1e-15);
    assert_eq!(scenario.notices, ["1 samples share an x with others: 3 distinct x, with weights"]);
}

/// The samples of `y = offset + unit k` at `x = offset + unit k`, standardized.
fn line(offset: f64, unit: f64, count: u32) -> reluflow::problem::Samples {
    let rows = (0..count).map(|k| format!("{0:?},{0:?}\n", offset + unit * f64::from(k)));
    let table = "x,y\n".to_string() + &rows.collect::<String>();
    read(table.as_bytes(), "standardize = true").description.samples
}

/// Half the number of samples: the loss of the function 0.
fn loss_at_start(samples: &reluflow::problem::Samples) -> f64 {
    0.5 * samples.y().iter().zip(samples.weight()).map(|(y, n)| n * y * y).sum::<f64>()
}

#[test]
fn an_offset_of_any_size_takes_no_digits() {
    for offset in [0.0, 1.7e9, 1.7e12, 1e15, -1e15, 9e15 - 10.0] {
        let samples = line(offset, 1.0, 10);
        assert!((loss_at_start(&samples) - 5.0).abs() < 1e-14, "{offset}: {}", loss_at_start(&samples));
        for (k, (x, y)) in samples.x().iter().zip(samples.y()).enumerate() {
            let steps = k as f64 - 4.5;
            assert!((x - steps / 4.5).abs() < 1e-15, "{offset}: x = {x}");
            assert!((y - steps / 8.25f64.sqrt()).abs() < 1e-15, "{offset}: y = {y}");
        }
    }
}

/// Also where a map has no digits for it: one unit is the least positive number there is.
#[test]
fn subnormal_data_are_standardized() {
    for unit in [1e-300, 1e-310, 1e-320, 5e-324] {
        for offset in [0.0, 1000.0 * unit] {
            let samples = line(offset, unit, 10);
            assert!((loss_at_start(&samples) - 5.0).abs() < 1e-14, "{unit}: {}", loss_at_start(&samples));
            assert_eq!((samples.x()[0], samples.x()[9]), (-1.0, 1.0), "{unit}");
        }
    }
    // 1e-320 is some 2000 least numbers: as exactly as those allow.
    let (map, _) = standardize(&[1e-320, 3e-320], &[0.0; 2]);
    assert!((map.apply(3e-320) - 1.0).abs() < 1e-3 && (map.invert(-1.0) - 1e-320).abs() <= 5e-324);
}

#[test]
fn what_cannot_be_scaled_keeps_its_scale() {
    let scenario = read(b"x,y\n5,7\n", "standardize = true");
    assert_eq!(scenario.description.samples.x(), [0.0]);
    assert_eq!(scenario.description.samples.y(), [0.0]);
    assert_eq!(scenario.description.x_map, Affine { offset: 5.0, scale: 1.0 });
    assert_eq!(scenario.notices, ["all y are equal: they are shifted to 0 but not scaled"]);
    // A constant that is no binary fraction leaves no rounding behind.
    let (_, y) = standardize(&[0.0; 3], &[0.1; 3]);
    assert_eq!(y, Affine { offset: 0.1, scale: 1.0 });
}

#[test]
fn without_standardization_samples_are_as_given() {
    let description =
        parse("[samples]\nx = [3.0, 1.0]\ny = [5.0, 4.0]\n[measure]\nparticles = 2\n[time]\nend = 1.0\n")
            .description;
    assert_eq!((description.x_map, description.y_map), (Affine::IDENTITY, Affine::IDENTITY));
    assert_eq!((description.samples.x(), description.samples.y()), (&[1.0, 3.0][..], &[4.0, 5.0][..]));
}

#[test]
fn a_csv_is_a_scenario_that_says_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    // An index column in front, as R writes it, does not count.
    let path = folder.path().join("a \"b\".csv");
    std::fs::write(&path, "rownames,times,accel\n1,2.4,0\n2,2.6,-1.3\n3,3.2,-2.7\n").unwrap();
    let scenario = Scenario::read(&path).unwrap();
    assert!((scenario.description.samples.x()[0] + 1.0).abs() < 1e-15);
    assert_eq!(scenario.input, path);
    assert_eq!(
        scenario.notices,
        [
            "no scenario given: x is column `times`, y is column `accel`, both standardized",
            "start measure: law normal-uniform, 10000 particles, scale 1, seed 0; \
             the run ends at time 10 with tolerance 1e-6",
            "the scenario that says the same is in the run file (attribute scenario): \
             change it to run another",
            "of a \"b\".csv, only times and accel are used; left out: rownames",
        ]
    );
    // Its text is a scenario that gives the same run.
    let again = Scenario::parse(&scenario.description.scenario, &folder.path().join("b.toml")).unwrap();
    assert_eq!(again.description, scenario.description);
    assert_eq!(again.start, scenario.start);
    // Columns named x and y win over all others.
    std::fs::write(&path, "z,y,x\n1,2,3\n").unwrap();
    assert!(Scenario::read(&path).unwrap().notices[0].contains("x is column `x`, y is column `y`"));
    // Any case of the extension, and its relatives.
    for name in ["A.CSV", "a.tsv", "a.txt", "a.dat"] {
        std::fs::copy(&path, folder.path().join(name)).unwrap();
        assert!(Scenario::read(&folder.path().join(name)).is_ok(), "{name}");
    }
}

#[test]
fn defaults_are_those_of_the_table_of_keys() {
    let description =
        parse("[samples]\nx = [0.0]\ny = [1.0]\n[measure]\nparticles = 4\n[time]\nend = 2.0\n").description;
    assert_eq!(description.title, "a");
    assert_eq!(description.flow.tv(), 0.0);
    assert_eq!(description.tolerance, 1e-6);
    assert_eq!(description.schedule, Schedule::count(2.0, 11));
    assert_eq!(description.output.particles, ParticleOutput::All);
    assert_eq!(description.output.compression, 4);
    assert!(!description.output.single_precision && !description.output.tangent_kernel);
    assert_eq!(description.measure_source, "law normal-uniform, 4 particles, scale 1, seed 0");
}

#[test]
fn every_key_reaches_its_place() {
    let description = parse(
        "title = \"t\"\n[samples]\nx = [0, 1]\ny = [1, 2]\n[measure]\nparticles = 4\n[flow]\nkind = \"canonical\"\ntv = 0.25\n\
         [time]\nend = 2\ntolerance = 1e-9\n[output]\nsnapshots = { every = 0.5 }\nparticles = 3\nprecision = \"f32\"\n\
         tangent_kernel = true\ncompression = 0\n",
    )
    .description;
    assert_eq!((description.title.as_str(), description.end, description.tolerance), ("t", 2.0, 1e-9));
    assert_eq!(description.flow.tv(), 0.25);
    assert_eq!(description.schedule.times(), [0.0, 0.5, 1.0, 1.5, 2.0]);
    assert_eq!(description.output.particles, ParticleOutput::Count(3));
    assert_eq!(description.output.compression, 0);
    assert!(description.output.single_precision && description.output.tangent_kernel);
}

#[test]
fn schedules_are_what_they_say() {
    let times = |snapshots: &str| {
        let text = "[samples]\nx = [0]\ny = [1]\n[measure]\nparticles = 4\n[time]\nend = 2.0\n";
        parse(&format!("{text}[output]\nsnapshots = {snapshots}\n")).description.schedule.times().to_vec()
    };
    assert_eq!(times("{ count = 3 }"), [0.0, 1.0, 2.0]);
    assert_eq!(times("{ every = 0.75 }"), [0.0, 0.75, 1.5, 2.0]);
    assert_eq!(times("{ times = [1.5, 0.5, 0.5, 0.0, 2.0] }"), [0.0, 0.5, 1.5, 2.0]);
    assert_eq!(times("{ times = [] }"), [0.0, 2.0]);
    let log = times("{ log = { first = 0.02, per_decade = 2 } }");
    let expected = [0.0, 0.02, 0.02 * 10f64.sqrt(), 0.2, 0.2 * 10f64.sqrt(), 2.0];
    assert_eq!(log.len(), expected.len(), "{log:?}");
    assert!(log.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
}

#[test]
fn masses_and_particles_come_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.csv"), "mass;theta;r\n0.25;1.0;2.0\n0.75;-1.0;-3.0\n").unwrap();
    let text = "[samples]\nx = [0]\ny = [1]\n[measure]\nfile = \"p.csv\"\n[time]\nend = 2.0\n";
    let scenario = Scenario::parse(text, &folder.path().join("a.toml")).unwrap();
    assert_eq!(scenario.start.canonical().unwrap().r(), [2.0, -3.0]);
    assert_eq!(scenario.start.canonical().unwrap().theta(), [1.0, 2.0 * std::f64::consts::PI - 1.0]);
    assert_eq!(scenario.description.mass, [0.25, 0.75]);
    assert_eq!(scenario.description.measure_source, "file p.csv, 2 particles");
}

#[test]
fn errors_can_be_drawn_with_their_line() {
    let text = scenarios()[0].text.replace("tolerance", "tolerence");
    let error = Scenario::parse(&text, Path::new("two_points.toml")).unwrap_err();
    let mut drawn = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).render_report(&mut drawn, &error).unwrap();
    assert!(drawn.contains("tolerence = 1e-8"), "{drawn}");
    assert!(drawn.contains("did you mean `tolerance`?"), "{drawn}");
}

/// Numbers of any magnitude that data may have.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3f64, Just(0.0), proptest::num::f64::NORMAL, proptest::num::f64::SUBNORMAL]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn standardized_samples_are_standard(rows in proptest::collection::vec((-1e3..1e3f64, -1e3..1e3f64), 2..60)) {
        let (x, y): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let (x_map, y_map) = standardize(&x, &y);
        let mapped: Vec<f64> = x.iter().map(|&x| x_map.apply(x)).collect();
        let most = |values: &[f64]| values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        // Rounding of the offset, in units of the scale.
        let slack = 1e-13 * (1.0 + most(&x) / x_map.scale);
        prop_assert!((most(&mapped) - 1.0).abs() < slack);
        let mapped: Vec<f64> = y.iter().map(|&y| y_map.apply(y)).collect();
        let n = y.len() as f64;
        let slack = 1e-12 * (1.0 + most(&y) / y_map.scale);
        prop_assert!((mapped.iter().sum::<f64>() / n).abs() < slack);
        prop_assert!((mapped.iter().map(|y| y * y).sum::<f64>() / n - 1.0).abs() < slack);
        for (&raw, &mapped) in y.iter().zip(&mapped) {
            prop_assert!((y_map.invert(mapped) - raw).abs() <= 1e-12 * (1.0 + most(&y)));
        }
    }

    /// Integers moved by any offset that keeps them exact have the same standardized samples.
    #[test]
    fn offsets_and_units_change_nothing(
        y in proptest::collection::vec(0..1_000_000i32, 2..60),
        offset in -9_000_000_000_000_000i64..9_000_000_000_000_000,
        exponent in -1000..900i32,
    ) {
        let rows = |offset: f64, unit: f64| {
            let rows = y.iter().enumerate().map(|(i, &y)| (i, (offset + f64::from(y)) * unit));
            let table = rows.fold("x,y\n".to_string(), |text, (i, y)| text + &format!("{i},{y:?}\n"));
            read(table.as_bytes(), "standardize = true").description.samples
        };
        let spread = y.iter().any(|&other| other != y[0]);
        prop_assume!(spread);
        let (plain, moved) = (rows(0.0, 1.0), rows(offset as f64, 2f64.powi(exponent)));
        for (a, b) in plain.y().iter().zip(moved.y()) {
            prop_assert!((a - b).abs() <= 4e-15 * (1.0 + a.abs()), "{a} {b}");
        }
    }

    #[test]
    fn any_samples_have_usable_maps(rows in proptest::collection::vec((number(), number()), 1..30)) {
        let (x, y): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        for (map, values) in [(standardize(&x, &y).0, &x), (standardize(&x, &y).1, &y)] {
            prop_assert!(map.scale > 0.0 && map.scale.is_finite() && map.offset.is_finite(), "{map:?}");
            prop_assert!(values.iter().all(|&v| map.apply(v).is_finite()), "{map:?} of {values:?}");
        }
    }
}
