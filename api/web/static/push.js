// Lets this browser be told of alarms with no page open. It asks for permission only when somebody clicks.

import { getJson, post } from "./server.js";

const here = document.getElementById("push-here");
const state = document.getElementById("push-state");
const enter = document.getElementById("push-enter");
const leave = document.getElementById("push-leave");

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const same = (a, b) => a && a.byteLength === b.byteLength && new Uint8Array(a).every((one, n) => one === b[n]);

async function fingerprint(address) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(address));
  return [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

// Which browser it is, so that its owner knows it again in the list.
function label() {
  const agent = navigator.userAgent;
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((one) => agent.includes(`${one}/`)) ?? "Browser";
  const names = { Edg: "Edge", OPR: "Opera" };
  const system = ["Android", "iPhone", "iPad", "HarmonyOS", "Windows", "Mac OS", "Linux"].find((one) => agent.includes(one));
  return [names[browser] ?? browser, system].filter(Boolean).join(", ");
}

// Why this browser cannot be told at all; empty: it can.
function obstacle() {
  if (!here.dataset.key) return "noKey";
  if (!window.isSecureContext) return "insecure";
  const isApple = /iPhone|iPad/.test(navigator.userAgent);
  if (isApple && !window.matchMedia("(display-mode: standalone)").matches) return "homeScreen";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "unsupported";
  return Notification.permission === "denied" ? "denied" : "";
}

async function subscription() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

function show(text, { canEnter = false, canLeave = false, bad = false } = {}) {
  state.textContent = text;
  state.className = bad ? "notice notice-bad" : "";
  enter.hidden = !canEnter;
  leave.hidden = !canLeave;
}

// The server's list decides: a subscription that it does not know brings no alarm.
async function look() {
  const why = obstacle();
  if (why) return show(here.dataset[why], { bad: true });
  const found = await subscription();
  const own = found ? await fingerprint(found.endpoint) : "";
  const { browsers } = await getJson("/api/v1/me/browsers");
  const known = browsers.find((one) => one.fingerprint === own && !one.gone_at);
  for (const item of document.querySelectorAll("[data-fingerprint]"))
    item.querySelector(".push-this").hidden = item.dataset.fingerprint !== own;
  leave.dataset.leave = known?.id ?? "";
  return show(known ? here.dataset.on : here.dataset.off, { canEnter: !known, canLeave: Boolean(known) });
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return show(here.dataset.denied, { bad: true });
  await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = bytes(here.dataset.key);
  let found = await pushManager.getSubscription();
  // One made with another key, or that was given up, would be refused at every alarm.
  const gone = document.querySelector(`.push-gone[data-fingerprint="${found ? await fingerprint(found.endpoint) : ""}"]`);
  if (found && (gone || !same(found.options.applicationServerKey, key))) {
    await found.unsubscribe();
    found = null;
  }
  found ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = found.toJSON();
  await post("/api/v1/me/browsers", { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, label: label() });
  return location.reload();
}

async function remove(id, isThis) {
  await post(`/api/v1/me/browsers/${id}/leave`, {});
  if (isThis) await (await subscription())?.unsubscribe();
  location.reload();
}

async function carefully(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    state.textContent = `${here.dataset.failed} ${error.message}`;
    state.className = "notice notice-bad";
  } finally {
    button.disabled = false;
  }
}

enter.addEventListener("click", () => carefully(enter, subscribe));
for (const button of document.querySelectorAll("[data-leave]")) {
  const isThis = () => !button.closest("li")?.querySelector(".push-this")?.hidden;
  button.addEventListener("click", () => carefully(button, () => remove(button.dataset.leave, isThis())));
}
leave.addEventListener("click", () => carefully(leave, () => remove(leave.dataset.leave, true)));
look().catch((error) => show(`${here.dataset.failed} ${error.message}`, { canEnter: true, bad: true }));
