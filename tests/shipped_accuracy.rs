//! The residual ODE against the particles on all shipped scenarios, and runs that once crawled.

use std::path::Path;

use reluflow::run::Simulation;
use reluflow::scenario::{Scenario, scenarios};

/// A scenario's text with this tolerance and at most `most` drawn particles.
fn adapted(text: &str, tolerance: &str, most: usize) -> String {
    let mut section = "";
    let mut lines: Vec<String> = vec![];
    for line in text.lines() {
        if line.starts_with('[') {
            section = line.split(['[', ']']).nth(1).unwrap_or("");
        }
        let key = line.split('=').next().unwrap_or("").trim();
        let value = line.split(['=', '#']).nth(1).unwrap_or("").trim();
        lines.push(match (section, key) {
            ("time", "tolerance") => continue,
            ("time", "end") => format!("{line}\ntolerance = {tolerance}"),
            // A count may be written 1e5.
            ("measure", "particles") => {
                let count = value.replace('_', "").parse::<f64>().unwrap();
                format!("particles = {}", most.min(count as usize))
            }
            _ => line.to_string(),
        });
    }
    lines.join("\n")
}

/// * `name`: of the scenario, in whose folder it reads files.
fn simulation(text: &str, name: &str) -> (Simulation, f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let scenario = Scenario::parse(text, &path).unwrap();
    (Simulation::new(&scenario.description, scenario.start).unwrap(), scenario.description.end)
}

#[test]
fn the_residual_ode_is_good_to_the_tolerance_on_all_shipped_scenarios() {
    // The steps of gradient descent are finite: its residuals have no such equation.
    // Residuals of a density have the error of its cells.
    let exact =
        |text: &str| !text.contains("kind = \"gd\"") && !text.contains("representation = \"density\"");
    for shipped in scenarios().iter().filter(|shipped| exact(shipped.text)) {
        let (mut simulation, end) = simulation(&adapted(shipped.text, "1e-9", 500), shipped.name);
        simulation.advance_to(end).unwrap();
        let state = simulation.state();
        let difference = |ode: &[f64]| {
            let pairs = ode.iter().zip(simulation.stepper().residual());
            pairs.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs())) / state.scale
        };
        let (corrected, printed) =
            (difference(&state.residual_ode), difference(&state.residual_ode_uncorrected));
        println!(
            "{}: corrected {corrected:.1e}, as printed {printed:.1e}, {} steps",
            shipped.name, state.step
        );
        assert!(corrected < 2e-9, "{}: {corrected:e}", shipped.name);
        if state.counters.pins > 100 {
            assert!((1e-3..2.0).contains(&printed), "{}: as printed {printed:e}", shipped.name);
        }
    }
}

/// Which particles cross, are pinned and are released, and how often, is a matter of the flow, but for a few
/// that arrive where the field is nearer to zero than its error ([`Margins`](reluflow::flow::interface)).
#[test]
fn events_do_not_depend_on_the_tolerance() {
    let mcycle = scenarios().iter().find(|shipped| shipped.name == "mcycle").unwrap();
    let counts = ["1e-5", "1e-6", "1e-7", "1e-8"].map(|tolerance| {
        let (mut simulation, _) = simulation(&adapted(mcycle.text, tolerance, usize::MAX), mcycle.name);
        simulation.advance_to(2.0).unwrap();
        let counters = simulation.state().counters;
        [counters.crossings, counters.pins, counters.releases]
    });
    println!("{counts:?}");
    assert!(counts[0][0] > 100_000 && counts[2..].iter().all(|count| *count == counts[1]), "{counts:?}");
    let apart = counts[0].iter().zip(counts[1]).map(|(a, b)| a.abs_diff(b)).max();
    assert!(apart < Some(counts[1][0] / 10_000), "{counts:?}");
}

/// Stiff runs whose steps once shrank to the fastest mode: the numbers of steps are exact.
#[test]
fn stiff_runs_do_not_crawl() {
    let scenario = |samples: &str, particles: usize, scale: f64, end: f64| {
        format!(
            "[samples]\nfunction = \"sine\"\n{samples}\n[measure]\nparticles = {particles}\nscale = {scale:?}\n\
             [time]\nend = {end:?}\ntolerance = 1e-6\n"
        )
    };
    for (text, most) in [
        (scenario("count = 10", 100, 1.0, 3000.0), 20_000),
        (scenario("count = 20\ninterval = [-1000, 1000]\nfrequency = 0.001", 1000, 1.0, 0.65), 2_000),
        (scenario("count = 7", 500, 1e4, 1.0), 1_000),
        (scenario("count = 5", 1000, 1.0, 1e6), 30_000),
    ] {
        ends_within(&text, most);
    }
}

/// Near rest, particles may be caught and freed over and over where the field on their side of a line
/// vanishes. Nothing jumps then; steps that ended at each such event were a million and more.
#[test]
fn runs_that_catch_and_free_for_ever_do_not_crawl() {
    for seed in [1, 4] {
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = 10\nfrequency = 0.75\n[measure]\nparticles = 10\nseed = {seed}\n\
             [time]\nend = 1e4\ntolerance = 1e-5\n"
        );
        ends_within(&text, 80_000);
    }
    let lifted = "[samples]\nfunction = \"sine\"\ncount = 15\nfrequency = 0.5\n[measure]\nlaw = \"he\"\nparticles = 100\n\
                  output_scale = 30\nseed = 7\n[flow]\nkind = \"lifted\"\nscaling = \"1\"\n\
                  [time]\nend = 0.5\ntolerance = 1e-7\n";
    ends_within(lifted, 3_000);
}

fn ends_within(text: &str, most: u64) {
    let (mut simulation, end) = simulation(text, "adapted");
    while simulation.state().time < end {
        simulation.step(end).unwrap();
        let state = simulation.state();
        assert!(state.step <= most, "t = {} after {most} steps:\n{text}", state.time);
    }
    println!("{} steps", simulation.state().step);
}
