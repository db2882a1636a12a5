//! The loss around a state: dense Hessians, trained networks, critical states (S Thm 3 to 5, Cor. 3).

use ndarray::Array2;
use ndarray_linalg::{EigValsh, UPLO};
use reluflow::flow::{Flow, Layers};
use reluflow::landscape::{Around, KnotSlice, Landscape, Neuron, SliceType, probe_types};
use reluflow::problem::{Place, PlaceKind, Regions, Samples};

use crate::cli_support::{json, reluflow};
use crate::common::Draw;
use crate::common::lifted::LiftedProblem;
use crate::oracles::python;

/// A state with free, pinned, dead, massless and zero neurons.
struct Case {
    samples: Samples,
    regions: Regions,
    neurons: Vec<Neuron>,
    kappa: f64,
    /// Of the output bias: 0 in every other case, without one.
    bias_rate: f64,
}

impl Case {
    fn drawn(seed: u64) -> Case {
        let mut draw = Draw(seed);
        let s = 1 + draw.below(6);
        let mut x = draw.list(s, -1.5, 1.5);
        // Ties: a weight of two.
        x.push(x[0]);
        let y = draw.list(s + 1, -1.0, 1.0);
        let samples = Samples::new(&x, &y).unwrap();
        let regions = Regions::new(&samples);
        let m = 1 + draw.below(12);
        let neurons = (0..m).map(|i| {
            let mass = if draw.below(8) == 0 { 0.0 } else { draw.uniform(0.02, 0.3) };
            let mut c = draw.uniform(-1.5, 1.5);
            if draw.below(7) == 0 {
                c = 0.0;
            }
            let theta = draw.uniform(0.0, 6.2);
            let length = draw.uniform(0.2, 1.5);
            let mut w = [length * theta.cos(), length * theta.sin()];
            let mut place = Place::in_region(regions.region_of(theta));
            match draw.below(6) {
                0 if regions.boundaries() > 2 => {
                    let b = 1 + draw.below(regions.boundaries() - 2);
                    w = regions.direction(b).map(|d| length * d);
                    place = Place::pinned(b);
                }
                1 if i % 3 == 0 => w = [0.0; 2],
                _ => {}
            }
            Neuron { c, w, mass, place }
        });
        let neurons = neurons.collect();
        let bias_rate = if seed.is_multiple_of(2) { 0.7 } else { 0.0 };
        Case { neurons, kappa: draw.uniform(0.5, 3.0), bias_rate, samples, regions }
    }

    /// Whether a neuron is active on a sample, as its place says.
    fn is_active(&self, i: usize, j: usize) -> bool {
        let Neuron { w, place, .. } = self.neurons[i];
        let k = match place.kind() {
            PlaceKind::Pinned => self.regions.inactive_side(place.index()),
            _ => place.index(),
        };
        w != [0.0; 2] && self.regions.active(k).contains(&j)
    }

    /// Parameters that train, by neuron: `c`, then `w`, or `l` along the line of a pinned neuron; then the output bias.
    fn parameters(&self, layers: Layers) -> Vec<f64> {
        let of = |neuron: &Neuron| {
            let mut p = if layers.output() { vec![neuron.c] } else { vec![] };
            if layers.hidden() {
                match neuron.place.kind() {
                    PlaceKind::Pinned => p.push(neuron.w[0].hypot(neuron.w[1])),
                    _ => p.extend(neuron.w),
                }
            }
            p
        };
        self.neurons.iter().flat_map(of).chain(self.biases(0.0)).collect()
    }

    /// A value of the output bias, if there is one.
    fn biases(&self, value: f64) -> Option<f64> {
        (self.bias_rate > 0.0).then_some(value)
    }

    /// Residuals at such parameters, activation patterns held.
    fn residuals(&self, layers: Layers, parameters: &[f64]) -> Vec<f64> {
        let mut p = parameters.iter().copied();
        let mut next = || p.next().unwrap();
        let mut f = vec![0.0; self.samples.len()];
        for (i, neuron) in self.neurons.iter().enumerate() {
            let c = if layers.output() { next() } else { neuron.c };
            let w = match (layers.hidden(), neuron.place.kind()) {
                (false, _) => neuron.w,
                (true, PlaceKind::Pinned) => {
                    let (d, l) = (self.regions.direction(neuron.place.index()), next());
                    d.map(|d| l * d)
                }
                (true, _) => [next(), next()],
            };
            for j in (0..f.len()).filter(|&j| self.is_active(i, j)) {
                f[j] += self.kappa * neuron.mass * c * (w[0] * self.samples.x()[j] + w[1]);
            }
        }
        let bias = if self.bias_rate > 0.0 { next() } else { 0.0 };
        f.iter().zip(self.samples.y()).map(|(f, y)| f + bias - y).collect()
    }

