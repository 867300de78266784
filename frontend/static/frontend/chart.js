// Puts the interactive chart where its picture is; without scripts the picture stays.
const dark = matchMedia("(prefers-color-scheme: dark)");
const FRAME = 88; // room for axis labels and padding beside the plot itself
const LARGEST = 560;
const SMALL = 300; // below this, smaller letters

async function draw(place) {
  const answer = await fetch(`${place.dataset.chart}?theme=${dark.matches ? "dark" : "light"}`);
  if (!answer.ok) return;
  const specification = await answer.json();
  const side = Math.min(LARGEST, place.clientWidth - FRAME);
  specification.width = specification.height = side; // square: y = x is the diagonal
  if (side < SMALL) Object.assign(specification.config.axis, { titleFontSize: 11, labelFontSize: 10 });
  // `ast` interprets expressions instead of generating code, which the content policy forbids.
  await window.vegaEmbed(place, specification, {
    ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true },
  });
}

for (const place of document.querySelectorAll("[data-chart]")) {
  draw(place);
  dark.addEventListener("change", () => draw(place));
}
