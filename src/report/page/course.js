// The course of a run: what tells kernel from adaptive learning, over time.

function course(id, yAxis, draw, text) {
  const plot = new Plot(byId(id), { x: timeAxis, y: yAxis }, { left: 46, top: 8, right: 20 });
  panels.push(() => {
    plot.begin();
    plot.frame();
    plot.inside((c) => {
      draw(plot, c);
      cursor(plot);
    });
  });
  point(plot.canvas, (x) => {
    if (!plot.area) return null;
    const i = frameAt(plot, x);
    return { text: `t = ${short(A.time[i], 4)}\n${text(i)}`, go: i };
  });
}
const overTime = (plot, value) => (i) => [plot.px(onTimeAxis(A.time[i])), plot.py(value(i))];
function mark(plot, c, value, fill) {
  if (Number.isFinite(plot.py(value))) disc(c, plot.px(onTimeAxis(A.time[view.frame])), plot.py(value), 4, { fill });
}

const most = largest(A.kernel_change);
const [STILL, MOVED] = data.bounds;
course("course-kernel", { range: [0, Math.max(0.32, 1.12 * most)] }, (plot, c) => {
  // What counts as standing still, and as moved.
  c.globalAlpha = 0.13;
  c.fillStyle = color.region;
  c.fillRect(plot.area.left, plot.py(STILL), plot.area.width, plot.py(0) - plot.py(STILL));
  c.fillStyle = color.pinned;
  c.fillRect(plot.area.left, plot.area.top, plot.area.width, plot.py(MOVED) - plot.area.top);
  c.globalAlpha = 1;
  plot.curve(frames, overTime(plot, (i) => A.kernel_change[i]), { stroke: color.ink, width: 2.4 });
  mark(plot, c, A.kernel_change[view.frame], color.ink);
  // Words where the curve is not.
  label(c, "adaptive", plot.area.right - 6, plot.area.top + 10, { align: "right", fill: color.muted });
  if (plot.py(0) - plot.py(STILL) > 11) label(c, "kernel", plot.area.right - 6, (plot.py(0) + plot.py(STILL)) / 2, { align: "right", fill: color.muted });
}, (i) => `kernel changed by ${change(A.kernel_change[i])}`);

// A density follows no neuron.
const follows = A.turned.some(Number.isFinite);
document.querySelectorAll(".only-neurons").forEach((part) => (part.hidden = !follows));
const degrees = (i) => (A.turned[i] * 180) / Math.PI;
if (follows) course("course-turned", { range: [0, Math.max(0.5, 1.12 * largest(A.time.map((_, i) => degrees(i))))] }, (plot, c) => {
  plot.curve(frames, overTime(plot, degrees), { stroke: color.ink, width: 2.4 });
  mark(plot, c, degrees(view.frame), color.ink);
}, (i) => `turned by ${short(degrees(i))}°\nmedian knot moved by ${percent(A.knots_moved[i])} of the samples' range`);

// Free, pinned, dead and stuck mass, one upon the other.
const shares = (i) => [1 - A.pinned[i] - A.dead[i] - A.stuck[i], A.pinned[i], A.stuck[i], A.dead[i]];
document.querySelectorAll(".only-stuck").forEach((part) => (part.hidden = !A.stuck.some((mass) => mass > 0)));
course("course-mass", { range: [0, 1], ticks: [[0, "0"], [0.5, "50 %"], [1, "100 %"]] }, (plot, c) => {
  const below = new Float64Array(frames);
  ["free", "pinned", "stuck", "dead"].forEach((name, k) => {
    c.beginPath();
    for (let i = 0; i < frames; i++) c.lineTo(...overTime(plot, (i) => below[i])(i));
    for (let i = frames - 1; i >= 0; i--) c.lineTo(...overTime(plot, (i) => below[i] + shares(i)[k])(i));
    c.closePath();
    c.fillStyle = color[name];
    c.fill();
    for (let i = 0; i < frames; i++) below[i] += shares(i)[k];
  });
}, (i) => {
  const [free, pinned, stuck, dead] = shares(i);
  return `free ${percent(Math.max(0, free))}\npinned ${percent(pinned)}\ndead ${percent(dead)}${stuck > 0 ? `\nstuck ${percent(stuck)}` : ""}`;
});

const hasLossFrozen = A.frozen_loss !== undefined;
const losses = [...A.loss, ...(hasLossFrozen ? A.frozen_loss : [])].filter((loss) => loss > 0);
// Losses that are rounding would take the axis down to nothing.
const lossFloor = Math.max(least(losses), 1e-14 * largest(losses));
course("course-loss", losses.length ? { range: [0.7 * lossFloor, 1.5 * largest(losses)], log: true } : { range: [0, 1] }, (plot, c) => {
  if (hasLossFrozen) plot.curve(frames, overTime(plot, (i) => A.frozen_loss[i]), { stroke: color.frozen, width: 2, dash: [6, 5] });
  plot.curve(frames, overTime(plot, (i) => A.loss[i]), { stroke: color.ink, width: 2.4 });
  mark(plot, c, A.loss[view.frame], color.ink);
}, (i) => `loss ${short(A.loss[i], 4)}${hasLossFrozen ? `\nif the kernel stood still: ${short(A.frozen_loss[i], 4)}` : ""}`);

// The same in figures, of the moment.
moved.push(() => {
  const i = view.frame;
  const figures = [
    ["tangent kernel changed by", change(A.kernel_change[i])],
    ...(follows ? [
      ["neurons turned by (rms)", `${short(degrees(i))}°`],
      ["median knot moved by, of the samples’ range", percent(A.knots_moved[i])],
    ] : []),
    ["mass on lines of samples", percent(A.pinned[i])],
    ["dead mass", percent(A.dead[i])],
    ["loss left", percent(A.loss[i] / A.loss[0])],
  ];
  byId("figures").replaceChildren(...figures.map(([name, value]) => {
    const div = document.createElement("div");
    div.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
    return div;
  }));
});
