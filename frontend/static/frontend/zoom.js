// The whole picture, in the dialog with data-zoom: opened by a box's "zoom" event, enter or Z. Arrows go to the
// neighbours, space selects; escape, enter or Z goes back to the same place.

import { mounted } from "./mounted.js";
import { fill } from "./texts.js";
import { boxesOf, isModified, isOut, placeAfter } from "./tiles.js";

mounted("dialog[data-zoom]", (dialog, signal) => {
  const form = document.querySelector("form[data-grid]");
  const boxes = boxesOf(form);
  const picture = dialog.querySelector("img");
  const name = dialog.querySelector("[data-zoom-name]");
  const select = dialog.querySelector("[data-zoom-select]");
  let [place, opened] = [0, null];

  document.addEventListener("zoom", (event) => open(boxes.indexOf(event.target)), { signal });
  form.addEventListener("keydown", (event) => {
    if (!boxes.includes(event.target) || isModified(event) || !isZoomKey(event)) return;
    event.preventDefault();
    open(boxes.indexOf(event.target));
  });
  form.addEventListener("change", () => dialog.open && show());
  picture.addEventListener("load", show);
  picture.addEventListener("error", show);
  select.addEventListener("change", () => boxes[place].click());
  dialog.addEventListener("keydown", onKeydown);
  dialog.addEventListener("click", onClick);
  dialog.addEventListener("close", back);

  function open(index) {
    opened = { place: index, from: document.activeElement, x: scrollX, y: scrollY };
    dialog.showModal();
    go(index);
    (select.disabled ? dialog.querySelector("[data-zoom-close]") : select).focus();
  }

  function go(index) {
    place = index;
    dialog.dataset.position = boxes[place].value;
    dialog.dispatchEvent(new Event("moved"));
    load();
  }

  function load() {
    picture.removeAttribute("src");
    if (!isOut(boxes[place])) picture.src = `${form.dataset.pictures}${boxes[place].value}/`;
    show();
  }

  function show() {
    const box = boxes[place];
    select.checked = box.checked;
    select.disabled = isOut(box);
    const values = { number: place + 1, all: boxes.length };
    name.textContent = fill(box.checked ? name.dataset.selected : name.dataset.plain, values);
    const state = stateOf(box);
    for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
    dialog.querySelector("[data-zoom-step='-1']").setAttribute("aria-disabled", String(place === 0));
    dialog.querySelector("[data-zoom-step='1']").setAttribute("aria-disabled", String(place === boxes.length - 1));
  }

  function stateOf(box) {
    if (isOut(box)) return "out";
    if (!picture.complete) return "loading";
    return picture.naturalWidth > 0 ? "loaded" : "failed";
  }

  function onKeydown(event) {
    if (isModified(event)) return;
    const next = placeAfter(event.key, place, boxes);
    const isOnButton = event.target.closest("button, summary");
    if (next !== undefined) {
      if (next !== place) go(next);
    } else if (event.key === " " && !isOnButton) {
      if (event.target === select) return; // a checkbox knows what to do
      select.click();
    } else if (event.key === "Enter" ? !isOnButton : isZoomKey(event)) {
      dialog.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  function onClick(event) {
    const step = event.target.closest("[data-zoom-step]");
    if (event.target === dialog || event.target.closest("[data-zoom-close]")) dialog.close();
    else if (event.target.closest("[data-zoom-retry]")) load();
    else if (step) move(Number(step.dataset.zoomStep), event.detail > 0);
  }

  function move(by, isPointer) {
    if (boxes[place + by]) go(place + by);
    if (isPointer && !select.disabled) select.focus(); // so that space selects, as the mouse left it
  }

  function back() {
    picture.removeAttribute("src");
    name.textContent = "";
    // The browser tells late that a dialog was closed: who has moved on by then is left there.
    if (![document.body, opened.from].includes(document.activeElement)) return;
    boxes[place].focus({ preventScroll: true });
    scrollTo({ left: opened.x, top: opened.y, behavior: "instant" });
    if (place !== opened.place) boxes[place].scrollIntoView({ block: "nearest" });
  }
});

function isZoomKey(event) {
  return event.key === "Enter" || event.key.toLowerCase() === "z";
}
