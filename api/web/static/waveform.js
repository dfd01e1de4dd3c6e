// The signal that decided: motion as one picture around the impact, beats in rows as on an ECG strip.

import { FONT, axis, colour, element, legend, mount, overlay } from "./plot.js";

const COLOURS = ["series", "series-2", "series-3"];
const KEYS = ["", "key-2", "key-3"];
const ROWS = [[700, 1], [420, 0.75], [0, 0.5]];

export function drawWaveform(place, data) {
  const head = element("figcaption", "chart-head");
  const title = element("span", "chart-title", `${data.title} `);
  title.append(element("span", "chart-unit", data.unit));
  head.append(title, element("span", "chart-now", data.about));
  place.append(head);
  if (data.row_s) drawRows(place, data);
  else drawWhole(place, data);
}

const seconds = (_, at) => at.map((second) => (Number.isInteger(second) ? second : second.toFixed(1)));
const bands = (data) => data.phases.map((phase) => ({ ...phase, fill: colour(`phase-${phase.name}`) }));
const phaseKeys = (data) => data.phases.map((phase) => ({ key: `key-phase key-phase-${phase.name}`, text: phase.label }));

function drawWhole(place, data) {
  const series = [{}, ...data.channels.map((_, i) => ({ stroke: colour(COLOURS[i % 3]), width: 1, points: { show: false } }))];
  const columns = data.channels.map((channel) => channel.values);
  if (data.magnitude) {
    series.push({ stroke: colour("strong"), width: 2, points: { show: false } });
    columns.push(data.magnitude);
  }
  mount(place, {
    title: [data.title, data.unit, data.about].join(" "),
    height: 280,
    padding: [14, 10, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false, range: [data.t[0], data.t[data.t.length - 1]] } },
    axes: [axis({ size: 26, gap: 4, label: data.words.seconds, labelSize: 18, labelGap: 2, labelFont: FONT, values: seconds }), axis({ size: 42 })],
    series,
    plugins: [overlay({ limits: data.limits, marks: data.marks, bands: bands(data) })],
  }, [data.t, ...columns]);
  const entries = data.channels.map((channel, i) => ({ key: KEYS[i % 3], text: channel.label }));
  if (data.magnitude) entries.push({ key: "key-strong", text: data.words.magnitude });
  for (const limit of data.limits) entries.push({ key: "key-limit", text: `${limit.label} ${limit.text}` });
  for (const mark of data.marks) entries.push({ key: "key-mark", text: mark.label });
  place.append(legend([...entries, ...phaseKeys(data)]));
}

function drawRows(place, data) {
  const values = data.channels[0].values;
  const [first, last] = [data.t[0], data.t[data.t.length - 1]];
  const share = ROWS.find(([width]) => place.clientWidth >= width)[1];
  const isShort = share > 0.5 && last - first <= 1.5 * data.row_s;
  const length = isShort ? Math.ceil(last - first) : share * data.row_s;
  const range = spread(values);
  const rows = Math.max(1, Math.ceil((last - first) / length - 0.05));
  for (let row = 0; row < rows; row += 1) {
    const [from, to] = [row * length, (row + 1) * length];
    const inside = data.t.flatMap((t, i) => (t >= from && t <= to ? [i] : []));
    if (!inside.length) continue;
    const isLast = row === rows - 1;
    mount(place, {
      title: [data.title, data.unit, data.about, `${row + 1}/${rows}`].join(" "),
      height: isLast ? 142 : 118,
      padding: [20, 8, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [from, to] }, y: { range } },
      axes: [
        axis({ size: 20, gap: 2, values: seconds, ...(isLast && { label: data.words.seconds, labelSize: 20, labelFont: FONT }) }),
        axis({ size: 42, space: 34 }),
      ],
      series: [{}, { stroke: colour("strong"), width: 1.2, points: { show: false } }],
      plugins: [overlay({ bands: bands(data), beats: data.beats })],
    }, [inside.map((i) => data.t[i]), inside.map((i) => values[i])]);
  }
  const entries = data.beats.length ? [{ key: "key-beat", text: data.words.beat }, { key: "key-none", text: data.words.interval }] : [];
  place.append(legend([...entries, ...phaseKeys(data)]));
}

function spread(values) {
  const there = values.filter((value) => value !== null);
  const [low, high] = there.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const margin = Math.max((high - low) * 0.06, 0.01);
  return [low - margin, high + margin];
}