    fn rho(&self) -> Vec<f64> {
        self.residuals(Layers::Both, &self.parameters(Layers::Both))
    }

    /// Mass of the neuron of each parameter; of the output bias what makes its velocity `-rate dL/db`.
    fn masses(&self, layers: Layers) -> Vec<f64> {
        let size = |neuron: &Neuron| {
            let hidden = if neuron.place.kind() == PlaceKind::Pinned { 1 } else { 2 };
            usize::from(layers.output()) + if layers.hidden() { hidden } else { 0 }
        };
        let of_neurons =
            self.neurons.iter().flat_map(|neuron| std::iter::repeat_n(neuron.mass, size(neuron)));
        of_neurons.chain(self.biases(1.0 / self.bias_rate)).collect()
    }

    /// The Hessian of the loss over `mass^(-1/2)` on both sides, by differences. With activation patterns held the loss is a
    /// polynomial of fourth degree, for which the five-point formula is exact for any step: no extended precision is
    /// needed, and steps are large.
    fn dense(&self, layers: Layers) -> Array2<f64> {
        let (at, mass) = (self.parameters(layers), self.masses(layers));
        let loss = |p: &[f64]| -> f64 {
            let rho = self.residuals(layers, p);
            rho.iter().zip(self.samples.weight()).map(|(rho, n)| 0.5 * n * rho * rho).sum()
        };
        let second = |direction: &[f64]| -> f64 {
            let moved = |t: f64| loss(&at.iter().zip(direction).map(|(p, d)| p + t * d).collect::<Vec<_>>());
            (16.0 * (moved(1.0) + moved(-1.0)) - moved(2.0) - moved(-2.0) - 30.0 * moved(0.0)) / 12.0
        };
        let unit = |i: usize| if mass[i] > 0.0 { mass[i].sqrt().recip() } else { 0.0 };
        let n = at.len();
        let mut hessian = Array2::zeros((n, n));
        for i in 0..n {
            for j in 0..=i {
                let mut direction = vec![0.0; n];
                direction[i] += unit(i);
                direction[j] += unit(j);
                let plus = second(&direction);
                let value = if i == j {
                    0.25 * plus
                } else {
                    direction[j] = -unit(j);
                    0.25 * (plus - second(&direction))
                };
                (hessian[[i, j]], hessian[[j, i]]) = (value, value);
            }
        }
        self.add_massless(layers, &mass, &mut hessian);
        hessian
    }

    /// A neuron without mass moves nothing, but the field moves it: its block is the derivative of its velocity.
    fn add_massless(&self, layers: Layers, mass: &[f64], hessian: &mut Array2<f64>) {
        if layers != Layers::Both {
            return;
        }
        let rho = self.rho();
        let mut at = 0;
        for (i, neuron) in self.neurons.iter().enumerate() {
            let pinned = neuron.place.kind() == PlaceKind::Pinned;
            if mass[at] == 0.0 {
                let mut g = [0.0; 2];
                for j in (0..rho.len()).filter(|&j| self.is_active(i, j)) {
                    let term = self.kappa * self.samples.weight()[j] * rho[j];
                    g = [g[0] + term * self.samples.x()[j], g[1] + term];
                }
                let along: Vec<f64> = if pinned {
                    let d = self.regions.direction(neuron.place.index());
                    vec![g[0] * d[0] + g[1] * d[1]]
                } else {
                    g.to_vec()
                };
                for (k, value) in along.into_iter().enumerate() {
                    (hessian[[at, at + 1 + k]], hessian[[at + 1 + k, at]]) = (value, value);
                }
            }
            at += if pinned { 2 } else { 3 };
        }
    }

