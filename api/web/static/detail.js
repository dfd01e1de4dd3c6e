// The picked alarm: opened without leaving the queue, refreshed part by part so that nothing typed is lost.

import { drawAll } from "./charts.js";
import { restoreDrafts } from "./drafts.js";
import { fragment, getText } from "./server.js";

export class Detail {
  constructor(main, root) {
    this.main = main;
    this.root = root;
    this.wanted = this.picked;
    this.#shown();
  }

  get picked() {
    return this.root.querySelector("#alarm")?.dataset.alert ?? "";
  }

  async open(alertId, { push = true, show = "open" } = {}) {
    this.wanted = alertId;
    const html = await getText(`/desk/alerts/${encodeURIComponent(alertId)}`);
    if (this.wanted !== alertId) return;
    this.root.replaceChildren(fragment(html));
    this.root.scrollTop = 0;
    this.main.classList.add("desk-picked");
    if (push) history.pushState({ alertId }, "", `/desk?show=${show}&alert=${encodeURIComponent(alertId)}`);
    this.#shown();
  }

  close({ push = true, show = "open" } = {}) {
    this.wanted = "";
    this.root.replaceChildren(document.getElementById("pick").content.cloneNode(true));
    this.main.classList.remove("desk-picked");
    if (push) history.pushState({}, "", `/desk?show=${show}`);
  }

  async refresh() {
    const alertId = this.picked;
    if (!alertId) return;
    const fresh = fragment(await getText(`/desk/alerts/${encodeURIComponent(alertId)}`));
    if (this.picked !== alertId) return;
    for (const part of ["head", "others", "history", "notices", "place", "map", "commands", "events"]) {
      const old = this.root.querySelector(`[data-part="${part}"]`);
      const next = fresh.querySelector(`[data-part="${part}"]`);
      if (old && next && plain(old) !== plain(next)) swap(old, next);
    }
    const { open, steps, practice } = fresh.querySelector("#alarm").dataset;
    Object.assign(this.root.querySelector("#alarm").dataset, { open, steps, practice });
    this.root.querySelector("#alarm").dataset.stands = fresh.querySelector("#alarm").dataset.stands;
    this.#closedMeanwhile(open === "0");
  }

  #shown() {
    restoreDrafts(this.root);
    const alarm = this.root.querySelector("#alarm");
    if (alarm) this.#closedMeanwhile(alarm.dataset.open === "0");
    drawAll(this.root);
  }

  // Somebody else closed it: what was written stays, and can be added as a comment.
  #closedMeanwhile(closed) {
    const form = this.root.querySelector("#close-form");
    if (!form) return;
    const written = form.elements.note.value.trim() !== "";
    if (closed && !written) form.hidden = true;
    form.classList.toggle("closed-meanwhile", closed);
    form.querySelector("fieldset").disabled = closed;
  }

  // What was found at a real alarm must be said.
  requireNote() {
    const form = this.root.querySelector("#close-form");
    const real = form.elements.outcome.value.startsWith("true");
    form.elements.note.required = real;
    form.querySelector("[data-note=needed]").hidden = !real;
    form.querySelector("[data-note=optional]").hidden = real;
  }

  // Chooses the nth outcome while the closing form is open.
  chooseOutcome(number) {
    const form = this.root.querySelector("#close-form");
    const choice = form && !form.hidden && form.querySelectorAll("input[name=outcome]")[number - 1];
    if (!choice) return false;
    choice.checked = true;
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.note.focus();
    return true;
  }

  openHand() {
    const hand = this.root.querySelector("#hand");
    if (!hand) return;
    hand.open = true;
    hand.querySelector("select, input")?.focus();
  }

  toggleCloseForm() {
    const form = this.root.querySelector("#close-form");
    if (!form) return;
    form.hidden = !form.hidden;
    const { practice } = this.root.querySelector("#alarm").dataset;
    if (practice && !form.elements.outcome.value) form.elements.outcome.value = practice;
    this.requireNote();
    if (!form.hidden) form.querySelector("input")?.focus();
  }
}

function plain(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll(".timer").forEach((timer) => { timer.textContent = ""; timer.className = "timer"; });
  copy.querySelectorAll("[data-until-ms]").forEach((timer) => { timer.textContent = ""; });
  copy.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  return copy.outerHTML;
}

function swap(old, next) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(next);
  if (!focused) return;
  const [step, href] = [focused.dataset.step, focused.getAttribute("href")];
  const [act, body] = [focused.dataset.act, focused.dataset.body];
  const same = act ? `[data-act="${act}"][data-body="${CSS.escape(body)}"]` : step ? `[data-step="${step}"]` : href && `a[href="${CSS.escape(href)}"]`;
  ((same && next.querySelector(same)) || next.querySelector("button, a"))?.focus({ preventScroll: true });
}
