// Talks to the server: the session's token on writes, and what went wrong in words.

export class ServerError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function answer(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ServerError(response.status, problem.detail || problem.title || String(response.status));
}

export async function getText(path) {
  const response = await fetch(path, { cache: "no-store", headers: { Accept: "application/json", "X-Fragment": "1" } });
  return (await answer(response)).text();
}

export async function getJson(path) {
  const response = await fetch(path, { cache: "no-store", headers: { Accept: "application/json" } });
  return (await answer(response)).json();
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": token() };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // escaped by the server's templates; the content policy runs no inline script
  return template.content;
}