    fn landscape(&self, layers: Layers, rho: &[f64]) -> Landscape {
        let around = Around {
            samples: &self.samples,
            regions: &self.regions,
            rho,
            kappa: self.kappa,
            layers,
            output_bias_rate: self.bias_rate,
            uncertainty: 0.0,
            directions: true,
        };
        Landscape::new(&around, self.neurons.len(), |i| self.neurons[i]).unwrap()
    }
}

/// All eigenvalues of 50 states against dense Hessians, for all choices of what trains.
#[test]
fn spectra_are_those_of_dense_hessians() {
    let mut kinds = [0; 4];
    for seed in 1..=50 {
        let case = Case::drawn(seed);
        let rho = case.rho();
        for neuron in &case.neurons {
            kinds[0] += usize::from(neuron.place.kind() == PlaceKind::Pinned);
            kinds[1] += usize::from(neuron.place.kind() == PlaceKind::Dead);
            kinds[2] += usize::from(neuron.mass == 0.0);
            kinds[3] += usize::from(neuron.c == 0.0 || neuron.w == [0.0; 2]);
        }
        for layers in [Layers::Both, Layers::Output, Layers::Hidden] {
            let dense = case.dense(layers);
            let mut expected = dense.eigvalsh(UPLO::Lower).unwrap().to_vec();
            // Three for every neuron, of pinned ones two: they do not leave their line.
            let all = case.landscape(layers, &rho).hessian.spectrum.all();
            assert_eq!(all.len(), expected.len());
            expected.sort_by(f64::total_cmp);
            let size = expected.iter().fold(1e-3, |size: f64, value| size.max(value.abs()));
            for (found, expected) in all.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() < 1e-9 * size,
                    "seed {seed}, {layers:?}:\n{all:?}\n{expected:?}"
                );
            }
        }
    }
    assert!(kinds.iter().all(|count| *count >= 10), "{kinds:?}");
}

/// Of the others at most `5 (2 s - 1) + 2 * 2 s`, and one of an output bias, whatever the width; the directions are those of the eigenvectors:
/// their squares weighted with `n` and the bulk's field add up to the eigenvalue.
#[test]
fn the_reduced_matrix_is_small_and_moves_the_samples() {
    for seed in 1..=50 {
        let case = Case::drawn(seed);
        let found = case.landscape(Layers::Both, &case.rho());
        let s = case.samples.len();
        let bias = usize::from(case.bias_rate > 0.0);
        assert!(found.hessian.spectrum.others.len() <= 5 * (2 * s - 1) + 4 * s + bias);
        // tr(U N U^T) = Sum of eigenvalues - Sum of those of B, which cancel in pairs.
        let all: f64 = found.hessian.spectrum.all().iter().sum();
        let directions = &found.hessian.spectrum.directions;
        let moved: f64 = directions.iter().map(|d| weighted(&case.samples, d)).sum();
        assert!((all - moved).abs() < 1e-10 * (1.0 + all.abs()), "{seed}: {all} {moved}");
        let [negative, zero, positive] = found.hessian.signs;
        assert_eq!(negative + zero + positive, found.hessian.spectrum.len());
        assert!(
            found.hessian.zeros.by_cause.iter().sum::<usize>() <= zero,
            "{seed}: {:?} {zero}",
            found.hessian.zeros
        );
    }
}

fn weighted(samples: &Samples, values: &[f64]) -> f64 {
    values.iter().zip(samples.weight()).map(|(v, n)| n * v * v).sum()
}

/// A lonely network with neurons active on all samples, trained to rest.
fn trained(width: usize, seed: u64) -> (Samples, Case) {
    let samples = Samples::new(&[-1.0, -0.3, 0.4, 1.0], &[0.4, -0.2, 0.3, -0.1]).unwrap();
    let mut draw = Draw(seed);
    let m = width;
    let [c, a, b] = [0, 1, 2].map(|_| draw.list(m, -1.0, 1.0));
    // In this scaling neurons move little, and the partition of the start stays.
    let (mass, kappa) = (vec![1.0 / m as f64; m], (m as f64).sqrt());
    let (x, y) = (samples.x().to_vec(), samples.y().to_vec());
    let run = LiftedProblem { x, y, c, a, b, mass, flow: Flow::Lifted { kappa, decay: 0.0 } }
        .run(1e-11, 3000.0 / m as f64);
    let regions = Regions::new(&samples);
    let neurons = (0..m).map(|i| {
        let ([c, x, y], place) = (run.state.neuron(i), run.state.place()[run.state.position_of(i)]);
        Neuron { c, w: [x, y], mass: 1.0 / m as f64, place }
    });
    let case = Case { neurons: neurons.collect(), kappa, bias_rate: 0.0, samples: samples.clone(), regions };
    (samples, case)
}

