// A field with data-copy (the id of its button): the button copies what the field holds, and says so; where another
// site's frame forbids it, it selects the field for copying by hand.

for (const field of document.querySelectorAll("[data-copy]")) mount(field, document.getElementById(field.dataset.copy));

function mount(field, button) {
  if (!navigator.clipboard) return; // selecting by hand still works
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return field.select();
    }
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  });
}
