//! The page "from PyTorch": its Python and its scenario, with a stand-in for the framework; and `analyse`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use reluflow::io::RunFile;

use crate::cli_support::{json, reluflow};
use crate::oracles::python;

fn block(language: &str) -> String {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/from_pytorch.md")).unwrap();
    let opening = format!("```{language}\n");
    page.split(&opening).nth(1).unwrap().split("```").next().unwrap().to_string()
}

/// Arrays as PyTorch's modules hold them; descent on `nn.MSELoss` with its signs and factors, the output bias fixed.
const STAND_IN: &str = r#"
import copy, json
import numpy as np

class Layer:
    def __init__(self, weight, bias):
        self.weight, self.bias = np.array(weight), np.array(bias)

rng, m, s = np.random.default_rng(3), 30, 10
net = [Layer(rng.uniform(-1, 1, (m, 1)), rng.uniform(-1, 1, m)), None, Layer(rng.uniform(-1, 1, (1, m)) / m**0.5, [0.25])]
x = np.linspace(-1, 1, s)
y = np.sin(3 * x)
start = copy.deepcopy(net)

def forward():
    before = np.outer(x, net[0].weight[:, 0]) + net[0].bias
    return before, np.maximum(before, 0) @ net[2].weight[0] + net[2].bias[0]

for _ in range(500):
    before, f = forward()
    rho, seen = f - y, before > 0
    scale = 2 / s
    output = scale * np.maximum(before, 0).T @ rho
    slope = scale * net[2].weight[0] * (seen.T @ (rho * x))
    bias = scale * net[2].weight[0] * (seen.T @ rho)
    net[2].weight[0] -= 0.1 * output
    net[0].weight[:, 0] -= 0.1 * slope
    net[0].bias -= 0.1 * bias

rho = forward()[1] - y
def kernel(net):
    before = np.outer(x, net[0].weight[:, 0]) + net[0].bias
    seen, features = (before > 0).astype(float), np.maximum(before, 0)
    hidden = seen * net[2].weight[0]
    return features @ features.T + (hidden @ hidden.T) * (1 + np.outer(x, x))

with open("expected.json", "w") as file:
    json.dump({
        "loss": 0.5 * float(rho @ rho), "residual": rho.tolist(), "c": net[2].weight[0].tolist(),
        "a": net[0].weight[:, 0].tolist(), "b": (-net[0].bias).tolist(),
        "eigenvalues": np.linalg.eigvalsh(kernel(net)).tolist(),
        "change": float(np.linalg.norm(kernel(net) - kernel(start)) / np.linalg.norm(kernel(start))),
        "norm": float(np.sum(np.abs(net[2].weight[0]) * np.hypot(net[0].weight[:, 0], net[0].bias))),
        "half_square": 0.5 * float(np.sum(net[2].weight**2) + np.sum(net[0].weight**2) + np.sum(net[0].bias**2)),
    }, file)
"#;

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn assert_near(a: &[f64], b: &[f64], bound: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < bound, "{what}: {worst:e}");
}

