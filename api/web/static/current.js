// A page that brings a part of itself up to date, shows how old it is, and says so when it no longer can.

import { inWords } from "./alarmbar.js";
import { fragment, getText } from "./server.js";
import { Stream } from "./stream.js";
import { everyTick, Since } from "./ticks.js";

const EVERY_MS = 60_000;
const NOT_CURRENT_MS = 150_000;

export function keepCurrent(name, { stream = true, everyMs = EVERY_MS, shown = () => {} } = {}) {
  const part = (what) => document.getElementById(`${name}-${what}`);
  const place = part("now");
  const updated = new Since();
  const asked = new Since();
  let busy = false;
  let again = false; // something happened while an older answer was on its way
  let ended = false;

  async function refresh() {
    again = busy;
    if (busy || ended) return;
    busy = true;
    asked.now();
    try {
      const fresh = fragment(await getText(location.pathname + location.search)).querySelector(`#${name}-now`);
      if (!fresh) throw new Error("no page in the answer");
      place.replaceChildren(...fresh.childNodes);
      updated.now();
      shown();
    } catch (error) {
      if (error.status === 401 || error.status === 404) ended = true;
    } finally {
      busy = false;
    }
    show();
    if (again) refresh();
  }

  function show() {
    const old = ended || updated.ms > NOT_CURRENT_MS;
    const minutes = Math.floor(updated.ms / 60_000);
    const age = part("age");
    age.textContent = minutes ? inWords(age.dataset.minutes, { count: minutes }) : age.dataset.now;
    part("old").hidden = !old;
    part("ended").hidden = !ended;
    place.classList.toggle("not-current", old);
  }

  if (stream) {
    new Stream("/api/v1/alerts/stream", {
      open: refresh,
      alive: () => {},
      event: refresh,
      expired: () => {
        ended = true;
        show();
      },
    }).start();
  }
  for (const kind of ["visibilitychange", "pageshow", "online", "focus"]) window.addEventListener(kind, () => document.hidden || refresh());
  document.addEventListener("anhu:sent", refresh);
  everyTick(() => {
    if (!document.hidden && asked.ms > (updated.ms > everyMs * 1.5 ? 10_000 : everyMs)) refresh();
    show();
  });
  show();
}
