// The enlarged image, in the dialog with data-zoom: opened by a checkbox's "zoom" event; space selects,
// escape, enter or a click goes back to the same place.

for (const dialog of document.querySelectorAll("dialog[data-zoom]")) mount(dialog);

function mount(dialog) {
  const picture = dialog.querySelector("img");
  const state = dialog.querySelector("[data-zoom-state]");
  let box;

  function show() {
    state.textContent = box.checked ? "Selected" : "Not selected";
  }

  document.addEventListener("zoom", (event) => {
    box = event.target;
    picture.src = `${box.form.dataset.pictures}${box.value}/`;
    show();
    dialog.showModal();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      box.click();
      show();
    } else if (event.key === "Enter" || event.key === "z") {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => box.focus());
}
