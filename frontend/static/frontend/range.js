// Shift and a click (or space): all images from the last one to this one become as this one does.

import { mounted } from "./mounted.js";
import { boxesOf, put } from "./tiles.js";

mounted("form[data-grid]", (form) => {
  const boxes = boxesOf(form);
  let last = null;

  form.addEventListener("click", (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && last !== null) {
      const [low, high] = [Math.min(last, place), Math.max(last, place)];
      const isWanted = boxes[place].checked;
      put(boxes, (box, index) => (index >= low && index <= high ? isWanted : box.checked));
    }
    last = place;
  });
});
