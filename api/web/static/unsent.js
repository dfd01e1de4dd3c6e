// What was said on this phone and has not arrived yet: kept until the server has it, sent in order, once.
// Written for old phones too: no syntax younger than 2017.

const STORE = "anhu.unsent";
const LONGEST_MS = 8000;
const TOO_OLD_MS = 24 * 3600 * 1000;
const MOST = 50;
const meta = (name) => {
  const found = document.querySelector('meta[name="' + name + '"]');
  return found ? found.content : "";
};

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) || [];
  } catch (error) {
    return [];
  }
}

function write(items) {
  try {
    localStorage.setItem(STORE, JSON.stringify(items.slice(-MOST)));
    return true;
  } catch (error) {
    return false;
  }
}

function update(key, change) {
  write(read().map((one) => (one.key === key ? Object.assign({}, one, change) : one)));
  show();
}

function remove(key) {
  write(read().filter((one) => one.key !== key));
  show();
}

// Also where the page comes by plain HTTP, which has no crypto.randomUUID.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Say something: it is kept first, and shown as not sent until the server has said that it has it.
export function say(path, body, label) {
  const item = { key: newKey(), user: meta("viewer"), path, body, label, at: Date.now(), state: "waiting" };
  const items = read();
  const twice = items.find((one) => one.user === item.user && one.path === path && one.state === "waiting" && JSON.stringify(one.body) === JSON.stringify(body) && item.at - one.at < 3000);
  if (twice) return Promise.resolve(false); // a double tap
  const isKept = write(items.concat([item]));
  show();
  return isKept ? flush() : post(item).then((done) => done === "sent");
}

export const waiting = () => read().filter((one) => one.state === "waiting");

let flushing = false;
export function flush() {
  if (flushing || !meta("viewer")) return Promise.resolve(false);
  flushing = true;
  const done = () => {
    flushing = false;
    show();
  };
  const locks = navigator.locks;
  const run = locks ? locks.request("anhu.unsent", { ifAvailable: true }, (lock) => (lock ? sendAll() : false)) : sendAll();
  return run.then((sent) => { done(); return sent; }, () => { done(); return false; });
}

async function sendAll() {
  let sent = false;
  for (const item of read()) {
    if (item.user !== meta("viewer") || item.state !== "waiting") continue;
    if (Date.now() - item.at > TOO_OLD_MS) {
      update(item.key, { state: "old" });
      continue;
    }
    const became = await post(item);
    if (became === "later") break;
    sent = true;
  }
  if (sent) document.dispatchEvent(new CustomEvent("anhu:sent"));
  return sent;
}

// "sent"; "refused", which no further attempt would change; or "later".
async function post(item) {
  const body = Object.assign({}, item.body, { key: item.key });
  if (item.path.indexOf("/requests") < 0) body.said_ago_s = Math.max(0, Math.floor((Date.now() - item.at) / 1000));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), LONGEST_MS);
  let response;
  try {
    response = await fetch(item.path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": meta("csrf-token"), Accept: "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: abort.signal,
    });
    const said = await response.json().catch(() => ({}));
    if (response.ok) {
      if (said.applied === false) update(item.key, { state: "late", why: said.by_name || "" });
      else remove(item.key);
      return "sent";
    }
    if (response.status === 401) {
      update(item.key, { login: true });
      return "later";
    }
    if (response.status === 429 || response.status >= 500) return "later";
    update(item.key, { state: "refused", why: said.detail || said.title || String(response.status) });
    return "refused";
  } catch (error) {
    return "later";
  } finally {
    clearTimeout(timer);
  }
}

const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function line(place, item) {
  const words = place.dataset;
  const row = document.createElement("p");
  const head = document.createElement("strong");
  head.textContent = { waiting: words.waiting, refused: words.refused, late: words.late, old: words.old }[item.state] + ": ";
  row.append(head, item.label + " (" + clock(item.at) + ")");
  if (item.why) row.append(" · " + item.why);
  if (item.state === "waiting" && item.login) row.append(" · " + words.login);
  if (item.state !== "waiting") row.append(" ", button(words.seen, () => remove(item.key)));
  return row;
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-small";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

let shownAs = "";
export function show() {
  const place = document.getElementById("unsent");
  if (!place) return;
  const items = read();
  const viewer = meta("viewer");
  const state = JSON.stringify([items, viewer]);
  if (state !== shownAs) {
    shownAs = state;
    const own = items.filter((one) => !viewer || one.user === viewer);
    place.replaceChildren ? place.replaceChildren() : (place.textContent = "");
    for (const item of own) place.append(line(place, item));
    if (own.some((one) => one.state === "waiting")) place.append(button(place.dataset.again, flush));
    if (items.length > own.length) {
      const row = document.createElement("p");
      row.append(place.dataset.others + " ", button(place.dataset.drop, () => { write(read().filter((one) => one.user === viewer)); show(); }));
      place.append(row);
    }
    place.hidden = items.length === 0;
  }
  const mine = new Set(items.filter((one) => one.state === "waiting").map((one) => (one.path.match(/alerts\/([^/]+)\/steps/) || [])[1]));
  for (const row of document.querySelectorAll("[data-alert]")) row.classList.toggle("is-unsent", mine.has(row.dataset.alert));
}

export function forget() {
  try {
    localStorage.removeItem(STORE);
  } catch (error) {
    // nothing was kept
  }
  show();
}

// A form says what it holds; one with data-number holds a number, and nothing when it is empty.
export function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || (field.type === "radio" && !field.checked)) continue;
    if ("number" in field.dataset) {
      if (field.value !== "") body[field.name] = Number(field.value);
    } else body[field.name] = field.value;
  }
  return body;
}
