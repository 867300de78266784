// The next grid, fetched while this one is looked at and shown at once when this one is saved. Mounted on the form
// with data-next, the address that names it. In any doubt the browser just goes there.

import { mounted } from "./mounted.js";
import { swapIn } from "./swap.js";

const PATIENCE = 5000; // milliseconds for a person who only looks
const AT_ONCE = 2;
const LONGEST = 50 * 60; // seconds that what was fetched is good for, at most

mounted("form[data-next]", async (form, signal) => {
  const stop = new AbortController();
  let ready = null;

  form.addEventListener("submitting", () => stop.abort());
  signal.addEventListener("abort", () => stop.abort());
  document.addEventListener("leaving", (event) => {
    if (!ready || !isThat(ready, event.detail.next)) return;
    event.preventDefault();
    swapIn(ready, event.detail);
  }, { signal });

  if (isPoor(navigator.connection)) return;
  await Promise.all([...form.querySelectorAll("[data-sheets] img")].map(settled));
  await Promise.race([new Promise((go) => form.addEventListener("change", go, { once: true })), after(PATIENCE)]);
  ready = await fetchNext(form.dataset.next, stop.signal);
  if (ready) await fetchSheets(ready, signal);
});

function isPoor(connection) {
  return Boolean(connection?.saveData) || ["slow-2g", "2g"].includes(connection?.effectiveType);
}

// The page and when it came; null where there is none, or this one is handed in first.
async function fetchNext(address, signal) {
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, signal, priority: "low" });
    if (!answer.ok) return null;
    const { next, done_so_far: doneSoFar } = await answer.json();
    showDone(doneSoFar);
    if (!next) return null;
    const response = await fetch(next, { headers: { Accept: "text/html" }, signal, priority: "low" });
    if (!response.ok || response.redirected) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector("form[data-grid]") ? { address: response.url, page, cameAt: Date.now() } : null;
  } catch {
    return null; // no connection, or no time left for it: the browser fetches the page as ever
  }
}

function showDone(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-done-so-far]");
  document.querySelector("[data-done-so-far]").replaceWith(fresh);
}

async function fetchSheets(ready, signal) {
  const waiting = new Set([...ready.page.querySelectorAll("[data-sheets] img")].map((image) => image.getAttribute("src")));
  ready.sheets = []; // kept, so that the browser keeps them decoded
  const fetchOne = async () => {
    for (const address of waiting) {
      if (signal.aborted) return;
      waiting.delete(address);
      const image = Object.assign(new Image(), { fetchPriority: "low", src: address });
      ready.sheets.push(image);
      await settled(image);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchOne));
}

function isThat({ address, page, cameAt }, next) {
  const seconds = Number(page.querySelector("[data-seconds]").dataset.seconds);
  const isFresh = Date.now() - cameAt < 1000 * Math.min(seconds, LONGEST);
  return isFresh && new URL(next, location.href).pathname === new URL(address).pathname && isSameRelease(page);
}

function isSameRelease(page) {
  const parts = (of) => [...of.querySelectorAll("script[src], link[rel=stylesheet]")].map((part) => part.outerHTML).join();
  return parts(page) === parts(document);
}

function settled(image) {
  if (image.complete) return Promise.resolve();
  return new Promise((done) => ["load", "error"].forEach((name) => image.addEventListener(name, done, { once: true })));
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
