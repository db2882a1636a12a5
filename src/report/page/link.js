// Pointing: values beside the pointer, and one thing lit in all panels.

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

function showTip(text, x, y) {
  const tip = byId("tip");
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${clamp(x + 14, 6, innerWidth - width - 6)}px`;
  tip.style.top = `${y + height + 22 > innerHeight ? Math.max(6, y - height - 14) : y + 16}px`;
}

// `find(x, y)` in pixels of the canvas gives { text, light } of what is there, or nothing.
function point(canvas, find) {
  const look = (event) => {
    const box = canvas.getBoundingClientRect();
    const found = find(event.clientX - box.left, event.clientY - box.top);
    canvas.style.cursor = found?.light || found?.go !== undefined ? "pointer" : "default";
    light(found?.light ?? null);
    if (found?.text) showTip(found.text, event.clientX, event.clientY);
    else byId("tip").hidden = true;
    return found;
  };
  canvas.addEventListener("pointermove", look);
  canvas.addEventListener("pointerleave", () => {
    light(null);
    byId("tip").hidden = true;
  });
  canvas.addEventListener("click", (event) => {
    const found = look(event);
    if (found?.go !== undefined) goTo(found.go);
    else hold(found?.light ?? null);
  });
}

// The nearest of some points to the pointer, within reach.
function nearest(count, place, x, y, reach) {
  let [best, least] = [-1, reach * reach];
  for (let i = 0; i < count; i++) {
    const at = place(i);
    if (!at) continue;
    const distance = (at[0] - x) ** 2 + (at[1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

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
