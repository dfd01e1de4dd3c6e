// Everything that has to go on in a tab that nobody looks at hangs on these ticks, two a second.

export function everyTick(act) {
  try {
    const worker = new Worker(new URL("./ticker.js", import.meta.url));
    worker.addEventListener("message", act);
    worker.addEventListener("error", () => setInterval(act, 500), { once: true });
  } catch {
    setInterval(act, 500);
  }
}

// How long ago something was. A computer that slept stops one of the two clocks: the longer time is believed.
export class Since {
  constructor() {
    this.now();
  }

  now() {
    this.steady = performance.now();
    this.wall = Date.now();
  }

  get ms() {
    return Math.max(performance.now() - this.steady, Date.now() - this.wall);
  }
}
