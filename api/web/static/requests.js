// Service requests: taken and ended at once or not at all; the page shows what stands afterwards.

import { post } from "./server.js";
import { bodyOf } from "./unsent.js";

const failed = document.getElementById("request-failed");

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("plain" in form.dataset)) return;
  event.preventDefault();
  const to = event.submitter?.dataset.to ?? form.dataset.api;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    await post(to, bodyOf(form));
    location.reload();
  } catch (error) {
    failed.textContent = error.message;
    failed.hidden = false;
    failed.scrollIntoView({ block: "center" });
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});
document.addEventListener("anhu:sent", () => location.reload());
