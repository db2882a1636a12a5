// The page of a sweep, and of a phase study, which is one.

const keys = data.axes.filter((axis) => axis !== "seed");
const seeds = data.axes.includes("seed") ? lengthOf("seed") : 1;
const finals = Object.keys(A).filter((name) => name.startsWith("final_") && dims[name].join() === data.axes.join());
const phase = data.study === "phase";
const chosen = { quantity: finals.includes("final_tangent_kernel_change") && phase ? "final_tangent_kernel_change" : finals.includes("final_loss") ? "final_loss" : finals[0], at: {} };
keys.forEach((key) => (chosen.at[key] = phase && key === "width" ? lengthOf(key) - 1 : 0));
// Across, and what colours the lines: the longest axes, but in phase studies those of the diagram.
const byLength = [...keys].sort((a, b) => lengthOf(b) - lengthOf(a));
chosen.x = phase ? keys[0] : byLength[0];
chosen.colour = phase ? "power" : (byLength[1] ?? byLength[0]);
const words = (name) => name.replace(/^final_/, "").replaceAll("_", " ");
const keyWords = (axis) => axis.replace("_", ".");

// Values over the seeds of the runs at these indices.
const runsAt = (name, at) => Array.from({ length: seeds }, (_, seed) => A[name][placeIn(name, { ...at, seed })]);
const others = () => keys.filter((key) => key !== chosen.x && key !== chosen.colour);
const seriesCount = () => (chosen.colour === chosen.x || !chosen.colour ? 1 : lengthOf(chosen.colour));
const atOf = (s, i) => ({ ...chosen.at, ...(seriesCount() > 1 ? { [chosen.colour]: s } : {}), [chosen.x]: i });

function choice(name, options, value, set) {
  const labelled = document.createElement("label");
  const select = document.createElement("select");
  for (const [option, text] of options) select.append(new Option(text, option, false, String(option) === String(value)));
  select.addEventListener("change", () => { set(select.value); build(); });
  labelled.append(name, select);
  return labelled;
}
function build() {
  const keyOptions = keys.map((key) => [key, keyWords(key)]);
  const parts = [
    choice("quantity", finals.map((name) => [name, `${words(name)} at the end`]), chosen.quantity, (v) => (chosen.quantity = v)),
    choice("across", keyOptions, chosen.x, (v) => { if (v === chosen.colour) chosen.colour = chosen.x; chosen.x = v; }),
  ];
  if (keys.length > 1) parts.push(choice("colour", keyOptions.filter(([key]) => key !== chosen.x), chosen.colour, (v) => (chosen.colour = v)));
  for (const key of others()) {
    parts.push(choice(keyWords(key), Array.from({ length: lengthOf(key) }, (_, i) => [i, wordOf(key, i)]), chosen.at[key], (v) => (chosen.at[key] = Number(v))));
  }
  const focused = Array.from(byId("choose").querySelectorAll("select")).indexOf(document.activeElement);
  byId("choose").replaceChildren(...parts);
  byId("choose").querySelectorAll("select")[focused]?.focus();
  byId("about").textContent = data.about[chosen.quantity] ? `${data.about[chosen.quantity]}, at the end.` : "";
  byId("map-card").hidden = keys.length < 2;
  table();
  redraw();
}

// A key's values as positions: numbers where they are, evenly spaced where they are words or where
// numbers would crowd.
function positions(axis) {
  const values = Array.from({ length: lengthOf(axis) }, (_, i) => valueOf(axis, i));
  if (!texts[axis] && wantsLog(values)) return { at: values, axis: { range: [values[0] / 1.3, 1.3 * values[values.length - 1]].sort((a, b) => a - b), log: true, label: keyWords(axis) } };
  const gaps = values.slice(1).map((v, i) => Math.abs(v - values[i]));
  const even = !texts[axis] && values.length > 1 && largest(gaps) < 8 * least(gaps);
  if (even) return { at: values, axis: { range: range(values, 0.05), label: keyWords(axis) } };
  return { at: values.map((_, i) => i), axis: { range: [-0.4, values.length - 0.6], label: keyWords(axis), ticks: values.map((_, i) => [i, wordOf(axis, i)]) } };
}

