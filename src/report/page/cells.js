// The density of a moment: colours of cells, on the cylinder and in the plane, and of knots.

const [mapRows, mapColumns] = [A.map_r.length - 1, A.map_theta.length - 1];
const cellCount = mapRows * mapColumns;
const [faintest, strongest] = data.map_range;
const decoded = Float64Array.from({ length: 256 }, (_, code) => (code ? faintest * (strongest / faintest) ** ((code - 1) / 254) : 0));
const cellsNow = { at: NaN, code: new Uint8Array(cellCount) };
// Codes now; between snapshots the logarithm goes in proportion.
function codesNow() {
  if (cellsNow.at !== view.at) {
    cellsNow.at = view.at;
    for (let i = 0; i < cellCount; i++) cellsNow.code[i] = Math.round(now(A.map, cellCount, i));
  }
  return cellsNow.code;
}

// Light to dark, or dark to light, in even steps (the map "mako" of the seaborn library); the first is the card.
const MAKO = ["#def5e5", "#8bdab2", "#40b7ad", "#348fa7", "#37659e", "#423d7b", "#2d1e3e"];
const shadesOf = () => [color.card, ...(document.documentElement.dataset.theme === "dark" ? ["#2b2347", "#423d7b", "#37659e", "#348fa7", "#40b7ad", "#8bdab2", "#def5e5"] : MAKO)];
const shades = { theme: null, rgb: new Uint8Array(3 * 256) };
function shadesNow() {
  const theme = document.documentElement.dataset.theme;
  if (shades.theme !== theme) {
    shades.theme = theme;
    const stops = shadesOf();
    for (let code = 1; code < 256; code++) {
      const rgb = blend(stops, 0.06 + (0.94 * (code - 1)) / 254).match(/\d+/g).map(Number);
      shades.rgb.set(rgb, 3 * code);
    }
  }
  return shades.rgb;
}

// The last face not above a value; -1 outside.
function cellAt(faces, value) {
  if (!(value >= faces[0] && value < faces[faces.length - 1])) return -1;
  let [low, high] = [0, faces.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (faces[middle] <= value) low = middle; else high = middle;
  }
  return low;
}
const rowAt = (r) => cellAt(A.map_r, r);
const columnAt = (theta) => cellAt(A.map_theta, theta - 2 * Math.PI * Math.floor((theta - A.map_theta[0]) / (2 * Math.PI)));

// A canvas of pixels, kept until its size changes, with what each pixel looks up.
function pixelMap(look) {
  const map = { canvas: document.createElement("canvas"), key: "" };
  return (width, height, key) => {
    if (map.key !== `${width} ${height} ${key}`) {
      map.key = `${width} ${height} ${key}`;
      [map.canvas.width, map.canvas.height] = [width, height];
      map.image = map.canvas.getContext("2d").createImageData(width, height);
      map.looked = look(width, height);
    }
    return map;
  };
}

// Cylinder: one row of pixels for each row of cells.
const cylinderMap = pixelMap((width) => Int32Array.from({ length: width }, (_, x) => columnAt(SEAM + ((x + 0.5) / width) * (END - SEAM))));
function drawMap(c, area) {
  const [codes, rgb, width] = [codesNow(), shadesNow(), Math.max(1, Math.round(area.width))];
  const map = cylinderMap(width, mapRows, "");
  const pixels = map.image.data;
  for (let row = 0, at = 0; row < mapRows; row++) {
    const from = (mapRows - 1 - row) * mapColumns;
    for (let x = 0; x < width; x++, at += 4) {
      const code = codes[from + map.looked[x]];
      pixels[at] = rgb[3 * code];
      pixels[at + 1] = rgb[3 * code + 1];
      pixels[at + 2] = rgb[3 * code + 2];
      pixels[at + 3] = code ? 255 : 0;
    }
  }
  map.canvas.getContext("2d").putImageData(map.image, 0, 0);
  c.imageSmoothingEnabled = false;
  const [top, bottom] = [cylinderPlot.py(A.map_r[mapRows]), cylinderPlot.py(A.map_r[0])];
  c.drawImage(map.canvas, area.left, top, area.width, bottom - top);
  c.imageSmoothingEnabled = true;
}

