// What is seen of a tab that nobody looks at: the number in its title, its icon, a notification.

const COLOURS = { high: "#c3161c", medium: "#f5b800", low: "#0aa2b5", trouble: "#15212c" };
const NAMESPACE = document.querySelector("svg").namespaceURI;
const plainTitle = document.title;
const icon = document.querySelector('link[rel="icon"]');
const plainIcon = icon.href;
let shown = "";

// count: unanswered alarms; level: the most urgent; trouble: whether the number is not to be trusted.
export function showAttention({ count, level, trouble }) {
  const said = `${count} ${level} ${trouble}`;
  if (said === shown) return;
  shown = said;
  const mark = trouble ? "⚠ " : "";
  document.title = count ? `${mark}(${count}) ${plainTitle}` : mark + plainTitle;
  icon.href = count || trouble ? drawn(count ? String(Math.min(count, 99)) : "!", trouble ? "trouble" : level) : plainIcon;
}

function drawn(text, colour) {
  const ink = colour === "medium" ? "#2b2000" : "#fff";
  const svg = `<svg xmlns="${NAMESPACE}" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${COLOURS[colour]}"/>`
    + `<text x="16" y="23" font-family="sans-serif" font-size="${text.length > 1 ? 18 : 22}" font-weight="700" text-anchor="middle" fill="${ink}">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function notify(text) {
  if (!document.hidden || window.Notification?.permission !== "granted") return;
  try {
    new Notification(text, { tag: "anhu", renotify: true, requireInteraction: true });
  } catch {
    // phones allow it only to service workers; title, icon and sound remain
  }
}
