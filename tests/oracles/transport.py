"""Wasserstein distances of weighted measures by SciPy.

Masses are whole numbers with the same sum in both measures: as many particles of equal mass, whose
best assignment SciPy finds exactly, whatever the cost. `line_w1` takes masses of any size, `line_w2`
from the quantiles of both.

usage: transport.py CASES RESULTS (JSON)
"""

import json
import sys

import numpy
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance


def assigned(cost):
    """The least mean cost."""
    return cost[linear_sum_assignment(cost)].mean()


def quantile_w2(x, p, y, q):
    """W_2 on the line: the mean square difference of the quantile functions."""
    (i, j) = (numpy.argsort(x), numpy.argsort(y))
    (f, g) = (numpy.cumsum(p[i]) / p.sum(), numpy.cumsum(q[j]) / q.sum())
    ends = numpy.sort(numpy.concatenate([[0.0], f, g]))
    middle = 0.5 * (ends[1:] + ends[:-1])
    at = lambda points, sums: points[numpy.searchsorted(sums, middle).clip(max=len(points) - 1)]
    return numpy.sqrt(numpy.sum(numpy.diff(ends) * (at(x[i], f) - at(y[j], g)) ** 2))


cases = json.load(open(sys.argv[1]))
results = []
for case in cases:
    x, y = numpy.array(case["x"]), numpy.array(case["y"])
    many_x, many_y = numpy.repeat(x, case["count_x"]), numpy.repeat(y, case["count_y"])
    line = numpy.abs(many_x[:, None] - many_y[None, :])
    circle = numpy.minimum(line, 2 * numpy.pi - line)
    p, q = numpy.array(case["p"]), numpy.array(case["q"])
    results.append(
        {
            "counted": {
                "line_w1": assigned(line),
                "line_w2": numpy.sqrt(assigned(line**2)),
                "circle_w1": assigned(circle),
                "circle_w2": numpy.sqrt(assigned(circle**2)),
            },
            "weighted": {
                "line_w1": wasserstein_distance(x, y, p, q),
                "line_w2": quantile_w2(x, p, y, q),
            },
        }
    )
json.dump(results, open(sys.argv[2], "w"))
