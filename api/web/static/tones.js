// Alarm sounds after IEC 60601-1-8: bursts of ten pulses (high), three (medium), one (low), each a chord with
// harmonics so that it is heard over a room. What is wrong with the desk itself has tones of its own, all falling.

export const TONES = {
  // Starts of the pulses [s], length of a pulse [s], pause between bursts [ms], pitch of each pulse [Hz], loudness.
  high: { starts: [0, 0.2, 0.4, 0.75, 0.95, 1.6, 1.8, 2.0, 2.35, 2.55], pulse: 0.14, every: 5200, pitch: [523, 659, 784, 659, 784, 523, 659, 784, 659, 784], volume: 0.5 },
  medium: { starts: [0, 0.38, 0.76], pulse: 0.2, every: 6500, pitch: [523, 587, 659], volume: 0.35 },
  low: { starts: [0], pulse: 0.22, every: 16000, pitch: [440], volume: 0.22 },
  ended: { starts: [0, 0.35, 0.7, 1.05], pulse: 0.3, every: 6000, pitch: [440, 370, 311, 262], volume: 0.45 },
  lost: { starts: [0, 0.5], pulse: 0.42, every: 6000, pitch: [392, 196], volume: 0.45 },
  failing: { starts: [0, 0.3, 0.6], pulse: 0.16, every: 8000, pitch: [247, 247, 196], volume: 0.35 },
  offer: { starts: [0, 0.22], pulse: 0.16, every: 12000, pitch: [659, 880], volume: 0.25 },
  warning: { starts: [0, 0.25], pulse: 0.18, every: 60000, pitch: [587, 440], volume: 0.25 },
};

// The loudest first: what is first here goes before what comes later.
export const RANKS = ["high", "ended", "lost", "failing", "medium", "offer", "low", "warning"];

export const rank = (name) => RANKS.length - (RANKS.includes(name) ? RANKS.indexOf(name) : RANKS.length);

export const lengthMs = ({ starts, pulse }) => (starts.at(-1) + pulse) * 1000;

export function play(context, { starts, pulse, pitch, volume }) {
  starts.forEach((start, i) => sound(context, context.currentTime + 0.02 + start, pulse, pitch[i], volume));
}

function sound(context, at, length, hertz, volume) {
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(volume, at + 0.02);
  gain.gain.setValueAtTime(volume, at + length - 0.03);
  gain.gain.linearRampToValueAtTime(0, at + length);
  [1, 2, 3, 4, 5].forEach((harmonic) => {
    const tone = context.createOscillator();
    const part = context.createGain();
    part.gain.value = 0.45 / harmonic;
    tone.frequency.value = hertz * harmonic;
    tone.connect(part).connect(gain);
    tone.start(at);
    tone.stop(at + length);
  });
}
