// What did not load, or was reported, was not seen: it is covered, can't be selected, and is handed in as such.

import { mounted } from "./mounted.js";
import { fill } from "./texts.js";
import { boxesOf, imageOf, isOut, tileOf } from "./tiles.js";

mounted("form[data-grid]", (form) => {
  const boxes = boxesOf(form);

  for (const box of boxes) {
    const image = imageOf(box);
    if (isOut(box)) cover(box, "reported"); // the server has done so too
    else if (image.complete && image.naturalWidth === 0) cover(box, "broken");
    else image.addEventListener("error", () => cover(box, "broken"), { once: true });
  }
  form.addEventListener("reported", (event) => cover(event.target, "reported"));
  form.addEventListener("click", (event) => boxes.includes(event.target) && isOut(event.target) && event.preventDefault());
  form.addEventListener("submit", () => {
    form.querySelectorAll("input[name=not_seen]").forEach((field) => field.remove());
    for (const box of boxes) if (!wasSeen(box)) form.append(notSeen(box));
  });

  function cover(box, why) {
    const wasChecked = box.checked;
    box.checked = false;
    box.ariaDisabled = "true";
    box.removeAttribute("aria-description"); // the name says it from here on
    box.setAttribute("aria-label", fill(form.dataset[`${why}Name`], { name: box.getAttribute("aria-label") }));
    tileOf(box).querySelector(".tile__mark").dataset.says = form.dataset[`${why}Says`];
    tileOf(box).classList.add(`tile--${why}`);
    if (wasChecked) form.dispatchEvent(new Event("change"));
  }
});

function wasSeen(box) {
  const image = imageOf(box);
  return !isOut(box) && (box.checked || (image.complete && image.naturalWidth > 0));
}

function notSeen(box) {
  return Object.assign(document.createElement("input"), { type: "hidden", name: "not_seen", value: box.value });
}
