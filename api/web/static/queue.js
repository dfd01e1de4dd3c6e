// The queue: fetched as HTML, compared card by card, so that focus and running animations stay where they are.

import { fragment, getText } from "./server.js";
import { syncTo } from "./timers.js";

const STORM_PAUSE_MS = 250; // a storm of alarms is shown four times a second, not once for each
const LEVELS = ["high", "medium", "low"];

export class Queue {
  // changed(cards): after each update; isNew(card): for every card that was not there before.
  constructor(root, { changed, isNew }) {
    this.root = root;
    this.changed = changed;
    this.isNew = isNew;
    this.busy = false;
    this.again = false;
  }

  get show() {
    return this.root.dataset.show;
  }

  cards() {
    return [...this.root.querySelectorAll(".card")];
  }

  loudest() {
    const unanswered = this.cards().filter((card) => card.dataset.response === "unacked" && card.dataset.open === "1");
    return LEVELS.find((level) => unanswered.some((card) => card.dataset.priority === level)) ?? "";
  }

  // Fetch once; while one is on its way, remember that another is wanted.
  async refresh() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      do {
        this.again = false;
        this.#apply(await getText(`/desk/queue?show=${encodeURIComponent(this.show)}`));
        if (this.again) await new Promise((resolve) => setTimeout(resolve, STORM_PAUSE_MS));
      } while (this.again);
    } finally {
      this.busy = false;
    }
  }

  #apply(html) {
    const fresh = fragment(html).querySelector("#queue");
    if (!fresh) throw new Error("no queue in the answer");
    if (fresh.dataset.release !== this.root.dataset.release) location.reload();
    syncTo(Number(fresh.dataset.nowMs));
    const before = new Map(this.cards().map((card) => [card.id, card]));
    const focused = document.activeElement?.closest?.(".card")?.id;
    this.#replaceHead(fresh);
    const arrived = this.#mergeCards(fresh, before);
    if (focused && !document.activeElement?.closest?.(".card")) document.getElementById(focused)?.querySelector("a")?.focus();
    this.changed();
    arrived.forEach(this.isNew);
  }

  #replaceHead(fresh) {
    const old = this.root.querySelector(".counts");
    const next = fresh.querySelector(".counts");
    if (old.innerHTML !== next.innerHTML) old.replaceWith(next);
  }

  #mergeCards(fresh, before) {
    const arrived = [];
    for (const card of fresh.querySelectorAll(".card")) {
      const old = before.get(card.id);
      if (!old) arrived.push(card);
      else if (same(old, card)) card.replaceWith(old);
    }
    const head = this.root.querySelector(".queue-head");
    while (head.nextSibling) head.nextSibling.remove();
    let next = fresh.querySelector(".queue-head").nextSibling;
    while (next) {
      const following = next.nextSibling;
      this.root.append(next);
      next = following;
    }
    return arrived;
  }
}

// Timers run by themselves and the mark of the picked card is ours: neither is a difference.
function same(a, b) {
  const plain = (card) => {
    const copy = card.cloneNode(true);
    copy.classList.remove("card-picked");
    copy.querySelectorAll(".timer").forEach((timer) => { timer.textContent = ""; timer.className = "timer"; });
    copy.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    return copy.outerHTML;
  };
  return plain(a) === plain(b);
}
