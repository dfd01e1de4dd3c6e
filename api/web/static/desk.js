// The alarm desk: wires the queue, the picked alarm, the live stream, sound, timers and keys together.

import { Detail } from "./detail.js";
import { bindKeys } from "./keys.js";
import { Liveness } from "./liveness.js";
import { Queue } from "./queue.js";
import { post, ServerError } from "./server.js";
import { bindSound } from "./soundbar.js";
import { Stream } from "./stream.js";
import { startTimers, syncTo } from "./timers.js";

const PATHS = { acknowledge: "acknowledge", on_the_way: "on-the-way", on_scene: "on-scene" };
const main = document.getElementById("main");
const clock = document.getElementById("clock");
syncTo(Number(clock.dataset.nowMs));

const sound = bindSound();
const detail = new Detail(main, document.getElementById("detail"));
const queue = new Queue(document.getElementById("queue"), { changed, isNew });

function changed() {
  for (const card of queue.cards()) card.classList.toggle("card-picked", card.dataset.alert === detail.picked);
  sound.want(queue.loudest());
}

function isNew(card) {
  if (card.dataset.open !== "1" || card.dataset.response !== "unacked") return;
  document.getElementById("announcer").textContent = card.dataset.announce;
  if (card.dataset.priority === "high") sound.unmute();
}

async function refresh() {
  await queue.refresh();
  liveness.updated();
}

async function refreshAll() {
  await Promise.all([refresh(), detail.refresh()]);
}

const stream = new Stream("/api/v1/alerts/stream", {
  open: () => refreshAll().catch(() => {}),
  alive: () => liveness.updated(),
  event: () => refreshAll().catch(() => {}),
  expired: () => liveness.expired(),
});
const liveness = new Liveness(stream, refresh, main);

async function send(path, body) {
  const banner = document.getElementById("banner-failed");
  try {
    await post(path, body);
    banner.hidden = true;
    await refreshAll();
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.status === 401) liveness.expired();
    document.getElementById("failed-why").textContent = error.message;
    banner.hidden = false;
    await refreshAll().catch(() => {});
    return false;
  }
}

async function step(name, alertId) {
  if (name === "close") {
    if (detail.picked !== alertId) await open(alertId);
    detail.toggleCloseForm();
    return;
  }
  const buttons = document.querySelectorAll(`[data-alert="${CSS.escape(alertId)}"][data-step]`);
  buttons.forEach((button) => { button.disabled = true; });
  await send(`/api/v1/alerts/${encodeURIComponent(alertId)}/${PATHS[name]}`, {});
  document.querySelectorAll("[data-step]:disabled").forEach((button) => { button.disabled = false; });
}

async function open(alertId, options = {}) {
  await detail.open(alertId, { show: queue.show, ...options }).catch((error) => console.warn(error));
  changed();
}

function back() {
  detail.close({ show: queue.show });
  changed();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) {
    step(button.dataset.step, button.dataset.alert);
    return;
  }
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("[data-open-alert], [data-back]");
  if (!link) return;
  event.preventDefault();
  if (link.hasAttribute("data-back")) back();
  else open(link.dataset.openAlert);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "close-form" && form.id !== "comment-form") return;
  event.preventDefault();
  const alert = `/api/v1/alerts/${encodeURIComponent(form.dataset.alert)}`;
  const given = Object.fromEntries(new FormData(form));
  const done = await send(form.id === "close-form" ? `${alert}/close` : `${alert}/comment`, given);
  if (done) form.reset();
});

window.addEventListener("popstate", () => {
  const alertId = new URLSearchParams(location.search).get("alert");
  if (alertId) open(alertId, { push: false });
  else {
    detail.close({ push: false });
    changed();
  }
});

bindKeys({ queue, detail, open, back, step, mute: () => sound.toggle() });
startTimers(clock);
changed();
stream.start();
liveness.start();
