// Sends what is said, one after the other, and tries again until the server answers: `state` shows where that stands.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

export function saver(state) {
  const waiting = [];
  let work = null;
  let isRefused = false;

  return {
    // `form` knows where to and the token; `done` hears {said} or, where it was refused, {what}.
    add(form, fields, done) {
      waiting.push({ form, fields, done });
      isRefused = false;
      work ??= run();
    },
    isBusy: () => work !== null,
    // Whether all of it was saved, once nothing waits any more.
    async idle() {
      await work;
      return !isRefused;
    },
  };

  async function run() {
    show("saving");
    for (let pause = FIRST_PAUSE; waiting.length > 0; ) {
      const { form, fields, done } = waiting[0];
      const answer = await send(form, fields);
      if (answer === undefined) {
        show("waiting");
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      waiting.shift();
      pause = FIRST_PAUSE;
      done(answer);
      if (answer.what) refuse(answer.what);
    }
    if (!isRefused) show("saved");
    work = null;
  }

  function show(what) {
    state.textContent = state.dataset[what];
    state.classList.toggle("keys__state--bad", what === "waiting");
  }

  function refuse(what) {
    isRefused = true;
    state.textContent = what;
    state.classList.add("keys__state--bad");
  }
}

// The answer; undefined where it is worth to try again.
async function send(form, fields) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, ...fields });
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(20_000) });
    if (response.status >= 500 || response.status === 429) return undefined;
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return isJson ? await response.json() : { what: "This was not saved. Load the page again: you may be signed out." };
  } catch {
    return undefined;
  }
}
