"""Trains networks by automatic differentiation: the oracle of tests/descent_jax.rs.

usage: jax_gd.py CASES.json RESULTS.json

Each case holds samples x, y with weights n, the network f(x) = (1/alpha) sum_i c_i relu(a_i x - b_i)
(c, a, b), learning_rate, momentum, weight_decay (0 unless given), layers ("both", "output", "hidden") and steps. The gradient of
1/2 sum n (f - y)^2 is JAX's, in double precision; the step is that of torch.optim.SGD. A result holds
c, a, b, the residuals after the last step, and how often a sample changed from seen to unseen or
back. Numbers are written in hexadecimal, so that none is rounded.
"""

import json
import sys

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

TRAINED = {"both": ("c", "a", "b"), "output": ("c",), "hidden": ("a", "b")}


def residual(z, case):
    # jax.nn.relu has derivative 0 at 0.
    seen = jax.nn.relu(jnp.outer(case["x"], z["a"]) - z["b"])
    return seen @ z["c"] / case["alpha"] - case["y"]


def loss(z, case):
    rho = residual(z, case)
    return 0.5 * jnp.sum(case["n"] * rho * rho)


@jax.jit
def step(z, v, case, trained):
    gradient = jax.grad(loss)(z, case)
    if "weight_decay" in case:
        gradient = {key: gradient[key] + case["weight_decay"] * z[key] for key in z}
    v = {key: case["momentum"] * v[key] + gradient[key] for key in z}
    z = {key: z[key] - trained[key] * case["learning_rate"] * v[key] for key in z}
    return z, v


@jax.jit
def active(z, x):
    return jnp.outer(x, z["a"]) - z["b"] > 0


def train(case):
    steps, layers = case.pop("steps"), case.pop("layers")
    case = {key: jnp.array(value, dtype=jnp.float64) for key, value in case.items()}
    z = {key: case.pop(key) for key in ("c", "a", "b")}
    v = {key: jnp.zeros_like(value) for key, value in z.items()}
    trained = {key: float(key in TRAINED[layers]) for key in z}
    changes = 0
    for _ in range(steps):
        before = active(z, case["x"])
        z, v = step(z, v, case, trained)
        changes += int(jnp.sum(before != active(z, case["x"])))
    z["residual"] = residual(z, case)
    result = {key: [float(value).hex() for value in values] for key, values in z.items()}
    return {**result, "changes": changes}


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    results = [train(case) for case in cases]
    with open(sys.argv[2], "w") as file:
        json.dump(results, file)


main()
