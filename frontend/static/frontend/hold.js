// Press and hold: an image held for a moment is enlarged, and not selected when it is let go.

import { mounted } from "./mounted.js";
import { boxesOf, swallowClick, tileOf } from "./tiles.js";

const HOLD = 400; // milliseconds
const SLACK = 10; // pixels a finger may tremble

mounted("form[data-grid]", (form, signal) => {
  const fieldset = form.querySelector("fieldset");
  const boxes = boxesOf(form);
  let press = null;

  fieldset.addEventListener("pointerdown", (event) => {
    if (press) forget(); // a second finger pinches
    const box = boxes.find((each) => tileOf(each).contains(event.target));
    if (!box || event.button !== 0 || !event.isPrimary) return;
    press = { x: event.clientX, y: event.clientY, timer: setTimeout(enlarge, HOLD, box) };
  });
  document.addEventListener("pointermove", move, { signal });
  document.addEventListener("pointerup", letGo, { signal });
  document.addEventListener("pointercancel", forget, { signal });
  document.addEventListener("contextmenu", refuseMenu, { signal });
  signal.addEventListener("abort", forget);

  function enlarge(box) {
    press.isHeld = true;
    box.dispatchEvent(new CustomEvent("zoom", { bubbles: true }));
  }

  function move(event) {
    if (press && !press.isHeld && Math.hypot(event.clientX - press.x, event.clientY - press.y) > SLACK) forget();
  }

  function letGo() {
    if (press?.isHeld) swallowClick();
    forget();
  }

  function forget() {
    clearTimeout(press?.timer);
    press = null;
  }

  // A finger that stays down asks for the browser's menu; a right click may have it.
  function refuseMenu(event) {
    if (press) event.preventDefault();
  }
});
