// The numbers of a chart as a table, for those who cannot see or do not trust a picture. Made when it is opened.

import { element } from "./plot.js";

const MOST_ROWS = 48;

export function numbersTable(data) {
  const details = element("details", "chart-table");
  details.append(element("summary", "", data.words.table));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(table(data));
  });
  return details;
}

function table(data) {
  const { lang, dataset } = document.documentElement;
  const when = new Intl.DateTimeFormat(lang, { timeZone: dataset.zone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
  const made = element("table");
  made.append(element("caption", "visually-hidden", `${data.title} ${data.unit}`));
  made.append(row("th", [data.words.time, ...data.series.map((one) => one.label)]));
  const shown = data.t.flatMap((_, i) => (data.series.some((one) => one.mean[i] !== null) ? [i] : []));
  const step = Math.max(1, Math.ceil(shown.length / MOST_ROWS));
  shown.filter((_, i) => (shown.length - 1 - i) % step === 0).forEach((i) => {
    made.append(row("td", [when.format(data.t[i] * 1000), ...data.series.map((one) => (one.mean[i] === null ? "–" : one.mean[i].toFixed(data.decimals)))]));
  });
  return made;
}

function row(tag, texts) {
  const made = element("tr");
  made.append(...texts.map((text) => {
    const cell = element(tag, "", text);
    if (tag === "th") cell.scope = "col";
    return cell;
  }));
  return made;
}
