//! Bad flows, and what does not go with them: each with the message it must give.

use reluflow::flow::Flow;

use crate::scenario_bad::{compare, complete, message};

/// Tables that scenarios of the corpus name.
const FILES: [(&str, &str); 7] = [
    ("hinges.csv", "knot,orientation,delta_slope\n0.0,1,2.0\n1.0,0.5,2.0\n"),
    ("good.csv", "x,y\n0.0,1.0\n1.0,2.0\n"),
    ("circle.csv", "r,theta\n1.0,0.0\n1.0,1.0\n"),
    ("neurons.csv", "c,a,b\n1.0,0.0,1.0\n"),
    ("halves.csv", "c,a,mass\n1.0,0.0,1.0\n"),
    ("heavy_neurons.csv", "c,a,b,mass\n1.0,0.0,1.0,2.0\n"),
    ("giants.csv", "c,a,b\n1.0,0.0,1.0\n1.0,1e30,1.0\n"),
];

#[test]
fn bad_flows_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compare(CASES.iter().map(|(name, text, expected)| {
        (*name, message(folder.path(), "bad.toml", complete(text).as_bytes()), *expected)
    }));
}

#[test]
fn of_unknown_flows_all_known_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let names = Flow::ALL.map(|flow| flow.name()).join(", ");
    assert!(names.starts_with("canonical, lifted, kernel, adaptive"));
    assert_eq!(
        message(folder.path(), "bad.toml", complete("[flow]\nkind = \"liftd\"\n").as_bytes()),
        format!(
            "bad.toml:2:8: flow.kind = \"liftd\" is unknown\n  did you mean \"lifted\"? give one of {names}"
        )
    );
}

