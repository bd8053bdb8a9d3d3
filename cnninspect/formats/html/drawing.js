"use strict";
// Zooms and pans a picture, says of what was clicked, or has the focus, what its title says, and opens what can be opened.
const find = (selector, within = document) => [...within.querySelectorAll(selector)];
const view = document.querySelector("main"), said = document.querySelector("output");
const pictures = find(".picture svg"), choices = find("fieldset input");
const sizes = new Map(pictures.map((each) => [each, ["width", "height"].map((side) => parseFloat(each.getAttribute(side)))]));
const at = () => Math.max(choices.findIndex((each) => each.checked), 0);
let scale = 1;

function draw() {
  for (const [each, [width, height]] of sizes) {
    each.setAttribute("width", width * scale);
    each.setAttribute("height", height * scale);
  }
}

function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const next = Math.min(Math.max(scale * factor, 0.05), 20), ratio = next / scale;
  const left = (view.scrollLeft + x) * ratio - x, top = (view.scrollTop + y) * ratio - y;
  scale = next;
  draw();
  view.scrollTo(left, top);
}

function fit() {
  const [width, height] = sizes.get(pictures[at()]);
  zoom(Math.min(view.clientWidth / width, view.clientHeight / height) / scale);
}

const acts = { in: () => zoom(1.25), out: () => zoom(0.8), whole: fit, real: () => zoom(1 / scale) };
for (const button of find("button")) button.addEventListener("click", acts[button.name]);
document.querySelector(".zoom").hidden = false;
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

// A module opens in the next picture in which it is open, and closes in the last one before in which it is not

const numbered = pictures.map((each) => new Map(find("[data-n]", each).map((group) => [+group.dataset.n, group])));
function other(group) {
  const number = +group.dataset.n, here = at();
  const is = (place, state) => numbered[place].get(number)?.dataset.open === state;
  const places = [...pictures.keys()];
  return group.dataset.open === "0"
    ? places.find((place) => place > here && is(place, "1"))
    : places.findLast((place) => place < here && is(place, "0"));
}

function turn(group) {
  const place = other(group);
  if (place === undefined) return;
  choices[place].checked = true;
  show(+group.dataset.n);
}

function show(number) {
  const groups = numbered[at()], before = [...groups.keys()].filter((each) => each <= number);
  said.textContent = `${choices[at()].parentElement.textContent.trim()} open: ${find("g", pictures[at()]).length} rows`;
  const group = groups.get(Math.max(...before));
  if (!group) return;
  const text = said.textContent;
  group.focus({ preventScroll: true });
  group.scrollIntoView({ block: group.dataset.open === "1" ? "start" : "center", inline: "center" });
  tell(group);
  said.textContent += `; ${text}`;
}

for (const choice of choices) {
  choice.addEventListener("change", () => {
    const number = chosen?.dataset.n;
    if (number !== undefined) show(+number);
    else said.textContent = `${choice.parentElement.textContent.trim()} open`;
    choice.focus();
  });
}

for (const picture of pictures) {
  for (const group of find("g", picture)) {
    if (!group.querySelector("title")) continue;
    group.setAttribute("tabindex", "0");
    group.addEventListener("click", () => tell(group));
    group.addEventListener("focus", () => tell(group));
    if (!group.dataset.open || pictures.length === 1) continue;
    group.setAttribute("role", "button");
    group.setAttribute("aria-expanded", group.dataset.open === "1");
    group.addEventListener("dblclick", () => turn(group));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      turn(group);
    });
  }
}
