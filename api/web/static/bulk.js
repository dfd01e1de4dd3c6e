// One answer to many alarms of one kind that one cause made; never to calls for help, which the server refuses too.

import { inWords } from "./alarmbar.js";
import { post } from "./server.js";

const MOST = 200;

export class Bulk {
  constructor(queue, refresh) {
    this.queue = queue;
    this.refresh = refresh;
    this.dialog = document.getElementById("bulk");
    this.form = this.dialog.querySelector("form");
    this.said = document.getElementById("bulk-said");
    this.filtered = document.getElementById("bulk-filtered");
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-bulk]");
      if (button) this.#open(this.#cards(button.dataset.bulk));
    });
    document.getElementById("bulk-acknowledge").addEventListener("click", () => this.#send("acknowledge"));
    document.getElementById("bulk-cancel").addEventListener("click", () => this.dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send("close");
    });
    this.form.addEventListener("change", () => {
      this.form.elements.note.required = this.form.elements.outcome.value === "true";
    });
  }

  // Offers it for what a filter leaves over, where that is of one kind.
  changed() {
    const cards = this.queue.filters.active ? this.queue.cards().filter((card) => card.dataset.open === "1") : [];
    const kinds = new Set(cards.map((card) => card.dataset.kind));
    this.filtered.hidden = cards.length < 2 || kinds.size !== 1 || cards.some((card) => "help" in card.dataset);
  }

  #cards(group) {
    if (!group) return this.queue.cards().filter((card) => card.dataset.open === "1");
    const all = [...this.queue.root.querySelectorAll(`.card[data-group="${CSS.escape(group)}"]`)];
    return all.filter((card) => !this.queue.filters.active || !card.hidden);
  }

  #open(cards) {
    this.cards = cards.filter((card) => !("help" in card.dataset)).slice(0, MOST);
    if (!this.cards.length) return;
    const waiting = this.cards.some((card) => card.dataset.response === "unacked");
    const kind = this.cards[0].querySelector(".card-kind").textContent;
    const title = this.dialog.querySelector("h2");
    title.textContent = inWords(title.dataset.words, { kind, count: this.cards.length });
    document.getElementById("bulk-acknowledge").hidden = !waiting;
    this.form.reset();
    this.said.textContent = "";
    this.dialog.showModal();
  }

  async #send(step) {
    const { outcome, note } = Object.fromEntries(new FormData(this.form));
    const asked = this.cards.filter((card) => step === "close" || card.dataset.response === "unacked").map((card) => card.dataset.alert);
    try {
      const body = { alert_ids: asked, step, note, ...(step === "close" ? { outcome } : {}) };
      const { answered, refused } = await (await post("/api/v1/alerts/bulk", body)).json();
      const words = refused.length ? this.said.dataset.refused : this.said.dataset.done;
      document.getElementById("announcer").textContent = inWords(words, { answered: answered.length, refused: refused.length });
      if (refused.length) this.said.textContent = inWords(words, { answered: answered.length, refused: refused.length });
      else this.dialog.close();
    } catch (error) {
      this.said.textContent = inWords(this.said.dataset.failed, { why: error.message });
    }
    await this.refresh().catch(() => {});
  }
}
