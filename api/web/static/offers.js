// Alarms that wait for a colleague's yes: what I am asked, on every page; and what I asked and nobody has taken yet.

import { inWords } from "./alarmbar.js";
import { post } from "./server.js";
import { serverNow } from "./timers.js";

const REMIND_MS = 60_000;

export class Offers {
  constructor(changed) {
    this.changed = changed;
    this.place = document.getElementById("offers");
    this.offers = [];
    this.place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-offer]");
      if (button) this.#answer(button);
    });
  }

  get toMe() {
    return this.offers.some((one) => one.to_me);
  }

  show(offers) {
    this.offers = offers;
    this.#draw();
  }

  tick() {
    this.#draw();
  }

  #draw() {
    const due = this.offers.filter((one) => one.to_me || serverNow() - one.offered_at_ms > REMIND_MS);
    const said = JSON.stringify(due);
    if (this.said === said) return;
    this.said = said;
    this.place.replaceChildren(...due.map((one) => this.#banner(one)));
  }

  #banner(one) {
    const banner = document.getElementById("offer").content.cloneNode(true);
    const is = (name) => banner.querySelector(`[data-is=${name}]`);
    is("who").textContent = inWords(one.to_me ? this.place.dataset.offer : this.place.dataset.asked, { name: one.name });
    is("what").textContent = one.what;
    is("what").href = `/desk?alert=${encodeURIComponent(one.id)}`;
    is("what").dataset.openAlert = one.id;
    is("note").textContent = one.note;
    is("refuse").hidden = !one.to_me;
    is("back").hidden = one.to_me;
    banner.querySelector("[data-offer=take-over]").hidden = !one.to_me;
    for (const button of banner.querySelectorAll("button")) button.dataset.of = one.id;
    return banner;
  }

  async #answer(button) {
    if (button.hasAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    await post(`/api/v1/alerts/${encodeURIComponent(button.dataset.of)}/${button.dataset.offer}`, {}).catch((error) => console.warn(error));
    button.removeAttribute("aria-busy");
    this.changed();
  }
}
