// On every page of somebody who is logged in: what is not sent yet, what is unread, the app's worker, leaving cleanly.

import { bodyOf, flush, forget, say, show, waiting } from "./unsent.js";

const EVERY_MS = 5000;
const UNREAD_EVERY_MS = 60000;
let askedAt = 0;

// On a narrow screen the menu is one line that moves sideways: where one is must be seen.
const menu = document.querySelector(".menu");
const here = menu?.querySelector("[aria-current]");
if (menu && here) menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.clientWidth) / 2;

function unread() {
  const places = document.querySelectorAll("[data-unread]");
  if (!places.length || document.hidden || Date.now() - askedAt < UNREAD_EVERY_MS) return;
  askedAt = Date.now();
  fetch("/unread.json", { headers: { Accept: "application/json" }, cache: "no-store" })
    .then((response) => (response.ok ? response.json() : null))
    .then((said) => {
      for (const place of said ? places : []) {
        place.textContent = said.unread > 99 ? "99+" : String(said.unread);
        place.hidden = said.unread === 0;
      }
    })
    .catch(() => {});
}

function look() {
  if (waiting().length) flush();
  unread();
  showKept();
}

// A page that was kept on the phone says how old it is, and comes anew when the line is back.
let coming = false;
function showKept() {
  const keptAt = Number(document.documentElement.dataset.keptAt);
  const banner = document.getElementById("kept");
  if (!keptAt || !banner) return;
  const age = banner.dataset.minutes.replace("{count}", String(Math.floor((Date.now() - keptAt) / 60000)));
  const at = new Date(keptAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const words = banner.dataset.words.replace("{age}", age).replace("{at}", at);
  if (banner.textContent !== words) banner.textContent = words;
  banner.hidden = false;
  document.getElementById("main").classList.add("not-current");
  if (coming || document.hidden) return;
  coming = true;
  fetch("/health", { cache: "no-store" })
    .then((response) => response.ok && location.reload())
    .catch(() => {})
    .then(() => { coming = false; });
}

function onSubmit(event) {
  const form = event.target;
  if (form.dataset.api && !("plain" in form.dataset)) {
    event.preventDefault();
    say(form.dataset.api, bodyOf(form), form.dataset.label).then(() => form.dispatchEvent(new CustomEvent("anhu:said")));
    const text = form.querySelector("textarea");
    if (text) text.value = "";
    return;
  }
  if (form.getAttribute("action") !== "/logout") return;
  if (waiting().length && !form.dataset.sure) {
    event.preventDefault();
    form.dataset.sure = "1";
    const place = document.getElementById("unsent");
    place.insertAdjacentHTML("afterbegin", "<p></p>");
    place.firstChild.textContent = place.dataset.leave;
    return;
  }
  forget();
  if (window.caches) caches.keys().then((names) => names.filter((name) => name.startsWith("anhu-pages")).forEach((name) => caches.delete(name)));
}

document.addEventListener("submit", onSubmit);
for (const kind of ["online", "pageshow", "focus"]) window.addEventListener(kind, look);
document.addEventListener("visibilitychange", look);
setInterval(look, EVERY_MS);
show();
look();
if ("serviceWorker" in navigator) {
  const { serviceWorker } = navigator;
  serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});
  serviceWorker.ready.then(({ active }) => serviceWorker.controller || active.postMessage("claim"));
}
