// Practice tells at once whether a click was right: on the tile, and with its reason in the bar below.
// Mounted on every form with data-practice; without this file the form is checked as a whole.

const OUTCOMES = { yes: ["leftYes", "selectedYes"], no: ["leftNo", "selectedNo"] };

function mount(form) {
  const told = form.querySelector("[data-told]");
  const why = form.querySelector("[data-why]");

  form.addEventListener("change", ({ target: box }) => {
    const { shows, caption } = box.dataset;
    const text = form.dataset[OUTCOMES[shows][Number(box.checked)]];
    mark(box, box.checked === (shows === "yes"));
    told.textContent = text.replace("{name}", box.getAttribute("aria-label"));
    why.textContent = caption;
  });

  function mark(box, isRight) {
    const verdict = box.closest("label").querySelector(".verdict");
    verdict.textContent = isRight ? form.dataset.right : form.dataset.wrong;
    verdict.classList.toggle("verdict--right", isRight);
    verdict.classList.toggle("verdict--wrong", !isRight);
    verdict.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-practice]")) mount(form);
