// The bar of every page: how many alarms nobody answers, which come first, and the way to them.

const bar = () => document.getElementById("alarm-bar");

export const inWords = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export function showCalls(calls) {
  const list = bar().querySelector("ol");
  const made = calls.map((call) => {
    const item = document.getElementById("alarm-call").content.cloneNode(true);
    const link = item.querySelector("a");
    link.href = `/desk?alert=${encodeURIComponent(call.id)}`;
    link.dataset.openAlert = call.id;
    link.classList.add(`call-${call.priority}`);
    item.querySelector("use").setAttribute("href", `${document.documentElement.dataset.static}/icons.svg#${call.priority}`);
    item.querySelector("[data-is=tag]").textContent = call.tag;
    item.querySelector("li").classList.toggle("call-newest", Boolean(call.tag));
    item.querySelector("[data-is=kind]").textContent = call.kind;
    item.querySelector("[data-is=name]").textContent = call.name;
    item.querySelector("[data-since-ms]").dataset.sinceMs = call.started_at_ms;
    return item;
  });
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...made);
  if (focused) list.querySelector("a")?.focus();
}

export function showCount({ unanswered, level }) {
  const count = bar().querySelector("#alarm-count");
  count.textContent = inWords(count.dataset.words, { count: unanswered });
  bar().hidden = !unanswered;
  bar().dataset.level = level;
}

export function showDown(down) {
  const place = document.getElementById("parts-down");
  const said = down.map((one) => one.words).join("\n");
  if (place.dataset.said === said) return;
  place.dataset.said = said;
  place.replaceChildren(...down.map((one) => {
    const part = document.getElementById("part-down").content.cloneNode(true);
    part.querySelector("strong").textContent = one.words;
    part.querySelector("span").textContent = one.hint;
    return part;
  }));
}
