"""Trains networks by automatic differentiation: the oracle of tests/descent_jax.rs.

usage: jax_gd.py CASES.json RESULTS.json

Each case holds samples x, y with weights n, the network f(x) = (1/alpha) sum_i c_i relu(a_i x - b_i)
(c, a, b), learning_rate, momentum, weight_decay (0 unless given), layers ("both", "output", "hidden") and steps;
optimizer ("sgd" unless given, "nesterov", "adam", "adamw"), of the last two beta1, beta2, epsilon. With gamma and
beta, a_i x - b_i goes through a batch normalisation of the full batch (without its epsilon) first; with output_bias, a
list of one number, that is added to f and trained as the weights are, but not decayed. The gradient of
1/2 sum n (f - y)^2 is JAX's, in double precision; the step is that of torch.optim. A result holds
c, a, b (and output_bias), the residuals after the last step, and how often a sample changed from seen to unseen or
back. Numbers are written in hexadecimal, so that none is rounded.
"""

import functools
import json
import sys

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402

TRAINED = {"both": ("c", "a", "b", "gamma", "beta"), "output": ("c",), "hidden": ("a", "b")}
BIAS = "output_bias"


def preactivation(z, case):
    value = jnp.outer(case["x"], z["a"]) - z["b"]
    if "gamma" not in z:
        return value
    share = (case["n"] / jnp.sum(case["n"]))[:, None]
    mean = jnp.sum(share * value, axis=0)
    variance = jnp.sum(share * (value - mean) ** 2, axis=0)
    return z["gamma"] * (value - mean) / jnp.sqrt(variance) + z["beta"]


def residual(z, case):
    # jax.nn.relu has derivative 0 at 0.
    f = jax.nn.relu(preactivation(z, case)) @ z["c"] / case["alpha"]
    return f + z[BIAS][0] - case["y"] if BIAS in z else f - case["y"]


def loss(z, case):
    rho = residual(z, case)
    return 0.5 * jnp.sum(case["n"] * rho * rho)


@functools.partial(jax.jit, static_argnames="optimizer")
def step(z, v, q, k, case, trained, optimizer):
    """One step of torch.optim; v: momentum buffers or means, q: means of squares, k: its number, from 1."""
    rate = case["learning_rate"]
    decay = {key: 0.0 if key == BIAS else case.get("weight_decay", 0.0) for key in z}
    gradient = jax.grad(loss)(z, case)
    if optimizer == "adamw":
        z = {key: z[key] * (1 - trained[key] * rate * decay[key]) for key in z}
    else:
        gradient = {key: gradient[key] + decay[key] * z[key] for key in z}
    if optimizer in ("adam", "adamw"):
        beta1, beta2 = case["beta1"], case["beta2"]
        v = {key: beta1 * v[key] + (1 - beta1) * gradient[key] for key in z}
        q = {key: beta2 * q[key] + (1 - beta2) * gradient[key] ** 2 for key in z}
        root = {key: jnp.sqrt(q[key] / (1 - beta2**k)) + case["epsilon"] for key in z}
        move = {key: v[key] / (1 - beta1**k) / root[key] for key in z}
    else:
        v = {key: case["momentum"] * v[key] + gradient[key] for key in z}
        move = v
        if optimizer == "nesterov":
            move = {key: gradient[key] + case["momentum"] * v[key] for key in z}
    z = {key: z[key] - trained[key] * rate * move[key] for key in z}
    return z, v, q


@jax.jit
def active(z, case):
    return preactivation(z, case) > 0


def train(case):
    steps, layers, optimizer = case.pop("steps"), case.pop("layers"), case.pop("optimizer", "sgd")
    case = {key: jnp.array(value, dtype=jnp.float64) for key, value in case.items()}
    z = {key: case.pop(key) for key in ("c", "a", "b", "gamma", "beta", BIAS) if key in case}
    v = {key: jnp.zeros_like(value) for key, value in z.items()}
    q = v
    trained = {key: float(key == BIAS or key in TRAINED[layers]) for key in z}
    changes = 0
    for k in range(1, steps + 1):
        before = active(z, case)
        z, v, q = step(z, v, q, float(k), case, trained, optimizer)
        changes += int(jnp.sum(before != active(z, case)))
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