const linesPlot = new Plot(byId("lines"), { x: { range: [0, 1] }, y: { range: [0, 1] } }, { left: 62 });
panels.push(() => {
  const plot = linesPlot;
  const n = lengthOf(chosen.x);
  const place = positions(chosen.x);
  const all = Array.from({ length: seriesCount() }, (_, s) => Array.from({ length: n }, (_, i) => spread(runsAt(chosen.quantity, atOf(s, i)))));
  plot.axes = { x: place.axis, y: axisFor(all.flat().flatMap((p) => [p.low, p.high]), words(chosen.quantity)) };
  plot.shown = { all, place };
  const c = plot.begin();
  plot.frame();
  plot.inside(() => {
    all.forEach((series, s) => {
      const stroke = lineColor(s, all.length);
      const pixel = (i, value) => [plot.px(place.at[i]), plot.py(value)];
      if (seeds > 1) {
        const known = series.map((_, i) => i).filter((i) => Number.isFinite(series[i].mean));
        c.beginPath();
        known.forEach((i) => c.lineTo(...pixel(i, series[i].high)));
        known.reverse().forEach((i) => c.lineTo(...pixel(i, series[i].low)));
        Object.assign(c, { globalAlpha: 0.16, fillStyle: stroke });
        c.fill();
        c.globalAlpha = 1;
      }
      plot.curve(n, (i) => pixel(i, series[i].mean), { stroke, width: 2.2 });
      series.forEach((p, i) => Number.isFinite(p.mean) && disc(c, ...pixel(i, p.mean), 4, { fill: stroke, stroke: color.card }));
    });
  });
  const entries = all.map((_, s) => [lineColor(s, all.length), seriesCount() > 1 ? `${keyWords(chosen.colour)} = ${wordOf(chosen.colour, s)}` : words(chosen.quantity)]);
  legend("lines-legend", entries);
  legend("course-legend", Array.from({ length: lengthOf(chosen.x) }, (_, i) => [lineColor(i, lengthOf(chosen.x)), `${keyWords(chosen.x)} = ${wordOf(chosen.x, i)}`]).slice(0, 12));
  byId("lines").setAttribute("aria-label", `${words(chosen.quantity)} at the end over ${keyWords(chosen.x)}${seriesCount() > 1 ? `, one line for each ${keyWords(chosen.colour)}` : ""}.`);
});
point(linesPlot.canvas, (x, y) => {
  const { all, place } = linesPlot.shown;
  const n = place.at.length;
  const k = nearest(all.length * n, (k) => [linesPlot.px(place.at[k % n]), linesPlot.py(all[Math.floor(k / n)][k % n].mean)], x, y, 24);
  if (k < 0) return null;
  const [s, i] = [Math.floor(k / n), k % n];
  return { text: describe(atOf(s, i), all[s][i]) };
});
function describe(at, { mean, low, high, count }) {
  const where = keys.map((key) => `${keyWords(key)} = ${wordOf(key, at[key])}`).join(", ");
  const spreadText = count > 1 ? `\n${count} seeds, from ${short(low)} to ${short(high)}` : "";
  const verdict = phase && texts.phase ? `\n${texts.phase[(at[keys[0]] ?? 0) * lengthOf("power") + (at.power ?? 0)]}` : "";
  return `${where}\n${words(chosen.quantity)} ${short(mean)}${spreadText}${verdict}`;
}

