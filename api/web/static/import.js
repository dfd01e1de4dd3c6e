// A sheet is sent to be tried, and sent again to be written: the server keeps nothing of it between.

const form = document.getElementById("import");
const sheet = document.getElementById("sheet");
const kind = document.getElementById("kind");
const byId = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
let tried = "";

async function send(path, query) {
  const answer = await fetch(`/api/v1/imports/${kind.value}${path}?${new URLSearchParams({ language, ...query })}`, {
    method: "POST",
    headers: { "X-CSRF-Token": token(), "Accept-Language": language, "Content-Type": "application/octet-stream" },
    body: sheet.files[0],
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.errors?.map((one) => one.expected).join("; ") || problem.detail || String(answer.status));
}

function show(report) {
  for (const figure of document.querySelectorAll("[data-figure]")) figure.textContent = report[figure.dataset.figure];
  const to_write = report.new + report.changed;
  const said = report.written ? "done" : report.faulty ? "fix" : to_write ? "ready" : "nothing";
  for (const one of document.querySelectorAll("[data-said]")) one.hidden = one.dataset.said !== said;
  byId("write").hidden = said !== "ready";
  byId("download").hidden = !report.faulty;
  byId("faults").hidden = !report.faulty;
  byId("faults").tBodies[0].replaceChildren(
    ...report.faults.map((fault) => {
      const row = document.createElement("tr");
      for (const text of [fault.row, fault.column, fault.said]) row.insertCell().textContent = text;
      return row;
    }),
  );
  if (report.issued.length) {
    const lines = ["device_id,secret,claim_code", ...report.issued.map((one) => `${one.device_id},${one.secret},${one.claim_code}`)];
    byId("secrets").href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/csv" }));
    byId("secrets").hidden = false;
  }
  byId("report").hidden = false;
  byId("report").focus();
}

async function work(doing) {
  const buttons = [byId("try"), byId("write"), byId("download")];
  byId("failed").hidden = true;
  byId("working").hidden = false;
  for (const button of buttons) button.disabled = true;
  try {
    await doing();
  } catch (error) {
    byId("failed").textContent = form.dataset.failed.replace("{why}", error.message);
    byId("failed").hidden = false;
  } finally {
    byId("working").hidden = true;
    for (const button of buttons) button.disabled = false;
  }
}

function forget() {
  tried = "";
  byId("report").hidden = true;
  byId("secrets").hidden = true;
}

sheet.addEventListener("change", forget);
kind.addEventListener("change", forget);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  work(async () => {
    const report = await (await send("", {})).json();
    tried = report.sha256;
    show(report);
  });
});

byId("write").addEventListener("click", () => work(async () => show(await (await send("", { tried })).json())));

byId("download").addEventListener("click", () =>
  work(async () => {
    const answer = await send("/faults", {});
    const name = answer.headers.get("Content-Disposition").match(/filename="([^"]+)"/)[1];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }),
);
