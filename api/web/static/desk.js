// The alarm desk: wires the queue, the picked alarm, the state of all alarms and the keys together.

import { Bulk } from "./bulk.js";
import { Detail } from "./detail.js";
import { forgetDraft, keepDraft } from "./drafts.js";
import { bindKeys } from "./keys.js";
import { Queue } from "./queue.js";
import { fragment, getText } from "./server.js";
import { Steps } from "./steps.js";
import { Watch } from "./watch.js";

const PATHS = { acknowledge: "acknowledge", on_the_way: "on-the-way", on_scene: "on-scene" };
const main = document.getElementById("main");
const detail = new Detail(main, document.getElementById("detail"));
const queue = new Queue(document.getElementById("queue"), changed);
const bulk = new Bulk(queue, refreshAll);
const watch = new Watch({ mark: () => queue.mark, refresh: refreshAll, alive: () => steps.lineBack() });
const steps = new Steps({ refresh: refreshAll, stands, ended: () => watch.end() });

function changed() {
  for (const card of document.querySelectorAll(".card-picked")) card.classList.remove("card-picked");
  document.getElementById(`card-${detail.picked}`)?.classList.add("card-picked");
  bulk?.changed();
}

async function refreshAll() {
  const told = detail.refresh().catch((error) => console.warn(error)); // one that fails must not hold the queue up
  await queue.refresh();
  await told;
}

async function stands(alertId) {
  const html = await getText(`/desk/alerts/${encodeURIComponent(alertId)}`);
  return fragment(html).querySelector("#alarm").dataset.stands;
}

async function step(name, alertId) {
  if (name === "close") {
    if (detail.picked !== alertId) await open(alertId);
    detail.toggleCloseForm();
    return;
  }
  const buttons = document.querySelectorAll(`[data-alert="${CSS.escape(alertId)}"][data-step]`);
  buttons.forEach((button) => { button.setAttribute("aria-busy", "true"); });
  await steps.send(alertId, PATHS[name], {});
  document.querySelectorAll("[data-step][aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

// Whatever else is done about an alarm with one click.
async function act(button) {
  if (button.hasAttribute("aria-busy")) return;
  if (button.hasAttribute("data-map")) {
    const { toggleMap } = await import("./map.js");
    await toggleMap(button);
    return;
  }
  button.setAttribute("aria-busy", "true");
  const { act: path, command, device, body } = button.dataset;
  if (command) await steps.ask(device, command);
  else {
    const alertId = button.dataset.alert ?? detail.picked;
    const done = await steps.send(alertId, path, JSON.parse(body));
    if (done && path === "merge") await open(JSON.parse(body).into);
  }
  button.removeAttribute("aria-busy");
}

async function open(alertId, options = {}) {
  await detail.open(alertId, { show: queue.show, ...options }).catch((error) => console.warn(error));
  queue.reveal(alertId);
  changed();
}

function back() {
  detail.close({ show: queue.show });
  changed();
}

async function choose(show) {
  history.pushState({}, "", `/desk?show=${show}`);
  await queue.refresh(show).catch(() => location.assign(`/desk?show=${show}`));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const movedCard = event.detail > 0 && event.target.closest(".card");
  document.getElementById("list-moved").hidden = !(movedCard && queue.justMoved(movedCard));
  if (movedCard && queue.justMoved(movedCard)) {
    event.preventDefault();
    return;
  }
  if (button) {
    if (!button.hasAttribute("aria-busy")) step(button.dataset.step, button.dataset.alert);
    return;
  }
  const work = event.target.closest("button[data-act], [data-command], [data-map]");
  if (work) {
    act(work);
    return;
  }
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("[data-open-alert], [data-back], [data-show-tab], [data-next]");
  if (!link) return;
  event.preventDefault();
  if (link.hasAttribute("data-back")) back();
  else if (link.dataset.showTab) choose(link.dataset.showTab);
  else if (link.hasAttribute("data-next")) next();
  else open(link.dataset.openAlert);
});

function next() {
  const alertId = queue.next(detail.picked);
  if (alertId) open(alertId);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-alert]");
  if (!form) return;
  keepDraft(form);
  if (form.id === "close-form") detail.requireNote();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.act) {
    event.preventDefault();
    steps.send(form.dataset.alert, form.dataset.act, Object.fromEntries(new FormData(form)), () => {
      form.reset();
      form.closest("details").open = false;
      forgetDraft(form);
    });
    return;
  }
  if (form.id !== "close-form" && form.id !== "comment-form") return;
  event.preventDefault();
  const { outcome, note, text, family_note } = Object.fromEntries(new FormData(form));
  const closing = form.id === "close-form" && !form.classList.contains("closed-meanwhile");
  const [ended, found] = (outcome ?? "").split(":");
  const said = closing ? { outcome: ended, note, ...(family_note ? { family_note } : {}), ...(found ? { found } : {}) } : { text: text ?? note };
  steps.send(form.dataset.alert, closing ? "close" : "comment", said, () => {
    form.reset();
    if (form.id === "close-form") form.hidden = true;
    forgetDraft(form);
  });
});

window.addEventListener("popstate", async () => {
  const asked = new URLSearchParams(location.search);
  const [alertId, show] = [asked.get("alert"), asked.get("show") ?? "open"];
  if (show !== queue.show) await queue.refresh(show).catch(() => location.reload());
  if (alertId) open(alertId, { push: false });
  else {
    detail.close({ push: false });
    changed();
  }
});

bindKeys({
  queue, detail, back, next, step,
  act: (selector) => document.querySelector(selector)?.click(),
  mute: () => watch.sound.toggle(),
  voice: () => watch.voice.toggle(),
});
changed();
watch.start();
