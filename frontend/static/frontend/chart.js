// Draws the charts where their pictures would be; without scripts the pictures stand there. The first one is drawn at
// once, each other one when it comes near. `data-chart` is the address of a specification, or names elements of this
// page that hold one for each choice and theme: #chart-key is #chart-key-probit-dark and so on. Imports nothing, so that
// the offline copy can hold it as it is.

const dark = matchMedia("(prefers-color-scheme: dark)");
const LARGEST = 560;
const SMALL = 420; // below this, smaller letters and legends in two columns
const NEAR = "600px";

let engine = null;

// Vega is large: fetched once, when the first chart is drawn.
function vegaEmbed() {
  if (window.vegaEmbed) return window.vegaEmbed;
  const { script } = document.querySelector("script[data-script]").dataset;
  engine ??= import(script);
  return engine.then(() => window.vegaEmbed);
}

function queryOf(card, more = {}) {
  const query = new URLSearchParams();
  for (const link of card.querySelectorAll("[data-choice][aria-current]")) query.set(link.dataset.choice, link.dataset.value);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query;
}

async function specificationOf(card, theme) {
  if (isCopy(card)) return JSON.parse(document.getElementById(idOf(card, theme)).textContent);
  const answer = await fetch(`${addressOf(card, "json")}?${queryOf(card, { theme })}`);
  if (!answer.ok) throw new Error(`the chart could not be fetched: ${answer.status}`);
  return answer.json();
}

function isCopy(card) {
  return card.dataset.chart.startsWith("#");
}

// Such as chart-key-probit-dark.
function idOf(card, theme) {
  return [card.dataset.chart.slice(1), ...queryOf(card).values(), theme].join("-");
}

function addressOf(card, format) {
  return card.dataset.chart.split("?")[0].replace(/json$/, format);
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
    Object.assign(specification.config.legend, { labelFontSize: 11, labelLimit: room / 2 - 24, columns: 2 });
  }
}

async function draw(card) {
  const place = card.querySelector("[data-place]");
  const turn = (card.turn = (card.turn ?? 0) + 1); // of two choices in a row the second one is shown, whoever comes first
  try {
    const [embed, specification] = await Promise.all([vegaEmbed(), specificationOf(card, dark.matches ? "dark" : "light")]);
    if (turn !== card.turn) return;
    // `ast` interprets expressions instead of generating code, which the content policy forbids.
    fit(specification, place.clientWidth);
    await embed(place, specification, {
      ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true },
    });
    // A layer that happens to be empty is no picture that would need a name.
    for (const empty of place.querySelectorAll("g[role]:empty")) empty.setAttribute("aria-hidden", "true");
    card.dataset.drawn = queryOf(card).toString();
    performance.mark(`${card.id}-drawn`);
  } catch (error) {
    if (turn === card.turn) picture(card, place);
    console.warn(error);
  }
}

// The chart as the server draws it, where it can't be drawn here; a copy has it inside.
function picture(card, place) {
  if (isCopy(card)) {
    place.innerHTML = card.withoutScripts;
    return;
  }
  const image = new Image();
  image.src = `${addressOf(card, "svg")}?${queryOf(card, { theme: dark.matches ? "dark" : "light" })}`;
  image.alt = card.querySelector(".chart-card__head").textContent.trim();
  place.replaceChildren(image);
}

function choose(card, link) {
  for (const other of link.parentElement.children) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  for (const file of card.querySelectorAll("[data-format]")) {
    file.href = `${file.getAttribute("href").split("?")[0]}?${queryOf(card)}`;
  }
  const [, own] = link.getAttribute("href").split("?");
  if (own) history.replaceState(null, "", addressWith(link));
  draw(card);
}

// This page with what the link chooses, and with what was chosen in other charts.
function addressWith(link) {
  const here = new URL(location.href);
  const key = `${link.closest("[data-chart]").id.replace(/^chart-/, "")}-${link.dataset.choice}`;
  here.searchParams.set(key, link.dataset.value);
  here.hash = "";
  return here;
}

const cards = [...document.querySelectorAll("[data-chart]")];
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      if (!target.turn) draw(target);
    }
  },
  { rootMargin: NEAR },
);

// A copy may be printed from anywhere, and its charts cost no request: they are drawn in turn when there is time.
async function drawInTurn() {
  const whenIdle = window.requestIdleCallback ?? setTimeout;
  for (const card of cards) {
    await new Promise((resolve) => whenIdle(resolve));
    if (!card.turn) await draw(card);
  }
}

cards.forEach((card, number) => {
  card.withoutScripts = card.querySelector("noscript").textContent;
  for (const link of card.querySelectorAll("[data-choice]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(card, link);
    });
  }
  if (number === 0) draw(card);
  else near.observe(card);
});
if (cards.length && isCopy(cards[0])) drawInTurn();
dark.addEventListener("change", () => cards.filter((card) => card.turn).forEach(draw));
