// What of the queue is shown: by words, kind, priority, state and place. It is forgotten with the page: a filter from
// yesterday must hide nothing tonight. What it hides is counted aloud, and what is unanswered sounds all the same.

const FIELDS = { kind: "kind", priority: "priority", state: "response", place: "place" };

export class Filters {
  constructor(search, changed) {
    this.search = search;
    this.changed = changed;
    this.selects = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, document.getElementById(`filter-${name}`)]));
    this.notice = document.getElementById("search-hides");
    this.box = document.getElementById("filters");
    search.addEventListener("input", () => this.#choose());
    for (const select of Object.values(this.selects)) select.addEventListener("change", () => this.#choose());
    document.getElementById("filter-clear").addEventListener("click", () => this.clear());
    this.#read();
  }

  get active() {
    return this.words.length > 0 || this.chosen.length > 0;
  }

  finds(card) {
    if (this.chosen.some(([name, value]) => card.dataset[FIELDS[name]] !== value)) return false;
    if (!this.words.length) return true;
    const text = `${card.querySelector(".card-open").textContent} ${card.dataset.find}`.toLowerCase();
    const digits = (word) => (/^[\d+()-]+$/.test(word) ? word.replace(/\D/g, "") : word);
    return this.words.every((word) => text.includes(word) || text.includes(digits(word)));
  }

  clear() {
    this.search.value = "";
    for (const select of Object.values(this.selects)) select.value = "";
    this.#choose();
  }

  // Says what is hidden, and offers what there is to choose, each with its number.
  tell(cards) {
    const hidden = this.active ? cards.filter((card) => card.hidden && card.dataset.response === "unacked").length : 0;
    this.notice.hidden = !this.active;
    this.notice.classList.toggle("notice-bad", hidden > 0);
    const said = hidden ? this.notice.dataset.words.replace("{count}", hidden)
      : this.notice.dataset.shown.replace("{shown}", cards.filter((card) => !card.hidden).length).replace("{total}", cards.length);
    const place = this.notice.firstElementChild;
    if (place.textContent !== said) place.textContent = said;
    this.box.classList.toggle("filters-on", this.chosen.length > 0);
    if (this.box.open || this.chosen.length) for (const [name, select] of Object.entries(this.selects)) offer(select, cards, FIELDS[name]);
    this.box.ontoggle ??= () => this.changed();
  }

  #choose() {
    this.#read();
    this.changed();
  }

  #read() {
    this.words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.chosen = Object.entries(this.selects).map(([name, select]) => [name, select.value]).filter(([, value]) => value);
  }
}

// Rebuilt only when it differs, and never while somebody has it open.
function offer(select, cards, field) {
  if (document.activeElement === select && select.matches(":open, :active")) return;
  const counts = new Map();
  for (const card of cards) if (card.dataset[field]) counts.set(card.dataset[field], (counts.get(card.dataset[field]) ?? 0) + 1);
  if (select.value && !counts.has(select.value)) counts.set(select.value, 0);
  const words = select.dataset.words ? JSON.parse(select.dataset.words) : {};
  const rows = [...counts].sort(([, a], [, b]) => b - a).map(([value, count]) => [value, `${words[value] ?? value} (${count})`]);
  const said = JSON.stringify(rows);
  if (select.dataset.said === said) return;
  select.dataset.said = said;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...rows.map(([value, text]) => new Option(text, value)));
  select.value = chosen;
}
