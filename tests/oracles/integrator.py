"""An independent integrator of the flows of finitely many particles, and the reference trajectories it made.

It shares no code and no method with the program: explicit Runge-Kutta of order 8 (SciPy's DOP853) at relative
tolerance 1e-12 between events, each event located by root finding, then Filippov's rules (section 6 of
src/guide/mathematics.md). Residuals are good to about 1e-9; particles that passed or were released carry a displacement of
1e-12 off the line.

    target/python/bin/python tests/oracles/integrator.py tests/reference/*.json            # compare
    target/python/bin/python tests/oracles/integrator.py --write FOLDER tests/reference/*.json

A reference file is JSON: `flow` (canonical, lifted, kernel, adaptive), `kappa`, `tv_lambda`, `x`, `y` (unit weights),
`weights` (masses of particles), `initial` and `final` (`r`, `theta`, or `c`, `a`, `b`), `times` (mean-field),
`residual[time][sample]`, `final_pinned_sample` (-1: not pinned), `ambiguous_releases` and `events`, counted up to the
last time: `pass` into a live region, `die` into the dead one, `pin`, `release`, `stick` and `unstick` at r = 0,
`signflip` (r passes through 0 under the total-variation term), `flip` and `flip-release` (w passes through the origin).
`--write` makes files anew from `x`, `y`, `flow`, `kappa`, `tv_lambda`, `weights`, `initial` and `times` of old ones.
"""

import argparse
import collections
import json
import pathlib
import sys

import numpy as np
from scipy.integrate import solve_ivp

# Distance from a line at which a particle that left it starts.
OFF = 1e-12


