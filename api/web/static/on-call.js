// Who is on call, on a desk that stays open through the night: asked again every minute.

import { fragment, getText } from "./server.js";

const EVERY_MS = 60_000;
const place = document.getElementById("on-call");

async function show() {
  try {
    place.replaceChildren(fragment(await getText("/rota/now")));
  } catch {
    // That the line is lost is said by the watch; what was shown last stays.
  }
}

show();
setInterval(show, EVERY_MS);
