// The rota's forms: each says where it goes (data-send) and what its fields make (data-kind); what was done is seen anew.

import { inWords } from "./alarmbar.js";
import { send, ServerError } from "./server.js";

const failed = document.getElementById("rota-failed");
const minutes = (clock) => { const [hour, minute] = clock.split(":").map(Number); return 60 * hour + minute; };
const crewOf = (within) => [...within.querySelectorAll('select[name="crew"]')].map((one) => one.value).filter(Boolean);
const plain = (form) => Object.fromEntries(new FormData(form));

function days(form) {
  const chosen = form.elements.days.value;
  if (chosen !== "some") return chosen;
  return [...form.querySelectorAll('[name="weekday"]:checked')].map((one) => one.value).join("");
}

const bodies = {
  empty: () => ({}),
  plain,
  day: (form) => ({ shift_id: form.elements.shift_id.value, day: form.elements.day.value, crew: crewOf(form) }),
  swap: (form) => {
    const { back, ...rest } = plain(form);
    const [shift, day] = back ? back.split(" ") : ["", ""];
    return { ...rest, back_shift_id: shift, back_day: day };
  },
  shift: (form) => ({
    name: form.elements.name.value,
    days: days(form),
    start_minute: minutes(form.elements.start.value),
    end_minute: minutes(form.elements.end.value),
    crews: [...form.querySelectorAll("[data-crew]")].map(crewOf),
    anchor: form.elements.anchor.value,
    from_day: form.elements.from_day.value,
    until_day: form.elements.until_day.value,
  }),
};

async function tell(where, body) {
  const [method, path] = where.split(" ");
  try {
    return await send(method, path, body);
  } catch (error) {
    const why = error instanceof ServerError ? error.message : failed.dataset.offline;
    failed.textContent = inWords(failed.dataset.words, { why });
    failed.hidden = false;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    failed.scrollIntoView({ block: "center" });
    return null;
  }
}

async function act(where, body, button) {
  if (button) button.disabled = true;
  if (await tell(where, body)) location.reload();
  if (button) button.disabled = false;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.send) return;
  event.preventDefault();
  if (form.dataset.sure && !confirm(form.dataset.sure)) return;
  act(form.dataset.send, bodies[form.dataset.kind](form), form.querySelector("button:not([type])"));
});

function open(dialog, button, which) {
  const form = dialog.querySelector("form");
  form.elements.shift_id.value = button.dataset.shift;
  form.elements.day.value = button.dataset.day;
  document.getElementById(which).textContent = button.dataset.title;
  dialog.showModal();
  return form;
}

function offered(form) {
  for (const option of form.elements.back.options) option.hidden = option.disabled = Boolean(option.value) && option.dataset.user !== form.elements.other_id.value;
  form.elements.back.value = "";
}

function weeks(form, change) {
  const crews = form.querySelector("[data-crews]");
  if (change > 0 && crews.children.length < 12) {
    const fresh = crews.lastElementChild.cloneNode(true);
    for (const select of fresh.querySelectorAll("select")) select.value = "";
    fresh.querySelector("legend").textContent = inWords(fresh.dataset.words, { number: crews.children.length + 1 });
    crews.append(fresh);
  } else if (change < 0 && crews.children.length > 1) crews.lastElementChild.remove();
}

async function show(button) {
  const response = await tell(button.dataset.show, {});
  if (!response) return;
  const { url } = await response.json();
  document.getElementById("ical-url").textContent = new URL(url, location.origin).href;
  document.getElementById("ical-shown").hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-change]")) {
    const form = open(document.getElementById("change-day"), button, "change-which");
    const crew = button.dataset.crew.trim().split(" ");
    form.querySelectorAll('select[name="crew"]').forEach((select, place) => { select.value = crew[place] ?? ""; });
  } else if (button.matches("[data-swap]")) offered(open(document.getElementById("swap-dialog"), button, "swap-which"));
  else if (button.matches("[data-close]")) button.closest("dialog").close();
  else if (button.matches("[data-press]")) act(button.dataset.press, {}, button);
  else if (button.matches("[data-show]")) show(button);
  else if (button.matches("[data-week-add]")) weeks(button.form, 1);
  else if (button.matches("[data-week-remove]")) weeks(button.form, -1);
});

document.addEventListener("change", (event) => {
  const { form } = event.target;
  if (event.target.matches("[data-days]")) form.querySelector("[data-weekdays]").hidden = event.target.value !== "some";
  if (event.target.name === "other_id") offered(form);
});
