// A form with data-hand-over is sent by itself, once: not when its page is come back to, where there is the button.

for (const form of document.querySelectorAll("form[data-hand-over]")) {
  const [arrival] = performance.getEntriesByType("navigation");
  if (arrival?.type !== "back_forward") form.requestSubmit();
}
