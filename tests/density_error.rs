//! `measure.density_error`: as few cells as keep the estimated error of the residuals.

use std::fs;

use predicates::str::contains;
use reluflow::io::{RunFile, validate};
use reluflow::problem::{Sampling, Start};
use reluflow::run::Simulation;
use reluflow::scenario::{Resolution, Scenario};
use reluflow::study;

use crate::cli_support::{assert_same_run, json, reluflow, start_and_wait_for};
use crate::common::worst;

/// Five samples of `sin 3x`.
fn scenario(measure: &str) -> String {
    format!(
        "[samples]\nx = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n\
         [measure]\nrepresentation = \"density\"\n{measure}\n[time]\nend = 2.0\ntolerance = 1e-5\n\
         [output]\nsnapshots = {{ count = 5 }}\n"
    )
}

/// Residuals at all snapshots.
fn path(scenario: &Scenario, start: Start) -> Vec<f64> {
    let mut simulation = Simulation::new(&scenario.description, start).unwrap();
    let mut path = vec![];
    for &time in scenario.description.schedule.times() {
        simulation.advance_to(time).unwrap();
        path.extend(simulation.stepper().residual().to_vec());
    }
    path
}

/// The cells that a target takes are the fewest, doubling; the estimate is below it, and so is the true error.
#[test]
fn an_error_is_kept_with_few_cells() {
    let with = |cells: usize| {
        let told = Scenario::parse(&scenario(&format!("cells = [{cells}, {cells}]")), "d.toml".as_ref());
        let told = told.unwrap();
        path(&told, told.start.clone())
    };
    let quadrature =
        scenario("sampling = \"quadrature\"\nnodes = 64").replace("\"density\"", "\"particles\"");
    let quadrature = Scenario::parse(&quadrature, "q.toml".as_ref()).unwrap();
    let exact = path(&quadrature, quadrature.start.clone());
    let found = |target: &str| {
        let text = scenario(&format!("density_error = {target}"));
        let scenario = study::parse_scenario(&text, "d.toml".as_ref()).unwrap();
        let [cells, across] = scenario.start.density().unwrap().cells;
        assert_eq!(scenario.description.density.unwrap().cells, [cells; 2]);
        let notice = format!("density_error = {target}: {cells} x {across} cells, estimated error ");
        let told = scenario.notices[0].strip_prefix(&notice).unwrap();
        let half = scenario.beside.as_ref().and_then(Start::density).unwrap();
        assert_eq!((half.cells, across), ([cells / 2; 2], cells));
        assert_eq!(scenario.description.sampling, Sampling::Density { estimate_error: true });
        let (fine, target) = (with(cells), target.parse::<f64>().unwrap());
        let estimate = worst(&fine, &with(cells / 2));
        assert_eq!(told, format!("{estimate:.1e}"));
        assert!(estimate <= target, "{estimate:e} > {target:e}");
        assert!(cells == 64 || worst(&with(cells / 2), &with(cells / 4)) > target, "{cells} are too many");
        let error = worst(&fine, &exact);
        assert!(error <= estimate, "{cells} cells: {error:e}, estimated {estimate:e}");
        cells
    };
    assert_eq!([found("1e-2"), found("1e-3"), found("3e-4")], [64, 64, 128]);
}

/// What was found is told and stored, and the run goes on with it when it was stopped.
#[test]
fn found_cells_and_their_error_are_stored_and_resumed_with() {
    let folder = tempfile::tempdir().unwrap();
    let text = scenario("density_error = 2e-4").replace("count = 5", "count = 81").replace("1e-5", "1e-6");
    fs::write(folder.path().join("d.toml"), text).unwrap();
    let whole = reluflow(folder.path()).args(["run", "d.toml", "-o", "whole.h5"]).output().unwrap();
    let said = String::from_utf8(whole.stderr).unwrap();
    let notice = said.lines().find_map(|line| line.split_once("density_error = 2e-4: ")).unwrap().1;
    let (cells, estimate) = notice.split_once(" cells, estimated error ").unwrap();
    assert!(said.contains(&format!("5 samples, {cells} cells, until t = 2")), "{said}");
    for signal in [libc::SIGINT, libc::SIGKILL] {
        let run = start_and_wait_for(
            folder.path(),
            &["run", "d.toml", "-o", "d.h5", "--force"],
            "snapshot 8 of 81",
        );
        run.signal(signal);
        run.finish();
        reluflow(folder.path()).args(["resume", "-q", "d.h5"]).assert().success().stderr("");
        assert_same_run(folder.path().join("d.h5"), folder.path().join("whole.h5"));
    }
    let file = RunFile::open(&folder.path().join("d.h5")).unwrap();
    let most = (0..file.len()).map(|i| file.snapshot(i).unwrap().error_estimate.unwrap()).fold(0.0, f64::max);
    assert_eq!(format!("{most:.1e}"), estimate);
    let of_file = file.description().unwrap().density.unwrap().cells;
    assert_eq!(format!("{} x {}", of_file[0], of_file[1]), cells);
    assert_eq!(validate(&folder.path().join("d.h5")).unwrap(), []);
    reluflow(folder.path()).args(["check", "d.h5"]).assert().success();
    let told = reluflow(folder.path()).args(["info", "d.h5"]).assert().success();
    told.stdout(contains(format!("{cells} cells"))).stdout(contains(format!("at most {estimate}")));
    let told = json(reluflow(folder.path()).args(["info", "d.h5", "--json"]));
    assert_eq!(told["cells"], serde_json::json!(of_file));
}

/// Reading a scenario runs nothing, and without the estimate a run is half as dear.
#[test]
fn a_search_of_cells_is_no_part_of_parsing() {
    let text = scenario("density_error = 1e-3\nestimate_error = false");
    let error = Scenario::parse(&text, "d.toml".as_ref()).unwrap_err();
    assert_eq!(error.line(), Some(6));
    assert!(error.problem().contains("asks for a search of cells"), "{error}");
    let target = Scenario::error_target(&text, "d.toml".as_ref()).unwrap().unwrap();
    assert_eq!((target.error(), target.of_density()), (1e-3, true));
    let with = Scenario::with_resolution(&text, "d.toml".as_ref(), Resolution::Cells([48, 32])).unwrap();
    assert_eq!(with.start.density().unwrap().cells, [48, 32]);
    assert!(with.beside.is_none());
    assert_eq!(with.description.measure_source, "law normal-uniform, density in 48 x 32 cells, scale 1");
}
