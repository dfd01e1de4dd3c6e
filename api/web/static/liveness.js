// Says loudly when the desk no longer knows the present state: a desk that stops in silence is dangerous.

import { clockText, serverNow } from "./timers.js";

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
    const streaming = this.stream.reading && this.stream.silentMs() < STALE_MS;
    if (now - this.polledAt > (streaming ? SLOW_POLL_MS : POLL_MS)) {
      this.polledAt = now;
      this.refresh().catch(() => {});
    }
    if (streaming) this.#show("live");
    else if (now - this.updatedAt < STALE_MS) this.#show(this.stream.silentMs() < POLL_MS ? "live" : "polling");
    else this.#show("lost");
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
