// A message is on its way: the part of the page that says what became of it is fetched again until it is decided.

const EVERY_MS = 1_000;
const MOST_LOOKS = 120;
let looks = 0;

async function look() {
  const part = document.getElementById("awaited");
  if (!part?.hasAttribute("data-await") || looks >= MOST_LOOKS) return;
  looks += 1;
  const path = location.pathname + location.search;
  const answer = await fetch(path, { cache: "no-store", headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("awaited");
    if (fresh) part.replaceWith(fresh);
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