#[test]
fn the_lines_of_python_and_the_scenario_do_what_they_say() {
    let Some(python) = python("numpy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("script.py"), format!("{STAND_IN}\n{}", block("python"))).unwrap();
    let program = Path::new(assert_cmd::cargo::cargo_bin!("reluflow")).parent().unwrap().to_path_buf();
    let paths = std::env::join_paths(
        std::iter::once(program).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let run = Command::new(python)
        .arg("script.py")
        .current_dir(folder.path())
        .env("PATH", paths.unwrap())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let expected: Value = serde_json::from_str(&fs::read_to_string(at("expected.json")).unwrap()).unwrap();
    let of = |name: &str| expected[name].as_f64().unwrap();
    // What the script printed is the network's own loss: signs, scaling and output bias are right.
    let printed = String::from_utf8(run.stdout).unwrap();
    let loss: f64 = printed.split_whitespace().next().unwrap().parse().unwrap();
    assert!((loss / of("loss") - 1.0).abs() < 1e-12, "{printed} {}", of("loss"));
    let arguments =
        ["analyse", "weights.csv", "samples.csv", "--start", "start.csv", "--output-bias", "0.25"];
    let found =
        json(reluflow(folder.path()).args(arguments).args(["--json", "--force", "--report", "net.html"]));
    assert_near(&list(&found["residual"]), &list(&expected["residual"]), 1e-12, "residual");
    assert_near(
        &list(&found["tangent_kernel_eigenvalues"]),
        &list(&expected["eigenvalues"]),
        1e-9,
        "eigenvalues",
    );
    for (name, value) in [
        ("change", &found["since_start"]["tangent_kernel_change"]),
        ("norm", &found["neuron_norm"]),
        ("half_square", &found["half_square"]),
    ] {
        assert!((value.as_f64().unwrap() / of(name) - 1.0).abs() < 1e-10, "{name}: {value} {}", of(name));
    }
    // Of balanced weights the half square is the norm; never less.
    assert!(found["neuron_norm"].as_f64() <= found["half_square"].as_f64());
    // Steps, rates and time: the same weights by descent here.
    fs::write(at("train.toml"), block("toml")).unwrap();
    let samples = fs::read_to_string(at("samples.csv")).unwrap();
    let shifted: Vec<String> = samples
        .lines()
        .skip(1)
        .map(|line| {
            let (x, y) = line.split_once(',').unwrap();
            format!("{x},{}", y.parse::<f64>().unwrap() - 0.25)
        })
        .collect();
    fs::write(at("samples.csv"), format!("x,y\n{}\n", shifted.join("\n"))).unwrap();
    reluflow(folder.path()).args(["run", "-q", "train.toml"]).assert().success();
    reluflow(folder.path())
        .args(["convert", "-q", "output/train.h5", "--to", "neurons", "-o", "trained.csv"])
        .assert()
        .success();
    let trained = fs::read_to_string(at("trained.csv")).unwrap();
    let head: Vec<&str> = trained.lines().find(|line| line.contains("c")).unwrap().split(',').collect();
    for name in ["c", "a", "b"] {
        let column = head.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{head:?}"));
        let rows = trained.lines().skip_while(|line| !line.starts_with(head[0])).skip(1);
        let values: Vec<f64> = rows.map(|row| row.split(',').nth(column).unwrap().parse().unwrap()).collect();
        assert_near(&values, &list(&expected[name]), 1e-12, name);
    }
}

/// A network by hand: `|x|` of two neurons, one dead neuron, and one whose knot is far away.
#[test]
fn a_network_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("w.csv", "c,a,b\n1,1,0\n1,-1,0\n0.5,1,7\n");
    write("s.csv", "x,y\n-1,1\n-0.5,0.5\n0.5,0.5\n1,1\n");
    let analyse = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["analyse", "w.csv", "s.csv", "--force"]).args(more);
        command
    };
    let found = json(&mut analyse(&["--json"]));
    assert_eq!((found["verdict"].as_str(), found["neurons"].as_u64()), (Some("interpolates"), Some(3)));
    let of = |name: &str| found[name].as_f64().unwrap();
    assert!(of("loss") < 1e-25 && (of("dead_mass") - 1.0 / 3.0).abs() < 1e-15);
    // |x| bends by 2 at 0; on the whole line the dead neuron by 1/2 more.
    let variation = &found["slope_variation"];
    assert!((variation["inside"].as_f64().unwrap() - 2.0).abs() < 1e-14);
    assert!((variation["whole"].as_f64().unwrap() - 2.5).abs() < 1e-14);
    let [knot] = &found["knots"].as_array().unwrap()[..] else { panic!("{}", found["knots"]) };
    assert!(
        knot["x"].as_f64().unwrap().abs() < 1e-15
            && (knot["slope_change"].as_f64().unwrap() - 2.0).abs() < 1e-14
    );
    // Int |r| mu: 1 + 1 + sqrt(50) / 2. Half the squares: (2 + 2 + 0.25 + 50) / 2.
    assert!((of("neuron_norm") - 2.0 - 12.5f64.sqrt()).abs() < 1e-14, "{}", of("neuron_norm"));
    assert!((of("half_square") - 0.5 * (2.0 + 2.0 + 0.25 + 50.0)).abs() < 1e-13);
    // The least Int |f''| of interpolants: slopes -1, 0, 1.
    let least = found["least_norms"].as_array().unwrap();
    assert!((least[0]["cost"].as_f64().unwrap() - 2.0).abs() < 1e-12);
    // Kernel of sum: at x = 1 alone with itself (x)^2 + c^2 (x^2 + 1) = 3.
    let rates = list(&found["tangent_kernel_eigenvalues"]);
    assert!((rates.iter().sum::<f64>() - 2.0 * (3.0 + 0.25 + 1.25)).abs() < 1e-13, "{rates:?}");
    assert!((found["stable_below"]["half_sum"].as_f64().unwrap() - 2.0 / rates[3]).abs() < 1e-15);
    // Its least-squares pieces hold their samples: critical.
    assert!(found["landscape"]["moments"][0]["gradient_norm"].as_f64().unwrap() < 1e-12);
    // The file is a run at its start that other commands take, and that trains on.
    let text = String::from_utf8(analyse(&[]).output().unwrap().stdout).unwrap();
    for words in ["interpolates", "knots of the function", "Int |r| mu, biases penalised", "Hessian"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    reluflow(folder.path()).args(["validate", "w_analysis.h5"]).assert().success();
    let info =
        String::from_utf8(reluflow(folder.path()).args(["info", "w_analysis.h5"]).output().unwrap().stdout)
            .unwrap();
    assert!(info.contains("A network at its start"), "{info}");
    for command in [
        &["plot", "w_analysis.h5"][..],
        &["report", "w_analysis.h5"],
        &["landscape", "w_analysis.h5"],
        &["resume", "-q", "w_analysis.h5"],
    ] {
        let output = reluflow(folder.path()).args(command).output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
    // Scalings: the mean over three neurons is a third of the sum; a constant that is added.
    let third = json(&mut analyse(&["--json", "--no-file", "--scaling", "m"]));
    assert!((third["residual"][0].as_f64().unwrap() - (1.0 / 3.0 - 1.0)).abs() < 1e-15);
    let biased = json(&mut analyse(&["--json", "--no-file", "--output-bias", "-0.5"]));
    assert!(list(&biased["residual"]).iter().all(|rho| (rho + 0.5).abs() < 1e-15));
    // The bias is kept, samples stay as they are; a column says the same; norms are those of what it leaves.
    let stored = json(&mut analyse(&["--json", "--output-bias", "-0.5", "-o", "biased.h5"]));
    let info = json(reluflow(folder.path()).args(["info", "biased.h5", "--json"]));
    assert_eq!(info["last"]["output_bias"], -0.5, "{info}");
    let run = RunFile::open(&folder.path().join("biased.h5")).unwrap();
    let description = run.description().unwrap();
    assert_eq!((description.samples.y(), description.output_bias.start), (&[1.0, 0.5, 0.5, 1.0][..], -0.5));
    write("w.csv", "c,a,b,output_bias\n1,1,0,-0.5\n1,-1,0,-0.5\n0.5,1,7,-0.5\n");
    let mut column = json(&mut analyse(&["--json", "-o", "column.h5"]));
    column["file"] = stored["file"].clone();
    assert_eq!(column, stored);
    write("w.csv", "c,a,b\n1,1,0\n1,-1,0\n0.5,1,7\n");
    write("s.csv", "x,y\n-1,1.5\n-0.5,1\n0.5,1\n1,1.5\n");
    let shifted = json(&mut analyse(&["--json", "--no-file"]));
    for key in ["residual", "loss", "least_norms", "linear_distance", "spline_distance", "landscape"] {
        assert_eq!(shifted[key], stored[key], "{key}");
    }
    for (arguments, expected) in [
        (vec!["analyse", "w.csv", "none.csv", "--no-file"], "none.csv"),
        (vec!["analyse", "s.csv", "s.csv", "--no-file"], "c"),
        (vec!["analyse", "w.csv", "s.csv"], "exists"),
        (
            vec!["analyse", "w.csv", "s.csv", "--no-file", "--start", "two.csv"],
            "holds 2 neurons, the weights 3",
        ),
    ] {
        write("two.csv", "c,a,b\n1,1,0\n1,-1,0\n");
        let output = reluflow(folder.path()).args(&arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(expected), "{arguments:?}: {said}");
    }
}
