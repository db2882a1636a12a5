// The drawn neurons of a moment, as the function, the plane and the cylinder need them.

const particles = A.particle.length;
const dots = { r: new Float64Array(particles), theta: new Float64Array(particles), at: NaN };
const FREE = 0, PINNED = 1, DEAD = 2;
const placeNow = (i) => A.place[view.frame * particles + i];

// Amplitudes and directions now; computed once for all panels.
function dotsNow() {
  if (dots.at !== view.at) {
    dots.at = view.at;
    for (let i = 0; i < particles; i++) {
      dots.r[i] = now(A.r, particles, i);
      dots.theta[i] = angleNow(A.theta, particles, i);
    }
  }
  return dots;
}

// Area by what a neuron stands for, alike for all where all stand for the same.
const stands = data.shares ? Array.from(A.shares) : Array.from(A.mass);
const mean = stands.reduce((sum, share) => sum + share, 0) / Math.max(1, particles);
const DOT = clamp(64 / Math.sqrt(particles || 1), 1.5, 4.2);
const radius = Float64Array.from(stands, (share) => DOT * clamp(Math.sqrt(share / mean), 0.6, 4));
const ALPHA = clamp(26 / Math.sqrt(particles || 1), 0.38, 0.85);

// One picture of a dot in each colour, stamped for every neuron: overlapping dots darken.
const stamps = new Map();
function stamp(fill) {
  if (!stamps.has(fill)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    disc(canvas.getContext("2d"), 16, 16, 15, { fill });
    stamps.set(fill, canvas);
  }
  return stamps.get(fill);
}
function drawDots(c, place) {
  const { r } = dotsNow();
  for (const dead of [true, false]) {
    for (let i = 0; i < particles; i++) {
      const code = placeNow(i);
      if ((code === DEAD) !== dead) continue;
      const at = place(i);
      if (!at) continue;
      const size = dead ? 0.8 * radius[i] : radius[i];
      c.globalAlpha = dead ? 0.45 * ALPHA : ALPHA;
      c.drawImage(stamp(dead ? color.dead : signColor(r[i])), at[0] - size, at[1] - size, 2 * size, 2 * size);
    }
  }
  c.globalAlpha = 1;
}
// Paths of some neurons from the start to now.
const PATHS = 160;
const followed = Array.from({ length: Math.min(PATHS, particles) }, (_, k) => Math.floor((k * particles) / Math.min(PATHS, particles)));
function drawPaths(c, place) {
  if (!byId("show-trails").checked) return;
  c.lineWidth = 1;
  c.globalAlpha = 0.5;
  for (const i of followed) {
    c.strokeStyle = signColor(dots.r[i]);
    c.beginPath();
    let before = null;
    for (let t = 0; t <= view.low; t++) {
      const at = place(A.r[t * particles + i], A.theta[t * particles + i]);
      // Not across the seam of the cylinder.
      if (!before || Math.abs(at[0] - before[0]) > 200) c.moveTo(...at); else c.lineTo(...at);
      before = at;
    }
    const at = place(dots.r[i], dots.theta[i]);
    if (before && Math.abs(at[0] - before[0]) <= 200) c.lineTo(...at);
    c.stroke();
  }
  c.globalAlpha = 1;
}

// How far out pictures go: all but the outermost of the neurons that live, over all times, and clusters.
const reachOf = (() => {
  const sizes = [];
  const step = Math.max(1, Math.floor(A.r.length / 200000));
  for (let k = 0; k < A.r.length; k += step) if (A.place[k] !== DEAD) sizes.push(Math.abs(A.r[k]));
  const clusters = Math.max(0, largest(Array.from(A.cluster_r).filter((r, k) => Number.isFinite(r) && A.cluster_mass[k] > 0.002).map(Math.abs)));
  return 1.08 * Math.max(quantile(sizes, 0.995) || 0, clusters) || 1;
})();

// Darker where more samples are active; k counts the lines passed. Opaque, so that no seam shows where
// neighbours meet.
function regionColor(k) {
  const active = k <= samplesShown ? k : 2 * samplesShown - k;
  return blend([color.card, color.region], 0.03 + 0.15 * (active / samplesShown));
}

function neuronText(i) {
  const { r, theta } = dotsNow();
  const names = ["free", "pinned", "dead", "stuck at r = 0", "stuck at r = 0 on a line"];
  const stand = data.shares ? `, stands for ${percent(A.shares[i] / data.shares)} of the mass` : `, mass ${percent(A.mass[i])}`;
  const knot = -Math.tan(theta[i]);
  const facing = Math.cos(theta[i]) > 0 ? "right" : "left";
  return `neuron ${A.particle[i]}: ${names[placeNow(i)]}${stand}\nr = ${short(r[i])}, θ = ${short(theta[i])}\nknot at ${short(knot)}, active to its ${facing}`;
}

// A neuron's knot in pixels.
function knotAt(i) {
  const { theta } = dotsNow();
  const x = functionPlot.px(-Math.tan(theta[i]));
  const { left, right } = functionPlot.area;
  return x >= left && x <= right && placeNow(i) !== DEAD ? x : NaN;
}
const dotInPlane = (i) => planeOf(dots.r[i], dots.theta[i]);
const dotOnCylinder = (i) => cylinderOf(dots.r[i], dots.theta[i]);
function findDot(x, y, place) {
  dotsNow();
  const i = nearest(particles, place, x, y, 7);
  return i >= 0 ? { text: neuronText(i) } : null;
}

// What the pictures show of the measure; a page of a density has another.
const measure = {
  reach: reachOf,
  region: regionColor,
  // Ticks between the frame of the function and its numbers.
  knots(c, { bottom }) {
    const { r } = dotsNow();
    c.lineWidth = 1;
    c.globalAlpha = clamp(14 / Math.sqrt(particles), 0.16, 0.8);
    for (const negative of [true, false]) {
      c.strokeStyle = signColor(negative ? -1 : 1);
      c.beginPath();
      for (let i = 0; i < particles; i++) {
        if (r[i] < 0 !== negative) continue;
        const x = knotAt(i);
        if (Number.isNaN(x)) continue;
        c.moveTo(x, bottom + 3);
        c.lineTo(x, bottom + RUG);
      }
      c.stroke();
    }
    c.globalAlpha = 1;
  },
  findKnot(x, y) {
    const i = nearest(particles, (i) => [knotAt(i), y], x, y, 5);
    return i >= 0 ? { text: neuronText(i) } : null;
  },
  plane(c) {
    dotsNow();
    drawPaths(c, planeOf);
    drawDots(c, dotInPlane);
    drawClusters(c, clusterInPlane);
  },
  cylinder(c) {
    dotsNow();
    drawPaths(c, cylinderOf);
    drawDots(c, dotOnCylinder);
    drawClusters(c, clusterOnCylinder);
  },
  findInPlane: (x, y) => findDot(x, y, dotInPlane),
  findOnCylinder: (x, y) => findDot(x, y, dotOnCylinder),
  // Room to the right of the cylinder, and what is there.
  beside: () => 0,
  besides() {},
  of: "particles",
  words: `${particles} neurons`,
};
byId("show-trails").addEventListener("change", redraw);
