// Reads server-sent events with fetch: unlike EventSource it shows keep-alive comments, so a line that went silent
// is noticed, and it tells a session that ended from a network that broke.

const SILENT_MS = 8_000;
const LONGEST_PAUSE_MS = 5_000;

export class Stream {
  // handlers: open() after each (re)connection, alive() on any byte, event(name, data), expired() on 401.
  constructor(path, handlers) {
    this.path = path;
    this.handlers = handlers;
    this.lastId = "";
    this.heardAt = performance.now();
    this.stopped = false;
    this.opened = false;
  }

  start() {
    this.watch = setInterval(() => this.#check(), 1_000);
    this.#run();
  }

  stop() {
    this.stopped = true;
    clearInterval(this.watch);
    this.abort?.abort();
  }

  silentMs() {
    return performance.now() - this.heardAt;
  }

  #check() {
    if (this.reading && this.silentMs() > SILENT_MS) this.abort.abort();
  }

  async #run() {
    let failures = 0;
    while (!this.stopped) {
      try {
        await this.#connect(() => { failures = 0; });
      } catch {
        failures += 1;
      }
      this.reading = false;
      if (this.stopped) return;
      const pause = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    }
  }

  async #connect(connected) {
    this.abort = new AbortController();
    const headers = { Accept: "text/event-stream" };
    if (this.lastId) headers["Last-Event-ID"] = this.lastId;
    const response = await fetch(this.path, { headers, cache: "no-store", signal: this.abort.signal });
    if (response.status === 401) {
      this.stop();
      this.handlers.expired();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    this.#heard();
    this.reading = true;
    this.opened = true;
    connected();
    this.handlers.open();
    await this.#read(response.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async #read(reader) {
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#heard();
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) this.#dispatch(block);
    }
  }

  #heard() {
    this.heardAt = performance.now();
    this.handlers.alive();
  }

  #dispatch(block) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const field = line.slice(0, colon);
      const value = line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.lastId = value;
    }
    if (data.length) this.handlers.event(name, data.join("\n"));
  }
}
