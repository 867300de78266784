// The time left for a grid, on the line with data-lease: its end in the person's time zone, and the minutes until then.

for (const end of document.querySelectorAll("[data-lease] time")) mount(end);

function mount(end) {
  const line = end.closest("[data-lease]");
  // Counted from the seconds the server named: a person's clock may be wrong.
  const over = Date.now() + Number(end.dataset.seconds) * 1000;
  end.textContent = new Date(end.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const timer = setInterval(tick, 1000);
  tick();

  function tick() {
    const seconds = Math.round((over - Date.now()) / 1000);
    if (seconds > 0) {
      line.querySelector("[data-left]").textContent = ` (${spoken(seconds)} left)`;
    } else {
      clearInterval(timer);
      line.textContent = "The time for this grid has run out. Submit it now: if nobody else has taken it over, it counts.";
    }
  }
}

function spoken(seconds) {
  return seconds >= 120 ? `${Math.floor(seconds / 60)} minutes` : `${seconds} seconds`;
}
