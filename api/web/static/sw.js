// Shows messages while no page is open. Served at /sw.js: its scope is the whole site, its address never changes.
// When it starts to work is decided in offline.js, which stands before it.

const { title: NAME, unreadable: NEWS, lapsed: LAPSED } = self.anhu.words; // in both languages: whose phone it is, is not known here
const UNREADABLE = { tag: "unreadable", title: NAME, body: NEWS, link: "/" };
const AGAIN = {
  tag: "enter-again",
  title: NAME,
  body: LAPSED,
  link: "/notifications",
};

function read(data) {
  try {
    const said = data.json();
    return said && said.title ? said : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

// Whatever a message says, only a page of this site is opened.
function ownPath(link) {
  try {
    const url = new URL(link || "/", self.location.origin);
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}

const show = (said) =>
  self.registration.showNotification(said.title, {
    body: said.body,
    tag: said.tag,
    renotify: true,
    requireInteraction: said.urgent !== false,
    icon: "/favicon.ico",
    actions: said.answer ? [{ action: "take", title: said.take }] : [],
    data: { path: ownPath(said.link), answer: said.answer ? ownPath(said.answer) : "", said },
  });

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(show(AGAIN)));

async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const one of windows) {
    try {
      await one.navigate(path);
      return await one.focus();
    } catch {
      // it is no page of ours any more: another one will do
    }
  }
  return self.clients.openWindow(path);
}

// The one-time link of this message answers, as its page would: nobody is logged in here. Whether it was written down
// is said in any case; what was not leads to the page with the buttons.
async function take({ path, answer, said }) {
  let became = "none";
  try {
    const body = new URLSearchParams({ what: said.what === "on_the_way" ? said.what : "acknowledge" });
    const response = await fetch(answer, { method: "POST", body, credentials: "omit" });
    became = response.headers.get("Anhu-Answer") ?? "none";
  } catch {
    // no line: said below
  }
  const words = { done: said.taken, already: said.taken, also: said.also, over: said.over };
  const known = words[became];
  return show({ tag: said.tag, title: said.title, body: known ?? said.not_taken, link: known ? path : answer });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data = event.notification.data ?? {};
  event.waitUntil(event.action === "take" && data.answer ? take(data) : open(data.path ?? "/"));
});
