// A grid of images: counts what is selected, and asks before it hands in nothing.
// Mounted on every form with data-grid; without this file the form works as it is.

import { mounted } from "./mounted.js";
import { fill } from "./texts.js";
import { boxesOf } from "./tiles.js";

mounted("form[data-grid]", (form) => {
  const boxes = boxesOf(form);
  const none = form.elements.namedItem("none");
  const counter = form.querySelector("[data-count]");
  const problem = form.querySelector("[data-problem]");

  refresh();
  form.addEventListener("change", refresh);
  form.addEventListener("submit", (event) => {
    if (count() > 0 || none.checked) return;
    event.preventDefault();
    problem.textContent = problem.dataset.empty;
    problem.hidden = false;
    none.focus();
  });

  function count() {
    return boxes.filter((box) => box.checked).length;
  }

  function refresh() {
    none.disabled = count() > 0;
    if (none.disabled) none.checked = false;
    counter.textContent = fill(counter.dataset.count, { selected: count(), all: boxes.length });
    if (count() > 0 || none.checked) problem.hidden = true;
  }
});