/// S Cor. 3: at zero loss on a lonely partition exactly `s` eigenvalues are not zero, and they are those of `K_t N`. The
/// others are zero by cause: dead, scaling, functional.
#[test]
fn trained_lonely_networks_have_s_eigenvalues() {
    let mut lonely = 0;
    for (width, seed) in [60, 200, 500].into_iter().flat_map(|width| (1..=6).map(move |seed| (width, seed))) {
        let (samples, case) = trained(width, seed);
        let rho = case.rho();
        let worst = rho.iter().fold(0.0, |worst: f64, rho| worst.max(rho.abs()));
        assert!(worst < 1e-10, "{worst}");
        let mut found = case.landscape(Layers::Both, &rho);
        // Neurons may have left a gap for its samples.
        if !(found.pieces.is_lonely() && found.pieces.has_active_on_all) {
            continue;
        }
        lonely += 1;
        assert!(found.critical.worst() < 1e-10 && found.critical.gradient_norm < 1e-8);
        let around = Around {
            samples: &case.samples,
            regions: &case.regions,
            rho: &rho,
            kappa: case.kappa,
            layers: Layers::Both,
            output_bias_rate: 0.0,
            uncertainty: 1e-10,
            directions: false,
        };
        found = Landscape::new(&around, width, |i| case.neurons[i]).unwrap();
        let s = samples.len();
        assert_eq!(found.hessian.signs[2], s, "{:?}", found.hessian.spectrum.others);
        assert_eq!(found.hessian.signs[0], 0);
        // K_t by its definition, over all neurons and parameters.
        let kernel = Array2::from_shape_fn((s, s), |(i, j)| {
            let mut sum = 0.0;
            for (k, neuron) in case.neurons.iter().enumerate() {
                if case.is_active(k, i) && case.is_active(k, j) {
                    let [p, q] = [i, j].map(|j| neuron.w[0] * samples.x()[j] + neuron.w[1]);
                    let mut dot = 1.0 + samples.x()[i] * samples.x()[j];
                    if neuron.place.kind() == PlaceKind::Pinned {
                        let d = case.regions.direction(neuron.place.index());
                        let [p, q] = [i, j].map(|j| d[0] * samples.x()[j] + d[1]);
                        dot = p * q;
                    }
                    sum += case.kappa.powi(2) * neuron.mass * (p * q + neuron.c * neuron.c * dot);
                }
            }
            sum
        });
        let expected = kernel.eigvalsh(UPLO::Lower).unwrap();
        let all = found.hessian.spectrum.all();
        for (found, expected) in all[all.len() - s..].iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-9 * expected, "{found} {expected}");
        }
        let zeros = found.hessian.zeros.by_cause;
        assert_eq!(zeros.iter().sum::<usize>(), found.hessian.signs[1]);
        assert!(zeros[1] > 0 && zeros[3] == 0 && zeros[4] > 0, "{zeros:?}");
    }
    assert!(lonely >= 6, "{lonely}");
}