/// Name, scenario, message.
const CASES: [(&str, &str, &str); 50] = [
    (
        "law of the wrong parameters",
        "[flow]\nkind = \"lifted\"\n[measure]\nparticles = 10\n",
        "bad.toml:3:2: [measure] draws (r, theta) by law = \"normal-uniform\", which says nothing about c and |w|\n  add delta = 0 (c^2 - |w|^2 of every neuron), or choose a law of (a, b, c), for example law = \"pytorch\"",
    ),
    (
        "scale of both layers at once",
        "[flow]\nkind = \"lifted\"\n[measure]\nparticles = 10\nlaw = \"pytorch\"\nscale = 2.0\n",
        "bad.toml:6:1: measure.scale is not used by measure.law = \"pytorch\" with flow.kind = \"lifted\"\n  remove it; measure.law = \"pytorch\" with flow.kind = \"lifted\" takes particles, law, delta, hidden_scale, output_scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "scale of a layer of canonical particles",
        "[measure]\nparticles = 10\nlaw = \"pytorch\"\nhidden_scale = 2.0\n",
        "bad.toml:4:1: measure.hidden_scale is not used by measure.law = \"pytorch\"\n  remove it; measure.law = \"pytorch\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "layers of a lift",
        "[flow]\nkind = \"kernel\"\n[measure]\nparticles = 10\ndelta = 1.0\nhidden_scale = 2.0\n",
        "bad.toml:6:1: measure.hidden_scale is not used by measure.law = \"normal-uniform\" with flow.kind = \"kernel\"\n  remove it; measure.law = \"normal-uniform\" with flow.kind = \"kernel\" takes particles, law, delta, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "delta of canonical particles",
        "[measure]\nparticles = 10\ndelta = 1.0\n",
        "bad.toml:3:1: measure.delta is not used by measure.law = \"normal-uniform\"\n  remove it; measure.law = \"normal-uniform\" takes particles, law, scale, antisymmetric, seed, sampling, output_bias",
    ),
    (
        "absurd delta",
        "[flow]\nkind = \"lifted\"\n[measure]\nparticles = 10\ndelta = -1e13\n",
        "bad.toml:5:9: measure.delta = -1e13 is out of range\n  give c^2 - |w|^2 from -1e12 to 1e12; the limits are flow.kind = \"kernel\" and \"adaptive\"",
    ),
    (
        "delta and balance",
        "[flow]\nkind = \"lifted\"\nbalance = 2.0\n[measure]\nparticles = 10\ndelta = 1.0\n",
        "bad.toml:6:9: measure.delta = 1.0 is given and flow.balance = 2, too\n  remove one: each says how c |w| is shared by the layers",
    ),
    (
        "delta of neurons from a file",
        "[flow]\nkind = \"lifted\"\n[measure]\nfile = \"neurons.csv\"\ndelta = 1.0\n",
        "bad.toml:5:9: measure.delta = 1.0 lifts columns r, theta, but neurons.csv holds neurons (c, a, b)\n  remove it: they have their own c^2 - |w|^2",
    ),
    (
        "canonical particles for neurons",
        "[flow]\nkind = \"adaptive\"\n[measure]\nfile = \"circle.csv\"\n",
        "bad.toml:4:8: circle.csv holds canonical particles (r, theta), but flow.kind = \"adaptive\" moves neurons (c, a, b)\n  add delta = 0 (c^2 - |w|^2 of every neuron), or give columns c, a, b",
    ),
    (
        "neither particles nor neurons",
        "[flow]\nkind = \"lifted\"\n[measure]\nfile = \"good.csv\"\n",
        "good.csv:1: there is no column `c`\n  the columns are x, y",
    ),
    (
        "a neuron without b",
        "[flow]\nkind = \"lifted\"\n[measure]\nfile = \"halves.csv\"\n",
        "halves.csv:1: there is no column `b`\n  the columns are c, a, mass",
    ),
    (
        "heavy neurons",
        "[flow]\nkind = \"lifted\"\n[measure]\nfile = \"heavy_neurons.csv\"\n",
        "heavy_neurons.csv: the masses sum to 2, not to 1\n  divide them by their sum, or leave the column out for equal masses",
    ),
    (
        "giant neurons",
        "[flow]\nkind = \"lifted\"\n[measure]\nfile = \"giants.csv\"\n",
        "giants.csv:3: a[1] = 1e30 is larger than 1e25, beyond what the moments can hold\n  give smaller weights",
    ),
    (
        "sideways hinges",
        "[measure]\nfile = \"hinges.csv\"\n",
        "hinges.csv:3: orientation[1] = 0.5 is no orientation\n  give 1 (active to the right of its knot) or -1 (to the left)",
    ),
    (
        "absurd layer",
        "[flow]\nkind = \"lifted\"\n[measure]\nparticles = 10\nlaw = \"pytorch\"\noutput_scale = 1e30\n",
        "bad.toml:3:2: the law drew a measure in which c[0] = 2.4066210420520314e29 is larger than 1e25, beyond what the moments can hold\n  lower measure.hidden_scale or measure.output_scale",
    ),
    (
        "tv of a lifted flow",
        "[flow]\nkind = \"lifted\"\ntv = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:1: flow.tv is not used by flow.kind = \"lifted\"\n  remove it; flow.kind = \"lifted\" takes kind, scaling, balance, weight_decay, output_bias_rate",
    ),
    (
        "balance of canonical particles",
        "[flow]\nbalance = 2.0\n",
        "bad.toml:2:1: flow.balance is not used by flow.kind = \"canonical\"\n  remove it; flow.kind = \"canonical\" takes kind, scaling, tv, output_bias_rate",
    ),
    (
        "balance of zero",
        "[flow]\nkind = \"lifted\"\nbalance = 0.0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.balance = 0.0 is out of range\n  give a factor from 1e-10 to 1e10: a and b are multiplied by it, c is divided by it",
    ),
    (
        "negative balance",
        "[flow]\nkind = \"lifted\"\nbalance = -1.0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.balance = -1.0 is out of range\n  give a factor from 1e-10 to 1e10: a and b are multiplied by it, c is divided by it",
    ),
    (
        "balance that overflows",
        "[flow]\nkind = \"lifted\"\nbalance = 1e10\n[measure]\nparticles = 10\nlaw = \"pytorch\"\nhidden_scale = 1e20\n",
        "bad.toml:3:11: flow.balance = 1e10 makes a[0] = 2.109637077598425e29 is larger than 1e25, beyond what the moments can hold\n  give a factor nearer to 1",
    ),
    (
        "unknown scaling",
        "[flow]\nkind = \"lifted\"\nscaling = \"sqrt\"\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.scaling = \"sqrt\" is unknown\n  give one of m, sqrt(m), 1",
    ),
    (
        "scaling of zero",
        "[flow]\nkind = \"lifted\"\nscaling = 0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.scaling = 0 is not positive\n  give alpha above 0, or \"m\", \"sqrt(m)\", \"1\"",
    ),
    (
        "absurd scaling",
        "[flow]\nkind = \"lifted\"\nscaling = 1e30\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.scaling = 1e30 makes kappa = m / alpha = 1e-29 for m = 10\n  give an alpha for which kappa is from 1e-20 to 1e20",
    ),
    (
        "scaling as a list",
        "[flow]\nkind = \"lifted\"\nscaling = [1]\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:11: flow.scaling = [1] is a list\n  give a number, for example 1.0",
    ),
    (
        "scaling of canonical laws",
        "[flow]\nscaling = \"sqrt(m)\"\n",
        "bad.toml:2:11: flow.scaling = \"sqrt(m)\" is not used by canonical particles\n  remove it: r = kappa c |w| holds the factor; it is for files with columns c, a, b and for flow.kind = \"lifted\"",
    ),
    (
        "scaling of canonical files",
        "[flow]\nscaling = \"sqrt(m)\"\n[measure]\nfile = \"circle.csv\"\n",
        "bad.toml:2:11: flow.scaling = \"sqrt(m)\" is not used by canonical particles\n  remove it: r = kappa c |w| holds the factor; it is for files with columns c, a, b and for flow.kind = \"lifted\"",
    ),
    (
        "odd pairs of neurons",
        "[flow]\nkind = \"lifted\"\n[measure]\nparticles = 11\nlaw = \"he\"\nantisymmetric = true\n",
        "bad.toml:4:13: measure.particles = 11 is odd, but antisymmetric particles come in pairs\n  give an even number, for example 12",
    ),
    (
        "gd without a learning rate",
        "[flow]\nkind = \"gd\"\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:1:2: [flow] has no `learning_rate`\n  give the step of gradient descent, for example learning_rate = 0.01",
    ),
    (
        "learning rate of zero",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:3:17: flow.learning_rate = 0 is out of range\n  give a number from 1e-20 to 1e12, for example 0.01",
    ),
    (
        "learning rate of the flow",
        "[flow]\nkind = \"lifted\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n",
        "bad.toml:3:1: flow.learning_rate is not used by flow.kind = \"lifted\"\n  remove it; flow.kind = \"lifted\" takes kind, scaling, balance, weight_decay, output_bias_rate",
    ),
    (
        "absurd learning rate",
        "[flow]\nkind = \"gd\"\nlearning_rate = 1e300\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:3:17: flow.learning_rate = 1e300 is out of range\n  give a number from 1e-20 to 1e12, for example 0.01",
    ),
    (
        "steps beyond all time",
        "[flow]\nkind = \"gd\"\nlearning_rate = 1e12\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:8:9: time.steps = 100 ends at steps learning_rate / m = 1e13\n  give fewer, or a smaller flow.learning_rate: runs end by 1e12",
    ),
    (
        "momentum of one",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\nmomentum = 1.0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:4:12: flow.momentum = 1.0 is out of range\n  give 0 (plain descent) or more, below 1",
    ),
    (
        "batch of none",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\nbatch = 0\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:4:9: flow.batch = 0 is too small\n  give a whole number from 1 to 4294967295 (samples per step)",
    ),
    (
        "batch of too many",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\nbatch = 3\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:4:9: flow.batch = 3 is more than the 2 samples (ties merged)\n  give at most 2, or leave it out for the full batch",
    ),
    (
        "seed without a batch",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\nseed = 3\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:4:1: flow.seed is not used by flow.kind = \"gd\" without flow.batch, label_noise or temperature\n  remove it; flow.kind = \"gd\" without flow.batch, label_noise or temperature takes kind, scaling, balance, learning_rate, optimizer, momentum, weight_decay, batch, label_noise, temperature, layers, output_bias_rate",
    ),
    (
        "unknown layers",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\nlayers = \"hiden\"\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n",
        "bad.toml:4:10: flow.layers = \"hiden\" is unknown\n  did you mean \"hidden\"? give one of both, output, hidden",
    ),
    (
        "steps of a flow",
        "[time]\nsteps = 100\n",
        "bad.toml:2:9: time.steps = 100 counts steps, whose size this flow chooses itself\n  give end = ..., or flow.kind = \"gd\"",
    ),
    (
        "gd without an end",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\n",
        "bad.toml:7:2: [time] has none of end, steps\n  give exactly one, for example steps = 1000",
    ),
    (
        "gd with two ends",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nend = 1.0\nsteps = 100\n",
        "bad.toml:9:1: [time] has both `end` and `steps`\n  give exactly one of end, steps",
    ),
    (
        "fewer than no steps",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = -1\n",
        "bad.toml:8:9: time.steps = -1 is too small\n  give a whole number from 0 to 1000000000",
    ),
    (
        "half a step",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 0.5\n",
        "bad.toml:8:9: time.steps = 0.5 is not whole\n  give a whole number",
    ),
    (
        "tolerance of gd",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\ntolerance = 1e-8\n",
        "bad.toml:9:1: time.tolerance is not used by flow.kind = \"gd\"\n  remove it; flow.kind = \"gd\" takes steps, until, until_loss, until_speed",
    ),
    (
        "too many steps",
        "[flow]\nkind = \"gd\"\nlearning_rate = 1e-9\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nend = 5.0\n",
        "bad.toml:8:7: time.end = 5.0 takes 50000000000 steps of learning_rate / m = 1e-10\n  give at most 1e-1, or raise flow.learning_rate",
    ),
    (
        "snapshots by steps of a flow",
        "[output]\nsnapshots = { every_steps = 10 }\n",
        "bad.toml:2:29: output.snapshots.every_steps = 10 counts steps, whose size this flow chooses itself\n  give one of count, every, times, log, or flow.kind = \"gd\"",
    ),
    (
        "list of steps of a flow",
        "[output]\nsnapshots = { steps = [10] }\n",
        "bad.toml:2:23: output.snapshots.steps = [10] counts steps, whose size this flow chooses itself\n  give one of count, every, times, log, or flow.kind = \"gd\"",
    ),
    (
        "every step of very many",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 1e6\n[output]\nsnapshots = { every_steps = 2 }\n",
        "bad.toml:10:29: output.snapshots.every_steps = 2 makes 500000 snapshots\n  at most 100000 are stored: give 11 or more",
    ),
    (
        "step after the last",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n[output]\nsnapshots = { steps = [10, 101] }\n",
        "bad.toml:10:28: output.snapshots.steps[1] = 101 is outside the run\n  give steps from 0 to 100; both ends are always stored",
    ),
    (
        "half a step among snapshots",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n[output]\nsnapshots = { steps = [10.5] }\n",
        "bad.toml:10:24: output.snapshots.steps[0] = 10.5 is not whole\n  give a whole number",
    ),
    (
        "snapshot after the last step",
        "[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n[time]\nsteps = 100\n[output]\nsnapshots = { times = [0.5, 7.0] }\n",
        "bad.toml:10:29: output.snapshots.times[1] = 7.0 is outside the run\n  give times from 0 to time.end = 1; both ends are always stored",
    ),
];
