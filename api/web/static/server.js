// Talks to the server: the session's token on writes, and what went wrong in words.

export class ServerError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const LONGEST_MS = 8_000;
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function answer(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ServerError(response.status, problem.detail || problem.title || String(response.status));
}

// A request that hangs must not hold the next one up.
const request = (path, { headers, ...more }) => fetch(path, {
  cache: "no-store",
  signal: AbortSignal.timeout(LONGEST_MS),
  headers: { ...headers, "Accept-Language": document.documentElement.lang }, // errors in the language of the page
  ...more,
});

export async function getText(path) {
  return (await answer(await request(path, { headers: { Accept: "application/json" } }))).text();
}

export async function getJson(path) {
  return (await answer(await request(path, { headers: { Accept: "application/json" } }))).json();
}

export async function send(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": token() };
  return answer(await request(path, { method, headers, body: JSON.stringify(body) }));
}

export const post = (path, body) => send("POST", path, body);

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // escaped by the server's templates; the content policy runs no inline script
  return template.content;
}
