// Data, numbers in words, colours, and what is looked at.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// Arrays come as little-endian bytes in base64.
const KINDS = { f64: Float64Array, f32: Float32Array, u32: Uint32Array, u8: Uint8Array, i8: Int8Array };
function decode({ type, shape, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const size = KINDS[type].BYTES_PER_ELEMENT;
  const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
  for (let i = 0; bigEndian && i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  const array = new KINDS[type](bytes.buffer);
  array.shape = shape;
  return array;
}
const A = Object.fromEntries(Object.entries(data.arrays).map(([name, array]) => [name, decode(array)]));

// Numbers as people read them.
function short(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e").replace("-", "−").replace("e-", "e−");
  }
  return Number(value.toPrecision(digits)).toString().replace("-", "−");
}
// What is rounding is nothing.
const percent = (share) => (Math.abs(share) < 1e-12 ? "0 %" : Number.isFinite(share) ? `${short(100 * share, share > 0.995 ? 3 : 2)} %` : "–");
// A change may be many times of what there was.
const change = (share) => (share >= 5 ? `${short(share, 2)} ×` : percent(share));
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// Least and largest; of very many values, too, which Math.min(...values) would not take.
const least = (values) => values.reduce((low, v) => (v < low ? v : low), Infinity);
const largest = (values) => values.reduce((high, v) => (v > high ? v : high), -Infinity);

// The value below which a share of the others lies.
function quantile(values, share) {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : NaN;
}

// Colours are those of the style sheet, read again when the theme changes.
const NAMES = ["page", "card", "ink", "muted", "faint", "rule", "grid", "positive", "negative", "frozen", "ode", "printed",
  "dead", "deadfill", "region", "halo", "accent", "pinned", "free", "stuck"];
const color = {};
function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) color[name] = style.getPropertyValue(`--${name}`).trim();
}
// Colours between stops, blended.
function blend(stops, part) {
  const at = clamp(part, 0, 1) * (stops.length - 1);
  const k = Math.min(stops.length - 2, Math.floor(at));
  const channel = (hex, c) => parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16);
  const mixed = [0, 1, 2].map((c) => Math.round(channel(stops[k], c) + (at - k) * (channel(stops[k + 1], c) - channel(stops[k], c))));
  return `rgb(${mixed.join(" ")})`;
}
const signColor = (r) => (r < 0 ? color.negative : color.positive);

// What is looked at. `panels` are drawn again, all together, when any of it changes.
const panels = [];
let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    panels.forEach((draw) => draw());
  });
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let chosenTheme = new URLSearchParams(location.hash.slice(1)).get("theme");
function applyTheme() {
  const theme = chosenTheme ?? (prefersDark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = theme === "dark" ? "light" : "dark";
  readColors();
  redraw();
}
byId("theme").addEventListener("click", () => {
  chosenTheme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  applyTheme();
});
prefersDark.addEventListener("change", applyTheme);
applyTheme();
