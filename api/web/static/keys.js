// The whole desk from the keyboard. Single letters work only outside of text fields.

const STEPS = { a: "acknowledge", w: "on_the_way", s: "on_scene", c: "close" };

export function bindKeys({ queue, detail, back, next, step, act: work, mute, voice }) {
  const focusedCard = () => document.activeElement?.closest?.(".card");

  function move(by) {
    const cards = queue.cards();
    if (!cards.length) return;
    const at = cards.indexOf(focusedCard() ?? cards.find((card) => card.dataset.alert === detail.picked));
    const next = cards[Math.min(cards.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    next.querySelector(".card-open").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function act(name) {
    const source = focusedCard() ?? document.getElementById("alarm");
    if (source?.dataset.steps?.split(" ").includes(name)) step(name, source.dataset.alert);
  }

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const typing = event.target.closest?.("input:not([type=radio]), textarea, select");
    if (event.key === "Escape") {
      if (typing) typing.blur();
      else if (detail.picked) back();
      return;
    }
    if (typing) return;
    const key = event.key.toLowerCase();
    if (["arrowdown", "arrowup", "j", "k"].includes(key) && event.target.type !== "radio") {
      event.preventDefault();
      move(key === "arrowdown" || key === "j" ? 1 : -1);
    } else if (STEPS[key]) {
      event.preventDefault();
      act(STEPS[key]);
    } else if (key === "n") {
      event.preventDefault();
      next();
    } else if (key === "/") {
      event.preventDefault();
      queue.search.focus();
    } else if (key === "m") {
      mute();
    } else if (key === "v") {
      voice();
    } else if (key === "r") {
      work("#reopen");
    } else if (key === "h") {
      event.preventDefault();
      detail.openHand();
    } else if (key === "f") {
      event.preventDefault();
      const filters = document.getElementById("filters");
      filters.open = true;
      filters.querySelector("select").focus();
    } else if (/^[1-9]$/.test(key) && detail.chooseOutcome(Number(key))) event.preventDefault();
  });
}
