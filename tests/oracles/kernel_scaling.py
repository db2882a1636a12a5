"""Time and memory of `reluflow kernel` on 1e3 to 1e6 samples, beside SciPy, in one run.

    python tests/oracles/kernel_scaling.py target/release/reluflow

Samples are like those of the motorcycle data: uneven, crowded in the middle, with ties, the noise largest where the
signal is. Each entry is a process of its own; memory is its largest resident set.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

SIZES = [10**3, 10**4, 10**5, 10**6]
DENSE = [10**3, 5 * 10**3, 10**4, 2 * 10**4]


def samples(s):
    """Rows in no order; every tenth x is that of the row before."""
    rng = np.random.default_rng(s)
    x = np.tanh(0.7 * rng.standard_normal(s))
    x[9::10] = x[8::10]
    y = np.where(x > -0.3, np.sin(7 * (x + 0.3)) * np.exp(-2 * (x + 0.3)), 0.0)
    return x, y + rng.standard_normal(s) * np.where(x > -0.3, 0.2, 0.02)


def merged(s):
    """Ascending, ties merged: positions, means and multiplicities."""
    x, y = samples(s)
    at, which, count = np.unique(x, return_inverse=True, return_counts=True)
    return at, np.bincount(which, weights=y) / count, count.astype(float)


def kernel(at, x):
    """W eq. 26 with the sign of the middle bracket corrected, E|w|^2 = 1."""
    low, high = np.minimum(at, x), np.maximum(at, x)
    k = (np.pi - np.arctan(high) + np.arctan(low)) * (at * x + 1)
    k += (low / (1 + low**2) - high / (1 + high**2)) * (at * x - 1)
    k += (at + x) * (high**2 / (1 + high**2) - low**2 / (1 + low**2))
    return k / (4 * np.pi)


def cholesky(matrix, block=2000):
    """The lower factor, in place, block by block: of 18000 rows at once the OpenBLAS of SciPy and NumPy crash."""
    from scipy.linalg import solve_triangular

    for first in range(0, len(matrix), block):
        here, below = slice(first, first + block), slice(first + block, None)
        matrix[here, here] = np.linalg.cholesky(matrix[here, here])
        matrix[below, here] = solve_triangular(matrix[here, here], matrix[below, here].T, lower=True).T
        for row in range(first + block, len(matrix), block):
            rows = slice(row, row + block)
            matrix[rows, first + block : row + block] -= matrix[rows, here] @ matrix[first + block : row + block, here].T
    return matrix


def dense(s):
    """The minimum-norm interpolant by a dense Cholesky factor; its residual."""
    from scipy.linalg import solve_triangular

    x, y, _ = merged(s)
    started = time.perf_counter()
    matrix = np.empty((len(x), len(x)))
    for i in range(0, len(x), 250):
        matrix[i : i + 250] = kernel(x[i : i + 250, None], x)
    # Without a ridge the factor fails: condition numbers are 1e20 and more.
    matrix[np.diag_indices_from(matrix)] *= 1 + 1e-11
    factor = cholesky(matrix)
    half = solve_triangular(factor, y, lower=True, check_finite=False)
    alpha = solve_triangular(factor, half, lower=True, trans=1, check_finite=False)
    spent = time.perf_counter() - started
    picked = np.linspace(0, len(x) - 1, 200).astype(int)
    values = np.array([kernel(x[i], x) @ alpha for i in picked])
    return spent, np.abs(values - y[picked]).max()


def spline(s, even=False):
    """The smoothing spline with generalised cross-validation by SciPy."""
    from scipy.interpolate import make_smoothing_spline

    x, y, w = merged(s)
    if even:
        x, w = np.arange(len(x), dtype=float), None
    started = time.perf_counter()
    make_smoothing_spline(x, y, w=w)
    return time.perf_counter() - started, None


PARTS = {"dense": dense, "spline": spline, "even_spline": lambda s: spline(s, even=True)}


def measured(command):
    """Seconds, seconds of processors, megabytes, output, errors."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    spent = time.perf_counter() - started
    busy = usage.ru_utime + usage.ru_stime
    return spent, busy, usage.ru_maxrss / 1e3, out if status == 0 else None, err


def main(program):
    print(f"{'what':<48} {'samples':>8} {'seconds':>8} {'of CPUs':>8} {'MB':>7} {'residual':>9}")

    def row(what, s, seconds, busy, megabytes, residual=None):
        residual = "" if residual is None else f"{residual:9.1e}"
        print(f"{what:<48} {s:>8} {seconds:>8.2f} {busy:>8.2f} {megabytes:>7.0f} {residual}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for s in SIZES:
            path = os.path.join(folder, f"{s}.csv")
            np.savetxt(path, np.column_stack(samples(s)), delimiter=",", header="x,y", comments="", fmt="%.17g")
            seconds, busy, megabytes, out, err = measured([program, "kernel", path, "--json", "--no-file", "--solver", "linear"])
            if out is None:
                print(f"reluflow kernel, {s} samples: {err}")
                continue
            functions = {f["name"]: f for f in json.loads(out)["functions"]}
            for name, words in [("limit_random_features", "random features"), ("limit_tangent", "tangent")]:
                off = (2 * functions[name]["loss"] / s) ** 0.5
                row(f"reluflow kernel, all tables ({words})", s, seconds, busy, megabytes, off)
    for what, name, sizes in [
        ("SciPy, make_smoothing_spline", "spline", [10**5]),
        ("the same, x moved to 0, 1, 2, ...", "even_spline", [10**4, 10**5]),
        ("NumPy and SciPy, dense Cholesky, ridge of 1e-11", "dense", DENSE),
    ]:
        for s in sizes:
            _, busy, megabytes, out, err = measured([sys.executable, __file__, "--part", name, str(s)])
            if out is None:
                print(f"{what}, {s} samples: {(err.strip().splitlines() or ['ended by a signal'])[-1]}")
                continue
            spent, residual = json.loads(out)
            row(what, s, spent, busy, megabytes, residual)


if __name__ == "__main__":
    if sys.argv[1] == "--part":
        print(json.dumps(PARTS[sys.argv[2]](int(sys.argv[3]))))
    else:
        main(sys.argv[1])
