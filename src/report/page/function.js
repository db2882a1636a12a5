// The function, its samples, its start, its knots, and what a cluster does to it.

const points = A.grid.length;
const RUG = 14; // height of the strip of knots, between the frame and its ticks
const functionPlot = (() => {
  // High and low enough for all samples and nearly all of the curve at all times.
  const inner = Array.from(A.function).filter((_, k) => {
    const i = k % points;
    return i >= A.grid_sample[0] && i <= A.grid_sample[samplesShown - 1];
  });
  const y = range([...A.y, quantile(inner, 0.002), quantile(inner, 0.998)], 0.09);
  return new Plot(byId("function"), { x: { range: [A.grid[0], A.grid[points - 1]], label: "x", gap: RUG }, y: { range: y, label: "f(x)" } }, { bottom: 40 + RUG, right: 18 });
})();
const hasFrozen = A.frozen_function !== undefined;
document.querySelectorAll(".only-frozen").forEach((part) => (part.hidden = !hasFrozen));
const CROWD = 200; // more samples than this are drawn as points, below the curves

panels.push(() => {
  const plot = functionPlot;
  const c = plot.begin();
  plot.frame();
  const { area } = plot;

  measure.knots(c, area);

  plot.inside(() => {
    const gridPoint = (value) => (i) => [plot.px(A.grid[i]), plot.py(value(i))];
    // Very many samples would hide the curves.
    if (samplesShown > CROWD) drawSamples(c);
    plot.curve(points, gridPoint((i) => A.function[i]), { stroke: color.faint, width: 2 });
    if (hasFrozen && byId("show-frozen").checked) {
      plot.curve(points, gridPoint((i) => now(A.frozen_function, points, i)), { stroke: color.frozen, width: 2, dash: [7, 6] });
    }
    plot.curve(points, gridPoint((i) => now(A.function, points, i)), { stroke: color.ink, width: 2.6 });
    drawKink(c);
    for (const cluster of clustersNow()) {
      const fill = signColor(cluster.side ? -1 : 1);
      const at = A.grid_sample[cluster.q];
      const size = clamp(clusterRadius(cluster.mass) * 0.6, 3, 11);
      const [x, y] = [plot.px(A.grid[at]), area.bottom - 1];
      // A triangle on the axis, as large as the cluster.
      c.beginPath();
      c.moveTo(x - size, y);
      c.lineTo(x + size, y);
      c.lineTo(x, y - 1.5 * size);
      c.closePath();
      c.globalAlpha = isLit(cluster.q, cluster.boundary, cluster.side) ? 1 : 0.55;
      c.fillStyle = fill;
      c.fill();
    }
    c.globalAlpha = 1;
    if (samplesShown <= CROWD) drawSamples(c);
  });
});

function drawSamples(c) {
  const small = samplesShown > CROWD ? 1.8 : samplesShown > 40 ? 3 : 4.5;
  for (let q = 0; q < samplesShown; q++) {
    const on = lit()?.sample === q;
    const [x, y] = [functionPlot.px(A.x[q]), functionPlot.py(A.y[q])];
    if (samplesShown > CROWD && !on) disc(c, x, y, small, { fill: color.muted, alpha: 0.5 });
    else disc(c, x, y, on ? small + 2 : small, { fill: on ? color.pinned : color.card, stroke: color.ink, width: on ? 2.5 : 1.6 });
  }
}

// What is lit: the function without the cluster's own bend, and the kink itself.
function drawKink(c) {
  const what = lit();
  if (!what) return;
  const plot = functionPlot;
  const at = A.grid_sample[what.sample];
  const x0 = A.grid[at];
  const f = (i) => now(A.function, points, i);
  c.save();
  c.strokeStyle = color.faint;
  c.setLineDash([3, 4]);
  line(c, plot.px(x0), plot.area.top, plot.px(x0), plot.area.bottom);
  c.restore();
  const cluster = clustersNow().find((k) => k.q === what.sample && k.boundary === what.boundary && (what.side === undefined || k.side === what.side));
  const meant = cluster ? [cluster] : what.boundary === undefined ? clustersNow().filter((k) => k.q === what.sample) : [];
  const bend = (x, k) => k.slope * Math.max(0, switchesOn(k.boundary) ? x - x0 : x0 - x);
  const known = meant.filter((k) => Number.isFinite(k.slope));
  if (known.length) {
    const stroke = signColor(known[0].side ? -1 : 1);
    const without = (i) => f(i) - known.reduce((sum, k) => sum + bend(A.grid[i], k), 0);
    plot.curve(points, (i) => [plot.px(A.grid[i]), plot.py(without(i))], { stroke, width: 2, dash: [3, 5] });
    // The kink: short tangents on both sides.
    const reach = 0.13 * (A.grid[points - 1] - A.grid[0]);
    const [l, r] = [Math.max(0, at - 1), Math.min(points - 1, at + 1)];
    const left = at > 0 ? (f(at) - f(l)) / (x0 - A.grid[l]) : 0;
    const right = at < points - 1 ? (f(r) - f(at)) / (A.grid[r] - x0) : 0;
    const ends = [[x0 - reach, f(at) - reach * left], [x0, f(at)], [x0 + reach, f(at) + reach * right]];
    plot.curve(3, (k) => [plot.px(ends[k][0]), plot.py(ends[k][1])], { stroke, width: 5, alpha: 0.75 });
    const sum = known.reduce((sum, k) => sum + k.slope, 0);
    const edge = plot.px(x0) > plot.area.right - 190;
    label(c, `slope changes by ${short(sum)}; dotted: without it`, plot.px(x0) + (edge ? -8 : 8), plot.area.top + 12, { align: edge ? "right" : "left", fill: stroke, bold: true });
  }
}

point(functionPlot.canvas, (x, y) => {
  const plot = functionPlot;
  if (!plot.area || x < plot.area.left || x > plot.area.right) return null;
  const q = nearest(samplesShown, (q) => [plot.px(A.x[q]), plot.py(clamp(A.y[q], ...plot.axes.y.range))], x, y, 14);
  if (q >= 0) {
    const rho = A.residual[view.frame * samplesShown + q];
    return { text: `${sampleText(q)}\nf(x) = ${short(A.y[q] + rho, 4)}, residual ${short(rho)}`, light: { sample: q } };
  }
  if (y > plot.area.bottom - 18) {
    const clusters = clustersNow();
    const k = nearest(clusters.length, (k) => [plot.px(A.x[clusters[k].q]), y], x, y, 9);
    if (k >= 0) return { text: clusterText(clusters[k]), light: { sample: clusters[k].q, boundary: clusters[k].boundary, side: clusters[k].side } };
    return measure.findKnot(x, y);
  }
  const k = nearest(points, (k) => [plot.px(A.grid[k]), 0], x, 0, 1e5);
  const frozen = hasFrozen ? `\nif the kernel stood still: ${short(now(A.frozen_function, points, k), 4)}` : "";
  const raw = isRaw ? "" : `\nraw: x = ${short(rawX(A.grid[k]), 4)}, f = ${short(rawY(now(A.function, points, k)), 4)}`;
  return { text: `x = ${short(A.grid[k], 4)}\nf(x) = ${short(now(A.function, points, k), 4)}, at the start ${short(A.function[k], 4)}${frozen}${raw}` };
});
byId("show-frozen").addEventListener("change", redraw);
