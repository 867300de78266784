// What is selected so far is kept in this browser at once and on the server a second later.
// Mounted on every form with data-draft, the address to send it to.

import { mounted } from "./mounted.js";
import { boxesOf, isOut } from "./tiles.js";

const QUIET = 1000; // milliseconds without a change before the server is told
const LONGEST_PAUSE = 30_000;

mounted("form[data-draft]", (form, signal) => {
  const boxes = boxesOf(form);
  const none = form.elements.namedItem("none");
  const copy = copyOf(form.dataset.draftName);
  let isKept = true; // by the server
  let isSending = false;
  let isOver = false; // handed in, given back, or refused
  let pause = QUIET;
  let timer;

  if (restore(copy.read(), boxes, none)) {
    form.dispatchEvent(new CustomEvent("change", { detail: { isRestored: true } }));
    changed();
  }
  form.addEventListener("change", changed);
  form.addEventListener("submitting", stop);
  form.addEventListener("saved", forget);
  for (const other of document.querySelectorAll("form[data-leave]")) other.addEventListener("submit", forget);
  addEventListener("online", () => isKept || plan(0), { signal });
  addEventListener("pagehide", () => isKept || navigator.sendBeacon(form.dataset.draft, body()), { signal });
  signal.addEventListener("abort", stop);

  function changed() {
    isKept = false;
    pause = QUIET;
    copy.write({ ...state(), isKept });
    plan(pause);
  }

  function state() {
    return { selected: boxes.filter((box) => box.checked).map((box) => box.value), none: none.checked };
  }

  function body() {
    return new URLSearchParams(state().selected.map((position) => ["selected", position]));
  }

  function plan(milliseconds) {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(send, milliseconds);
  }

  function stop() {
    isOver = true;
    clearTimeout(timer);
  }

  function forget() {
    stop();
    isKept = true;
    copy.remove();
  }

  // One at a time: a later draft must not be overtaken by an earlier one.
  async function send() {
    if (isSending) return plan(QUIET);
    isSending = true;
    const sent = JSON.stringify(state());
    const response = await post(form.dataset.draft, body());
    isSending = false;
    if (isOver) return;
    if (response?.ok) {
      isKept = sent === JSON.stringify(state());
      if (isKept) copy.write({ ...state(), isKept });
      const { seconds_left: seconds } = await response.json();
      document.dispatchEvent(new CustomEvent("renewed", { detail: seconds }));
    } else if (response && response.status < 500 && response.status !== 429) {
      stop();
      refuse(form, await response.json());
    } else {
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      plan(pause);
    }
  }
});

async function post(address, body) {
  try {
    const headers = { Accept: "application/json" };
    return await fetch(address, { method: "POST", body, headers, keepalive: true, signal: AbortSignal.timeout(20_000) });
  } catch {
    return null; // no connection; tried again
  }
}

function refuse(form, { heading, what }) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = `${heading}. ${what}`;
  problem.hidden = false;
}

// --- the copy in this browser: it outlives a crash, and a network that is gone ---

function copyOf(name) {
  const key = `draft:${name}`;
  const quietly = (work) => {
    try {
      return work();
    } catch {
      return null; // storage is blocked: the server still has the draft
    }
  };
  return {
    read: () => quietly(() => JSON.parse(localStorage.getItem(key))),
    write: (value) => quietly(() => localStorage.setItem(key, JSON.stringify(value))),
    remove: () => quietly(() => localStorage.removeItem(key)),
  };
}

// The page comes with the server's draft. Newer than that are a copy the server never confirmed, and what was
// clicked before this script came. Says whether there is something to tell the server.
function restore(copy, boxes, none) {
  const isTouched = (box) => box.checked !== box.defaultChecked;
  const isNews = boxes.some(isTouched) || none.checked;
  if (!copy) return isNews;
  const selected = new Set(copy.selected);
  if (!copy.isKept) for (const box of boxes) if (!isTouched(box)) box.checked = selected.has(box.value) && !isOut(box);
  if (!isTouched(none) && !boxes.some((box) => box.checked)) none.checked = copy.none;
  return isNews || !copy.isKept;
}
