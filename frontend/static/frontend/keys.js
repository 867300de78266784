// The keyboard in a grid: one stop of the tab key, arrows inside; with shift they take what lies between.

import { mounted } from "./mounted.js";
import { boxesOf, isModified, placeAfter, put } from "./tiles.js";

mounted("form[data-grid]", (form) => {
  const boxes = boxesOf(form);
  let stretch = null; // where shift was pressed, and what was selected then

  stopAt(boxes[0]);
  boxes.forEach((box, index) => {
    box.addEventListener("focus", () => stopAt(box));
    box.addEventListener("keydown", (event) => {
      if (isModified(event)) return;
      const place = placeAfter(event.key, index, boxes);
      if (place === undefined) return;
      event.preventDefault();
      if (event.shiftKey) extend(index, place);
      boxes[place].focus();
    });
  });
  form.addEventListener("keyup", (event) => event.key === "Shift" && (stretch = null));
  form.addEventListener("focusout", (event) => boxes.includes(event.relatedTarget) || (stretch = null));

  function stopAt(current) {
    for (const box of boxes) box.tabIndex = box === current ? 0 : -1;
  }

  function extend(from, to) {
    const isContinued = stretch !== null;
    stretch ??= { from, before: boxes.map((box) => box.checked) };
    const [low, high] = [Math.min(stretch.from, to), Math.max(stretch.from, to)];
    put(boxes, (_, index) => (index >= low && index <= high) || stretch.before[index], { isContinued });
  }
});
