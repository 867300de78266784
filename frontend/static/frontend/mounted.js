// Behaviours and the elements that ask for them. What is mounted on a page that is swapped for the next one is told to
// stop by its signal: listeners beyond its own elements take it, timers listen to it.

const behaviours = [];
let stay = new AbortController();

export function mounted(selector, mount) {
  behaviours.push([selector, mount]);
  start(selector, mount);
}

export function swapMain(main) {
  stay.abort();
  stay = new AbortController();
  document.querySelector("main").replaceWith(document.adoptNode(main));
  for (const [selector, mount] of behaviours) start(selector, mount);
}

function start(selector, mount) {
  for (const element of document.querySelectorAll(selector)) mount(element, stay.signal);
}
