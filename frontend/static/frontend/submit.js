// Hands a form with data-submit in without leaving the page until the server has said "saved": tried again and
// again, and the same answer each time. A refusal is left to the server's own page.

import { mounted } from "./mounted.js";

const NOTICEABLE = 300; // milliseconds: what is saved faster needs no word
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

mounted("form[data-submit]", (form, signal) => {
  const fields = form.querySelector("fieldset");
  const button = form.querySelector("[data-submit-button]");
  const retry = form.querySelector("[data-retry]");
  let isPending = false;
  let wake = () => {};

  // On the document: whoever checks the form first, on the form itself, may stop it.
  document.addEventListener("submit", onSubmit, { signal });
  retry.addEventListener("click", () => wake());
  addEventListener("online", () => wake(), { signal });
  addEventListener("beforeunload", (event) => isPending && event.preventDefault(), { signal });

  function onSubmit(event) {
    if (event.target !== form || event.defaultPrevented) return;
    event.preventDefault();
    if (!isPending) handIn();
  }

  async function handIn() {
    isPending = true;
    const body = new URLSearchParams(new FormData(form)); // before the fields are locked, and once for all attempts
    form.dispatchEvent(new Event("submitting"));
    lock();
    const slow = setTimeout(() => show("saving"), NOTICEABLE);
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const answer = await send(form.action, body);
      clearTimeout(slow);
      if (answer.next) {
        isPending = false;
        form.dispatchEvent(new Event("saved"));
        return goOn(answer);
      }
      if (answer.isRefused) {
        isPending = false;
        return form.submit();
      }
      show(answer.problem);
      await Promise.race([after(Math.max(pause, answer.pause ?? 0)), new Promise((resolve) => (wake = resolve))]);
    }
  }

  function lock() {
    fields.inert = true;
    form.elements.namedItem("none").onclick = (event) => event.preventDefault();
    button.setAttribute("aria-disabled", "true");
  }

  function show(what) {
    for (const line of form.querySelectorAll("[data-when]")) line.hidden = line.dataset.when !== what;
    const isWaiting = what !== "saving";
    const hadFocus = document.activeElement === button;
    retry.hidden = !isWaiting;
    button.hidden = isWaiting;
    if (isWaiting && hadFocus) retry.focus();
  }
});

// {next} once it is saved, {isRefused} where trying again is no use, else {problem} and perhaps {pause}.
async function send(address, body) {
  try {
    const headers = { Accept: "application/json" };
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(address, { method: "POST", body, headers, keepalive: true, signal });
    if (response.ok) return await response.json();
    if (response.status >= 500 || response.status === 429) {
      return { problem: "waiting", pause: 1000 * Number(response.headers.get("Retry-After") ?? 0) };
    }
    return { isRefused: true };
  } catch {
    return { problem: "offline" }; // no connection, or somebody else's answer in between
  }
}

// Whoever has the next page already stops the event.
function goOn(answer) {
  const leaving = new CustomEvent("leaving", { detail: answer, cancelable: true });
  if (document.dispatchEvent(leaving)) location.replace(answer.next);
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
