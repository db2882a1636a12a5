// The measure at (theta, r): the cylinder, cut open where no sample is active.

const [SEAM, END] = [-Math.PI / 2, 1.5 * Math.PI];
const cylinderPlot = new Plot(byId("cylinder"), {
  x: { range: [SEAM, END], label: "direction θ (rad); the knot is at −tan θ", ticks: [[SEAM, "−π/2"], [0, "0"], [Math.PI / 2, "π/2"], [Math.PI, "π"], [END, "3π/2"]] },
  y: { range: [-measure.reach, measure.reach], label: "strength r" },
}, { top: 26, right: 18 });

const opened = (theta) => theta - 2 * Math.PI * Math.floor((theta - SEAM) / (2 * Math.PI));
const cylinderOf = (r, theta) => [cylinderPlot.px(opened(theta)), cylinderPlot.py(clamp(r, -0.985 * measure.reach, 0.985 * measure.reach))];
const clusterOnCylinder = (k) => (Number.isFinite(k.r) ? cylinderOf(k.r, k.angle) : null);

panels.push(() => {
  const plot = cylinderPlot;
  const c = plot.begin();
  // Less wide where something stands beside it.
  const { left, top, width, height } = plot.area;
  plot.place(left, top, width - measure.beside(width), height);
  plot.frame();
  measure.besides(c);
  const { area } = plot;
  plot.inside(() => {
    c.fillStyle = color.deadfill;
    c.fillRect(area.left, area.top, area.width, area.height);
    for (let k = 1; k < lines.length; k++) {
      const [left, right] = [plot.px(lines[k - 1].angle), plot.px(lines[k].angle)];
      c.fillStyle = measure.region(k);
      // A little over the next one, which is drawn upon it.
      c.fillRect(left, area.top, right - left + (k + 1 < lines.length ? 1 : 0), area.height);
    }
    measure.map?.(c, area);
    c.strokeStyle = color.faint;
    c.lineWidth = 1;
    line(c, area.left, plot.py(0), area.right, plot.py(0));
    const many = samplesShown > 30;
    for (const at of lines) {
      const sign = attracts(at);
      const on = isLit(at.q, at.b);
      const x = plot.px(at.angle);
      c.strokeStyle = on ? color.ink : sign ? signColor(sign) : color.faint;
      c.lineWidth = on ? 3 : sign ? (many ? 1.2 : 2) : many ? 0.4 : 1;
      c.globalAlpha = on ? 0.9 : sign || !many ? 0.75 : Math.min(0.75, 60 / samplesShown);
      // A line that attracts one sign is coloured where that sign is.
      if (sign && !on) {
        line(c, x, plot.py(0), x, sign > 0 ? area.top : area.bottom);
        c.strokeStyle = color.faint;
        c.lineWidth = many ? 0.4 : 1;
        line(c, x, plot.py(0), x, sign > 0 ? area.bottom : area.top);
      } else {
        line(c, x, area.top, x, area.bottom);
      }
    }
    c.globalAlpha = 1;
    measure.cylinder(c);
  });
  // Which way neurons face, and the numbers of the samples.
  c.fillStyle = color.muted;
  c.textBaseline = "alphabetic";
  c.textAlign = "center";
  if (samplesShown <= 12) {
    let before = -Infinity;
    for (const at of lines) {
      const x = plot.px(at.angle);
      if (x - before < 13) continue;
      c.fillText(String(A.sample[at.q]), x, area.top - 5);
      before = x;
    }
  } else if (area.width > 420) {
    c.fillText("active right of the knot", plot.px(0), area.top - 8);
    c.fillText("active left of the knot", plot.px(Math.PI), area.top - 8);
  }
});

point(cylinderPlot.canvas, (x, y) => {
  const plot = cylinderPlot;
  if (!plot.area) return null;
  return findThere(x, y, clusterOnCylinder, measure.findOnCylinder, () => {
    if (y < plot.area.top - 22 || y > plot.area.bottom) return null;
    const off = (at) => Math.abs(plot.px(at.angle) - x);
    const best = lines.reduce((best, at) => (off(at) < off(best) ? at : best), lines[0]);
    return off(best) < 5 ? best : null;
  });
});
