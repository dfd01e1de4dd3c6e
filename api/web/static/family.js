// The family's page brings itself up to date, shows how old it is, and says so when it no longer can.

import { fragment, getText } from "./server.js";
import { Stream } from "./stream.js";
import { everyTick, Since } from "./ticks.js";
import { inWords } from "./alarmbar.js";

const EVERY_MS = 60_000;
const NOT_CURRENT_MS = 150_000;
const place = document.getElementById("family-now");
const age = document.getElementById("family-age");
const updated = new Since();
const asked = new Since();
let busy = false;
let ended = false;

async function refresh() {
  if (busy || ended) return;
  busy = true;
  asked.now();
  try {
    const fresh = fragment(await getText(location.pathname + location.search)).querySelector("#family-now");
    if (!fresh) throw new Error("no page in the answer");
    place.replaceChildren(...fresh.childNodes);
    updated.now();
  } catch (error) {
    if (error.status === 401 || error.status === 404) ended = true;
  } finally {
    busy = false;
  }
  show();
}

function show() {
  const old = ended || updated.ms > NOT_CURRENT_MS;
  const minutes = Math.floor(updated.ms / 60_000);
  age.textContent = minutes ? inWords(age.dataset.minutes, { count: minutes }) : age.dataset.now;
  document.getElementById("family-old").hidden = !old;
  document.getElementById("family-ended").hidden = !ended;
  place.classList.toggle("not-current", old);
}

const stream = new Stream("/api/v1/alerts/stream", {
  open: refresh,
  alive: () => {},
  event: refresh,
  expired: () => {
    ended = true;
    show();
  },
});
for (const kind of ["visibilitychange", "pageshow", "online"]) window.addEventListener(kind, () => document.hidden || refresh());
document.getElementById("family-unstarted").remove();
stream.start();
everyTick(() => {
  if (!document.hidden && asked.ms > (updated.ms > EVERY_MS * 1.5 ? 10_000 : EVERY_MS)) refresh();
  show();
});
show();
