// The table of pinned clusters.

const ROWS = 12;
let rows = [];
moved.push(() => {
  const clusters = clustersNow();
  const body = byId("clusters").tBodies[0];
  const hadFocus = rows.findIndex((row) => row.element === document.activeElement);
  rows = clusters.slice(0, ROWS).map((k) => {
    const element = document.createElement("tr");
    element.className = "choice";
    element.tabIndex = 0;
    const what = { sample: k.q, boundary: k.boundary, side: k.side };
    const cell = (text, name) => {
      const td = element.insertCell();
      td.textContent = text;
      if (name) td.className = name;
      return td;
    };
    cell(`${sampleOf(k.boundary)} at x = ${short(A.x[k.q])}`);
    cell(switchesOn(k.boundary) ? "to its right" : "to its left");
    const swatch = document.createElement("span");
    swatch.className = `swatch ${k.side ? "negative" : "positive"}`;
    cell(k.side ? "r < 0" : "r > 0").prepend(swatch);
    cell(percent(k.mass), "number");
    cell(short(k.r), "number");
    cell(short(k.slope), "number");
    element.addEventListener("pointerenter", () => light(what));
    element.addEventListener("pointerleave", () => light(null));
    element.addEventListener("focus", () => light(what));
    element.addEventListener("blur", () => light(null));
    element.addEventListener("click", () => hold(what));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      hold(what);
    });
    return { element, what };
  });
  body.replaceChildren(...rows.map((row) => row.element));
  if (hadFocus >= 0) rows[Math.min(hadFocus, rows.length - 1)]?.element.focus({ preventScroll: true });
  byId("clusters").parentElement.hidden = rows.length === 0;
  byId("clusters-time").textContent = `at t = ${short(A.time[view.frame], 4)}`;
  const more = clusters.slice(ROWS);
  const mass = more.reduce((sum, k) => sum + k.mass, 0) + A.clusters_left_out[view.frame];
  byId("clusters-rest").textContent = rows.length === 0 ? "No neuron is pinned at this time."
    : mass > 0 ? `${more.length} more clusters hold ${percent(mass)} of the mass.` : "";
  markRows();
});

// Function declarations are known before this line runs, and the slider may move before that.
function markRows() {
  for (const { element, what } of rows) {
    element.classList.toggle("lit", same(lit(), what));
    element.classList.toggle("held", same(link.held, what));
  }
}
