// The sound of one tab: what should be heard, whether the browser lets it, whose turn it is.

import { Mute } from "./mute.js";
import { holdsSound } from "./sounder.js";
import { lengthMs, play, rank, RANKS, TONES } from "./tones.js";

const STUCK_MS = 4_000; // a sound card that was taken away: the context says that it runs, and its clock stands
const GAP_MS = 400;

export class AlarmSound {
  constructor() {
    this.context = null;
    this.mute = new Mute();
    this.wanted = [];
    this.calls = {};
    this.next = {};
    this.busyUntil = 0;
    this.bursts = 0;
    this.played = [];
  }

  get enabled() {
    return this.context?.state === "running" && performance.now() - (this.movedAt ?? 0) < STUCK_MS;
  }

  // Never waits: where a click is wanted first, the promise of resume() stays open for ever.
  enable() {
    try {
      this.context ??= new AudioContext();
      this.movedAt ??= performance.now();
      this.context.resume().catch(() => {});
    } catch {
      this.context = null;
    }
  }

  // names: tones that should be heard; calls: priority -> number of its newest call.
  want(names, calls) {
    this.wanted = RANKS.filter((name) => names.includes(name));
    this.calls = calls;
    for (const name of Object.keys(this.next)) if (!this.wanted.includes(name)) delete this.next[name];
    this.mute.check(this.wanted, calls);
  }

  toggleMute() {
    if (this.mute.leftMs()) this.mute.end();
    else this.mute.begin(this.wanted, this.calls);
  }

  // voice: what has something to say between two tones, never over one.
  tick(voice) {
    const now = performance.now();
    if (this.context && this.context.currentTime !== this.clock) {
      this.clock = this.context.currentTime;
      this.movedAt = now;
    }
    const able = this.enabled && !this.mute.leftMs();
    if (this.mute.leftMs()) voice?.drop();
    if (!holdsSound(able ? rank(this.wanted[0]) : 0) || now < this.busyUntil || voice?.speaking) return;
    if (this.bursts && voice?.speak()) return;
    const due = this.wanted.find((name) => now >= (this.next[name] ?? 0));
    if (!due) return;
    play(this.context, TONES[due]);
    this.bursts += 1;
    this.played.push(due);
    if (this.played.length > 20) this.played.shift();
    this.busyUntil = now + lengthMs(TONES[due]) + GAP_MS;
    this.next[due] = now + TONES[due].every;
  }
}
