// Shows what the board sends.  Text goes in as text, never as markup.
"use strict";

const at = (id) => document.getElementById(id);
const words = (name) => (name || "").replaceAll("_", " ");

function cell(kind, text, scope) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}

function named(kind, text) {  // a name may be written from right to left: it must not turn what stands beside it
  const made = cell(kind, "", kind === "th" ? "row" : "");
  made.append(cell("bdi", text));
  return made;
}

function share(passed, all) {
  const made = document.createElement("td");
  const bar = document.createElement("progress");
  bar.max = Math.max(all, 1);
  bar.value = passed;
  bar.setAttribute("aria-label", `${passed} of ${all} have passed`);
  made.append(bar);
  return made;
}

function rows(id, found, make) {
  const none = at(`${id}-none`);
  if (!none) return;
  const place = at(id).tBodies ? at(id).tBodies[0] : at(id);
  place.replaceChildren(...found.map(make));
  at(id).hidden = found.length === 0;
  none.hidden = found.length !== 0;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function show(state) {
  at("learners").textContent = state.learners;
  rows("exercises", state.exercises, (one) => row(
    cell("td", String(one.chapter).padStart(2, "0")), cell("th", one.exercise, "row"),
    cell("td", one.passed), cell("td", one.trying), share(one.passed, state.learners)));
  rows("mistakes", state.mistakes, (one) => cell("li", `${one.learners} in ${one.exercise}: ${words(one.mistake)}`));
  rows("stuck", state.stuck || [], (one) => row(
    named("th", one.name), cell("td", one.exercise), cell("td", words(one.mistake)),
    cell("td", one.times), cell("td", one.minutes)));
  rows("people", state.people || [], (one) => row(
    named("th", one.name), cell("td", one.passed), cell("td", one.last ? one.last + (one.done ? " ✓" : "") : "none yet"),
    cell("td", one.tries), cell("td", one.minutes)));
}

function say(text) {  // a screen reader hears it when it changes, and not twice a second
  if (at("state").textContent !== text) at("state").textContent = text;
}

const pause = (seconds) => new Promise((after) => setTimeout(after, seconds * 1000));

// A hub answers its own pages alone: those that can read this cookie.  Without a hub there is none.
const proof = () => ({ "X-XSRFToken": (document.cookie.match(/(?:^|; )_xsrf=([^;]*)/) || ["", ""])[1] });

async function look(seen) {  // the answer comes when there is something newer than what this page has
  const address = `${document.body.dataset.events}?seen=${seen}`;
  const answer = await fetch(address, { credentials: "same-origin", headers: proof() });
  if (answer.status === 403 || answer.redirected) return null;
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

(async () => {
  for (let seen = -1; ;) {
    try {
      const found = await look(seen);
      if (found === null) return say("The board has refused this page: load it again.");
      if (found.number === seen) await pause(0.5);
      seen = found.number;
      show(found.state);
      say("Up to date.");
    } catch {
      say("The board does not answer; what stands here may be old. Trying again…");
      await pause(2);
    }
  }
})();
