// Without a line: the worklist and the cards that were opened, for some hours, said to be old; else a page that says so.
// A part of the worker /sw.js, which tells it `anhu`: release, statics (their folder), needed (what it fetches at first).
// Health data is kept in one cache only, and that is emptied when somebody logs out, in, or is nobody any more.

(() => {
  const PAGES = `anhu-pages-${self.anhu.release}`;
  const STATICS = `anhu-static-${self.anhu.release}`;
  const KEPT = /^\/(?:worklist|residents\/[^/]+\/card)$/;
  const LONGEST_MS = 8 * 3_600_000;
  const MOST_PAGES = 20;
  const PATIENCE_MS = 6_000;
  const AT = "X-Anhu-Kept-At";

  const forget = () => caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("anhu-pages")).map((name) => caches.delete(name))));

  self.addEventListener("install", (event) => {
    self.skipWaiting();
    event.waitUntil(caches.open(STATICS).then((cache) => cache.addAll(self.anhu.needed)));
  });

  self.addEventListener("activate", (event) => {
    const isOld = (name) => name.startsWith("anhu-") && name !== PAGES && name !== STATICS;
    event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
  });

  // A page that was still loading when the worker began is passed over by `claim`: it asks again.
  self.addEventListener("message", (event) => {
    if (event.data === "claim") event.waitUntil(self.clients.claim());
  });

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== self.location.origin) return;
    if (request.method === "POST" && url.pathname === "/logout") event.waitUntil(forget());
    if (request.method !== "GET") return;
    if (request.mode === "navigate") event.respondWith(page(event, url));
    else if (url.pathname.startsWith(self.anhu.statics)) event.respondWith(file(request));
  });

  async function file(request) {
    const found = await caches.match(request, { cacheName: STATICS });
    if (found) return found;
    const response = await fetch(request);
    if (response.ok) {
      const copy = response.clone();
      caches.open(STATICS).then((cache) => cache.put(request, copy)).catch(() => {});
    }
    return response;
  }

  async function page(event, url) {
    if (url.pathname === "/login") event.waitUntil(forget());
    const kept = KEPT.test(url.pathname) ? await newEnough(url) : null;
    try {
      const response = await Promise.race([fetch(event.request), kept ? after(PATIENCE_MS) : new Promise(() => {})]);
      if (response.type === "basic" && response.ok && KEPT.test(url.pathname)) event.waitUntil(keep(url, response.clone()));
      else if ([401, 403, 404].includes(response.status)) event.waitUntil(drop(url));
      return response;
    } catch {
      return kept ?? (await caches.match("/offline", { cacheName: STATICS })) ?? Response.error();
    }
  }

  const after = (ms) => new Promise((_, refuse) => setTimeout(() => refuse(new Error("no answer")), ms));

  async function keep(url, response) {
    const cache = await caches.open(PAGES);
    const headers = { "Content-Type": response.headers.get("Content-Type"), [AT]: String(Date.now()) };
    await cache.put(url.pathname, new Response(await response.text(), { headers }));
    const all = await cache.keys();
    await Promise.all(all.slice(0, Math.max(0, all.length - MOST_PAGES)).map((one) => cache.delete(one)));
  }

  const drop = async (url) => (await caches.open(PAGES)).delete(url.pathname);

  // A kept page, marked as such; what is too old is deleted, whichever page it is.
  async function newEnough(url) {
    const cache = await caches.open(PAGES);
    for (const one of await cache.keys()) {
      const age = Date.now() - Number((await cache.match(one))?.headers.get(AT));
      if (!(age >= 0 && age < LONGEST_MS)) await cache.delete(one);
    }
    const found = await cache.match(url.pathname);
    if (!found) return null;
    const html = (await found.text()).replace("<html ", `<html data-kept-at="${found.headers.get(AT)}" `);
    return new Response(html, { headers: { "Content-Type": found.headers.get("Content-Type"), "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'" } });
  }
})();
