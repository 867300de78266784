// What can be done with a grid, in the dialog with data-help: opened by ? or a button with data-help-open.

import { mounted } from "./mounted.js";
import { onKey } from "./shortcuts.js";

mounted("dialog[data-help]", (dialog, signal) => {
  const open = () => document.querySelector("dialog[open]") || dialog.showModal();

  onKey("?", open, signal);
  for (const button of document.querySelectorAll("[data-help-open]")) {
    button.hidden = false;
    button.addEventListener("click", open, { signal });
  }
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
});
