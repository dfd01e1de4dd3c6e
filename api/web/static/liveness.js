// Says loudly when a page no longer knows the present state: one that stops in silence is dangerous. It is alive only
// when the state of all alarms was applied within ten seconds; a line that is open proves nothing.

import { clockText, serverNow } from "./timers.js";
import { Since } from "./ticks.js";

const QUIET_MS = 6_000; // the server sends a sign of life every four seconds
const GRACE_MS = 2_000; // a line that breaks and is back at once is no news
const STALE_MS = 10_000;
const TRIES = 2;
const TONES = { lost: "lost", failing: "failing", ended: "ended" };

export class Liveness {
  constructor(stream) {
    this.stream = stream;
    this.applied = new Since();
    this.appliedClock = serverNow();
    this.started = false;
    this.failures = 0;
    this.ended = false;
    this.watchesAnybody = true;
    this.state = "starting";
  }

  succeeded(watchesAnybody) {
    this.applied.now();
    this.appliedClock = serverNow();
    this.failures = 0;
    this.started = true;
    this.watchesAnybody = watchesAnybody;
  }

  failed() {
    this.failures += 1;
  }

  get tone() {
    return TONES[this.state] ?? "";
  }

  check() {
    this.state = this.#state();
    this.#show();
    return this.state;
  }

  #state() {
    if (this.ended) return "ended";
    if (this.applied.ms >= STALE_MS) return "lost";
    if (!this.started) return "starting";
    const streaming = this.stream.silentMs() < (this.stream.reading ? QUIET_MS : GRACE_MS);
    if (!streaming) return "polling";
    if (this.failures >= TRIES) return "failing";
    if (!this.watchesAnybody) return "nobody";
    return this.failures || !this.stream.opened ? "starting" : "live";
  }

  #show() {
    const shown = { ended: "lost", failing: "polling" }[this.state] ?? this.state;
    const live = document.getElementById("live");
    if (live.dataset.state !== shown) live.dataset.state = shown;
    for (const [id, states] of [["expired", ["ended"]], ["lost", ["lost"]], ["polling", ["polling"]], ["failing", ["failing"]], ["nobody", ["nobody"]]]) {
      const banner = document.getElementById(`banner-${id}`);
      const hidden = !states.includes(this.state);
      if (banner.hidden !== hidden) banner.hidden = hidden;
    }
    document.documentElement.dataset.watch = this.state; // the style sheet shows nothing green unless it is "live"
    document.getElementById("last-update").textContent = clockText(this.appliedClock);
    document.getElementById("main").classList.toggle("desk-lost", ["lost", "ended"].includes(this.state));
  }
}
