// The queue: fetched as HTML, only of what is new, put in place line by line, so that focus, folding and running
// animations stay where they are, and a thousand lines are no burden.

import { Filters } from "./filters.js";
import { keep, kept } from "./keep.js";
import { fragment, getText } from "./server.js";

const WHOLE_EVERY_MS = 60_000; // an address that was changed meanwhile changes no alarm: everything is asked for anew
const REACTION_MS = 400; // sooner nobody has seen that another line came under the pointer
const AIMED_PX = 6;

export class Queue {
  // changed(): after each update.
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.unfolded = new Map();
    this.wholeAt = -Infinity;
    this.pointer = [-1, -1];
    this.moved = null;
    this.search = document.getElementById("queue-search");
    this.filters = new Filters(this.search, () => {
      this.arrange();
      this.changed();
    });
    this.grouping = document.getElementById("queue-by");
    this.grouping.value = kept("by") ?? root.dataset.by;
    this.grouping.addEventListener("change", () => {
      keep("by", this.grouping.value);
      this.wholeAt = -Infinity;
      this.refresh();
    });
    root.addEventListener("click", (event) => {
      const heading = event.target.closest("[data-fold]");
      if (heading) this.#fold(heading);
    });
    document.addEventListener("pointermove", (event) => {
      if (Math.hypot(event.clientX - this.pointer[0], event.clientY - this.pointer[1]) > AIMED_PX) this.moved = null; // aimed anew
      this.pointer = [event.clientX, event.clientY];
    }, { passive: true });
    this.arrange();
  }

  get show() {
    return this.root.dataset.show;
  }

  get mark() {
    return this.root.dataset.by === this.grouping.value ? this.root.dataset.mark : "";
  }

  cards() {
    return [...this.root.querySelectorAll(".card:not([hidden])")];
  }

  // The next unanswered one in the order of the queue; the newest call, which stands before it, comes last.
  next(after = "") {
    const waiting = this.cards().filter((card) => card.classList.contains("response-unacked") && card.dataset.alert !== after);
    const pinned = waiting.find((card) => card.previousElementSibling?.id === "group-newest");
    return (waiting.find((card) => card !== pinned) ?? pinned)?.dataset.alert ?? "";
  }

  // show: another selection of the same alarms.
  async refresh(show = this.show) {
    this.asked = show;
    const whole = performance.now() - this.wholeAt > WHOLE_EVERY_MS || show !== this.show;
    const asked = new URLSearchParams({ show, by: this.grouping.value, seen: whole ? "" : this.mark });
    const html = await getText(`/desk/queue?${asked}`);
    if (this.asked !== show) return;
    if (whole) this.wholeAt = performance.now();
    if (!this.#apply(html)) {
      this.wholeAt = -Infinity;
      await this.refresh(show);
    }
  }

  // Hides what is folded or not searched for; says how many unanswered ones a filter hides.
  arrange() {
    const lines = [...this.root.querySelectorAll("#cards > li")];
    const folded = new Set(lines.filter((line) => line.dataset.folded && !this.#isUnfolded(line)).map((line) => line.dataset.group));
    const filtering = this.filters.active;
    let newest = false; // the newest call for help stands under no heading
    for (const line of lines) {
      if (line.classList.contains("card")) {
        const hidden = filtering ? !this.filters.finds(line) : folded.has(line.dataset.group) && !newest;
        if (line.hidden !== hidden) line.hidden = hidden;
      } else if (line.hidden !== filtering) line.hidden = filtering;
      if (line.dataset.folded) line.firstElementChild.setAttribute("aria-expanded", String(!folded.has(line.dataset.group)));
      newest = line.id === "group-newest";
    }
    this.filters.tell(lines.filter((line) => line.classList.contains("card")));
  }

  // Opens the heading above a card, or ends the filter, so that it can be seen.
  reveal(alertId) {
    const card = document.getElementById(`card-${alertId}`);
    if (!card?.hidden) return;
    if (card.dataset.group) this.unfolded.set(card.dataset.group, true);
    if (this.filters.active && !this.filters.finds(card)) this.filters.clear();
    else this.arrange();
  }

  // Whether a card came under the pointer just now: a click there was meant for another.
  justMoved(card) {
    return this.moved?.card === card && performance.now() - this.moved.at < REACTION_MS;
  }

  #isUnfolded(heading) {
    return this.unfolded.get(heading.dataset.group) ?? heading.dataset.folded !== "1";
  }

  #fold(button) {
    const heading = button.closest("li");
    this.unfolded.set(heading.dataset.group, !this.#isUnfolded(heading));
    this.arrange();
  }

  // False: a line that the server thinks we hold is not here.
  #apply(html) {
    const fresh = fragment(html).querySelector("#queue");
    if (!fresh) throw new Error("no queue in the answer");
    const under = this.#underPointer();
    const focus = focusIn(this.root);
    for (const part of ["queue-parts", "queue-head", "queue-more", "queue-none"]) {
      const [old, next] = [this.root, fresh].map((root) => root.querySelector(`.${part}`));
      if (old.innerHTML !== next.innerHTML) old.replaceWith(next);
    }
    if (!merge(this.root.querySelector("#cards"), fresh.querySelector("#cards"))) return false;
    Object.assign(this.root.dataset, fresh.dataset);
    this.root.className = fresh.className;
    this.arrange();
    focus?.();
    const now = this.#underPointer();
    if (now && now !== under) this.moved = { card: now, at: performance.now() };
    this.changed();
    return true;
  }

  #underPointer() {
    if (!this.root.matches(":hover")) return null;
    return document.elementFromPoint(...this.pointer)?.closest(".card") ?? null;
  }
}

// Lines that say the same stay the very same elements; only what differs is touched.
function merge(list, fresh) {
  const old = new Map([...list.children].map((line) => [line.id, line]));
  const lines = [...fresh.children];
  if (lines.some((line) => line.hasAttribute("data-keep") && !old.has(line.id))) return false;
  let place = list.firstElementChild;
  for (const line of lines) {
    const known = old.get(line.id);
    old.delete(line.id);
    if (known && (line.hasAttribute("data-keep") || known.dataset.mark === line.dataset.mark)) {
      if (known.dataset.group !== line.dataset.group) known.dataset.group = line.dataset.group;
      if (known === place) place = place.nextElementSibling;
      else list.insertBefore(known, place);
    } else {
      if (known === place) place = place?.nextElementSibling ?? null;
      list.insertBefore(line, place);
      known?.remove();
    }
  }
  for (const line of old.values()) line.remove();
  return true;
}

// What has the focus in a line, and how to give it back: never to a button that means something else by now.
function focusIn(root) {
  const element = document.activeElement;
  const line = element?.closest?.("#cards > li");
  if (!line || !root.contains(line)) return null;
  const [id, step, href] = [line.id, element.dataset.step, element.getAttribute("href")];
  const all = [...root.querySelectorAll("#cards > li:not([hidden])")];
  const following = all.slice(all.indexOf(line) + 1).map((one) => one.id);
  return () => {
    if (document.activeElement === element && element.isConnected) return;
    const present = [id, ...following].map((one) => document.getElementById(one)).find((one) => one && !one.hidden);
    const same = step ? `[data-step="${step}"]` : href ? `a[href="${CSS.escape(href)}"]` : "[data-fold]";
    const target = present?.id === id && present.querySelector(same);
    (target || present?.querySelector(".card-open, [data-fold]"))?.focus({ preventScroll: true });
  };
}
