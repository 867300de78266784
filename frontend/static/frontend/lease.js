// The time left for a grid, on the line with data-lease (the address that renews it): counted down, renewed while
// the person does something, with a warning before it ends.

import { mounted } from "./mounted.js";
import { fill, spoken } from "./texts.js";

const WARNING = 120; // seconds before the end
const RENEWAL = 60_000; // milliseconds between two renewals at least

mounted("[data-lease]", (line, signal) => {
  const [end, left] = [line.querySelector("time"), line.querySelector("[data-left]")];
  const warning = document.querySelector("[data-lease-warning]");
  // Counted from the seconds the server names: a person's clock may be wrong. A page fetched ahead is as old as it says.
  const age = Number(line.dataset.age ?? 0) * 1000;
  let over = Date.now() + Number(end.dataset.seconds) * 1000 - age;
  let renewedAt = Date.now() - age;

  document.addEventListener("renewed", (event) => renewed(event.detail), { signal });
  for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, active, { passive: true, signal });
  warning.querySelector("button").addEventListener("click", renew);
  showEnd();
  tick();
  const timer = setInterval(tick, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));

  function renewed(seconds) {
    over = Date.now() + seconds * 1000;
    renewedAt = Date.now();
    showEnd();
    tick();
  }

  function active() {
    if (Date.now() < over && Date.now() - renewedAt >= RENEWAL) renew();
  }

  async function renew() {
    renewedAt = Date.now();
    try {
      const response = await fetch(line.dataset.lease, { method: "POST", headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (signal.aborted) return;
      if (response.ok) renewed(answer.seconds_left);
      else say(answer.what);
    } catch {
      return; // no connection: the time goes on, and the next activity asks again
    }
  }

  function say(what) {
    warning.querySelector("[data-refused]").textContent = what;
  }

  function showEnd() {
    say("");
    end.textContent = new Date(over).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }

  function tick() {
    const seconds = Math.round((over - Date.now()) / 1000);
    line.querySelector("[data-running]").hidden = seconds <= 0;
    line.querySelector("[data-over]").hidden = seconds > 0;
    left.textContent = fill(left.dataset.left, { time: spoken(seconds) });
    warning.hidden = seconds > WARNING;
    for (const part of warning.querySelectorAll("[data-when-over]")) {
      part.hidden = (part.dataset.whenOver === "yes") !== seconds <= 0;
    }
  }
});