class Particles:
    """f(x) = kappa sum_i mass_i amplitude_i <xt, direction_i>_+, and how its particles move.

    `z` holds r, theta of all particles (canonical) or c, w_x, w_y (other flows). Of each particle: `active[s]`, its
    activation pattern; `pin`, the sample on whose line it is pinned, or -1; `stuck`, whether r = 0 holds it.
    """

    def __init__(self, x, y, flow, kappa, tv, mass, start):
        self.x, self.y = np.asarray(x, float), np.asarray(y, float)
        self.xt = np.stack([self.x, np.ones_like(self.x)], 1)
        self.square = (self.xt**2).sum(1)
        self.flow, self.kappa, self.tv, self.mass = flow, kappa, tv, np.asarray(mass, float)
        self.m = len(self.mass)
        self.z = np.concatenate(start).astype(float)
        self.t = 0.0
        self.active = self.inputs(self.z) > 0
        self.pin = -np.ones(self.m, int)
        self.stuck = np.zeros(self.m, bool)
        self.sign = np.sign(self.z[: self.m])
        # The half of its line on which a pinned neuron was caught.
        self.half = {}
        # Lines that a particle has just left, which are no event.
        self.left = np.zeros((self.m, len(self.x)), bool)
        self.log = []
        self.ambiguous = 0

    def directions(self, z):
        m = self.m
        if self.flow == "canonical":
            return np.stack([np.cos(z[m:]), np.sin(z[m:])], 1)
        return np.stack([z[m : 2 * m], z[2 * m :]], 1)

    def inputs(self, z):
        return self.directions(z) @ self.xt.T

    def residual(self, z):
        values = self.inputs(z) * self.active
        pinned = np.where(self.pin >= 0)[0]
        values[pinned, self.pin[pinned]] = 0
        return self.kappa * ((self.mass * z[: self.m]) @ values) - self.y

    def fields(self, z):
        return self.kappa * ((self.active * self.residual(z)) @ self.xt)

    def velocity(self, t, z):
        m = self.m
        g, w, amplitude = self.fields(z), self.directions(z), z[:m]
        if self.flow == "canonical":
            across = np.stack([-w[:, 1], w[:, 0]], 1)
            r = -(g * w).sum(1)
            if self.tv:
                r = r - self.tv * self.sign
            theta = -amplitude * (g * across).sum(1)
            theta[self.pin >= 0] = 0
            r[self.stuck] = 0
            theta[self.stuck] = 0
            return np.concatenate([r, theta])
        along = g.copy()
        for i in np.where(self.pin >= 0)[0]:
            normal = self.xt[self.pin[i]]
            along[i] -= (along[i] @ normal) / (normal @ normal) * normal
        c, w_dot = -(g * w).sum(1), -amplitude[:, None] * along
        if self.flow == "kernel":
            w_dot[:] = 0
        if self.flow == "adaptive":
            c[:] = 0
        return np.concatenate([c, w_dot[:, 0], w_dot[:, 1]])

    def normal_velocities(self, z):
        """Of every particle towards every line: were that sample inactive, and were it active."""
        rho = self.kappa * self.residual(z)
        towards, amplitude = self.fields(z) @ self.xt.T, z[: self.m][:, None]
        inactive = -amplitude * (towards - self.active * (rho * self.square))
        active = -amplitude * (towards + (~self.active) * (rho * self.square))
        return inactive, active

    def place(self, i, j, side):
        """Puts particle i `side * OFF` from the line of sample j."""
        m = self.m
        if self.flow == "canonical":
            theta = self.z[m + i]
            value = np.cos(theta) * self.x[j] + np.sin(theta)
            slope = -np.sin(theta) * self.x[j] + np.cos(theta)
            self.z[m + i] += (side * OFF - value) / slope
        else:
            w = np.array([self.z[m + i], self.z[2 * m + i]])
            value = w @ self.xt[j]
            w = w + (side * OFF - value) * self.xt[j] / self.square[j]
            self.z[m + i], self.z[2 * m + i] = w

    def leave(self, i, j):
        self.left[i, j] = True
        self.place(i, j, 1 if self.active[i, j] else -1)

    def told(self, i, j, kind):
        self.log.append((self.t, int(i), int(j), kind))

    def run(self, times, rtol=1e-12, atol=1e-14, most=20000):
        """Residuals and particles at the times, the first of which is 0."""
        found = [(self.residual(self.z), self.z.copy())]
        end = times[-1]
        while self.t < end - 1e-13:
            pinned = np.where(self.pin >= 0)[0]
            sides = np.where(self.active, 1.0, -1.0)

            def crossing(t, z):
                distance = self.inputs(z) * sides
                distance[self.left] = 1.0
                distance[pinned] = 1.0
                return distance.min()

            def release(t, z):
                if len(pinned) == 0:
                    return 1.0
                inactive, active = self.normal_velocities(z)
                pressed = [1.0]
                for i in pinned:
                    if not self.stuck[i]:
                        pressed.append(min(inactive[i, self.pin[i]], -active[i, self.pin[i]]))
                return min(pressed)

            def origin(t, z):
                """Under total variation r comes to 0 or leaves it; a pinned w comes to the origin."""
                left = [1.0]
                if self.tv:
                    free = ~self.stuck
                    if free.any():
                        left.append((z[: self.m] * self.sign)[free].min())
                    if self.stuck.any():
                        pull = abs((self.fields(z) * self.directions(z)).sum(1))
                        left.append((self.tv - pull)[self.stuck].min())
                if self.flow in ("lifted", "adaptive") and len(pinned):
                    w = self.directions(z)
                    left.append(min(w[i] @ self.half[i] for i in pinned))
                return min(left)

            events = [crossing, release, origin]
            for event in events:
                event.terminal, event.direction = True, -1
            until = min(end, self.t + 1e-8) if self.left.any() else end
            solution = solve_ivp(
                self.velocity,
                (self.t, until),
                self.z,
                method="DOP853",
                rtol=rtol,
                atol=atol,
                events=events,
                dense_output=True,
            )
            for time in times:
                if self.t < time <= solution.t[-1] + 1e-15:
                    z = solution.sol(time)
                    found.append((self.residual(z), z))
            self.t, self.z = solution.t[-1], solution.y[:, -1].copy()
            self.left = np.zeros_like(self.left)
            if solution.status != 1:
                continue
            if len(self.log) > most:
                raise RuntimeError("too many events")
            crossed, released, at_origin = (len(times) > 0 for times in solution.t_events)
            if crossed:
                self.arrive(sides, pinned)
            if released:
                self.release(pinned)
            if at_origin and self.tv:
                self.stick()
            elif at_origin:
                self.flip(pinned)
        return found

    def arrive(self, sides, pinned):
        distance = self.inputs(self.z) * sides
        distance[pinned] = 1
        i, j = np.unravel_index(distance.argmin(), distance.shape)
        inactive, active = self.normal_velocities(self.z)
        if self.active[i, j]:
            last = self.active[i].sum() == 1
            kind = "die" if last else "pass" if inactive[i, j] < 0 else "pin"
        else:
            kind = "pass" if active[i, j] > 0 else "pin"
        if kind == "pin":
            self.pin[i] = j
            self.place(i, j, 0)
            w = self.directions(self.z)[i]
            self.half[i] = w / np.linalg.norm(w)
            self.left[i, j] = True
        else:
            self.active[i, j] = not self.active[i, j]
            self.leave(i, j)
        self.told(i, j, kind)

    def release(self, pinned):
        inactive, active = self.normal_velocities(self.z)
        pressed = [
            (min(inactive[i, self.pin[i]], -active[i, self.pin[i]]), i) for i in pinned if not self.stuck[i]
        ]
        _, i = min(pressed)
        j = self.pin[i]
        to_inactive, to_active = inactive[i, j] <= 1e-9, active[i, j] >= -1e-9
        kind = "release"
        if to_inactive and to_active:
            # Not unique: the side whose velocity grows faster.
            self.ambiguous += 1
            ahead = self.z + 1e-6 * self.velocity(self.t, self.z)
            inactive, active = self.normal_velocities(ahead)
            self.active[i, j] = active[i, j] > -inactive[i, j]
            kind = "release-both"
        else:
            self.active[i, j] = bool(to_active)
        self.pin[i] = -1
        self.leave(i, j)
        self.told(i, j, kind)

    def stick(self):
        """r = 0 under the total-variation term."""
        pull = (self.fields(self.z) * self.directions(self.z)).sum(1)
        arrives = [(abs(self.z[i]), i, True) for i in range(self.m) if not self.stuck[i]]
        leaves = [(abs(self.tv - abs(pull[i])), i, False) for i in range(self.m) if self.stuck[i]]
        _, i, arrived = min(arrives + leaves)
        if arrived and abs(pull[i]) < self.tv:
            self.stuck[i], self.z[i] = True, 0
            self.told(i, -1, "stick")
            return
        self.stuck[i] = False
        self.sign[i] = -np.sign(pull[i])
        self.z[i] = self.sign[i] * OFF
        self.told(i, -1, "signflip" if arrived else "unstick")

    def flip(self, pinned):
        """w of a pinned neuron passes through the origin: every sample changes its side."""
        w = self.directions(self.z)
        _, i = min((w[i] @ self.half[i], i) for i in pinned)
        j, m = self.pin[i], self.m
        self.active[i] = ~self.active[i]
        self.half[i] = -self.half[i]
        self.z[m + i], self.z[2 * m + i] = self.half[i] * OFF
        inactive, active = self.normal_velocities(self.z)
        if inactive[i, j] > 0 and active[i, j] < 0:
            self.told(i, j, "flip")
            return
        self.pin[i] = -1
        self.active[i, j] = active[i, j] > 0
        self.leave(i, j)
        self.told(i, j, "flip-release")