/// S Thm 4 both ways: with residuals orthogonal to lines in every piece the gradient vanishes; with any others it does not.
#[test]
fn states_are_critical_where_pieces_are_least_squares() {
    let mut seen = 0;
    for seed in 100..160 {
        let mut case = Case::drawn(seed);
        // Some neuron is active on all samples, and all have mass and c.
        let all = case.regions.samples();
        let theta = 0.5 * (case.regions.angle(all - 1) + case.regions.angle(all));
        for neuron in &mut case.neurons {
            neuron.mass = 0.1;
            neuron.c = if neuron.c == 0.0 { 0.3 } else { neuron.c };
            if neuron.w == [0.0; 2] {
                (neuron.w, neuron.place) = ([theta.cos(), theta.sin()], Place::in_region(all));
            }
        }
        case.neurons.push(Neuron {
            c: 0.7,
            w: [theta.cos(), theta.sin()],
            mass: 0.1,
            place: Place::in_region(all),
        });
        let mut draw = Draw(seed);
        let s = case.samples.len();
        let rho = draw.list(s, -1.0, 1.0);
        let found = case.landscape(Layers::Both, &rho);
        let deviation = found.critical.deviation.clone();
        assert!(found.critical.worst() > 1e-3 && found.critical.gradient_norm > 1e-4, "{seed}");
        // What the fit leaves: critical, whatever is left.
        let rest: Vec<f64> = rho.iter().zip(&deviation).map(|(rho, fit)| rho - fit).collect();
        let critical = case.landscape(Layers::Both, &rest);
        assert!(critical.critical.worst() < 1e-12, "{seed}: {}", critical.critical.worst());
        assert!(critical.critical.gradient_norm < 1e-11, "{seed}: {}", critical.critical.gradient_norm);
        seen += usize::from(rest.iter().any(|rho| rho.abs() > 1e-3));
        // At a critical state the Hessian has no negative eigenvalue (S Thm 5).
        assert!(critical.hessian.spectrum.range()[0] > -1e-11, "{seed}");
    }
    assert!(seen > 10, "{seen} with a loss");
}

/// The gradient norm by differences of the loss.
#[test]
fn gradient_norms_are_those_of_the_loss() {
    for seed in 1..=20 {
        let case = Case::drawn(seed);
        for layers in [Layers::Both, Layers::Output, Layers::Hidden] {
            let (at, mass) = (case.parameters(layers), case.masses(layers));
            let loss = |p: &[f64]| weighted(&case.samples, &case.residuals(layers, p)) * 0.5;
            let mut square = 0.0;
            for i in (0..at.len()).filter(|&i| mass[i] > 0.0) {
                let moved = |t: f64| {
                    let mut p = at.clone();
                    p[i] += t;
                    loss(&p)
                };
                // Exact for quartics.
                let slope = (8.0 * (moved(1.0) - moved(-1.0)) - (moved(2.0) - moved(-2.0))) / 12.0;
                square += slope * slope / mass[i];
            }
            let found = case.landscape(layers, &case.rho()).critical.gradient_norm;
            assert!(
                (found - square.sqrt()).abs() < 1e-9 * (1.0 + found),
                "{seed} {layers:?}: {found} {}",
                square.sqrt()
            );
        }
    }
}

/// Slices against the loss of the network with its knot moved.
#[test]
fn slices_are_the_loss() {
    let samples = Samples::new(&[-1.0, -0.2, 0.3, 0.3, 1.1], &[0.3, -0.5, 0.2, 0.6, 0.9]).unwrap();
    let (x, n, y) = (samples.x(), samples.weight(), samples.y());
    let mut draw = Draw(5);
    for _ in 0..50 {
        let [knot, mu] = [draw.uniform(-1.3, 1.3), draw.uniform(-2.0, 2.0)];
        let right = draw.below(2) == 0;
        let rest = draw.list(x.len(), -1.0, 1.0);
        let neuron = |x: f64, beta: f64| if (x > beta) == right { mu * (x - beta) } else { 0.0 };
        let rho: Vec<f64> = (0..x.len()).map(|j| rest[j] + neuron(x[j], knot) - y[j]).collect();
        let loss = |beta: f64| -> f64 {
            (0..x.len()).map(|j| 0.5 * n[j] * (rest[j] + neuron(x[j], beta) - y[j]).powi(2)).sum()
        };
        let slice = KnotSlice::new(&samples, &rho, knot, mu, right);
        for beta in draw.list(20, -2.0, 2.0) {
            assert!((slice.loss(beta) - loss(beta)).abs() < 1e-12);
        }
        let types = slice.types();
        for j in 0..x.len() {
            let h = 1e-7;
            let [before, after] = [(loss(x[j]) - loss(x[j] - h)) / h, (loss(x[j] + h) - loss(x[j])) / h];
            let [m1, m2] = [slice.minimum(j), slice.minimum(j + 1)];
            let (Some(m1), Some(m2)) = (m1, m2) else {
                assert_eq!(types[j], SliceType::DeadEdge);
                continue;
            };
            // S Fig. 3.
            let expected = match (m1 < x[j], m2 < x[j]) {
                (true, false) => SliceType::Repulsor,
                (false, true) => SliceType::Attractor,
                _ => SliceType::Passthrough,
            };
            assert_eq!(types[j], expected);
            assert_eq!(SliceType::of_slopes(before, after), expected, "{before} {after}");
        }
    }
}

