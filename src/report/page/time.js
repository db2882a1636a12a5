// The slider, play and stop, and values between snapshots.

const frames = A.time.length;
const view = { at: frames - 1, low: frames - 1, high: frames - 1, part: 0, frame: frames - 1, playing: false };
const moved = []; // called when the nearest snapshot is another one

// Goes to a snapshot, or between two.
function goTo(at) {
  const before = view.frame;
  view.at = clamp(at, 0, frames - 1);
  view.low = Math.floor(view.at);
  view.high = Math.min(frames - 1, view.low + 1);
  view.part = view.at - view.low;
  view.frame = Math.round(view.at);
  byId("slider").value = view.frame;
  if (view.frame !== before || goTo.first) {
    goTo.first = false;
    moved.forEach((tell) => tell());
  }
  redraw();
}
goTo.first = true;

// The value number `i` of a row, between snapshots in proportion.
function now(array, stride, i) {
  const low = array[view.low * stride + i];
  return view.part === 0 ? low : low + view.part * (array[view.high * stride + i] - low);
}
// Angles go the short way round.
function angleNow(array, stride, i) {
  const low = array[view.low * stride + i];
  if (view.part === 0) return low;
  const turn = array[view.high * stride + i] - low;
  return low + view.part * (turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI)));
}

const SECONDS = 9; // a whole run at speed 1
let last = 0;
function tick(time) {
  if (!view.playing) return;
  const elapsed = Math.min(0.1, (time - last) / 1000);
  last = time;
  const speed = Number(byId("speed").value);
  // With less motion: from snapshot to snapshot, two a second.
  play.due = (play.due ?? view.at) + elapsed * (still.matches ? 2 * speed : (speed * (frames - 1)) / SECONDS);
  goTo(still.matches ? Math.floor(play.due) : play.due);
  if (view.at >= frames - 1) play(false);
  else requestAnimationFrame(tick);
}
function play(on) {
  if (on && view.at >= frames - 1) goTo(0);
  view.playing = on && frames > 1;
  play.due = view.at;
  const button = byId("play");
  button.setAttribute("aria-label", view.playing ? "Stop" : "Play");
  button.firstElementChild.textContent = view.playing ? "❚❚" : "▶";
  if (view.playing) {
    last = performance.now();
    requestAnimationFrame(tick);
  } else {
    goTo(view.frame);
  }
}

// What there is to say of the moment.
moved.push(() => {
  const i = view.frame;
  const slider = byId("slider");
  slider.setAttribute("aria-valuetext", `t = ${short(A.time[i])}, snapshot ${A.snapshot[i]}`);
  const parts = [`loss ${short(A.loss[i])}`, `kernel changed ${change(A.kernel_change[i])}`, `${percent(A.pinned[i])} pinned`, `${percent(A.dead[i])} dead`];
  const bold = document.createElement("b");
  bold.textContent = `t = ${short(A.time[i], 4)}`;
  const spans = parts.map((text) => Object.assign(document.createElement("span"), { textContent: text }));
  // Spaces, so that the line can break between the parts.
  byId("now").replaceChildren(bold, ...spans.flatMap((span) => [" ", span]));
});

byId("slider").max = frames - 1;
byId("slider").addEventListener("input", (event) => {
  if (view.playing) play(false);
  goTo(Number(event.target.value));
});
byId("play").addEventListener("click", () => play(!view.playing));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hold(null);
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
  // Space keeps its own meaning on buttons, boxes, lists and folds.
  if (event.target.closest("button, select, summary, a, [type=checkbox], tr.choice")) return;
  event.preventDefault();
  play(!view.playing);
});
