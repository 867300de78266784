// Single keys that work wherever the focus is. Who speaks to the computer can switch them off, in the checkbox with
// data-shortcuts; it is remembered in this browser.

import { mounted } from "./mounted.js";
import { isModified } from "./tiles.js";

const NAME = "single-keys";
let areOn = read() !== "off";

export function onKey(key, act, signal) {
  const listen = (event) => {
    if (!areOn || isModified(event) || event.defaultPrevented || event.key.toLowerCase() !== key) return;
    event.preventDefault();
    act(event);
  };
  document.addEventListener("keydown", listen, { signal });
}

mounted("input[data-shortcuts]", (field) => {
  field.checked = areOn;
  field.addEventListener("change", () => {
    areOn = field.checked;
    write(areOn ? "on" : "off");
  });
});

function read() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null; // storage is blocked: they are on
  }
}

function write(value) {
  try {
    localStorage.setItem(NAME, value);
  } catch {
    return; // it holds for this page at least
  }
}
