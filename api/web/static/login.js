// The login page of a desk whose session ended: what nobody sees any more is said, and heard.

import { inWords } from "./alarmbar.js";
import { showAttention } from "./attention.js";
import { keep, kept } from "./keep.js";
import { AlarmSound } from "./sound.js";
import { everyTick } from "./ticks.js";
import { clockText } from "./timers.js";

const FORGOTTEN_MS = 24 * 3_600_000;
const last = kept("watching");
if (last && Date.now() - last.at < FORGOTTEN_MS) {
  const banner = document.getElementById("banner-unwatched");
  const words = document.getElementById("unwatched-words");
  words.textContent = inWords(words.dataset.words, { count: last.unanswered, at: clockText(last.at) });
  banner.setAttribute("role", "alert");
  banner.hidden = false;
  showAttention({ count: last.unanswered, level: "high", trouble: true });
  const sound = new AlarmSound();
  sound.enable();
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, () => sound.enable());
  document.getElementById("unwatched-end").addEventListener("click", () => {
    keep("watching", null);
    sound.want([], {});
    showAttention({ count: 0, level: "", trouble: false });
    banner.hidden = true;
  });
  sound.want(["ended"], {});
  everyTick(() => {
    sound.tick();
    document.documentElement.dataset.bursts = String(sound.bursts);
    document.documentElement.dataset.played = sound.played.join(" ");
  });
}
