// Where a device last said it was, on the operator's own map file; a pin on blank ground without one. Everything is
// loaded when somebody asks for it, and from here only.

import { toMap } from "./datum.js";

const ZOOM = 16;
const folder = `${document.documentElement.dataset.static}/vendor/leaflet`;
let shown = null;

function load(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${folder}/${name}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(name));
    document.head.append(script);
  });
}

async function library(withTiles) {
  if (!window.L) {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: `${folder}/leaflet.css` });
    document.head.append(style);
    await load("leaflet.js");
  }
  if (withTiles && !window.protomapsL) await load("protomaps-leaflet.js");
}

export async function toggleMap(button) {
  const place = document.getElementById("map");
  place.hidden = !place.hidden;
  button.setAttribute("aria-expanded", String(!place.hidden));
  shown?.remove();
  shown = null;
  if (place.hidden) return;
  const { latitude, longitude, accuracyM, tiles, datum, blank } = place.dataset;
  await library(Boolean(tiles));
  const at = toMap(Number(latitude), Number(longitude), datum);
  shown = L.map(place, { attributionControl: false, keyboard: true, zoomAnimation: false }).setView(at, ZOOM);
  if (tiles) {
    const flavor = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    protomapsL.leafletLayer({ url: tiles, flavor, lang: document.documentElement.lang.slice(0, 2) }).addTo(shown);
  } else {
    const note = document.createElement("p");
    note.className = "map-blank";
    note.textContent = blank;
    place.append(note);
  }
  L.control.scale({ imperial: false }).addTo(shown);
  if (Number(accuracyM)) shown.fitBounds(L.circle(at, { radius: Number(accuracyM), color: "#0b5c8a", weight: 1 }).addTo(shown).getBounds(), { maxZoom: ZOOM });
  L.circleMarker(at, { radius: 9, color: "#fff", weight: 2, fillColor: "#c3161c", fillOpacity: 1 }).addTo(shown)
    .bindTooltip(place.dataset.name, { permanent: true, direction: "top", offset: [0, -8] });
  place.dataset.drawn = "1";
}
