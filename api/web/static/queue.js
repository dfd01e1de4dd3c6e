// The queue: fetched as HTML, compared line by line by their marks, so that focus, folding and running animations
// stay where they are, and five hundred lines are no burden.

import { fragment, getText } from "./server.js";

export class Queue {
  // changed(): after each update.
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.unfolded = new Map();
    this.words = "";
    this.search = document.getElementById("queue-search");
    this.search.addEventListener("input", () => this.filter(this.search.value));
    root.addEventListener("click", (event) => {
      const heading = event.target.closest("[data-fold]");
      if (heading) this.#fold(heading);
    });
    this.arrange();
  }

  get show() {
    return this.root.dataset.show;
  }

  get mark() {
    return this.root.dataset.mark;
  }

  cards() {
    return [...this.root.querySelectorAll(".card:not([hidden])")];
  }

  next() {
    return this.root.querySelector(".card.response-unacked[data-open='1']")?.dataset.alert ?? "";
  }

  // show: another selection of the same alarms.
  async refresh(show = this.show) {
    this.asked = show;
    const html = await getText(`/desk/queue?show=${encodeURIComponent(show)}`);
    if (this.asked === show) this.#apply(html);
  }

  filter(words) {
    this.words = words.trim().toLowerCase();
    this.arrange();
  }

  // Hides what is folded or not searched for; says how many unanswered ones a search hides.
  arrange() {
    let missing = 0;
    for (const line of this.root.querySelectorAll("#cards > li")) {
      const group = line.dataset.group;
      const isCard = line.classList.contains("card");
      const found = !this.words || line.textContent.toLowerCase().includes(this.words);
      const folded = isCard && group && !this.words && !this.#isUnfolded(group);
      line.hidden = isCard ? folded || !found : Boolean(this.words);
      if (isCard && !found && line.dataset.response === "unacked") missing += 1;
      if (!isCard) line.querySelector("[data-fold]").setAttribute("aria-expanded", String(this.#isUnfolded(group)));
    }
    const notice = document.getElementById("search-hides");
    notice.hidden = !missing;
    notice.textContent = notice.dataset.words.replace("{count}", missing);
  }

  // Opens the heading above a card, so that it can be seen.
  reveal(alertId) {
    const card = document.getElementById(`card-${alertId}`);
    if (!card?.hidden) return;
    if (card.dataset.group) this.unfolded.set(card.dataset.group, true);
    if (card.textContent.toLowerCase().includes(this.words)) this.arrange();
    else this.filter(this.search.value = "");
  }

  #isUnfolded(group) {
    const heading = this.root.querySelector(`#cards > .group[data-group="${CSS.escape(group)}"]`);
    return this.unfolded.get(group) ?? heading?.dataset.folded !== "1";
  }

  #fold(heading) {
    const { group } = heading.closest("li").dataset;
    this.unfolded.set(group, !this.#isUnfolded(group));
    this.arrange();
  }

  #apply(html) {
    const fresh = fragment(html).querySelector("#queue");
    if (!fresh) throw new Error("no queue in the answer");
    const focus = focusIn(this.root);
    for (const part of ["queue-parts", "queue-head", "queue-more", "queue-none"]) {
      const [old, next] = [this.root, fresh].map((root) => root.querySelector(`.${part}`));
      if (old.innerHTML !== next.innerHTML) old.replaceWith(next);
    }
    merge(this.root.querySelector("#cards"), fresh.querySelector("#cards"));
    Object.assign(this.root.dataset, fresh.dataset);
    this.root.className = fresh.className;
    this.arrange();
    focus?.();
    this.changed();
  }
}

// Lines that say the same stay the very same elements; only what differs is touched.
function merge(list, fresh) {
  const old = new Map([...list.children].map((line) => [line.id, line]));
  let place = list.firstElementChild;
  for (const line of [...fresh.children]) {
    const known = old.get(line.id);
    old.delete(line.id);
    if (known && known.dataset.mark === line.dataset.mark) {
      if (known === place) place = place.nextElementSibling;
      else list.insertBefore(known, place);
    } else {
      if (known === place) place = place?.nextElementSibling ?? null;
      list.insertBefore(line, place);
      known?.remove();
    }
  }
  for (const line of old.values()) line.remove();
}

// What has the focus in a line, and how to give it back: never to a button that means something else by now.
function focusIn(root) {
  const element = document.activeElement;
  const line = element?.closest?.("#cards > li");
  if (!line || !root.contains(line)) return null;
  const [id, step, href] = [line.id, element.dataset.step, element.getAttribute("href")];
  const following = [...root.querySelectorAll("#cards > li:not([hidden])")].slice([...root.querySelectorAll("#cards > li:not([hidden])")].indexOf(line) + 1).map((one) => one.id);
  return () => {
    if (document.activeElement === element && element.isConnected) return;
    const present = [id, ...following].map((one) => document.getElementById(one)).find((one) => one && !one.hidden);
    const same = step ? `[data-step="${step}"]` : href ? `a[href="${CSS.escape(href)}"]` : "[data-fold]";
    const target = present?.id === id && present.querySelector(same);
    (target || present?.querySelector(".card-open, [data-fold]"))?.focus({ preventScroll: true });
  };
}