// Plane: of both signs the density per area, du dv = |r| dr dtheta.
const planeMap = pixelMap((width, height) => {
  const looked = { up: new Int32Array(width * height), down: new Int32Array(width * height), per: new Float32Array(width * height) };
  const unit = (2 * measure.reach) / Math.min(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const [u, v] = [(x + 0.5 - width / 2) * unit, (height / 2 - y - 0.5) * unit];
      const [r, column] = [Math.hypot(u, v), columnAt(Math.atan2(v, u))];
      const cell = (r) => { const row = rowAt(r); return row < 0 ? -1 : row * mapColumns + column; };
      looked.up[at] = cell(r);
      looked.down[at] = cell(-r);
      looked.per[at] = 1 / r;
    }
  }
  return looked;
});
const hexOf = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
function drawPlaneMap(c, area) {
  const codes = codesNow();
  // Pixels of about one and a half of the screen's: there are many of them.
  const [width, height] = [Math.round(area.width / 1.5), Math.round(area.height / 1.5)];
  const map = planeMap(width, height, "");
  const { up, down, per } = map.looked;
  const pixels = map.image.data;
  const [plus, minus, card] = [color.positive, color.negative, color.card].map(hexOf);
  const most = strongest / (0.12 * measure.reach);
  const [low, scale] = [Math.log(1e-4 * most), 1 / Math.log(1e4)];
  for (let i = 0, at = 0; i < up.length; i++, at += 4) {
    const a = up[i] < 0 ? 0 : decoded[codes[up[i]]];
    const b = down[i] < 0 ? 0 : decoded[codes[down[i]]];
    const sum = a + b;
    if (sum === 0) { pixels[at + 3] = 0; continue; }
    const part = clamp((Math.log(sum * per[i]) - low) * scale, 0.02, 1);
    for (let k = 0; k < 3; k++) pixels[at + k] = card[k] + part * ((plus[k] * a + minus[k] * b) / sum - card[k]);
    pixels[at + 3] = 255;
  }
  map.canvas.getContext("2d").putImageData(map.image, 0, 0);
  c.drawImage(map.canvas, area.left, area.top, area.width, area.height);
}

// Density of knots along x, from that of directions: dtheta = dx / (1 + x^2), and both facings have their knot there.
const knotDensity = (x, side) => [-Math.atan(x), Math.PI - Math.atan(x)].reduce((sum, theta) => {
  const column = columnAt(theta);
  return sum + (column < 0 ? 0 : now(A.per_radian, 2 * mapColumns, side * mapColumns + column));
}, 0) / (1 + x * x);

function drawKnots(c, { left, right, bottom }) {
  const highest = 0.5;
  for (let x = Math.ceil(left); x < right; x++) {
    const at = functionPlot.valueAt("x", x + 0.5);
    const [up, down] = [knotDensity(at, 0), knotDensity(at, 1)];
    if (up + down <= 0) continue;
    c.globalAlpha = clamp(Math.sqrt((up + down) / highest), 0.04, 1);
    const part = ((RUG - 3) * up) / (up + down);
    c.fillStyle = color.positive;
    c.fillRect(x, bottom + 3, 1, part);
    c.fillStyle = color.negative;
    c.fillRect(x, bottom + 3 + part, 1, RUG - 3 - part);
  }
  c.globalAlpha = 1;
}

// In words: what a cell holds.
function cellText(r, theta) {
  const [row, column] = [rowAt(r), columnAt(theta)];
  if (row < 0 || column < 0) return null;
  const code = codesNow()[row * mapColumns + column];
  const value = code ? `about ${short(decoded[code], 2)} per unit r and rad` : `below ${short(faintest, 1)} per unit r and rad`;
  return `density ${value}\nr = ${short(r)}, θ = ${short(theta)}\nknot at ${short(-Math.tan(theta))}, active to its ${Math.cos(theta) > 0 ? "right" : "left"}`;
}
