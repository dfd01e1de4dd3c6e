// Running timers and the desk's clock, on the server's time: a desk computer's clock is often wrong.

let offsetMs = 0;
const ANSWER_WITHIN_MS = 60_000;

export function syncTo(serverNowMs) {
  offsetMs = serverNowMs - Date.now();
}

export const serverNow = () => Date.now() + offsetMs;

export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function tick(format, clock) {
  const now = serverNow();
  for (const timer of document.querySelectorAll("[data-since-ms]")) {
    if (timer.checkVisibility?.({ contentVisibilityAuto: true }) === false) continue; // nobody sees it: not now
    const age = now - Number(timer.dataset.sinceMs);
    const text = length(age);
    if (timer.firstChild) timer.firstChild.data = text;
    else timer.textContent = text;
    const waiting = timer.closest(".response-unacked") !== null;
    timer.classList.toggle("timer-over", waiting && age > ANSWER_WITHIN_MS);
  }
  for (const timer of document.querySelectorAll("[data-until-ms]")) timer.textContent = length(Number(timer.dataset.untilMs) - now);
  if (clock) clock.textContent = format.format(now);
}

export function startTimers(clock) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: document.documentElement.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const run = () => {
    tick(format, clock);
    setTimeout(run, 1000 - (serverNow() % 1000) + 5);
  };
  run();
}

export function clockText(ms) {
  const zone = document.documentElement.dataset.zone;
  return new Date(ms).toLocaleTimeString("en-GB", { timeZone: zone });
}
