"""Wasserstein distances of weighted measures by POT's network simplex and SciPy.

usage: transport.py CASES RESULTS (JSON)
"""

import json
import sys

import numpy
import ot
import scipy.stats

cases = json.load(open(sys.argv[1]))
results = []
for case in cases:
    x, p, y, q = (numpy.array(case[key]) for key in ("x", "p", "y", "q"))
    p, q = p / p.sum(), q / q.sum()
    line = numpy.abs(x[:, None] - y[None, :])
    circle = numpy.minimum(line, 2 * numpy.pi - line)
    results.append(
        {
            "line_w1_scipy": scipy.stats.wasserstein_distance(x, y, p, q),
            "line_w1": ot.emd2(p, q, line, numItermax=10**7),
            "line_w2": numpy.sqrt(ot.emd2(p, q, line**2, numItermax=10**7)),
            "line_w2_sorted": numpy.sqrt(ot.emd2_1d(x, y, p, q, metric="sqeuclidean")),
            "circle_w1": ot.emd2(p, q, circle, numItermax=10**7),
            "circle_w2": numpy.sqrt(ot.emd2(p, q, circle**2, numItermax=10**7)),
        }
    )
json.dump(results, open(sys.argv[2], "w"))
