"""The largest eigenvalues of the Hessian of m L of a random network, as PyHessian finds them: by the Lanczos process with
Hessian-vector products of automatic differentiation. Writes the network, for `reluflow analyse` to find all of them.

    python hessian_lanczos.py FOLDER NEURONS SAMPLES EIGENVALUES
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

jax.config.update("jax_enable_x64", True)
folder, m, s, count = sys.argv[1], *map(int, sys.argv[2:])
rng = np.random.default_rng(7)
x, y = np.sort(rng.uniform(-1, 1, s)), rng.uniform(-1, 1, s)
c, a, b = rng.uniform(-1, 1, (3, m)) * [[1 / m**0.5], [1.0], [1.0]]
np.savetxt(f"{folder}/samples.csv", np.column_stack([x, y]), "%.17g", ",", header="x,y", comments="")
np.savetxt(f"{folder}/weights.csv", np.column_stack([c, a, b]), "%.17g", ",", header="c,a,b", comments="")


def loss(p):
    # One sample at a time: memory in proportion to the neurons.
    one = jax.checkpoint(lambda at: jnp.sum(p[0] * jnp.maximum(p[1] * at - p[2], 0)))
    return 0.5 * m * jnp.sum((jax.lax.map(one, x) - y) ** 2)


at = jnp.array([c, a, b])
product = jax.jit(lambda v: jax.jvp(jax.grad(loss), (at,), (v,))[1])
product(at).block_until_ready()
products = 0


def times(v):
    global products
    products += 1
    return np.asarray(product(v.reshape(3, m))).ravel()


started = time.perf_counter()
operator = LinearOperator((3 * m, 3 * m), times, dtype=np.float64)
largest = eigsh(operator, k=count, which="LA", tol=1e-9, return_eigenvectors=False)
print(json.dumps({
    "eigenvalues": sorted(largest.tolist()),
    "products": products,
    "seconds": time.perf_counter() - started,
}))
