// A quantity over time: the mean as a line, lowest to highest as a band, limits and alarms on it, gaps left open.

import { axis, colour, element, legend, mount, overlay, timeAxis, uPlot, zoned } from "./plot.js";
import { numbersTable } from "./table.js";

const COLOURS = [["series", "band"], ["series-2", "band-2"]];

export function drawTrend(place, data, { mini }) {
  const now = heading(data);
  place.append(now.head);
  const banded = !data.bars && data.series.some((one) => one.high.some((high, i) => high !== null && high !== one.low[i]));
  const { series, bands, columns } = build(data, banded);
  mount(place, {
    title: [data.title, data.unit, now.text].filter(Boolean).join(" "),
    height: mini ? 104 : 200,
    padding: [10, 20, 0, 0],
    tzDate: zoned,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { range: [data.from_ms / 1000, data.to_ms / 1000] }, y: { range: (_, low, high) => span(low, high, data) } },
    axes: [timeAxis(), axis({ size: 42, space: mini ? 26 : 34 })],
    series,
    bands,
    plugins: [overlay({ limits: data.limits, bands: stretches(data), marks: data.alerts.map((alert) => ({ at: alert.at_ms / 1000 })) })],
    hooks: { setCursor: [(u) => now.point(u.cursor.idx)] },
  }, [data.t, ...columns]);
  if (!mini) place.append(legend(keys(data, banded)), numbersTable(data));
}

const stretches = (data) => (data.judged ? [{ from: data.judged[0] / 1000, to: data.judged[1] / 1000, fill: colour("phase-falling") }] : []);

function build(data, banded) {
  const series = [{}];
  const bands = [];
  const columns = [];
  data.series.forEach((one, i) => {
    const [stroke, fill] = COLOURS[i];
    if (banded) {
      const at = series.length;
      series.push({ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
      columns.push(one.high, one.low);
      bands.push({ series: [at, at + 1], fill: colour(fill) });
    }
    if (data.bars) series.push({ stroke: colour(stroke), fill: colour(fill), paths: uPlot.paths.bars({ size: [0.7, 60] }), points: { show: false } });
    else series.push({ stroke: colour(stroke), width: 1.8, spanGaps: false, points: lonely(one.mean, colour(stroke)) });
    columns.push(one.mean);
  });
  return { series, bands, columns };
}

// A value with a gap on both sides has no line: show it as a dot.
function lonely(values, fill) {
  const at = values.flatMap((value, i) => (value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : []));
  return { show: at.length > 0, size: 6, fill, stroke: fill, filter: () => at };
}

// A fixed axis, wider only for what would lie outside; without one the values decide.
export function span(low, high, { axis: fixed, bars, limits }) {
  if (low === null || high === null) return fixed ?? [0, 1];
  if (bars) return [0, Math.max(high * 1.1, 10)];
  if (fixed) {
    const all = [low, high, ...limits.map((limit) => limit.value)];
    const [bottom, top] = [Math.min(...all), Math.max(...all)];
    const room = (fixed[1] - fixed[0]) * 0.04;
    return [bottom < fixed[0] ? bottom - room : fixed[0], top > fixed[1] ? top + room : fixed[1]];
  }
  const width = Math.max(high - low, 1);
  const near = limits.map((limit) => limit.value).filter((value) => value > low - width && value < high + width);
  const bottom = Math.min(low, ...near);
  const top = Math.max(high, ...near);
  const margin = Math.max((top - bottom) * 0.1, 0.5);
  return [bottom - margin, top + margin];
}

function heading(data) {
  const head = element("figcaption", "chart-head");
  const title = element("span", "chart-title", `${data.title} `);
  title.append(element("span", "chart-unit", data.unit));
  const value = element("span", "chart-now");
  head.append(title, value);
  const last = data.t.length - 1;
  const zone = document.documentElement.dataset.zone;
  const when = new Intl.DateTimeFormat("en-CA", { timeZone: zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false });
  const say = (index) => {
    const means = data.series.map((one) => one.mean[index]);
    if (means.every((mean) => mean === null)) return;
    const strong = element("strong", "", means.map((mean) => (mean === null ? "–" : mean.toFixed(data.decimals))).join(" / "));
    const at = index === last && !data.now ? "" : ` · ${when.format(data.t[index] * 1000).replace(", ", " ")}`;
    value.replaceChildren(strong, document.createTextNode(` ${data.unit}${at}`));
  };
  const newest = () => {
    value.replaceChildren(element("strong", "", data.now.text), document.createTextNode(` ${data.unit} `));
    if (data.now.mark) value.append(element("span", `mark mark-${data.now.mark.name}`, data.now.mark.text));
  };
  const point = (index) => (index === null || index === undefined ? (data.now ? newest() : say(last)) : say(index));
  point(null);
  return { head, point, text: value.textContent.trim() };
}

function keys(data, banded) {
  const entries = data.series.map((one, i) => ({ key: i ? "key-2" : "", text: data.series.length > 1 ? one.label : data.bars ? data.words.total : data.words.mean }));
  if (banded) entries.push({ key: "key-band", text: data.words.band });
  for (const limit of data.limits) entries.push({ key: "key-limit", text: `${limit.label} ${limit.text}` });
  if (data.judged) entries.push({ key: "key-phase key-phase-falling", text: data.words.judged });
  if (data.alerts.length) entries.push({ key: "key-mark", text: data.words.alert });
  return entries;
}
