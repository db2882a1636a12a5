// What pages of studies share: arrays over axes, colours of lines, mean and spread over seeds.

const texts = data.texts;
const dims = data.dims;
const lengthOf = (axis) => (A[axis] ?? texts[axis] ?? []).length;
const valueOf = (axis, i) => (texts[axis] ? texts[axis][i] : A[axis][i]);
const wordOf = (axis, i) => (texts[axis] ? texts[axis][i] : short(A[axis][i], 4));

// Place in an array of what has these indices: { axis: index }.
function placeIn(name, at) {
  let [place, size] = [0, 1];
  for (let k = dims[name].length - 1; k >= 0; k--) {
    place += (at[dims[name][k]] ?? 0) * size;
    size *= A[name].shape[k];
  }
  return place;
}

const isDark = () => document.documentElement.dataset.theme === "dark";
// Lines from the first value to the last, readable in light and dark, and told apart by those who see
// colours otherwise: blue, teal, ochre, red.
const LINES = { light: ["#2b3a8c", "#2478b5", "#178a7f", "#c98a05", "#b8390f"], dark: ["#98a5f5", "#5bb4ee", "#4fd0a0", "#eec04d", "#ff8d55"] };
const lineColor = (i, count) => blend(LINES[isDark() ? "dark" : "light"], count > 1 ? i / (count - 1) : 0.25);
// Cells of a map from little to much, and text upon them.
const CELLS = { light: ["#eff4f9", "#c3d9ea", "#86b6d8", "#3f86bd", "#155a94", "#0a3560"], dark: ["#1a2633", "#1e4766", "#2c6f9f", "#57a0cf", "#9acbe9", "#e8f3fb"] };
const cellColor = (part) => blend(CELLS[isDark() ? "dark" : "light"], part);
const onCell = (part) => (isDark() ? part > 0.62 : part < 0.5) ? "#12202e" : "#ffffff";

// Mean, least and largest of the finite ones.
function spread(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return { mean: NaN, low: NaN, high: NaN, count: 0 };
  return { mean: finite.reduce((sum, v) => sum + v, 0) / finite.length, low: least(finite), high: largest(finite), count: finite.length };
}

// A line through values on logarithmic axes is straight where they follow a power: used where they
// span more than a decade and a half, and are positive.
function wantsLog(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length > 1 && least(finite) > 0 && largest(finite) > 30 * least(finite);
}
function axisFor(values, label) {
  const finite = values.filter(Number.isFinite);
  // What is rounding beside the largest would take the axis down to nothing.
  const top = largest(finite);
  const told = finite.filter((v) => v > 1e-9 * top || v <= 0);
  if (wantsLog(told)) return { range: [least(told) / 1.4, 1.4 * top], log: true, label };
  const [low, high] = range(finite);
  return { range: [finite.length && least(finite) >= 0 && low < 0 ? 0 : low, high], label };
}

function legend(id, entries) {
  byId(id).replaceChildren(...entries.map(([fill, text, dashed]) => {
    const item = document.createElement("span");
    const key = document.createElement("span");
    key.className = "key line";
    key.style.borderColor = fill;
    if (dashed) key.style.borderTopStyle = "dashed";
    item.append(key, text);
    return item;
  }));
}
