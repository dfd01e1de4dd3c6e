// A thread: what is seen is read, what was sent is shown, and new messages come by themselves.

import { fragment, getText, post } from "./server.js";

const EVERY_MS = 15_000;
const thread = document.getElementById("thread");

function markRead() {
  const newest = Number(thread.dataset.newest);
  if (newest && !document.hidden) post(`/api/v1/residents/${thread.dataset.resident}/messages/read`, { message_id: newest }).catch(() => {});
}

async function refresh() {
  if (document.hidden || location.search) return;
  try {
    const fresh = fragment(await getText(location.pathname)).querySelector("#thread");
    if (!fresh || fresh.dataset.newest === thread.dataset.newest) return;
    thread.replaceChildren(...fresh.childNodes);
    thread.dataset.newest = fresh.dataset.newest;
    thread.lastElementChild?.scrollIntoView({ block: "end" });
    markRead();
  } catch {
    // no line: the next one
  }
}

document.addEventListener("anhu:sent", refresh);
document.addEventListener("visibilitychange", () => {
  refresh();
  markRead();
});
setInterval(refresh, EVERY_MS);
markRead();
