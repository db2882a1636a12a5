// The page of a width study.

const quantities = texts.quantity;
const widths = Array.from(A.width);
// Five colours, and beyond these the same with dashed lines and open discs.
const HUES = 5;
const hueOf = (q) => LINES[isDark() ? "dark" : "light"][q % HUES];
const isSecond = (q) => q >= HUES;
const at = (q, w) => q * widths.length + w;

const deviationPlot = (() => {
  const means = Array.from(A.deviation_mean).filter((v) => v > 0);
  const errors = Array.from(A.limit_error).filter((v) => v > 0);
  const low = Math.min(least(means), least(errors));
  return new Plot(byId("deviation"), {
    x: { range: [widths[0] / 1.6, 1.6 * widths[widths.length - 1]], log: true, label: "width, neurons" },
    y: { range: [low / 1.7, 1.7 * largest(means)], log: true, label: "distance to the limit" },
  });
})();
panels.push(() => {
  const plot = deviationPlot;
  const c = plot.begin();
  plot.frame();
  plot.inside(() => {
    quantities.forEach((_, q) => {
      const stroke = hueOf(q);
      // The limit's own error.
      const y = plot.py(A.limit_error[q]);
      c.save();
      Object.assign(c, { strokeStyle: stroke, globalAlpha: 0.55, lineWidth: 1.5 });
      c.setLineDash([2, 4]);
      line(c, plot.area.left, y, plot.area.right, y);
      c.restore();
      // The fitted slope, through the middle of the points.
      const points = widths.map((m, w) => [Math.log(m), Math.log(A.deviation_mean[at(q, w)])]).filter(([, y]) => Number.isFinite(y));
      const middle = [0, 1].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length);
      if (Number.isFinite(A.slope[q])) {
        const fit = (m) => Math.exp(middle[1] + A.slope[q] * (Math.log(m) - middle[0]));
        plot.curve(2, (k) => { const m = plot.axes.x.range[k]; return [plot.px(m), plot.py(fit(m))]; }, { stroke, width: 1.6, alpha: 0.75, dash: isSecond(q) ? [7, 4] : [] });
      }
      widths.forEach((m, w) => {
        const [mean, error] = [A.deviation_mean[at(q, w)], A.deviation_error[at(q, w)]];
        c.strokeStyle = stroke;
        c.lineWidth = 1.6;
        line(c, plot.px(m), plot.py(mean + error), plot.px(m), plot.py(Math.max(mean - error, plot.axes.y.range[0])));
        disc(c, plot.px(m), plot.py(mean), 4.5, isSecond(q) ? { fill: color.card, stroke } : { fill: stroke, stroke: color.card });
      });
    });
    // What slope -1/2 looks like.
    const [m0, m1] = [widths[0], widths[widths.length - 1]];
    const top = plot.axes.y.range[1] / 1.25;
    plot.curve(2, (k) => { const m = [m0, m1][k]; return [plot.px(m), plot.py(top * Math.sqrt(m0 / m))]; }, { stroke: color.faint, width: 1.5, dash: [7, 5] });
    label(c, "slope −½", plot.px(Math.sqrt(m0 * m1)), plot.py(top * (m0 / m1) ** 0.25) - 12, { fill: color.muted });
  });
  legend("quantities", quantities.map((name, q) => [hueOf(q), Number.isFinite(A.slope[q]) ? `${name}: slope ${short(A.slope[q], 2)} ± ${short(A.slope_margin[q], 1)}` : name, isSecond(q)]));
});
point(deviationPlot.canvas, (x, y) => {
  const plot = deviationPlot;
  const count = quantities.length * widths.length;
  const k = nearest(count, (k) => [plot.px(widths[k % widths.length]), plot.py(A.deviation_mean[k])], x, y, 20);
  if (k < 0) return null;
  const [q, w] = [Math.floor(k / widths.length), k % widths.length];
  return { text: `${quantities[q]}, width ${widths[w]}\n${short(A.deviation_mean[k])} ± ${short(A.deviation_error[k], 2)}\nlimit's own error ${short(A.limit_error[q], 2)}`, go: w };
});

const members = A.function?.shape[1] ?? 0;
const grid = A.grid;
const view = { width: 0 };
const memberPlot = (() => {
  const values = A.function ? Array.from(A.function) : Array.from(A.limit_function);
  const y = range([...A.y, ...A.limit_function, quantile(values, 0.01), quantile(values, 0.99)], 0.1);
  return new Plot(byId("members"), { x: { range: range([grid[0], grid[grid.length - 1]], 0.03), label: "x" }, y: { range: y, label: "f(x)" } });
})();
panels.push(() => {
  const plot = memberPlot;
  const c = plot.begin();
  plot.frame();
  plot.inside(() => {
    for (let k = 0; k < members; k++) {
      const first = (view.width * members + k) * grid.length;
      plot.curve(grid.length, (i) => [plot.px(grid[i]), plot.py(A.function[first + i])], { stroke: color.positive, width: 1, alpha: clamp(5 / members, 0.12, 0.7) });
    }
    plot.curve(grid.length, (i) => [plot.px(grid[i]), plot.py(A.limit_function[i])], { stroke: color.ink, width: 2.6 });
    Array.from(A.x).forEach((x, j) => disc(c, plot.px(x), plot.py(A.y[j]), 4.5, { fill: color.card, stroke: color.ink }));
  });
});
point(memberPlot.canvas, (x) => {
  const i = nearest(grid.length, (i) => [memberPlot.px(grid[i]), 0], x, 0, 30);
  if (i < 0) return null;
  const values = Array.from({ length: members }, (_, k) => A.function[(view.width * members + k) * grid.length + i]);
  const { low, high } = spread(values);
  return { text: `x = ${short(grid[i])}\nlimit ${short(A.limit_function[i], 4)}\nnetworks from ${short(low, 4)} to ${short(high, 4)}` };
});

function goTo(w) {
  view.width = clamp(w, 0, widths.length - 1);
  const slider = byId("slider");
  slider.value = view.width;
  const text = `${widths[view.width]} neurons, ${members} networks`;
  slider.setAttribute("aria-valuetext", text);
  byId("now").textContent = text;
  byId("members").setAttribute("aria-label", `What ${members} networks of ${widths[view.width]} neurons learned, beside the limit.`);
  redraw();
}
pointing.goTo = goTo;
byId("slider").max = widths.length - 1;
byId("slider").addEventListener("input", (event) => goTo(Number(event.target.value)));
byId("deviation").setAttribute("aria-label", `Distance to the limit against width: ${quantities.map((name, q) => `${name} with slope ${short(A.slope[q], 2)}`).join(", ")}.`);
goTo(0);
