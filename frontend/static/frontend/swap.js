// Puts a page that was fetched ahead in the place of this one, as if the browser had gone there.

import { swapMain } from "./mounted.js";
import { fill } from "./texts.js";

export function swapIn({ page, cameAt }, { next, receipt }) {
  const main = page.querySelector("main");
  tell(main, { receipt, age: Math.round((Date.now() - cameAt) / 1000) });
  document.title = page.title;
  history.replaceState(null, "", next);
  swapMain(main);
  scrollTo({ top: 0, left: 0, behavior: "instant" });
  document.querySelector("main h1").focus({ preventScroll: true });
  const status = document.querySelector("[data-announce]");
  status.textContent = fill(status.dataset.announce, { receipt });
}

// What the page could not know when it was fetched.
function tell(main, { receipt, age }) {
  const saved = main.querySelector("[data-receipt]");
  saved.textContent = fill(saved.dataset.receipt, { receipt });
  saved.hidden = false;
  main.querySelector("[data-lease]").dataset.age = age;
  for (const details of main.querySelectorAll("details[open]")) details.open = false;
}
