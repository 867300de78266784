// A form that is on its way is not sent again by a second click: what it asks for would be done twice. On the window,
// behind every script that sends a form itself and has stopped the event by then.

const PATIENCE = 30_000; // milliseconds: then the answer is not coming, or somebody has stopped it
const onTheirWay = new WeakSet();

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (onTheirWay.has(form)) return event.preventDefault();
  onTheirWay.add(form);
  setTimeout(() => onTheirWay.delete(form), PATIENCE);
  addEventListener("pageshow", () => onTheirWay.delete(form), { once: true }); // who comes back may send it anew
});
