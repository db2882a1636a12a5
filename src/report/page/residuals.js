// Residuals over the samples now, and over time how far the residual ODE is from the particles.

const logTime = A.time[Math.floor((frames - 1) / 2)] < 0.12 * A.time[frames - 1] && frames > 3 && A.time[1] > 0;
const timeAxis = logTime
  ? { range: [A.time[1] / 1.5, A.time[frames - 1]], log: true, label: "time t" }
  : { range: [A.time[0], A.time[frames - 1] > A.time[0] ? A.time[frames - 1] : A.time[0] + 1], label: "time t" };
// Time 0 stands at the left end of an axis of logarithms.
const onTimeAxis = (time) => Math.max(time, timeAxis.range[0]);
const timeNow = () => A.time[view.low] + view.part * (A.time[view.high] - A.time[view.low]);

const FLOOR = 1e-17;
const residualPlot = new Plot(byId("residuals"), {
  x: { range: [A.grid[0], A.grid[points - 1]], label: "" },
  y: { range: range([...A.residual, 0], 0.09), label: "residual ρ" },
}, { left: 58 });
const differencePlot = (() => {
  const sizes = Array.from(A.ode_difference).filter((d) => d > 0);
  const [low, high] = sizes.length ? [least(sizes), largest(sizes)] : [FLOOR, 1e-12];
  const y = { range: [Math.max(FLOOR, low / 3), 5 * high], log: true, label: "|difference|" };
  return new Plot(residualPlot.canvas, { x: timeAxis, y });
})();

panels.push(() => {
  const plot = residualPlot;
  const c = plot.begin();
  const [width, height] = plot.size;
  const split = Math.round(0.56 * height);
  plot.place(58, 10, width - 80, split - 34);
  plot.frame();
  plot.inside(() => {
    c.strokeStyle = color.faint;
    c.lineWidth = 1;
    line(c, plot.area.left, plot.py(0), plot.area.right, plot.py(0));
    const at = (array) => (q) => [plot.px(A.x[q]), plot.py(now(array, samplesShown, q))];
    plot.curve(samplesShown, at(A.residual_ode), { stroke: color.ode, width: 2 });
    plot.curve(samplesShown, at(A.residual_ode_uncorrected), { stroke: color.printed, width: 2, dash: [6, 5] });
    const small = samplesShown > 40 ? 2.6 : 4;
    for (let q = 0; q < samplesShown; q++) {
      const on = lit()?.sample === q;
      if (samplesShown > CROWD && !on) disc(c, ...at(A.residual)(q), 1.6, { fill: color.muted, alpha: 0.6 });
      else disc(c, ...at(A.residual)(q), on ? small + 2 : small, { fill: on ? color.pinned : color.card, stroke: color.ink, width: on ? 2.5 : 1.5 });
    }
  });
  const below = differencePlot;
  Object.assign(below, { context: c, size: plot.size });
  below.place(58, split + 14, width - 80, height - split - 54);
  below.frame();
  below.inside(() => {
    for (const [k, stroke, dash] of [[0, color.ode, []], [1, color.printed, [6, 5]]]) {
      const value = (i) => A.ode_difference[2 * i + k];
      below.curve(frames, (i) => [below.px(onTimeAxis(A.time[i])), value(i) > 0 ? below.py(value(i)) : NaN], { stroke, width: 2, dash });
      if (value(view.frame) > 0) disc(c, below.px(onTimeAxis(A.time[view.frame])), below.py(value(view.frame)), 4, { fill: stroke });
    }
    cursor(below);
  });
});

// Where time is on an axis of time.
function cursor(plot) {
  const c = plot.context;
  const x = plot.px(onTimeAxis(timeNow()));
  c.strokeStyle = color.accent;
  c.lineWidth = 1.5;
  c.globalAlpha = 0.8;
  line(c, x, plot.area.top, x, plot.area.bottom);
  c.globalAlpha = 1;
}
// The snapshot nearest to a pixel on an axis of time.
const frameAt = (plot, x) => nearest(frames, (i) => [plot.px(onTimeAxis(A.time[i])), 0], x, 0, 1e5);

point(residualPlot.canvas, (x, y) => {
  const plot = residualPlot;
  if (!plot.area || !differencePlot.area) return null;
  if (y < differencePlot.area.top - 8) {
    const q = nearest(samplesShown, (q) => [plot.px(A.x[q]), plot.py(A.residual[view.frame * samplesShown + q])], x, y, 30);
    if (q < 0) return null;
    const at = view.frame * samplesShown + q;
    const ode = A.residual_ode[at];
    return {
      text: `${sampleText(q)}\nresidual ${short(A.residual[at], 5)}\nresidual ODE ${short(ode, 5)} (off by ${short(ode - A.residual[at], 2)})\nas printed ${short(A.residual_ode_uncorrected[at], 5)} (off by ${short(A.residual_ode_uncorrected[at] - A.residual[at], 2)})`,
      light: { sample: q },
    };
  }
  const i = frameAt(differencePlot, x);
  return {
    text: `t = ${short(A.time[i], 4)}, largest difference to the ${measure.of}\nresidual ODE: ${short(A.ode_difference[2 * i], 2)}\nas printed: ${short(A.ode_difference[2 * i + 1], 2)}`,
    go: i,
  };
});
