// What the lines of samples hold, as densities in r: bars on the lines, and curves beside the cylinder.

const heldLines = Array.from(A.line_boundary, (boundary, k) => ({ boundary, k, q: shownAt.get(sampleOf(boundary)) })).filter((held) => held.q !== undefined);
heldLines.forEach((held) => (held.angle = angleOf(held.boundary, A.x[held.q])));
const lineStride = A.line_boundary.length * mapRows;
const lineNow = (k, row) => now(A.line, lineStride, k * mapRows + row);
const rowMiddle = (row) => 0.5 * (A.map_r[row] + A.map_r[row + 1]);
// Apart from the colours of the map, and from each other by lightness too.
const LINE_COLORS = { light: ["#d9480f", "#d6336c", "#e8a200", "#862e9c", "#c92a2a", "#8a5a00"], dark: ["#ff922b", "#ff6b9d", "#ffd43b", "#da77f2", "#ff8787", "#d9a441"] };
const lineMost = largest(A.line) || 1;
const lineColor = (order) => LINE_COLORS[document.documentElement.dataset.theme === "dark" ? "dark" : "light"][order % 6];
heldLines.map((held) => {
  const mass = (t) => Array.from({ length: mapRows }, (_, row) => A.line[t * lineStride + held.k * mapRows + row]).reduce((sum, d) => sum + d, 0);
  return [held, largest(Array.from({ length: frames }, (_, t) => mass(t)))];
}).sort((a, b) => b[1] - a[1]).forEach(([held], order) => (held.order = order));

// A bar along a line, as wide at each r as the line is dense there; `at` gives pixels, `across` those of the widest.
function drawBars(c, at, across) {
  for (const held of [...heldLines].reverse()) {
    const on = isLit(held.q, held.boundary);
    c.lineCap = "butt";
    // A rim first, so that it is seen on any colour.
    for (const [stroke, more] of [[color.card, 2.5], [on ? color.ink : lineColor(held.order), on ? 2 : 0]]) {
      c.strokeStyle = stroke;
      for (let row = 0; row < mapRows; row++) {
        const density = lineNow(held.k, row);
        if (density < 3e-3 * lineMost) continue;
        c.lineWidth = Math.max(1.5, across * Math.sqrt(density / lineMost)) + more;
        // A little into the next row: no seam shows where they meet.
        line(c, ...at(A.map_r[row], held.angle), ...at(A.map_r[row + 1] + 0.3 * (A.map_r[row + 1] - A.map_r[row]), held.angle));
      }
    }
  }
}

let besideWidth = 0;
const besidePlot = new Plot(byId("cylinder"), { x: { range: [0, 1.06 * lineMost] }, y: { range: [-1, 1] } });
function drawCurves(c) {
  const { top, height, right } = cylinderPlot.area;
  Object.assign(besidePlot, { context: c, size: cylinderPlot.size });
  besidePlot.axes.y = { range: cylinderPlot.axes.y.range, ticks: linearTicks(...cylinderPlot.axes.y.range, height / 55).map(([value]) => [value, ""]) };
  besidePlot.axes.x = { range: [0, 1.06 * lineMost], label: "pinned, per unit r", ticks: [[0, "0"], linearTicks(0, 1.06 * lineMost, 2)[1] ?? [lineMost, short(lineMost)]] };
  besidePlot.place(right + 26, top, besideWidth - 32, height);
  besidePlot.frame();
  besidePlot.inside(() => {
    for (const held of [...heldLines].reverse()) {
      const on = isLit(held.q, held.boundary);
      besidePlot.curve(mapRows, (row) => [besidePlot.px(lineNow(held.k, row) || NaN), besidePlot.py(rowMiddle(row))], { stroke: on ? color.ink : lineColor(held.order), width: on ? 3.5 : 2 });
    }
  });
}

// What the pictures show of the measure; a page of particles has another.
const measure = {
  reach: A.map_r[mapRows],
  region: () => color.card,
  linesFirst: true,
  knots: drawKnots,
  findKnot(x) {
    const at = functionPlot.valueAt("x", x);
    return { text: `knots at x = ${short(at)}\nr > 0: ${short(knotDensity(at, 0))} per unit x\nr < 0: ${short(knotDensity(at, 1))} per unit x` };
  },
  under: (c) => drawPlaneMap(c, planePlot.area),
  plane: (c) => drawBars(c, (r, angle) => planeOf(r, angle), 9),
  map: drawMap,
  cylinder: (c) => drawBars(c, cylinderOf, 12),
  findInPlane(x, y) {
    const [u, v] = [(x - planeAt(0, 0)[0]) / planePlot.scale, (planeAt(0, 0)[1] - y) / planePlot.scale];
    const [r, theta] = [Math.hypot(u, v), Math.atan2(v, u)];
    const [up, down] = [cellText(r, theta), cellText(-r, theta)];
    return up && down ? { text: `${up.split("\n")[0]} with r > 0\n${down.split("\n")[0]} with r < 0\n|r| = ${short(r)}, knot at ${short(-Math.tan(theta))}` } : null;
  },
  findOnCylinder(x, y) {
    const { left, right, top, bottom } = cylinderPlot.area;
    if (y < top || y > bottom || x < left) return null;
    if (x <= right) {
      const text = cellText(cylinderPlot.valueAt("y", y), cylinderPlot.valueAt("x", x));
      return text && { text };
    }
    // The nearest of the curves.
    const r = cylinderPlot.valueAt("y", y);
    const row = rowAt(r);
    if (row < 0) return null;
    const k = nearest(heldLines.length, (k) => [besidePlot.px(lineNow(heldLines[k].k, row)), y], x, y, 12);
    if (k < 0) return null;
    const { boundary, q } = heldLines[k];
    return { text: `line of sample ${sampleOf(boundary)}, active to its ${switchesOn(boundary) ? "right" : "left"}\n${short(lineNow(heldLines[k].k, row))} per unit r at r = ${short(r)}`, light: { sample: q, boundary } };
  },
  beside: (width) => (besideWidth = heldLines.length ? Math.max(92, 0.26 * width) : 0),
  besides: (c) => heldLines.length && drawCurves(c),
  of: "density",
  words: "The density",
};

// The scale of the map, below it.
panels.push(() => {
  const canvas = byId("scale");
  [canvas.width, canvas.height] = [128, 1];
  const [image, rgb] = [canvas.getContext("2d").createImageData(128, 1), shadesNow()];
  for (let x = 0; x < 128; x++) {
    const code = 1 + 2 * x;
    image.data.set([rgb[3 * code], rgb[3 * code + 1], rgb[3 * code + 2], 255], 4 * x);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
});
byId("scale-words").textContent = `${short(faintest, 2)} to ${short(strongest, 2)} per unit r and radian, by its logarithm`;
