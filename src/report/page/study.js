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

// Colours of lines, from the first value to the last: readable in light and dark, and told apart by
// those who see colours otherwise, since lightness goes along.
function lineColor(i, count) {
  const part = count > 1 ? i / (count - 1) : 0;
  const dark = document.documentElement.dataset.theme === "dark";
  return `hsl(${Math.round(250 - 225 * part)} ${Math.round(62 + 20 * part)}% ${Math.round(dark ? 74 - 12 * part : 34 + 14 * part)}%)`;
}

// Mean, least and largest of the finite ones.
function spread(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return { mean: NaN, low: NaN, high: NaN, count: 0 };
  return { mean: finite.reduce((sum, v) => sum + v, 0) / finite.length, low: Math.min(...finite), high: Math.max(...finite), count: finite.length };
}

// A line through values on logarithmic axes is straight where they follow a power: used where they
// span more than a decade and a half, and are positive.
function wantsLog(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length > 1 && Math.min(...finite) > 0 && Math.max(...finite) > 30 * Math.min(...finite);
}
function axisFor(values, label) {
  const finite = values.filter(Number.isFinite);
  if (wantsLog(finite)) return { range: [Math.min(...finite) / 1.4, 1.4 * Math.max(...finite)], log: true, label };
  const [low, high] = range(finite);
  return { range: [finite.length && Math.min(...finite) >= 0 && low < 0 ? 0 : low, high], label };
}

function legend(id, entries) {
  byId(id).replaceChildren(...entries.map(([fill, text]) => {
    const item = document.createElement("span");
    const key = document.createElement("span");
    key.className = "key line";
    key.style.borderColor = fill;
    item.append(key, text);
    return item;
  }));
}
