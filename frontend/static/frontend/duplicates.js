// Pair after pair by single keys. The forms work without this; htmx puts the next pair in the place of the last.

import { onKey } from "./shortcuts.js";

const review = () => document.querySelector("[data-duplicates]");
let isWaiting = false; // for the answer to what was sent: until it is here, the pair on the screen is decided

for (const key of ["d", "n", "u"]) {
  onKey(key, (event) => {
    if (event.repeat || isWaiting || isTyping(event.target)) return;
    review().querySelector(`[data-key="${key}"]`)?.click();
  });
}

document.addEventListener("htmx:beforeRequest", (event) => isOurs(event) && (isWaiting = true));
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isOurs(event)) return;
  isWaiting = false;
  if (!event.detail.successful) review().querySelector("[data-failed]").hidden = false;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "review" && event.detail.target?.id !== "review") return;
  document.querySelector("[data-said]").textContent = review().dataset.status;
  if (!document.activeElement || document.activeElement === document.body) {
    document.querySelector("#pair-title").focus({ preventScroll: true });
  }
  fetchAhead();
});
fetchAhead();

const isOurs = (event) => event.detail.target?.id === "review";

const isTyping = (element) => element.matches?.("input:not([type=checkbox]), select, textarea");

// The pictures of the next pair, so that they are there at once.
function fetchAhead() {
  for (const address of review().dataset.next.split(" ").filter(Boolean)) new Image().src = address;
}
