// The emergency sheet: printed, and given to the crew as a QR code that opens it without a login.

import { post } from "./server.js";

const SVG = document.querySelector("#qr svg").namespaceURI;
const failed = document.getElementById("link-failed");

function draw(rows) {
  const picture = document.querySelector("#qr svg");
  const size = rows.length + 8;
  picture.setAttribute("viewBox", `0 0 ${size} ${size}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", rows.flatMap((row, y) => [...row].map((one, x) => (one === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join(""));
  picture.replaceChildren(path);
  document.getElementById("qr").hidden = false;
}

function tell(error) {
  failed.textContent = error.message;
  failed.hidden = false;
}

document.getElementById("print").addEventListener("click", () => window.print());
document.getElementById("make-link").addEventListener("click", async (event) => {
  const { api, alert } = event.target.dataset;
  try {
    const made = await (await post(api, { alert_id: alert })).json();
    draw(made.qr);
    document.getElementById("qr").dataset.url = made.url;
  } catch (error) {
    tell(error);
  }
});
for (const button of document.querySelectorAll("[data-revoke]")) {
  button.addEventListener("click", async () => {
    try {
      const token = document.querySelector('meta[name="csrf-token"]').content;
      const response = await fetch(button.dataset.revoke, { method: "DELETE", headers: { "X-CSRF-Token": token } });
      if (!response.ok) throw new Error(String(response.status));
      button.closest("li").remove();
    } catch (error) {
      tell(error);
    }
  });
}
