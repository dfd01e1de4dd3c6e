// The signal around an event: every channel, its length, the moment and the limits that decided.

import { FONT, axis, colour, element, legend, mount, overlay } from "./plot.js";

const COLOURS = ["series", "series-2", "series-3"];
const KEYS = ["", "key-2", "key-3"];

export function drawWaveform(place, data) {
  const head = element("figcaption", "chart-head");
  const title = element("span", "chart-title", `${data.title} `);
  title.append(element("span", "chart-unit", data.unit));
  head.append(title, element("span", "chart-now", data.about));
  place.append(head);
  const series = [{}, ...data.channels.map((_, i) => ({ stroke: colour(COLOURS[i % 3]), width: 1, points: { show: false } }))];
  const columns = data.channels.map((channel) => channel.values);
  if (data.magnitude) {
    series.push({ stroke: colour("strong"), width: 2, points: { show: false } });
    columns.push(data.magnitude);
  }
  mount(place, {
    height: 280,
    padding: [14, 10, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false, range: [data.t[0], data.t[data.t.length - 1]] } },
    axes: [axis({ size: 26, gap: 4, label: data.words.seconds, labelSize: 18, labelGap: 2, labelFont: FONT, values: (_, at) => at.map((second) => (Number.isInteger(second) ? second : second.toFixed(1))) }), axis({ size: 42 })],
    series,
    plugins: [overlay({ limits: data.limits, marks: data.marks, span: data.span })],
  }, [data.t, ...columns]);
  const entries = data.channels.map((channel, i) => ({ key: KEYS[i % 3], text: channel.label }));
  if (data.magnitude) entries.push({ key: "key-strong", text: data.words.magnitude });
  for (const limit of data.limits) entries.push({ key: "key-limit", text: `${limit.label} ${limit.text}` });
  for (const mark of data.marks) entries.push({ key: "key-mark", text: mark.label });
  place.append(legend(entries));
}
