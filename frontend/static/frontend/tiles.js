// What the modules of a grid share: its boxes in the order shown, and where a key leads from one of them.

const STEPS = {
  ArrowLeft: ({ toLeft }) => toLeft,
  ArrowRight: ({ toLeft }) => -toLeft,
  ArrowUp: ({ columns }) => -columns,
  ArrowDown: ({ columns }) => columns,
  PageUp: ({ columns, rows }) => -columns * rows,
  PageDown: ({ columns, rows }) => columns * rows,
  Home: () => -Infinity,
  End: () => Infinity,
};

export const boxesOf = (form) => [...form.querySelectorAll("input[name=selected]")];
export const tileOf = (box) => box.closest(".tile");
export const imageOf = (box) => tileOf(box).querySelector("img");
export const isModified = (event) => event.ctrlKey || event.metaKey || event.altKey;

// Broken or reported: such an image can't be selected any more.
export const isOut = (box) => tileOf(box).matches(".tile--broken, .tile--reported");

// Many at once are one change.
export function put(boxes, isChecked, detail = {}) {
  let hasChanged = false;
  boxes.forEach((box, index) => {
    const wanted = isChecked(box, index) && !isOut(box);
    hasChanged ||= wanted !== box.checked;
    box.checked = wanted;
  });
  if (hasChanged) boxes[0].form.dispatchEvent(new CustomEvent("change", { detail }));
}

// The place that a key leads to; undefined for a key that leads nowhere.
export function placeAfter(key, index, boxes) {
  if (!(key in STEPS)) return undefined;
  const step = STEPS[key](shapeOf(boxes));
  if (!Number.isFinite(step)) return step < 0 ? 0 : boxes.length - 1;
  const wanted = index + step;
  if (wanted >= 0 && wanted < boxes.length) return wanted;
  return key.startsWith("Page") ? placeAfter(step < 0 ? "Home" : "End", index, boxes) : index;
}

function shapeOf(boxes) {
  const first = tileOf(boxes[0]);
  const top = first.getBoundingClientRect().top;
  const columns = boxes.filter((box) => Math.abs(tileOf(box).getBoundingClientRect().top - top) < 1).length;
  const rows = Math.max(1, Math.floor(innerHeight / first.offsetHeight) - 1);
  return { columns, rows, toLeft: getComputedStyle(first).direction === "rtl" ? 1 : -1 };
}

// The click that follows when a pointer is let go was not meant as one.
export function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }));
}
