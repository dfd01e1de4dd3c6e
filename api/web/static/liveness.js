// Says loudly when the desk no longer knows the present state: a desk that stops in silence is dangerous.

import { clockText, serverNow } from "./timers.js";

const QUIET_MS = 6_000; // the server sends a sign of life every four seconds
const GRACE_MS = 2_000; // a line that breaks and is back at once is no news
const STALE_MS = 10_000;
const POLL_MS = 3_000;
const SLOW_POLL_MS = 30_000;

export class Liveness {
  // stream: its silence; refresh(): fetches the queue and throws when it cannot.
  constructor(stream, refresh, main) {
    this.stream = stream;
    this.refresh = refresh;
    this.main = main;
    this.updatedAt = performance.now();
    this.updatedClock = serverNow();
    this.polledAt = performance.now();
  }

  updated() {
    this.updatedAt = performance.now();
    this.updatedClock = serverNow();
  }

  start() {
    document.getElementById("banner-unstarted").remove();
    setInterval(() => this.#check(), 500);
    this.#check();
  }

  expired() {
    document.getElementById("banner-expired").hidden = false;
    this.#show("lost");
  }

  #check() {
    if (!document.getElementById("banner-expired").hidden) return;
    const now = performance.now();
    const streaming = this.stream.silentMs() < (this.stream.reading ? QUIET_MS : GRACE_MS);
    if (now - this.polledAt > (streaming ? SLOW_POLL_MS : POLL_MS)) {
      this.polledAt = now;
      this.refresh().catch(() => {});
    }
    if (streaming && !this.stream.opened) return;
    if (streaming) this.#show("live");
    else this.#show(now - this.updatedAt < STALE_MS ? "polling" : "lost");
  }

  #show(state) {
    const live = document.getElementById("live");
    if (live.dataset.state !== state) live.dataset.state = state;
    const gone = document.getElementById("banner-expired").hidden === false;
    document.getElementById("banner-lost").hidden = state !== "lost" || gone;
    document.getElementById("banner-polling").hidden = state !== "polling";
    document.getElementById("last-update").textContent = clockText(this.updatedClock);
    this.main.classList.toggle("desk-lost", state === "lost");
  }
}
