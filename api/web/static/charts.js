// Finds the places where charts belong, fetches their numbers and draws them when they come into view.

import { getJson } from "./server.js";
import { drawTrend } from "./trend.js";
import { drawWaveform } from "./waveform.js";

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    draw(entry.target);
  }
}, { rootMargin: "200px", scrollMargin: "600px" }); // the alarm scrolls in a frame of its own

export function drawAll(root) {
  root.querySelectorAll("[data-chart], [data-waveform]").forEach((place) => seen.observe(place));
}

// Draws also what is out of sight, and waits for it.
export function drawnAll(root) {
  return Promise.all([...root.querySelectorAll("[data-chart], [data-waveform]")].map(draw));
}

const drawing = new WeakMap();

function draw(place) {
  if (!drawing.has(place)) drawing.set(place, drawOnce(place));
  return drawing.get(place);
}

async function drawOnce(place) {
  seen.unobserve(place);
  document.documentElement.dataset.drawn = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const wait = place.querySelector(".chart-wait");
  try {
    const data = await getJson(place.dataset.chart ?? place.dataset.waveform);
    if (!data.t.length) throw new Error("nothing to draw");
    wait.remove();
    if (place.dataset.chart) drawTrend(place, data, { mini: "mini" in place.dataset });
    else drawWaveform(place, data);
    place.dataset.drawn = "1";
  } catch {
    wait.remove();
    place.querySelector(".chart-none").hidden = false;
  }
}
