// A field with data-copy (the id of its button): the button copies what the field holds, and says so.

for (const field of document.querySelectorAll("[data-copy]")) mount(field, document.getElementById(field.dataset.copy));

function mount(field, button) {
  if (!navigator.clipboard) return; // selecting by hand still works
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  });
}
