// Alarm sounds after IEC 60601-1-8: bursts of ten pulses (high), three (medium), one (low), each a chord with
// harmonics so that it is heard over a room, repeated while an alarm of that priority is unanswered.

const PULSES = {
  // Starts of the pulses [s], length of a pulse [s], pause between bursts [ms], pitch of each pulse [Hz].
  high: { starts: [0, 0.2, 0.4, 0.75, 0.95, 1.6, 1.8, 2.0, 2.35, 2.55], pulse: 0.14, every: 5200, pitch: [523, 659, 784, 659, 784, 523, 659, 784, 659, 784] },
  medium: { starts: [0, 0.38, 0.76], pulse: 0.2, every: 6500, pitch: [523, 587, 659] },
  low: { starts: [0], pulse: 0.22, every: 16000, pitch: [440] },
};
const VOLUME = { high: 0.5, medium: 0.35, low: 0.22 };
export const MUTE_MS = 120_000;

export class AlarmSound {
  constructor() {
    this.context = null;
    this.level = "";
    this.mutedUntil = 0;
    this.timer = 0;
    this.bursts = 0;
  }

  get enabled() {
    return this.context?.state === "running";
  }

  async enable() {
    this.context ??= new AudioContext();
    await this.context.resume();
    this.#schedule();
    return this.enabled;
  }

  // The most urgent unanswered priority; "" for silence.
  want(level) {
    if (level === this.level) return;
    this.level = level;
    this.#schedule();
  }

  mute() {
    this.mutedUntil = Date.now() + MUTE_MS;
    this.#schedule();
  }

  unmute() {
    this.mutedUntil = 0;
    this.#schedule();
  }

  mutedMs() {
    return Math.max(0, this.mutedUntil - Date.now());
  }

  #schedule() {
    clearTimeout(this.timer);
    if (!this.enabled || !this.level) return;
    const muted = this.mutedMs();
    if (muted) {
      this.timer = setTimeout(() => this.#schedule(), muted);
      return;
    }
    this.#burst(this.level);
    this.timer = setTimeout(() => this.#schedule(), PULSES[this.level].every);
  }

  #burst(level) {
    const { starts, pulse, pitch } = PULSES[level];
    this.bursts += 1;
    starts.forEach((start, i) => this.#pulse(this.context.currentTime + 0.02 + start, pulse, pitch[i], VOLUME[level]));
  }

  #pulse(at, length, hertz, volume) {
    const gain = this.context.createGain();
    gain.connect(this.context.destination);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.02);
    gain.gain.setValueAtTime(volume, at + length - 0.03);
    gain.gain.linearRampToValueAtTime(0, at + length);
    [1, 2, 3, 4, 5].forEach((harmonic) => {
      const tone = this.context.createOscillator();
      const part = this.context.createGain();
      part.gain.value = 0.45 / harmonic;
      tone.frequency.value = hertz * harmonic;
      tone.connect(part).connect(gain);
      tone.start(at);
      tone.stop(at + length);
    });
  }
}
