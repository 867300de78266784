// Choosing a platform that pays in other currencies: the field takes the first of them, and its list offers those.

const form = document.getElementById("launch-form");
const currency = form?.elements.namedItem("currency");
const list = document.createElement("datalist");

if (currency) {
  list.id = "currencies";
  currency.after(list);
  currency.setAttribute("list", list.id);
  form.addEventListener("change", ({ target }) => target.name === "platform" && offer(target));
  const chosen = form.querySelector("[name=platform]:checked");
  if (chosen) offer(chosen);
}

function offer(platform) {
  const offered = platform.dataset.currencies.split(" ").filter(Boolean);
  list.replaceChildren(...offered.map((each) => new Option(each, each)));
  if (offered.length && !offered.includes(currency.value.toUpperCase())) currency.value = offered[0];
}