def integrate(reference):
    """The file that this reference should be."""
    initial = {name: np.array(column) for name, column in reference["initial"].items()}
    canonical = reference["flow"] == "canonical"
    if canonical:
        start = [initial["r"], initial["theta"]]
    else:
        start = [initial["c"], initial["a"], -initial["b"]]
    particles = Particles(
        reference["x"],
        reference["y"],
        reference["flow"],
        reference["kappa"],
        reference["tv_lambda"],
        reference["weights"],
        start,
    )
    found = particles.run(reference["times"])
    columns = found[-1][1].reshape(-1, particles.m)
    if canonical:
        final = {"r": columns[0], "theta": columns[1] % (2 * np.pi)}
    else:
        final = {"c": columns[0], "a": columns[1], "b": -columns[2]}
    events = collections.Counter(kind for *_, kind in particles.log)
    return reference | {
        "residual": [residual.tolist() for residual, _ in found],
        "final": {name: column.tolist() for name, column in final.items()},
        "final_pinned_sample": particles.pin.tolist(),
        "events": dict(events),
        "ambiguous_releases": particles.ambiguous,
    }


# A particle arrives where the field along the line is exactly 0: the last bit of the linear algebra, which differs between
# processors, decides whether it crosses. Residuals do not depend on it.
DEGENERATE = ["canonical_two_points"]


def main():
    parser = argparse.ArgumentParser(description="Integrates reference trajectories again.")
    parser.add_argument("files", nargs="+", type=pathlib.Path, help="reference files (JSON)")
    parser.add_argument("--write", metavar="FOLDER", type=pathlib.Path, help="where to write them, made anew")
    options = parser.parse_args()
    wrong = False
    for path in options.files:
        reference = json.loads(path.read_text())
        made = integrate(reference)
        difference = np.abs(np.array(made["residual"]) - np.array(reference["residual"])).max()
        same = all(made[key] == reference[key] for key in ["events", "final_pinned_sample", "ambiguous_releases"])
        wrong = wrong or not (same or path.stem in DEGENERATE) or not difference < 1e-9
        print(f"{path.stem}: residuals within {difference:.1e}, {'the same' if same else 'other'} events")
        if options.write:
            options.write.mkdir(parents=True, exist_ok=True)
            (options.write / path.name).write_text(json.dumps(made))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
