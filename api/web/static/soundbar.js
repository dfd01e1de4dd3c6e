// The sound's controls: a banner until it is switched on, and a mute that ends by itself and is always visible.

import { AlarmSound } from "./sound.js";
import { length } from "./timers.js";

export function bindSound() {
  const sound = new AlarmSound();
  const banner = document.getElementById("banner-sound");
  const mute = document.getElementById("mute");
  const show = () => {
    const muted = sound.mutedMs();
    banner.hidden = sound.enabled;
    mute.hidden = !sound.enabled;
    mute.querySelector('[data-when="on"]').hidden = muted > 0;
    mute.querySelector('[data-when="muted"]').hidden = muted === 0;
    mute.setAttribute("aria-pressed", String(muted > 0));
    document.getElementById("mute-left").textContent = length(muted + 999);
    document.documentElement.dataset.bursts = String(sound.bursts);
  };
  const toggle = () => {
    if (sound.mutedMs()) sound.unmute();
    else sound.mute();
    show();
  };
  const enable = async () => {
    await sound.enable();
    show();
  };
  document.getElementById("sound-enable").addEventListener("click", enable);
  document.addEventListener("click", enable, { once: true }); // any first click will do; not pointerdown: the banner goes, things move
  mute.addEventListener("click", toggle);
  setInterval(show, 500);
  show();
  return { want: (level) => sound.want(level), unmute: () => sound.unmute(), toggle };
}
