// A session lasts while somebody works, and says a quarter of an hour ahead that it will end.

import { keep, kept } from "./keep.js";
import { post } from "./server.js";
import { length, serverNow } from "./timers.js";

const WARN_MS = 15 * 60_000;
const RENEW_EVERY_MS = 5 * 60_000;
const WORTH_MS = 60_000;

export class Session {
  constructor(ended) {
    this.ended = ended;
    this.end = { ends_at_ms: Infinity, limit_ms: Infinity };
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => this.#used(), { capture: true });
    document.getElementById("session-stay").addEventListener("click", () => this.renew());
  }

  update(said) {
    if (said.ends_at_ms) this.end = said;
  }

  async renew() {
    keep("renewed", Date.now());
    try {
      this.update(await (await post("/session/renew", {})).json());
    } catch (error) {
      if (error.status === 401) this.ended();
      else keep("renewed", null);
    }
  }

  #used() {
    const last = kept("renewed") ?? 0;
    const soon = this.end.ends_at_ms - serverNow() < WARN_MS && this.end.limit_ms > this.end.ends_at_ms + WORTH_MS;
    if (soon || Math.abs(Date.now() - last) > RENEW_EVERY_MS) this.renew();
  }

  // Whether the end is near; shows how near.
  check() {
    const left = this.end.ends_at_ms - serverNow();
    const near = left < WARN_MS;
    document.getElementById("banner-session").hidden = !near;
    if (near) {
      document.getElementById("session-left").textContent = length(left);
      const renewable = this.end.limit_ms > this.end.ends_at_ms + WORTH_MS;
      document.getElementById("session-stay").hidden = !renewable;
      document.getElementById("session-again").hidden = renewable;
    }
    return near;
  }
}
