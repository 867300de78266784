// Practice tells at once whether a change was right: on the tile, and with its reason in the bar below.
// Mounted on every form with data-practice; without this file the form is checked as a whole.

import { mounted } from "./mounted.js";
import { fill } from "./texts.js";
import { boxesOf, tileOf } from "./tiles.js";

const OUTCOMES = { yes: ["leftYes", "selectedYes"], no: ["leftNo", "selectedNo"] };

mounted("form[data-practice]", (form) => {
  const boxes = boxesOf(form);
  const told = form.querySelector("[data-told]");
  const why = form.querySelector("[data-why]");
  let before = boxes.map((box) => box.checked);

  boxes.filter((box) => box.checked).forEach(mark); // clicked before this was here
  form.addEventListener("change", () => {
    const changed = boxes.filter((box, index) => box.checked !== before[index]);
    before = boxes.map((box) => box.checked);
    for (const box of changed) mark(box);
    if (changed.length === 1) tell(changed[0]);
    else if (changed.length > 1) count(changed);
  });

  function mark(box) {
    const verdict = tileOf(box).querySelector(".verdict");
    verdict.textContent = isRight(box) ? form.dataset.right : form.dataset.wrong;
    verdict.classList.toggle("verdict--right", isRight(box));
    verdict.classList.toggle("verdict--wrong", !isRight(box));
    verdict.hidden = false;
  }

  function tell(box) {
    const text = form.dataset[OUTCOMES[box.dataset.shows][Number(box.checked)]];
    told.textContent = fill(text, { name: box.getAttribute("aria-label") });
    why.textContent = box.dataset.caption;
  }

  function count(changed) {
    told.textContent = fill(form.dataset.several, { all: changed.length, right: changed.filter(isRight).length });
    why.textContent = "";
  }
});

function isRight(box) {
  return box.checked === (box.dataset.shows === "yes");
}
