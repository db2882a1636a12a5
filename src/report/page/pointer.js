// Pointing at pictures: values beside the pointer.

// What happens besides: the page of a run fills this in.
const pointing = {};

function showTip(text, x, y) {
  const tip = byId("tip");
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${clamp(x + 14, 6, innerWidth - width - 6)}px`;
  tip.style.top = `${y + height + 22 > innerHeight ? Math.max(6, y - height - 14) : y + 16}px`;
}

// `find(x, y)` in pixels of the canvas gives { text, light, go } of what is there, or nothing: words,
// what lights up in the other pictures, and where a click leads.
function point(canvas, find) {
  const look = (event) => {
    const box = canvas.getBoundingClientRect();
    const found = find(event.clientX - box.left, event.clientY - box.top);
    canvas.style.cursor = found?.light || found?.go !== undefined ? "pointer" : "default";
    pointing.light?.(found?.light ?? null);
    if (found?.text) showTip(found.text, event.clientX, event.clientY);
    else byId("tip").hidden = true;
    return found;
  };
  canvas.addEventListener("pointermove", look);
  canvas.addEventListener("pointerleave", () => {
    pointing.light?.(null);
    byId("tip").hidden = true;
  });
  canvas.addEventListener("click", (event) => {
    const found = look(event);
    if (found?.go !== undefined) pointing.goTo?.(found.go);
    else pointing.hold?.(found?.light ?? null);
  });
}

// The nearest of some points to the pointer, within reach.
function nearest(count, place, x, y, reach) {
  let [best, least] = [-1, reach * reach];
  for (let i = 0; i < count; i++) {
    const at = place(i);
    if (!at) continue;
    const distance = (at[0] - x) ** 2 + (at[1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