/// A small neuron that is turned across a boundary, by the change of the loss itself.
#[test]
fn probes_turn_down_the_loss() {
    let (mut same, mut all) = (0, 0);
    for seed in 1..=40 {
        let case = Case::drawn(seed);
        let mut draw = Draw(seed);
        let (s, x, n) = (case.samples.len(), case.samples.x(), case.samples.weight());
        let rho = draw.list(s, -1.0, 1.0);
        let [turning, knots] = [true, false].map(|turning| probe_types(&case.samples, &rho, turning));
        for b in 1..2 * s - 1 {
            let (d, normal) = (case.regions.direction(b), case.regions.normal(b));
            for (column, sign) in [1.0, -1.0].into_iter().enumerate() {
                let small = 1e-7;
                let change = |tau: f64| -> f64 {
                    let w = [d[0] + tau * normal[0], d[1] + tau * normal[1]];
                    let f = |j: usize| small * sign * (w[0] * x[j] + w[1]).max(0.0);
                    (0..s).map(|j| n[j] * rho[j] * f(j)).sum::<f64>() / small
                };
                let h = 1e-6;
                let [before, after] = [change(0.0) - change(-h), change(h) - change(0.0)];
                assert_eq!(turning[b][column], SliceType::of_slopes(before, after), "{seed} {b}");
                all += 1;
                same += usize::from(turning[b][column] == knots[b][column]);
            }
        }
    }
    // S Thm 3 keeps the delta-slope, section 6 the amplitude: not the same away from rest.
    assert!(same < all && same > all / 2, "{same} of {all}");
}

/// The five largest eigenvalues of 2000 neurons by the Lanczos process with Hessian-vector products of automatic differentiation.
#[test]
fn the_largest_are_those_of_automatic_differentiation() {
    let Some(python) = python("jax, scipy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(python)
        .arg(format!("{}/tests/oracles/hessian_lanczos.py", env!("CARGO_MANIFEST_DIR")))
        .arg(folder.path())
        .args(["2000", "20", "5"])
        .env("JAX_PLATFORMS", "cpu")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let arguments = ["analyse", "weights.csv", "samples.csv", "--json", "--no-file"];
    let found = json(reluflow(folder.path()).args(arguments));
    let list = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let mut others = list(&found["landscape"]["moments"][0]["hessian"]["others"]);
    others.sort_by(f64::total_cmp);
    for (found, expected) in others[others.len() - 5..].iter().zip(list(&expected["eigenvalues"])) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }
}

/// The whole spectrum of a million neurons and a hundred samples: `cargo test --release --test main
/// landscape::a_million -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement of time"]
fn a_million_neurons_take_a_second_or_two() {
    let mut draw = Draw(1);
    let (s, m) = (100, 1_000_000);
    let (x, y) = (draw.list(s, -1.0, 1.0), draw.list(s, -1.0, 1.0));
    let samples = Samples::new(&x, &y).unwrap();
    let regions = Regions::new(&samples);
    let [c, a, b] = [(); 3].map(|()| draw.list(m, -1.0, 1.0));
    let place: Vec<Place> =
        (0..m).map(|i| Place::in_region(regions.region_of((-b[i]).atan2(a[i])))).collect();
    let rho = draw.list(s, -1.0, 1.0);
    let neuron = |i: usize| Neuron { c: c[i], w: [a[i], -b[i]], mass: 1.0 / m as f64, place: place[i] };
    for directions in [false, true] {
        let around = Around {
            samples: &samples,
            regions: &regions,
            rho: &rho,
            kappa: 1.0,
            layers: Layers::Both,
            output_bias_rate: 0.0,
            uncertainty: 0.0,
            directions,
        };
        let started = std::time::Instant::now();
        let found = Landscape::new(&around, m, neuron).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(found.hessian.spectrum.len(), 3 * m);
        println!(
            "{m} neurons, {s} samples, directions {directions}: {} others, {:.2} s",
            found.hessian.spectrum.others.len(),
            seconds
        );
        assert!(seconds < 2.0, "{seconds}");
    }
}
