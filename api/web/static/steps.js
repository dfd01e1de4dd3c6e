// Answering an alarm: sends a step, and says in the reader's words why one was not taken.

import { inWords } from "./alarmbar.js";
import { post, ServerError } from "./server.js";

export class Steps {
  // refresh(): brings everything up to date; stands(alertId): how the alarm stands now, in words; ended(): no session.
  constructor({ refresh, stands, ended }) {
    this.refresh = refresh;
    this.stands = stands;
    this.ended = ended;
    this.banner = document.getElementById("banner-failed");
    document.getElementById("failed-dismiss").addEventListener("click", () => { this.banner.hidden = true; });
    document.getElementById("failed-retry").addEventListener("click", () => this.last && this.send(...this.last));
  }

  async send(alertId, path, body, done = () => {}) {
    this.last = [alertId, path, body, done];
    try {
      await post(`/api/v1/alerts/${encodeURIComponent(alertId)}/${path}`, body);
    } catch (error) {
      await this.refresh().catch(() => {});
      await this.#failed(alertId, error);
      return false;
    }
    this.banner.hidden = true;
    done();
    await this.refresh().catch(() => {});
    return true;
  }

  // A question to a device; what becomes of it is seen in the alarm.
  async ask(deviceId, name) {
    const quantity = name === "measure" ? { quantity: "heart_rate" } : {};
    try {
      await post(`/api/v1/devices/${encodeURIComponent(deviceId)}/commands`, { name, arguments: quantity });
    } catch (error) {
      await this.#failed("", error);
      return;
    }
    await this.refresh().catch(() => {});
  }

  // The line is back: what was not saved is still not saved, but the reason is over.
  lineBack() {
    if (this.offline && !this.banner.hidden) document.getElementById("failed-why").textContent = this.banner.dataset.restored;
    this.offline = false;
  }

  async #failed(alertId, error) {
    const status = error instanceof ServerError ? error.status : 0;
    if (status === 401) this.ended();
    this.offline = status === 0;
    const words = this.banner.dataset;
    const known = { 0: words.offline, 401: words.ended, 403: words.forbidden, 409: words.conflict, 422: words.refused };
    const stands = status === 409 && alertId ? await this.stands(alertId).catch(() => "") : "";
    document.getElementById("failed-why").textContent = inWords(known[status] ?? words.other, { stands });
    document.getElementById("failed-retry").hidden = status === 409 || !alertId;
    this.banner.hidden = false;
  }
}
