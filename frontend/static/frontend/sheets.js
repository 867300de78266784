// Contact sheets one after another, in the order shown: the first rows don't share a slow connection with the last.
// Mounted on every list with data-sheets. Without this file, the browser loads them in an order of its own.

import { mounted } from "./mounted.js";

const AT_ONCE = 2;

mounted("[data-sheets]", (list) => {
  const sheets = new Map();
  for (const image of list.querySelectorAll("img")) {
    sheets.set(image.src, [...(sheets.get(image.src) ?? []), image]);
  }
  if (sheets.size === 0) return; // every image is reported
  const [[first], ...waiting] = sheets.values();
  for (const image of waiting.flat()) image.classList.add("sheet-waits");
  whenOver(first, () => {
    for (let i = 0; i < AT_ONCE; i++) next();
  });

  function next() {
    const images = waiting.shift();
    if (!images) return;
    for (const image of images) image.classList.remove("sheet-waits");
    whenOver(images[0], next);
  }
});

function whenOver(image, then) {
  if (image.complete) return then();
  image.addEventListener("load", then, { once: true });
  image.addEventListener("error", then, { once: true });
}
