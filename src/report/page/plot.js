// A canvas with axes.

// Round steps for ticks between two ends, about `count` of them.
function linearTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * unit).find((step) => step >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) ticks.push(i * step);
  return ticks.map((value) => [value, short(value, 6)]);
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const power = (n) => `10${[...String(n)].map((c) => SUPERSCRIPT[c]).join("")}`;

// Powers of ten; where there are less than two, 1, 2, 5 of each.
function logTicks(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (last - first < 1) {
    return [1, 2, 5].flatMap((k) => [first - 1, first].map((n) => k * 10 ** n))
      .filter((value) => value >= low * 0.999 && value <= high * 1.001).sort((a, b) => a - b).map((value) => [value, short(value)]);
  }
  const step = Math.max(1, Math.ceil((last - first) / Math.max(1, count)));
  const ticks = [];
  for (let n = first; n <= last; n += step) ticks.push([10 ** n, power(n)]);
  return ticks;
}

class Plot {
  // axes: { x: { range, label, log, ticks, gap }, y: { ... } }; `gap` is room between the frame and the
  // words of its ticks, `margin` that of the frame inside the canvas.
  constructor(canvas, axes, margin = {}) {
    this.canvas = canvas;
    this.axes = axes;
    this.margin = { left: 52, right: 24, top: 12, bottom: 40, ...margin };
    new ResizeObserver(redraw).observe(canvas);
  }

  // Makes the canvas fit its place, empties it, and draws the frame.
  begin() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    }
    const c = (this.context = canvas.getContext("2d"));
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, width, height);
    c.font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
    this.size = [width, height];
    const m = this.margin;
    this.place(m.left, m.top, width - m.left - m.right, height - m.top - m.bottom);
    return c;
  }

  // The part of the canvas that the axes span.
  place(left, top, width, height) {
    this.area = { left, top, width, height, right: left + width, bottom: top + height };
  }

  part(axis, value) {
    const { range, log } = this.axes[axis];
    if (!log) return (value - range[0]) / (range[1] - range[0]);
    return Math.log(value / range[0]) / Math.log(range[1] / range[0]);
  }
  px(value) { return this.area.left + this.part("x", value) * this.area.width; }
  py(value) { return this.area.bottom - this.part("y", value) * this.area.height; }
  valueAt(axis, pixel) {
    const { range, log } = this.axes[axis];
    const part = axis === "x" ? (pixel - this.area.left) / this.area.width : (this.area.bottom - pixel) / this.area.height;
    return log ? range[0] * (range[1] / range[0]) ** part : range[0] + part * (range[1] - range[0]);
  }

  // Grid lines, ticks and labels.
  frame() {
    const { context: c, area } = this;
    const ticks = (axis, count) => {
      const { range, log, ticks } = this.axes[axis];
      return ticks ?? (log ? logTicks(range[0], range[1], count) : linearTicks(range[0], range[1], count));
    };
    c.lineWidth = 1;
    c.strokeStyle = color.grid;
    c.fillStyle = color.muted;
    c.textAlign = "center";
    c.textBaseline = "top";
    const gap = this.axes.x.gap ?? 0;
    let taken = -Infinity;
    for (const [value, text] of ticks("x", area.width / 85)) {
      const x = Math.round(this.px(value)) + 0.5;
      line(c, x, area.top, x, area.bottom);
      // Words that would run into each other are left out.
      const half = c.measureText(text).width / 2;
      if (x - half < taken + 4) continue;
      c.fillText(text, x, area.bottom + gap + 6);
      taken = x + half;
    }
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const [value, text] of ticks("y", area.height / 55)) {
      const y = Math.round(this.py(value)) + 0.5;
      line(c, area.left, y, area.right, y);
      c.fillText(text, area.left - 7, y);
    }
    const { x, y } = this.axes;
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    if (x.label) c.fillText(x.label, area.left + area.width / 2, area.bottom + gap + 34);
    if (y.label) {
      c.save();
      c.translate(13, area.top + area.height / 2);
      c.rotate(-Math.PI / 2);
      c.fillText(y.label, 0, 0);
      c.restore();
    }
    c.strokeStyle = color.rule;
    c.strokeRect(area.left + 0.5, area.top + 0.5, area.width, area.height);
  }

  // Draws only inside the frame.
  inside(draw) {
    const { context: c, area } = this;
    c.save();
    c.beginPath();
    c.rect(area.left, area.top, area.width, area.height);
    c.clip();
    draw(c);
    c.restore();
  }

  // A curve through points given in pixels by index; what is not finite leaves a gap.
  curve(count, point, { stroke, width = 2, dash = [], alpha = 1 }) {
    const c = this.context;
    c.save();
    c.beginPath();
    let open = false;
    for (let i = 0; i < count; i++) {
      const [x, y] = point(i);
      if (!Number.isFinite(x) || !Number.isFinite(y)) { open = false; continue; }
      if (open) c.lineTo(x, y); else c.moveTo(x, y);
      open = true;
    }
    Object.assign(c, { strokeStyle: stroke, lineWidth: width, globalAlpha: alpha, lineJoin: "round", lineCap: "round" });
    c.setLineDash(dash);
    c.stroke();
    c.restore();
  }
}

function line(c, x0, y0, x1, y1) {
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
}

function disc(c, x, y, radius, { fill, stroke, width = 1.5, alpha = 1 }) {
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
  c.globalAlpha = alpha;
  if (fill) { c.fillStyle = fill; c.fill(); }
  c.globalAlpha = 1;
  if (stroke) { c.strokeStyle = stroke; c.lineWidth = width; c.stroke(); }
}

// Text with a halo, readable on anything.
function label(c, text, x, y, { align = "left", fill = color.ink, bold = false } = {}) {
  c.save();
  if (bold) c.font = `600 ${c.font}`;
  Object.assign(c, { textAlign: align, textBaseline: "middle", lineJoin: "round", lineWidth: 3.5, strokeStyle: color.halo, fillStyle: fill });
  c.strokeText(text, x, y);
  c.fillText(text, x, y);
  c.restore();
}

// Where a curve over time ends, in numbers that fit an axis: [low, high] of the values with some room.
function range(values, room = 0.06) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  }
  if (!(low <= high)) return [0, 1];
  const width = high - low || Math.abs(high) || 1;
  return [low - room * width, high + room * width];
}
