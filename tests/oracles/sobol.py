"""The first unscrambled Sobol' points of four dimensions, by SciPy.

usage: sobol.py RESULT (JSON)
"""

import json
import sys

from scipy.stats import qmc

points = qmc.Sobol(d=4, scramble=False, bits=52).random_base2(10)
json.dump(points.tolist(), open(sys.argv[1], "w"))
