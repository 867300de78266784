// Says that an image is broken or upsetting, from the enlarged picture: it is covered, and counts as not seen.
// Mounted on what opens inside the dialog with data-zoom.

import { mounted } from "./mounted.js";
import { fill } from "./texts.js";
import { isOut } from "./tiles.js";

mounted("[data-report]", (details) => {
  const dialog = details.closest("dialog");
  const form = document.querySelector("form[data-grid]");
  const answer = details.querySelector("[data-report-answer]");
  const boxAt = (position) => form.querySelector(`input[name=selected][value="${position}"]`);
  const close = () => {
    details.open = false;
    details.hidden = isOut(boxAt(dialog.dataset.position));
    answer.textContent = "";
  };

  document.querySelector("[data-report-plain]").remove(); // for who has no scripts
  dialog.addEventListener("moved", close);
  dialog.addEventListener("close", close);
  for (const button of details.querySelectorAll("button[value]")) {
    button.addEventListener("click", () => report(dialog.dataset.position, button.value));
  }

  async function report(position, reason) {
    answer.textContent = "";
    const isSent = await send(fill(details.dataset.report, { position }), reason);
    const isStillShown = dialog.open && dialog.dataset.position === position;
    if (isSent) {
      boxAt(position).dispatchEvent(new CustomEvent("reported", { bubbles: true }));
      form.dispatchEvent(new Event("change"));
      if (!isStillShown) return;
      close();
      dialog.querySelector("[data-zoom-close]").focus();
    } else if (isStillShown) {
      answer.textContent = answer.dataset.failed;
    }
  }
});

async function send(address, reason) {
  try {
    const [body, headers] = [new URLSearchParams({ reason }), { Accept: "application/json" }];
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(address, { method: "POST", body, headers, keepalive: true, signal });
    return response.ok;
  } catch {
    return false; // no connection: the person is told, and may press again
  }
}
