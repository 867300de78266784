// Puts the interactive chart where its picture is; without scripts the picture stays. `data-chart` is the address of its
// specification, or names an element of this page that holds it: #id and -light or -dark.
const dark = matchMedia("(prefers-color-scheme: dark)");
const LARGEST = 560;
const SMALL = 420; // below this, smaller letters and legends in two columns

async function specificationOf(place) {
  const theme = dark.matches ? "dark" : "light";
  const source = place.dataset.chart;
  if (source.startsWith("#")) return JSON.parse(document.getElementById(`${source.slice(1)}-${theme}`).textContent);
  const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}theme=${theme}`);
  return answer.ok ? answer.json() : null;
}

function fit(specification, room) {
  const { isSquare, frame } = specification.usermeta;
  if (isSquare) { // y = x is the diagonal
    specification.width = specification.height = Math.min(LARGEST, room - frame);
  } else { // the whole picture: such charts fit themselves into it
    specification.width = room;
  }
  if (room < SMALL) {
    Object.assign(specification.config.axis, { titleFontSize: 11, labelFontSize: 10 });
    Object.assign(specification.config.legend, { labelFontSize: 11, labelLimit: room / 2 - 40, columns: 2 });
  }
}

async function draw(place) {
  const specification = await specificationOf(place);
  if (!specification) return;
  fit(specification, place.clientWidth);
  // `ast` interprets expressions instead of generating code, which the content policy forbids.
  await window.vegaEmbed(place, specification, {
    ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true },
  });
}

for (const place of document.querySelectorAll("[data-chart]")) {
  draw(place);
  dark.addEventListener("change", () => draw(place));
}
