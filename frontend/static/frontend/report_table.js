// The table of results: sorted by any column, filtered by text, group and family, by the likeliest class or by five.
// Without scripts it is a plain table. Imports nothing, so that the offline copy can hold it as it is.

const SORTED = { ascending: "↑", descending: "↓" };

function keyOf(row, column, isNumber, top) {
  const { value, value5 } = row.cells[column].dataset;
  const found = (top === "5" && value5 !== undefined ? value5 : value) ?? "";
  if (!isNumber) return found;
  return found === "" ? NaN : Number(found);
}

// What has no value comes last, whichever way the rest goes.
function compare(a, b, isDown) {
  const isNoneA = a === "" || Number.isNaN(a);
  const isNoneB = b === "" || Number.isNaN(b);
  if (isNoneA || isNoneB) return isNoneA - isNoneB;
  const order = typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });
  return isDown ? -order : order;
}

function sortable(table) {
  const body = table.tBodies[0];
  const heads = leaves(table);
  let current = null;

  function sort(head, column, isDown) {
    const isNumber = head.dataset.sort === "number";
    const rows = [...body.rows].map((row) => [keyOf(row, column, isNumber, table.dataset.top), row]);
    rows.sort(([a], [b]) => compare(a, b, isDown));
    body.append(...rows.map(([, row]) => row));
    for (const other of heads) {
      other.removeAttribute("aria-sort");
      other.querySelector("[data-arrow]").textContent = "";
    }
    const direction = isDown ? "descending" : "ascending";
    head.setAttribute("aria-sort", direction);
    head.querySelector("[data-arrow]").textContent = ` ${SORTED[direction]}`;
    current = { head, column, isDown };
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort-button";
    button.append(...head.childNodes);
    const arrow = document.createElement("span");
    arrow.dataset.arrow = "";
    arrow.setAttribute("aria-hidden", "true");
    button.append(arrow);
    head.append(button);
    button.addEventListener("click", () => {
      // Numbers begin with the largest, ranks with 1, names and dates with the first.
      const startsDown = head.dataset.sort === "number" && head.dataset.first !== "smallest";
      sort(head, column, current?.head === head ? !current.isDown : startsDown);
    });
  });
  return () => current && sort(current.head, current.column, current.isDown);
}

// The headings of the single columns, in the order of the cells: a set's stand in the second row, below its name.
function leaves(table) {
  const [first, second] = table.tHead.rows;
  const below = [...second.cells];
  return [...first.cells].flatMap((head) => (head.colSpan > 1 ? below.splice(0, head.colSpan) : [head]));
}

function filterable(table, tools) {
  const fields = [...tools.querySelectorAll("[data-filter]")];
  const count = tools.querySelector("[data-count]");
  const rows = [...table.tBodies[0].rows];

  function show() {
    const wanted = Object.fromEntries(fields.map((field) => [field.dataset.filter, field.value]));
    const text = wanted.text.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const said = `${row.cells[0].dataset.value}\n${row.dataset.family}`.toLowerCase();
      row.hidden = !(
        said.includes(text) &&
        (!wanted.group || row.dataset.group === wanted.group) &&
        (!wanted.family || row.dataset.family === wanted.family)
      );
      shown += !row.hidden;
    }
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} classifiers shown`;
  }

  for (const field of fields) field.addEventListener("input", show);
  tools.querySelector("[data-filters]").hidden = false;
  show(); // a field may have kept its text when the browser came back to this page
}

function switchable(table, tools, sortAgain) {
  const links = [...tools.querySelectorAll("[data-top]")];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      table.dataset.top = link.dataset.top;
      for (const other of links) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      for (const text of document.querySelectorAll("[data-top-text]")) text.hidden = text.dataset.topText !== link.dataset.top;
      sortAgain();
      if (link.getAttribute("href").startsWith("?")) history.replaceState(null, "", link.href.split("#")[0]);
    });
  }
}

for (const tools of document.querySelectorAll("[data-table-tools]")) {
  const table = document.getElementById(tools.dataset.tableTools);
  const sortAgain = sortable(table);
  filterable(table, tools);
  switchable(table, tools, sortAgain);
  performance.mark("table-ready");
}
