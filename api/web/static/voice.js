// A spoken text after the first burst of a new alarm: kind and building, no name, for whoever is in the room hears it.
// Only the tab that holds the sound speaks, one text at a time; the newest goes before older ones. Off is remembered.

import { keep, kept } from "./keep.js";

const LONGEST_MS = 12_000; // some engines never say that they are done

export class Voice {
  constructor(button) {
    this.button = button;
    this.engine = window.speechSynthesis;
    this.text = "";
    this.spoken = [];
    button.addEventListener("click", () => this.toggle());
    this.#show();
  }

  get on() {
    return Boolean(this.engine) && kept("voice") !== false;
  }

  get speaking() {
    return this.until !== undefined && performance.now() < this.until;
  }

  want(text) {
    if (this.on) this.text = text ?? "";
  }

  drop() {
    this.text = "";
    if (this.speaking) this.engine.cancel();
    this.until = undefined;
  }

  // Says what is wanted; false when there is nothing.
  speak() {
    const text = this.text;
    this.text = "";
    if (!text || !this.on) return false;
    const said = new SpeechSynthesisUtterance(text);
    said.lang = this.button.dataset.lang;
    said.voice = this.engine.getVoices().find((voice) => voice.lang.replace("_", "-").startsWith(said.lang.slice(0, 2))) ?? null;
    said.onend = said.onerror = () => { this.until = undefined; };
    this.until = performance.now() + LONGEST_MS;
    this.engine.cancel();
    this.engine.speak(said);
    this.spoken.push(text);
    document.documentElement.dataset.spoken = this.spoken.slice(-5).join("\n");
    return true;
  }

  toggle() {
    keep("voice", this.on ? false : null);
    if (!this.on) this.drop();
    this.#show();
  }

  #show() {
    this.button.hidden = !this.engine;
    this.button.setAttribute("aria-pressed", String(this.on));
    for (const word of this.button.children) word.hidden = (word.dataset.when === "on") !== this.on;
  }
}
