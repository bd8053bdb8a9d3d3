"use strict";
// Zooms and pans a picture, and says of what was clicked, or has the focus, what its title says.
const view = document.querySelector("main"), picture = view.querySelector("svg"), said = document.querySelector("output");
const [width, height] = ["width", "height"].map((side) => parseFloat(picture.getAttribute(side)));
let scale = 1;

function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const next = Math.min(Math.max(scale * factor, 0.05), 20), ratio = next / scale;
  const left = (view.scrollLeft + x) * ratio - x, top = (view.scrollTop + y) * ratio - y;
  scale = next;
  picture.setAttribute("width", width * scale);
  picture.setAttribute("height", height * scale);
  view.scrollTo(left, top);
}

const fit = () => zoom(Math.min(view.clientWidth / width, view.clientHeight / height) / scale);
const acts = { in: () => zoom(1.25), out: () => zoom(0.8), whole: fit, real: () => zoom(1 / scale) };
for (const button of document.querySelectorAll("button")) button.addEventListener("click", acts[button.name]);
document.addEventListener("keydown", (event) => {
  const act = { "+": "in", "=": "in", "-": "out", f: "whole", 0: "real" }[event.key];
  if (act && !event.ctrlKey && !event.metaKey) acts[act]();
});
view.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const box = view.getBoundingClientRect();
  zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

let held = null;
view.addEventListener("pointerdown", (event) => { held = [event.clientX + view.scrollLeft, event.clientY + view.scrollTop]; });
view.addEventListener("pointermove", (event) => { if (held) view.scrollTo(held[0] - event.clientX, held[1] - event.clientY); });
for (const end of ["pointerup", "pointerleave"]) view.addEventListener(end, () => { held = null; });

let chosen = null;
function tell(group) {
  chosen?.classList.remove("chosen");
  chosen = group;
  group.classList.add("chosen");
  said.textContent = group.querySelector("title").textContent;
}
for (const group of picture.querySelectorAll("g")) {
  if (!group.querySelector("title")) continue;
  group.setAttribute("tabindex", "0");
  group.addEventListener("click", () => tell(group));
  group.addEventListener("focus", () => tell(group));
}
