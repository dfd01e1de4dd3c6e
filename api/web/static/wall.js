// The wall screen: asks every two seconds, and turns red when it has not heard for ten. It never needs a click.

import { ServerError, getJson } from "./server.js";
import { everyTick, Since } from "./ticks.js";
import { clockText, length, serverNow, syncTo } from "./timers.js";

const POLL_MS = 2_000;
const STALE_MS = 10_000;
const part = (name) => document.getElementById(`wall-${name}`);
const applied = new Since();
let appliedAt = Number(part("clock").dataset.nowMs);
let polledAt = -POLL_MS;
let started = false;
let ended = false;
let busy = false;
syncTo(appliedAt);

async function poll() {
  if (busy || ended || performance.now() - polledAt < POLL_MS) return;
  busy = true;
  polledAt = performance.now();
  try {
    const said = await getJson("/desk/wall/state.json");
    if (said.release !== document.documentElement.dataset.release) location.reload();
    syncTo(said.now_ms);
    show(said);
    applied.now();
    appliedAt = said.now_ms;
    started = true;
  } catch (error) {
    ended = error instanceof ServerError && [401, 403].includes(error.status);
  } finally {
    busy = false;
  }
}

function show(said) {
  for (const count of document.querySelectorAll(".wall-count")) {
    const { level } = count.dataset;
    count.querySelector("[data-is=waiting]").textContent = said.waiting[level];
    count.querySelector("[data-is=answered]").textContent = said.answered[level];
    count.classList.toggle("wall-zero", said.waiting[level] === 0);
  }
  part("practice").textContent = said.practice;
  part("nobody").hidden = said.watches_anybody;
  part("desk").textContent = said.on_duty || document.getElementById("wall").dataset.nobody;
  part("desk").classList.toggle("wall-bad", !said.is_answered);
  part("down").replaceChildren(...said.down.map((words) => {
    const line = document.createElement("div");
    line.className = "wall-alert wall-bad";
    line.textContent = words;
    return line;
  }));
  const last = said.oldest.some((one) => said.newest && same(one, said.newest)) ? [] : [said.newest].filter(Boolean);
  const lines = [...said.oldest.slice(0, 6 - last.length), ...last].map(line);
  if (!lines.length) {
    const none = document.createElement("li");
    none.className = "wall-none";
    none.textContent = document.getElementById("wall").dataset.nothing;
    lines.push(none);
  }
  part("list").replaceChildren(...lines);
}

const same = (one, other) => one.started_at_ms === other.started_at_ms && one.kind === other.kind && one.place === other.place;

function line(call) {
  const item = part("line").content.cloneNode(true).firstElementChild;
  item.className = `wall-${call.priority}`;
  for (const name of ["word", "kind", "place"]) item.querySelector(`[data-is=${name}]`).textContent = call[name];
  item.querySelector("[data-is=timer]").dataset.startedMs = call.started_at_ms;
  return item;
}

function tick() {
  poll();
  const lost = !ended && applied.ms >= STALE_MS;
  const state = ended ? "ended" : lost ? "lost" : started ? "live" : "starting";
  document.documentElement.dataset.state = state;
  part("starting").hidden = state !== "starting";
  part("lost").hidden = state !== "lost";
  part("ended").hidden = state !== "ended";
  part("since").textContent = part("since").dataset.words.replace("{at}", clockText(appliedAt));
  part("clock").textContent = clockText(serverNow());
  for (const timer of document.querySelectorAll("[data-started-ms]")) timer.textContent = length(serverNow() - Number(timer.dataset.startedMs));
}

everyTick(tick);
tick();
