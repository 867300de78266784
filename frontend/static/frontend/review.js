// Reviewing with the keyboard, on every element with data-review: arrows move between images, one key says something of
// the image in focus and is saved at once, Enter and P mark the class. Without this file each image has a form.

import { mounted } from "./mounted.js";
import { neighbour } from "./neighbours.js";
import { saver } from "./saver.js";
import { isModified } from "./tiles.js";

mounted("[data-review]", (room) => {
  const tiles = [...room.querySelectorAll("[data-tile]")];
  const bar = room.querySelector("[data-keys]");
  const keys = [...bar.querySelectorAll("[data-say]")];
  const undo = bar.querySelector("[data-undo]");
  const noteForm = bar.querySelector("[data-note-form]");
  const save = saver(bar.querySelector("[data-state]"));
  const past = [];
  let current = tiles[0];
  let isLeaving = false;

  room.classList.add("look--live");
  bar.hidden = false;
  for (const tile of tiles) {
    tile.setAttribute("role", "group");
    tile.tabIndex = tile === current ? 0 : -1;
    name(tile);
    tile.addEventListener("focusin", () => stopAt(tile));
    tile.addEventListener("click", () => tile.contains(document.activeElement) || tile.focus());
  }
  for (const key of keys) key.addEventListener("click", () => press(key));
  undo?.addEventListener("click", takeBack);
  noteForm?.addEventListener("submit", sayWithNote);
  noteForm?.addEventListener("keydown", (event) => event.key === "Escape" && closeNote());
  noteForm?.querySelector("[data-cancel]").addEventListener("click", closeNote);
  room.addEventListener("keydown", onKey);
  for (const form of room.querySelectorAll("[data-mark]")) form.addEventListener("submit", leave);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("beforeunload", (event) => save.isBusy() && event.preventDefault());
  (document.querySelector(":target[data-tile]") ?? current).focus({ preventScroll: !location.hash });

  function onKey(event) {
    const tile = event.target.closest("[data-tile]");
    if (!tile || isModified(event)) return;
    const place = neighbour(event.key, tile, tiles);
    if (event.repeat && !place) return; // a key that is held must not speak for the next class too
    const pressed = [...keys, undo].find((key) => key?.dataset.key === event.key.toLowerCase());
    const mark = room.querySelector(`[data-mark="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!place && !pressed && !mark) return;
    event.preventDefault();
    if (place) place.focus();
    else if (pressed) press(pressed);
    else begin(mark);
  }

  function press(key) {
    if (key === undo) takeBack();
    else if (key.dataset.say === "other") openNote();
    else say(current, key.dataset.say);
    if (noteForm?.hidden ?? true) current.focus();
  }

  // A mark that asks for a note waits for it; the other one is pressed with the key.
  function begin(mark) {
    const field = mark.querySelector("input[required]");
    if (field) field.focus();
    else if (!isLeaving) mark.requestSubmit();
  }

  function say(tile, verdict, note = "", isTakenBack = false) {
    const before = [tile, tile.dataset.verdict, tile.dataset.note];
    if (verdict === before[1] && note === before[2]) return;
    if (!isTakenBack) past.push(before);
    show(tile, verdict, note, labelOf(verdict, note));
    save.add(tile.querySelector("form"), { verdict, note }, (answer) => {
      if (answer.what) show(...before, labelOf(before[1], before[2]));
    });
  }

  function takeBack() {
    // What was undecided before stays as it is: a decision is changed, not withdrawn.
    const [tile, verdict, note] = past.pop() ?? [];
    if (!tile) return;
    say(tile, verdict, note, true);
    tile.focus();
  }

  function show(tile, verdict, note, label) {
    tile.dataset.verdict = verdict;
    tile.dataset.note = note;
    tile.classList.toggle("shot--out", verdict !== "keep" && verdict !== "none");
    tile.querySelector("[data-said]").textContent = label;
    name(tile);
    if (tile === current) mirror();
  }

  function labelOf(verdict, note) {
    const label = keys.find((key) => key.dataset.say === verdict)?.dataset.label ?? "Undecided";
    return note ? `${label} (${note})` : label;
  }

  function name(tile) {
    tile.setAttribute("aria-label", `${tile.dataset.name}: ${tile.querySelector("[data-said]").textContent.trim()}`);
  }

  function stopAt(tile) {
    current.tabIndex = -1;
    tile.tabIndex = 0;
    current = tile;
    mirror();
  }

  // The bar shows what is said of the image in focus.
  function mirror() {
    for (const key of keys) key.setAttribute("aria-pressed", String(key.dataset.say === current.dataset.verdict));
  }

  function openNote() {
    noteForm.hidden = false;
    noteForm.elements.note.value = current.dataset.verdict === "other" ? current.dataset.note : "";
    noteForm.elements.note.focus();
  }

  function closeNote() {
    noteForm.hidden = true;
    current.focus();
  }

  function sayWithNote(event) {
    event.preventDefault();
    const note = noteForm.elements.note.value.trim();
    if (!note) return;
    say(current, "other", note);
    closeNote();
  }

  // The class is marked once all that was said is saved.
  async function leave(event) {
    if (isLeaving && save.isBusy()) return event.preventDefault();
    if (isLeaving || !save.isBusy()) return void (isLeaving = true);
    event.preventDefault();
    isLeaving = true;
    const hasSaved = await save.idle();
    if (hasSaved) event.target.submit();
    else isLeaving = false;
  }
});
