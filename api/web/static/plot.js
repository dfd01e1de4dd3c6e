// What all charts share: colours from the style sheet, axes in the reader's time zone, marks and limits, size.

import uPlot from "./vendor/uplot/uPlot.esm.js";

export { uPlot };
export const FONT = '12px -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function axis(more) {
  return { stroke: colour("muted"), font: FONT, ticks: { stroke: colour("grid"), size: 4 }, grid: { stroke: colour("grid"), width: 1 }, ...more };
}

export function timeAxis() {
  const { lang, dataset } = document.documentElement;
  const day = new Intl.DateTimeFormat(lang, { timeZone: dataset.zone, month: lang === "en" ? "short" : "numeric", day: "numeric" });
  const hour = new Intl.DateTimeFormat("en-GB", { timeZone: dataset.zone, hour: "2-digit", minute: "2-digit" });
  const label = (seconds) => {
    const time = hour.format(seconds * 1000);
    return time === "00:00" ? day.format(seconds * 1000) : time;
  };
  return axis({ space: 56, size: 28, values: (_, splits) => splits.map(label) });
}

export const zoned = (seconds) => uPlot.tzDate(new Date(seconds * 1000), document.documentElement.dataset.zone);

// Horizontal limits, vertical marks, stretches and beats, drawn over the grid and under nothing that matters.
export function overlay({ limits = [], marks = [], bands = [], beats = [] }) {
  return {
    hooks: {
      drawAxes: [(u) => {
        for (const band of bands) shade(u, band);
        for (const limit of limits) horizontal(u, limit.value);
      }],
      draw: [(u) => {
        marks.forEach((mark) => vertical(u, mark));
        beatRow(u, beats);
      }],
    },
  };
}

function shade(u, { from, to, fill, inside = "" }) {
  const left = Math.max(u.valToPos(from, "x", true), u.bbox.left);
  const right = Math.min(u.valToPos(to, "x", true), u.bbox.left + u.bbox.width);
  u.ctx.fillStyle = fill;
  u.ctx.fillRect(left, u.bbox.top, Math.max(0, right - left), u.bbox.height);
  u.ctx.font = `600 ${14 * devicePixelRatio}px ${FONT.slice(5)}`;
  if (!inside || right - left < 1.2 * u.ctx.measureText(inside).width) return;
  u.ctx.fillStyle = colour("mark");
  u.ctx.textBaseline = "middle";
  u.ctx.textAlign = "center";
  u.ctx.fillText(inside, (left + right) / 2, u.bbox.top + u.bbox.height * 0.35);
}

// A mark above each beat, and between two beats the milliseconds from one to the next where there is room.
function beatRow(u, beats) {
  const { min, max } = u.scales.x;
  const ratio = devicePixelRatio;
  const y = u.bbox.top - 4 * ratio;
  u.ctx.save();
  u.ctx.font = `${11 * ratio}px ${FONT.slice(5)}`;
  u.ctx.textBaseline = "bottom";
  u.ctx.textAlign = "center";
  beats.forEach((beat, i) => {
    const x = u.valToPos(beat, "x", true);
    if (beat >= min && beat <= max) {
      u.ctx.fillStyle = colour("mark");
      u.ctx.beginPath();
      u.ctx.moveTo(x - 3.5 * ratio, y - 3 * ratio);
      u.ctx.lineTo(x + 3.5 * ratio, y - 3 * ratio);
      u.ctx.lineTo(x, y + 4 * ratio);
      u.ctx.fill();
    }
    const middle = (beat + beats[i + 1]) / 2;
    if (!(middle >= min && middle <= max)) return;
    const text = String(Math.round((beats[i + 1] - beat) * 1000));
    if (u.valToPos(beats[i + 1], "x", true) - x < u.ctx.measureText(text).width + 10 * ratio) return;
    u.ctx.fillStyle = colour("muted");
    u.ctx.fillText(text, u.valToPos(middle, "x", true), y + 5 * ratio);
  });
  u.ctx.restore();
}

function horizontal(u, value) {
  const y = u.valToPos(value, "y", true);
  if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
  line(u, u.bbox.left, y, u.bbox.left + u.bbox.width, y, colour("limit"), 1.5, [6, 4]);
}

function vertical(u, mark) {
  const x = u.valToPos(mark.at, "x", true);
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
  const ratio = devicePixelRatio;
  line(u, x, u.bbox.top, x, u.bbox.top + u.bbox.height, colour("mark"), 2, []);
  u.ctx.save();
  u.ctx.fillStyle = colour("mark");
  u.ctx.beginPath();
  u.ctx.moveTo(x - 5 * ratio, u.bbox.top - 1);
  u.ctx.lineTo(x + 5 * ratio, u.bbox.top - 1);
  u.ctx.lineTo(x, u.bbox.top + 8 * ratio);
  u.ctx.fill();
  if (mark.label) {
    u.ctx.font = `600 ${12 * ratio}px ${FONT.slice(5)}`;
    u.ctx.textBaseline = "top";
    u.ctx.textAlign = x > u.bbox.left + u.bbox.width * 0.8 ? "right" : "left";
    u.ctx.fillText(mark.label, x + (u.ctx.textAlign === "left" ? 8 : -8) * ratio, u.bbox.top + 2 * ratio);
  }
  u.ctx.restore();
}

function line(u, x0, y0, x1, y1, stroke, width, dash) {
  u.ctx.save();
  u.ctx.strokeStyle = stroke;
  u.ctx.lineWidth = width * devicePixelRatio;
  u.ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
  u.ctx.beginPath();
  u.ctx.moveTo(x0, y0);
  u.ctx.lineTo(x1, y1);
  u.ctx.stroke();
  u.ctx.restore();
}

export function legend(entries) {
  const list = element("ul", "chart-legend");
  for (const { key, text } of entries) {
    const item = element("li");
    item.append(element("span", `key ${key}`), document.createTextNode(text));
    list.append(item);
  }
  return list;
}

// Draw into a place and follow its width.
// title: what the picture shows, for those who do not see it.
export function mount(place, { title, ...options }, data) {
  const holder = element("div", "chart-canvas");
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", title);
  place.append(holder);
  const chart = new uPlot({ ...options, width: Math.floor(place.clientWidth) || 300 }, data, holder);
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width && width !== chart.width) chart.setSize({ width, height: options.height });
  }).observe(place);
  return chart;
}
