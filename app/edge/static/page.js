// The house's page: asks the gateway every two seconds, says what waits, and sounds until it is answered.

const LOOK_MS = 2_000;
const words = JSON.parse(document.documentElement.dataset.words);
const at = (id) => document.getElementById(id);
const filled = (name, values) => words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "medium" });
let audio = null;
let shown = "";

function say(id, sentence) {
  at(id).textContent = sentence;
  at(id).hidden = !sentence;
}

function line(sentence, up) {
  at("line").textContent = sentence;
  at("line").dataset.up = up ? "1" : "0";
}

function paragraph(sentence) {
  const made = document.createElement("p");
  made.textContent = sentence;
  return made;
}

function answerForm(alarm) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = `/alarms/${encodeURIComponent(alarm.id)}/answer`;
  const who = Object.assign(document.createElement("input"), { name: "who", placeholder: words.who, maxLength: 40 });
  who.setAttribute("aria-label", words.who);
  who.value = localStorage.getItem("who") ?? "";
  form.addEventListener("submit", () => localStorage.setItem("who", who.value));
  const button = Object.assign(document.createElement("button"), { textContent: words.answer });
  form.append(who, button);
  return form;
}

function item(alarm) {
  const made = document.createElement("li");
  const open = !alarm.answered_at_ms;
  made.className = open ? "open" : "answered";
  const title = document.createElement("h2");
  title.textContent = `${alarm.name} · ${alarm.label || words.no_label}`;
  const times = alarm.calls > 1 ? ` · ${filled("times", { calls: alarm.calls })}` : "";
  made.append(title, paragraph(filled("made", { time: clock.format(alarm.last_at_ms) }) + times));
  made.append(paragraph(filled("device", { device: alarm.device_id })));
  made.append(paragraph(alarm.at_centre_ms ? words.at_centre : words.not_at_centre));
  if (open) made.append(answerForm(alarm));
  else made.append(paragraph(filled("answered", { who: alarm.answered_by, time: clock.format(alarm.answered_at_ms) })));
  return made;
}

function show(state) {
  line(state.refused ? filled("refused", { why: state.refused }) : state.up ? words.line_up : words.line_down, state.up);
  say("trouble", state.trouble);
  say("waiting", state.calls || state.kib ? filled("waiting", state) : "");
  say("dropped", state.dropped ? filled("dropped", { count: state.dropped }) : "");
  say("none", state.alarms.some((one) => !one.answered_at_ms) ? "" : words.none);
  const text = JSON.stringify(state.alarms);
  if (text !== shown && !at("alarms").contains(document.activeElement?.closest?.("input"))) {
    at("alarms").replaceChildren(...state.alarms.map(item));
    shown = text;
  }
  document.title = state.alarms.filter((one) => !one.answered_at_ms).map((one) => one.name).join(" ") || at("line").textContent;
  if (audio && state.alarms.some((one) => !one.answered_at_ms)) beep();
}

function beep() {
  for (const [start, hertz] of [[0, 880], [0.25, 660], [0.5, 880]]) {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.2);
  }
}

async function look() {
  try {
    const answer = await fetch("/state");
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
  } catch {
    line(words.stale, false);
  }
  setTimeout(look, LOOK_MS);
}

at("sound").addEventListener("click", () => {
  audio = new AudioContext();
  at("sound").hidden = true;
});
look();
