// A mute that ends by itself, holds over pages and tabs, and ends at once for anything as urgent that was not there
// when it began.

import { keep, kept } from "./keep.js";
import { rank } from "./tones.js";

export const MUTE_MS = 120_000;

export class Mute {
  leftMs() {
    const mute = kept("mute");
    return mute ? Math.min(MUTE_MS, Math.max(0, mute.until - Date.now())) : 0;
  }

  begin(wanted, calls) {
    keep("mute", { until: Date.now() + MUTE_MS, wanted, calls });
  }

  end() {
    keep("mute", null);
  }

  // wanted: names of the tones that would sound now; calls: priority -> number of its newest call.
  check(wanted, calls) {
    const mute = kept("mute");
    if (!mute) return;
    const loudest = Math.max(0, ...mute.wanted.map(rank));
    const called = Object.entries(calls).some(([name, number]) => rank(name) >= loudest && number > (mute.calls[name] ?? 0));
    const other = wanted.some((name) => !(name in calls) && !mute.wanted.includes(name) && rank(name) > rank("low"));
    if (called || other) this.end();
  }
}
