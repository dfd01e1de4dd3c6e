// Forms of a record: regions while typing, a picture made small before it is sent, and what is wrong in view.

import { getJson } from "./server.js";

const SIDE_PX = 320;
const QUALITIES = [0.85, 0.7, 0.5, 0.3];
const MOST_BYTES = 60_000;
const PAUSE_MS = 250;

document.getElementById("problems")?.focus();

const region = document.getElementById("region_code");
const choices = document.getElementById("regions");
let typing = 0;

async function offer() {
  const found = await getJson(`/api/v1/regions?q=${encodeURIComponent(region.value.slice(0, 60))}`).catch(() => []);
  choices.replaceChildren(...found.map((one) => new Option("", `${one.code} ${one.name}`)));
}

region?.addEventListener("input", () => {
  clearTimeout(typing);
  if (region.value.trim().length > 1) typing = setTimeout(offer, PAUSE_MS);
});

// Who types the number need not type what is in it.
const number = document.getElementById("identity_number");
number?.addEventListener("change", () => {
  const found = number.value.replace(/[\s-]/g, "").match(/^\d{6}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dXx]$/);
  const born = document.getElementById("birth_date");
  const sex = document.getElementById("sex");
  if (found && born && !born.value) born.value = `${found[1]}-${found[2]}-${found[3]}`;
  if (found && sex && !sex.value) sex.value = Number(found[4]) % 2 ? "male" : "female";
});

const panel = document.querySelector("[data-photo]");
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function small(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= MOST_BYTES) return blob;
  }
  throw new Error(file.name);
}

async function send(body) {
  const said = document.getElementById("picture-said");
  try {
    const headers = { "X-CSRF-Token": token() };
    const answer = await fetch(panel.dataset.photo, { method: "PUT", headers, body: body ? await small(body) : "" });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    location.reload();
  } catch (error) {
    said.textContent = panel.dataset.failed.replace("{why}", error.message);
  }
}

document.getElementById("picture")?.addEventListener("change", (event) => event.target.files[0] && send(event.target.files[0]));
document.getElementById("picture-remove")?.addEventListener("click", () => send(null));
