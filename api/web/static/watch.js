// One alarm state for the whole site: the server's count of unanswered alarms, its sound, its bar, its liveness.
// Every page of somebody who answers alarms runs it; what the page shows besides decides nothing.

import { inWords, showCalls, showCount, showDown } from "./alarmbar.js";
import { notify, showAttention } from "./attention.js";
import { keep } from "./keep.js";
import { Liveness } from "./liveness.js";
import { getJson } from "./server.js";
import { Offers } from "./offers.js";
import { Session } from "./session.js";
import { bindSound } from "./soundbar.js";
import { Voice } from "./voice.js";
import { Stream } from "./stream.js";
import { everyTick } from "./ticks.js";
import { startTimers, syncTo } from "./timers.js";

const POLL_MS = 3_000;
const STORM_PAUSE_MS = 250; // a storm of alarms is shown four times a second, not once for each
const nothing = { mark: "", unanswered: 0, level: "", newest_call: {}, down: [], open: 0, watches_anybody: true };

export class Watch {
  // page: what the page shows of the alarms besides: mark() of what it shows now, refresh() to bring it up to date, alive() after each answer.
  constructor(page = null) {
    this.page = page;
    this.said = nothing;
    this.polledAt = -POLL_MS;
    this.clock = document.getElementById("clock");
    syncTo(Number(this.clock.dataset.nowMs));
    this.sound = bindSound();
    this.voice = new Voice(document.getElementById("voice"));
    this.offers = new Offers(() => this.poll());
    this.stream = new Stream("/api/v1/alerts/stream", {
      open: () => this.poll(),
      alive: () => this.#check(),
      event: () => this.poll(),
      expired: () => this.end(),
    });
    this.liveness = new Liveness(this.stream);
    this.session = new Session(() => this.end());
  }

  start() {
    document.getElementById("banner-unstarted").remove();
    document.getElementById("logout").form.addEventListener("submit", () => {
      keep("watching", null);
      sessionStorage.clear();
    });
    for (const kind of ["visibilitychange", "focus", "pageshow", "online"]) window.addEventListener(kind, () => this.poll());
    startTimers(this.clock);
    this.stream.start();
    everyTick(() => this.#tick());
    this.poll();
  }

  end() {
    this.liveness.ended = true;
    this.stream.stop();
    const place = document.getElementById("expired-count");
    place.textContent = inWords(place.dataset.words, { count: this.said.unanswered });
    this.#check();
  }

  // Ask once; while one is on its way, remember that another is wanted.
  async poll() {
    if (this.liveness.ended) return;
    this.again = Boolean(this.busy);
    if (this.busy) return;
    this.busy = true;
    try {
      do {
        this.again = false;
        const began = performance.now();
        await this.#ask();
        const pause = Math.min(1_000, Math.max(STORM_PAUSE_MS, performance.now() - began)); // a slow server or computer gets rest
        if (this.again) await new Promise((resolve) => setTimeout(resolve, pause));
      } while (this.again);
    } finally {
      this.busy = false;
    }
  }

  async #ask() {
    this.polledAt = performance.now();
    try {
      const said = await getJson(`/watch.json?seen=${encodeURIComponent(this.said.mark)}`);
      if (said.release !== document.documentElement.dataset.release) {
        location.reload();
        return;
      }
      syncTo(said.now_ms);
      this.#apply(said);
      if (this.page && this.page.mark() !== said.mark) await this.page.refresh();
      this.liveness.succeeded(said.watches_anybody);
      this.page?.alive();
    } catch (error) {
      if (error.status === 401) this.end();
      else this.liveness.failed();
    }
    this.#check();
  }

  #apply(said) {
    const before = Math.max(0, ...Object.values(this.said.newest_call));
    const called = Math.max(0, ...Object.values(said.newest_call));
    if (said.calls) showCalls(said.calls);
    if (said.offers) this.offers.show(said.offers);
    if (!this.page && this.said.mark && said.mark !== this.said.mark) document.documentElement.dataset.changed = "1";
    if (said.say && this.said.mark && called > before) {
      document.getElementById("announcer").textContent = said.say;
      this.voice.want(said.speak);
      notify(document.getElementById("alarm-count").dataset.words.replace("{count}", said.unanswered));
    }
    this.said = said;
    showCount(said);
    showDown(said.down);
    this.session.update(said);
    keep("watching", { unanswered: said.unanswered, at: said.now_ms });
  }

  #tick() {
    if (performance.now() - this.polledAt > POLL_MS) this.poll();
    this.#check();
    this.offers.tick();
    this.sound.tick(this.voice);
  }

  #check() {
    const state = this.liveness.check();
    const near = !this.liveness.ended && this.session.check();
    const tones = [this.said.level, this.liveness.tone, this.said.down.length ? "lost" : "", near ? "warning" : "", this.offers.toMe ? "offer" : ""];
    this.sound.want(tones.filter(Boolean), this.said.newest_call);
    const trouble = ["lost", "ended", "failing", "nobody"].includes(state) || this.said.down.length > 0;
    showAttention({ count: this.said.unanswered, level: this.said.level, trouble });
  }
}