const mapPlot = new Plot(byId("map"), { x: { range: [0, 1] }, y: { range: [0, 1] } }, { left: 74, right: 84 });
panels.push(() => {
  if (keys.length < 2) return;
  const plot = mapPlot;
  const [n, m] = [lengthOf(chosen.x), lengthOf(chosen.colour)];
  const ticks = (axis, count) => Array.from({ length: count }, (_, i) => [i + 0.5, wordOf(axis, i)]);
  plot.axes = { x: { range: [0, n], label: keyWords(chosen.x), ticks: ticks(chosen.x, n) }, y: { range: [0, m], label: keyWords(chosen.colour), ticks: ticks(chosen.colour, m) } };
  const cells = Array.from({ length: n * m }, (_, k) => spread(runsAt(chosen.quantity, atOf(Math.floor(k / n), k % n))));
  const values = cells.map((cell) => cell.mean).filter(Number.isFinite);
  const log = wantsLog(values);
  const [low, high] = [least(values), largest(values)];
  const partOf = (v) => (high === low ? 0.5 : log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
  plot.shown = { cells, n, m };
  const c = plot.begin();
  const { area } = plot;
  plot.frame();
  cells.forEach((cell, k) => {
    const [i, j] = [k % n, Math.floor(k / n)];
    const [x0, x1, y0, y1] = [plot.px(i), plot.px(i + 1), plot.py(j + 1), plot.py(j)];
    c.fillStyle = Number.isFinite(cell.mean) ? cellColor(partOf(cell.mean)) : color.card;
    c.fillRect(x0 + 1, y0 + 1, x1 - x0 - 2, y1 - y0 - 2);
    if (!Number.isFinite(cell.mean)) {
      c.strokeStyle = color.faint;
      line(c, x0, y0, x1, y1);
      line(c, x0, y1, x1, y0);
    } else if (x1 - x0 > 44 && y1 - y0 > 18) {
      Object.assign(c, { fillStyle: onCell(partOf(cell.mean)), textAlign: "center", textBaseline: "middle" });
      c.fillText(short(cell.mean, 2), (x0 + x1) / 2, (y0 + y1) / 2);
    }
  });
  // What the colours mean.
  const [x, top, height] = [area.right + 14, area.top, area.height];
  for (let k = 0; k < 60; k++) {
    c.fillStyle = cellColor(k / 59);
    c.fillRect(x, top + height - ((k + 1) * height) / 60, 12, height / 60 + 1);
  }
  c.fillStyle = color.muted;
  c.textAlign = "left";
  c.textBaseline = "middle";
  const count = 4;
  for (let k = 0; k <= count && values.length; k++) {
    const value = log ? low * (high / low) ** (k / count) : low + ((high - low) * k) / count;
    c.fillText(short(value, 3), x + 17, top + height - (k * height) / count + (k === 0 ? -5 : k === count ? 5 : 0));
  }
  byId("map").setAttribute("aria-label", `Map of ${words(chosen.quantity)} at the end over ${keyWords(chosen.x)} and ${keyWords(chosen.colour)}, from ${short(low)} to ${short(high)}.`);
});
point(mapPlot.canvas, (x, y) => {
  const { cells, n, m } = mapPlot.shown ?? {};
  if (!cells) return null;
  const [i, j] = [Math.floor(mapPlot.valueAt("x", x)), Math.floor(mapPlot.valueAt("y", y))];
  if (i < 0 || j < 0 || i >= n || j >= m) return null;
  return { text: describe(atOf(j, i), cells[j * n + i]) };
});

// Over time: lines coloured by the key across.
const coursePlot = new Plot(byId("course"), { x: { range: [0, 1] }, y: { range: [0, 1] } }, { left: 62 });
panels.push(() => {
  const name = chosen.quantity.replace(/^final_/, "");
  const known = A[name] && A.time && dims[name].length === data.axes.length + 1;
  byId("course-card").hidden = !known;
  if (!known) return;
  const plot = coursePlot;
  const ownTime = dims.time.length > 1; // times differ from run to run
  const steps = A[name].shape[A[name].shape.length - 1];
  const timeDim = dims[name][dims[name].length - 1];
  const series = Array.from({ length: lengthOf(chosen.x) }, (_, i) => {
    const at = atOf(0, i);
    if (seriesCount() > 1) at[chosen.colour] = chosen.at[chosen.colour];
    return Array.from({ length: steps }, (_, t) => ({
      time: ownTime ? A.time[placeIn("time", { ...at, seed: 0, [timeDim]: t })] : A.time[t],
      value: spread(runsAt(name, { ...at, [timeDim]: t })).mean,
    }));
  });
  const times = series.flat().map((p) => p.time).filter(Number.isFinite);
  plot.axes = { x: { range: [least(times), largest(times)], label: "time t" }, y: axisFor(series.flat().map((p) => p.value), words(name)) };
  plot.shown = series;
  plot.begin();
  plot.frame();
  plot.inside(() => series.forEach((s, i) => plot.curve(steps, (t) => [plot.px(s[t].time), plot.py(s[t].value)], { stroke: lineColor(i, series.length), width: 2 })));
  byId("course").setAttribute("aria-label", `${words(name)} over time, one line for each ${keyWords(chosen.x)}.`);
});
point(coursePlot.canvas, (x, y) => {
  const series = coursePlot.shown;
  if (!series) return null;
  const steps = series[0].length;
  const k = nearest(series.length * steps, (k) => { const p = series[Math.floor(k / steps)][k % steps]; return [coursePlot.px(p.time), coursePlot.py(p.value)]; }, x, y, 20);
  if (k < 0) return null;
  const p = series[Math.floor(k / steps)][k % steps];
  return { text: `${keyWords(chosen.x)} = ${wordOf(chosen.x, Math.floor(k / steps))}\nt = ${short(p.time)}: ${short(p.value)}` };
});

// All runs, one row each.
const ROWS = 400;
function table() {
  const names = [chosen.quantity, ...["final_loss", "final_tangent_kernel_change", "final_pinned_mass", "final_dead_mass", "final_slope_variation"].filter((name) => finals.includes(name) && name !== chosen.quantity)];
  const head = document.createElement("tr");
  for (const name of [...data.axes.map(keyWords), ...names.map(words)]) {
    head.append(Object.assign(document.createElement("th"), { textContent: name, className: "number", scope: "col" }));
  }
  byId("runs").tHead.replaceChildren(head);
  const count = A[chosen.quantity].length;
  const rows = [];
  for (let run = 0; run < Math.min(ROWS, count); run++) {
    let rest = run;
    const at = {};
    for (const axis of [...data.axes].reverse()) {
      at[axis] = rest % lengthOf(axis);
      rest = Math.floor(rest / lengthOf(axis));
    }
    const row = document.createElement("tr");
    for (const text of [...data.axes.map((axis) => wordOf(axis, at[axis])), ...names.map((name) => short(A[name][run]))]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text, className: "number" }));
    }
    rows.push(row);
  }
  byId("runs").tBodies[0].replaceChildren(...rows);
  byId("runs-rest").textContent = count > ROWS ? `The first ${ROWS} of ${count} runs; the file has all.` : "";
}
build();
