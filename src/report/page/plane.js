// The measure at (u, v) = |r| (cos theta, sin theta) (W eq. 6), lines of samples, activation regions.

const planePlot = new Plot(byId("plane"), { x: { range: [-1, 1] }, y: { range: [-1, 1] } }, { left: 1, right: 1, top: 1, bottom: 1 });

// Pixels of a vector; beyond the edge it is drawn at the edge.
function planeAt(u, v, keep = true) {
  const { area, scale } = planePlot;
  const [x, y] = [scale * u, -scale * v];
  const out = keep ? Math.max(1, Math.abs(x) / (area.width / 2 - 5), Math.abs(y) / (area.height / 2 - 5)) : 1;
  return [area.left + area.width / 2 + x / out, area.top + area.height / 2 + y / out];
}
const planeOf = (r, theta) => planeAt(Math.abs(r) * Math.cos(theta), Math.abs(r) * Math.sin(theta));
const clusterInPlane = (k) => (Number.isFinite(k.r) ? planeOf(k.r, k.angle) : null);

panels.push(() => {
  const plot = planePlot;
  const c = plot.begin();
  const { area } = plot;
  plot.scale = Math.min(area.width, area.height) / 2 / measure.reach;
  plot.inside(() => {
    const far = 2 * (area.width + area.height);
    const ray = (angle) => {
      const [x, y] = planeAt(0, 0);
      return [x + far * Math.cos(angle), y - far * Math.sin(angle)];
    };
    // Regions: the dead one first, over everything.
    c.fillStyle = color.deadfill;
    c.fillRect(area.left, area.top, area.width, area.height);
    const wedge = (from, to, fill) => {
      c.beginPath();
      c.moveTo(...planeAt(0, 0));
      // A wide one needs corners between.
      for (let i = 0; i <= 4; i++) c.lineTo(...ray(from + ((to - from) * i) / 4));
      c.closePath();
      c.fillStyle = fill;
      c.fill();
    };
    // All that live at once, and over it each of its own.
    wedge(lines[0].angle, lines[lines.length - 1].angle, measure.region(Math.ceil(samplesShown / 2)));
    for (let k = 1; k < lines.length; k++) wedge(lines[k - 1].angle, lines[k].angle, measure.region(k));
    const many = samplesShown > 30;
    measure.under?.(c, planeAt);
    for (const at of lines) {
      const sign = attracts(at);
      const on = isLit(at.q, at.b);
      c.strokeStyle = on ? color.ink : sign ? signColor(sign) : color.faint;
      c.lineWidth = on ? 3 : sign ? (many ? 1 : 2) : many ? 0.4 : 1;
      c.globalAlpha = on ? 0.9 : sign ? 0.75 : many ? Math.min(0.5, 40 / samplesShown) : 0.75;
      line(c, ...planeAt(0, 0), ...ray(at.angle));
    }
    c.globalAlpha = 1;
    measure.plane(c);
    if (!many) {
      for (const at of lines) {
        const reach = 0.94 * Math.min(area.width / 2 / Math.abs(Math.cos(at.angle)), area.height / 2 / Math.abs(Math.sin(at.angle))) / plot.scale;
        const [x, y] = planeAt(reach * Math.cos(at.angle), reach * Math.sin(at.angle));
        // Not where the scale is.
        if (x < area.left + 110 && y > area.bottom - 40) continue;
        label(c, String(A.sample[at.q]), x, y, { align: "center", fill: color.muted });
      }
    }
    // A scale, in place of ticks.
    const unit = linearTicks(0, measure.reach, 3)[1]?.[0] ?? measure.reach;
    c.strokeStyle = color.muted;
    c.lineWidth = 1.5;
    const [x, y] = [area.left + 12, area.bottom - 12];
    line(c, x, y, x + unit * plot.scale, y);
    label(c, `|r| = ${short(unit)}`, x, y - 11, { fill: color.muted });
    if (many) return;
    const dead = (lines[0].angle + lines[lines.length - 1].angle + 2 * Math.PI) / 2 - 2 * Math.PI;
    label(c, "dead", ...planeAt(0.62 * measure.reach * Math.cos(dead), 0.62 * measure.reach * Math.sin(dead)), { align: "center", fill: color.muted });
  });
  c.strokeStyle = color.rule;
  c.lineWidth = 1;
  c.strokeRect(area.left + 0.5, area.top + 0.5, area.width - 1, area.height - 1);
});

// Clusters, then what else is there, then lines.
function findThere(x, y, cluster, find, nearLine) {
  const clusters = clustersNow();
  const k = nearest(clusters.length, (k) => cluster(clusters[k]), x, y, 12);
  if (k >= 0) return { text: clusterText(clusters[k]), light: { sample: clusters[k].q, boundary: clusters[k].boundary, side: clusters[k].side } };
  const found = measure.linesFirst ? null : find(x, y);
  if (found) return found;
  const near = nearLine();
  if (!near) return measure.linesFirst ? find(x, y) : null;
  const sign = attracts(near);
  const does = sign ? `\nattracts neurons with ${sign > 0 ? "r > 0" : "r < 0"} now` : "";
  return { text: `line of ${sampleText(near.q)}${does}`, light: { sample: near.q, boundary: near.b } };
}
point(planePlot.canvas, (x, y) => {
  if (!planePlot.area) return null;
  return findThere(x, y, clusterInPlane, measure.findInPlane, () => {
    const [u, v] = [x - planeAt(0, 0)[0], planeAt(0, 0)[1] - y];
    const off = (at) => (u * Math.cos(at.angle) + v * Math.sin(at.angle) > 0 ? Math.abs(u * Math.sin(at.angle) - v * Math.cos(at.angle)) : Infinity);
    const best = lines.reduce((best, at) => (off(at) < off(best) ? at : best), lines[0]);
    return off(best) < 5 ? best : null;
  });
});
