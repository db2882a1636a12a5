// One thing lit in all panels.

// Lit is a sample, and of its two lines and two signs the one that is meant, if one is:
// { sample: index among those shown, boundary, side }.
const link = { lit: null, held: null };
const samplesShown = A.x.length;
const total = data.samples;
const shownAt = new Map(Array.from(A.sample, (j, q) => [j, q]));
// Number of the sample that switches at a boundary (section 3).
const sampleOf = (b) => (b < total ? total - 1 - b : 2 * total - 1 - b);
const switchesOn = (b) => b < total;
const angleOf = (b, x) => (switchesOn(b) ? 0 : Math.PI) - Math.atan(x);

// All boundaries of the samples that are shown, by angle.
const lines = Array.from(A.sample, (j, q) => [total - 1 - j, 2 * total - 1 - j].map((b, off) => ({ b, q, off, angle: angleOf(b, A.x[q]) })))
  .flat().sort((a, b) => a.angle - b.angle);

// Class of a line now: the sign that it attracts, 1 or -1, or 0.
function attracts({ q, off }) {
  const at = ((view.frame * samplesShown + q) * 2 + off) * 2;
  return A.attractor[at] === 1 ? 1 : A.attractor[at + 1] === 1 ? -1 : 0;
}

const same = (a, b) => a === b || (a && b && a.sample === b.sample && a.boundary === b.boundary && a.side === b.side);
const lit = () => link.lit ?? link.held;
function light(what) {
  if (same(link.lit, what)) return;
  link.lit = what;
  markRows();
  redraw();
}
function hold(what) {
  link.held = same(link.held, what) ? null : what;
  if (!what) link.lit = null;
  markRows();
  redraw();
}
// Whether a line, or a cluster on it, is what is lit.
const isLit = (q, b, side) => {
  const now = lit();
  if (!now || now.sample !== q) return false;
  return now.boundary === undefined || (now.boundary === b && (side === undefined || now.side === undefined || now.side === side));
};

Object.assign(pointing, { light, hold, goTo });

const rawX = (x) => x * data.x_map[1] + data.x_map[0];
const rawY = (y) => y * data.y_map[1] + data.y_map[0];
const isRaw = data.x_map[0] === 0 && data.x_map[1] === 1 && data.y_map[0] === 0 && data.y_map[1] === 1;
function sampleText(q) {
  const weight = A.sample_weight[q] === 1 ? "" : `, ${A.sample_weight[q]} merged`;
  const raw = isRaw ? "" : `\nraw: x = ${short(rawX(A.x[q]), 4)}, y = ${short(rawY(A.y[q]), 4)}`;
  return `sample ${A.sample[q]}${weight}\nx = ${short(A.x[q], 4)}, y = ${short(A.y[q], 4)}${raw}`;
}
function clusterText(c) {
  return `cluster on sample ${sampleOf(c.boundary)}, ${c.side ? "r < 0" : "r > 0"}\nmass ${percent(c.mass)}, mean r = ${short(c.r)}\nchanges the slope by ${short(c.slope)}`;
}
