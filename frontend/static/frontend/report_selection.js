// The form that says what is compared: a long checklist with a filter and with buttons for many at once.

for (const form of document.querySelectorAll("[data-selection]")) {
  const boxes = [...form.querySelectorAll("input[name=classifier]")];
  const chosen = form.querySelector("[data-chosen]");
  const filter = form.querySelector("#checklist-text");

  const count = () => {
    chosen.textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length} ticked.`;
  };

  filter.addEventListener("input", () => {
    const text = filter.value.trim().toLowerCase();
    for (const box of boxes) box.parentElement.hidden = !box.value.toLowerCase().includes(text);
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it filters; it does not send the form
  });
  for (const button of form.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      const wanted = button.dataset.check;
      for (const box of boxes) box.checked = wanted === "*" || box.parentElement.dataset.group === wanted;
      count();
    });
  }
  form.addEventListener("change", count);
  // What is there anyway needs no place in the address.
  form.addEventListener("submit", () => {
    for (const name of ["set", "classifier"]) {
      const all = [...form.querySelectorAll(`input[name=${name}]`)];
      const isUsual = all.every((box) => box.checked === ("default" in box.dataset));
      if (isUsual) for (const box of all) box.disabled = true;
    }
  });
  addEventListener("pageshow", () => {
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.disabled = false;
    count();
  });
  form.querySelector("[data-checklist-tools]").hidden = false;
  count();
}
