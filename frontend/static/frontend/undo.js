// U (or the button with data-undo) takes back the last change, shift and U makes it again. A box or a range is one.

import { mounted } from "./mounted.js";
import { onKey } from "./shortcuts.js";
import { boxesOf, put } from "./tiles.js";

mounted("form[data-grid]", (form, signal) => {
  const boxes = boxesOf(form);
  const none = form.elements.namedItem("none");
  const button = form.querySelector("[data-undo]");
  const [past, future] = [[], []];
  let present = state();

  button.hidden = false;
  show();
  form.addEventListener("change", changed);
  button.addEventListener("click", () => travel(past, future));
  onKey("u", (event) => (event.shiftKey ? travel(future, past) : travel(past, future)), signal);

  function changed({ detail }) {
    if (detail?.isTravel || state() === present) return;
    if (!detail?.isContinued && !detail?.isRestored) past.push(present);
    if (!detail?.isRestored) future.length = 0;
    present = state();
    show();
  }

  function travel(from, to) {
    if (form.querySelector("fieldset").inert) return;
    while (from.length > 0) {
      restore(from.pop());
      if (state() === present) continue; // a box that came to nothing, or images that are out since
      to.push(present);
      present = state();
      break;
    }
    show();
  }

  function state() {
    return JSON.stringify([boxes.filter((box) => box.checked).map((box) => box.value), none.checked]);
  }

  function restore(wanted) {
    const [selected, isNone] = JSON.parse(wanted);
    none.checked = isNone;
    put(boxes, (box) => selected.includes(box.value), { isTravel: true });
    form.dispatchEvent(new CustomEvent("change", { detail: { isTravel: true } }));
  }

  function show() {
    button.setAttribute("aria-disabled", String(past.length === 0));
  }
});
