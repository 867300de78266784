// A grid of images: counts what is selected, moves by arrow keys, says what did not load.
// Mounted on every form with data-grid; without this file the form works as it is.

const STEPS = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
  Home: () => -Infinity,
  End: () => Infinity,
};

function mount(form) {
  const boxes = [...form.querySelectorAll("input[name=selected]")];
  const none = form.elements.namedItem("none");

  refresh();
  form.addEventListener("change", refresh);
  mountKeys(boxes);
  for (const box of boxes) watchImage(box, refresh);
  form.addEventListener("submit", (event) => {
    if (count() === 0 && !none.checked) {
      event.preventDefault();
      ask(form, none);
    } else {
      reportNotSeen(form, boxes);
    }
  });

  function count() {
    return boxes.filter((box) => box.checked).length;
  }

  function refresh() {
    none.disabled = count() > 0;
    if (none.disabled) none.checked = false;
    form.querySelector("[data-count]").textContent = `${count()} selected`;
    if (count() > 0 || none.checked) form.querySelector("[data-problem]").hidden = true;
  }
}

// --- the keyboard: one stop of the tab key, arrows inside ---

function mountKeys(boxes) {
  const stopAt = (current) => boxes.forEach((box) => (box.tabIndex = box === current ? 0 : -1));
  stopAt(boxes[0]);
  boxes.forEach((box, index) => {
    box.addEventListener("focus", () => stopAt(box));
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in STEPS) {
        event.preventDefault();
        boxes[target(index, STEPS[event.key](columnsOf(boxes)), boxes.length)].focus();
      } else if (event.key === "Enter" || event.key === "z") {
        event.preventDefault();
        box.dispatchEvent(new CustomEvent("zoom", { bubbles: true }));
      }
    });
  });
}

function target(index, step, length) {
  if (!Number.isFinite(step)) return step < 0 ? 0 : length - 1;
  const wanted = index + step;
  return wanted < 0 || wanted >= length ? index : wanted;
}

function columnsOf(boxes) {
  const top = (box) => box.closest("li").offsetTop;
  return boxes.filter((box) => top(box) === top(boxes[0])).length;
}

// --- what did not load was not seen ---

function imageOf(box) {
  return box.closest("label").querySelector("img");
}

function watchImage(box, refresh) {
  const image = imageOf(box);
  if (!image) return box.addEventListener("click", (event) => event.preventDefault()); // reported: it has no picture
  const broken = () => {
    box.checked = false;
    box.ariaDisabled = "true";
    box.addEventListener("click", (event) => event.preventDefault());
    box.setAttribute("aria-label", `${box.getAttribute("aria-label")}: did not load`);
    box.closest("label").classList.add("tile--broken");
    refresh();
  };
  if (image.complete && image.naturalWidth === 0) broken();
  else image.addEventListener("error", broken, { once: true });
}

function reportNotSeen(form, boxes) {
  form.querySelectorAll("input[name=not_seen]").forEach((field) => field.remove());
  for (const box of boxes) {
    const image = imageOf(box);
    const isLoaded = image?.complete && image.naturalWidth > 0;
    if (isLoaded || box.checked) continue;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "not_seen", value: box.value }));
  }
}

function ask(form, none) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = "You selected no image. If that is your answer, tick “None of these”.";
  problem.hidden = false;
  none.focus();
}

for (const form of document.querySelectorAll("form[data-grid]")) mount(form);
