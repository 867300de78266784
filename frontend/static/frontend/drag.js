// A box drawn over the grid with a mouse or a pen: selects every image it touches, or unselects them where it began
// on a selected one. Escape takes it back. Touch is left to scrolling.

import { mounted } from "./mounted.js";
import { boxesOf, put, swallowClick, tileOf } from "./tiles.js";

const SLACK = 6; // pixels: less is a click
const EDGE = 48; // pixels from the edge of the window where it scrolls
const SPEED = 14; // pixels in a frame

mounted("form[data-grid]", (form, signal) => {
  const fieldset = form.querySelector("fieldset");
  const bar = form.querySelector(".action-bar");
  const boxes = boxesOf(form);
  const band = Object.assign(document.createElement("div"), { className: "band" });
  let drag = null;

  fieldset.addEventListener("dragstart", (event) => event.preventDefault());
  fieldset.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || !event.isPrimary) return;
    const first = boxes.find((box) => tileOf(box).contains(event.target));
    drag = { id: event.pointerId, start: pointOf(event), startY: event.clientY, first };
  });
  document.addEventListener("pointermove", move, { signal });
  document.addEventListener("pointerup", end, { signal });
  document.addEventListener("pointercancel", takeBack, { signal });
  document.addEventListener("zoom", () => (drag = null), { signal });
  document.addEventListener("keydown", (event) => event.key === "Escape" && takeBack(), { signal });
  document.addEventListener("scroll", () => drag?.before && draw(), { signal, passive: true });

  function move(event) {
    if (!drag || event.pointerId !== drag.id) return;
    drag.at = { x: event.clientX, y: event.clientY };
    const { x, y } = pointOf(event);
    if (!drag.before && Math.hypot(x - drag.start.x, y - drag.start.y) < SLACK) return;
    if (!drag.before) begin();
    draw();
  }

  function begin() {
    drag.before = boxes.map((box) => box.checked);
    drag.isWanted = !drag.first?.checked;
    drag.places = boxes.map((box) => placeOf(tileOf(box)));
    fieldset.setPointerCapture(drag.id);
    fieldset.append(band);
    requestAnimationFrame(scrollAtEdges);
  }

  function draw() {
    const now = { x: drag.at.x + scrollX, y: drag.at.y + scrollY };
    const [left, right] = [Math.min(drag.start.x, now.x), Math.max(drag.start.x, now.x)];
    const [top, bottom] = [Math.min(drag.start.y, now.y), Math.max(drag.start.y, now.y)];
    const touches = (place) => place.left < right && place.right > left && place.top < bottom && place.bottom > top;
    const origin = placeOf(fieldset);
    const size = { left: left - origin.left, top: top - origin.top, width: right - left, height: bottom - top };
    for (const [name, pixels] of Object.entries(size)) band.style[name] = `${pixels}px`;
    drag.isContinued = change((_, index) => (touches(drag.places[index]) ? drag.isWanted : drag.before[index]));
  }

  function change(isChecked) {
    put(boxes, isChecked, { isContinued: drag.isContinued });
    return drag.isContinued || boxes.some((box, index) => box.checked !== drag.before[index]);
  }

  function scrollAtEdges() {
    if (!drag?.before) return;
    const { y } = drag.at;
    if (y < Math.min(EDGE, drag.startY)) scrollBy(0, -SPEED);
    else if (y > Math.max(bar.getBoundingClientRect().top - EDGE, drag.startY)) scrollBy(0, SPEED);
    requestAnimationFrame(scrollAtEdges);
  }

  function end(event) {
    if (event.pointerId !== drag?.id) return;
    if (drag.before) {
      swallowClick();
      boxes.find((box) => tileOf(box).contains(document.elementFromPoint(event.clientX, event.clientY)))?.focus();
    }
    forget();
  }

  function takeBack() {
    if (drag?.before) change((_, index) => drag.before[index]);
    forget();
  }

  function forget() {
    drag = null;
    band.remove();
  }
});

function pointOf(event) {
  return { x: event.pageX, y: event.pageY };
}

function placeOf(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return { left: left + scrollX, right: right + scrollX, top: top + scrollY, bottom: bottom + scrollY };
}
