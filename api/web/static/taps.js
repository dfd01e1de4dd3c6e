// An answer in two taps: the first asks, the second says it. What the phone cannot send is kept.

import { say } from "./unsent.js";

const ARMED_MS = 5_000;
let armed = { key: "", until: 0 };

const keyOf = (button) => `${button.closest("[data-alert]").dataset.alert} ${button.dataset.step}`;

// Also after the list came anew between the two taps.
function draw(place) {
  for (const button of place.querySelectorAll("[data-step]")) {
    button.dataset.words = button.dataset.words || button.textContent;
    const isArmed = keyOf(button) === armed.key && Date.now() < armed.until;
    const words = isArmed ? place.dataset.again : button.dataset.words;
    if (button.textContent !== words) button.textContent = words;
  }
}

export function listenToTaps(place) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const key = keyOf(button);
    if (key === armed.key && Date.now() < armed.until) {
      armed = { key: "", until: 0 };
      const [alert, step] = key.split(" ");
      say(`/api/v1/alerts/${encodeURIComponent(alert)}/steps`, { step }, button.dataset.label);
    } else {
      armed = { key, until: Date.now() + ARMED_MS };
      setTimeout(() => draw(place), ARMED_MS + 50);
    }
    draw(place);
  });
  return () => draw(place);
}
