"""Plain gradient descent of a small start, by automatic differentiation: the oracle of tests/alignment.rs.

usage: jax_alignment.py CASE.json RESULT.json

The case holds samples x, y, the network f(x) = mean_i c_i relu(a_i x - b_i) (c, a, b), learning rates in mean-field time
(a step moves every weight by the rate times the number of neurons times the gradient of 1/2 sum (f - y)^2), recording
times `every` apart until `end`, the direction `theta` of atan2(-b, a) and an `angle`. For each rate the result holds at all
recording times the loss and the share of neurons, of those with c > 0 that see a sample, within the angle of the
direction; the number of steps, and the seconds that they took once compiled.
"""

import json
import sys
import time

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402


def residual(z, case):
    return jnp.mean(z["c"] * jax.nn.relu(jnp.outer(case["x"], z["a"]) - z["b"]), axis=1) - case["y"]


def loss(z, case):
    return 0.5 * jnp.sum(residual(z, case) ** 2)


def measured(z, case):
    seen = jnp.any(jnp.outer(case["x"], z["a"]) - z["b"] > 0, axis=0)
    live = seen & (z["c"] != 0)
    away = jnp.abs((jnp.arctan2(-z["b"], z["a"]) - case["theta"] + jnp.pi) % (2 * jnp.pi) - jnp.pi)
    aligned = live & (z["c"] > 0) & (away <= case["angle"])
    return loss(z, case), jnp.sum(aligned) / jnp.sum(live)


def train(z, case, rate, between, records):
    m = z["c"].size

    def step(_, z):
        gradient = jax.grad(loss)(z, case)
        return jax.tree.map(lambda z, g: z - rate * m * g, z, gradient)

    def record(z, _):
        z = jax.lax.fori_loop(0, between, step, z)
        return z, measured(z, case)

    _, (losses, shares) = jax.lax.scan(record, z, None, length=records)
    return losses, shares


def main(source, target):
    with open(source) as file:
        given = json.load(file)
    z = {key: jnp.array(given[key]) for key in "cab"}
    case = {key: jnp.array(given[key]) for key in ("x", "y", "theta", "angle")}
    records = round(given["end"] / given["every"])
    results = []
    for rate in given["rates"]:
        between = round(given["every"] / rate)
        run = jax.jit(lambda z, rate=rate, between=between: train(z, case, rate, between, records))
        compiled = run.lower(z).compile()
        begun = time.perf_counter()
        losses, shares = jax.block_until_ready(compiled(z))
        seconds = time.perf_counter() - begun
        first = [float(value) for value in measured(z, case)]
        results.append(
            {
                "loss": [first[0], *map(float, losses)],
                "share": [first[1], *map(float, shares)],
                "steps": between * records,
                "seconds": seconds,
            }
        )
    with open(target, "w") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
