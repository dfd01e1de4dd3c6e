// The sound's controls: a bar that shouts while the browser forbids sound, and a mute that is always visible.

import { AlarmSound } from "./sound.js";
import { length } from "./timers.js";

export function bindSound() {
  const sound = new AlarmSound();
  const banner = document.getElementById("banner-sound");
  const mute = document.getElementById("mute");
  const startedAt = performance.now();
  const show = () => {
    const muted = sound.mute.leftMs();
    banner.hidden = sound.enabled || performance.now() - startedAt < 400;
    mute.hidden = !sound.enabled;
    mute.querySelector('[data-when="on"]').hidden = muted > 0;
    mute.querySelector('[data-when="muted"]').hidden = muted === 0;
    mute.setAttribute("aria-pressed", String(muted > 0));
    document.getElementById("mute-left").textContent = length(muted + 999);
    document.documentElement.dataset.bursts = String(sound.bursts);
    document.documentElement.dataset.played = sound.played.join(" ");
  };
  const toggle = () => {
    sound.toggleMute();
    show();
  };
  const enable = () => {
    if (!sound.enabled) sound.enable();
  };
  document.getElementById("sound-enable").addEventListener("click", () => {
    enable();
    if (window.Notification?.permission === "default") Notification.requestPermission();
  });
  document.addEventListener("click", enable); // any click will do; not pointerdown: the banner goes, things move
  document.addEventListener("keydown", enable);
  mute.addEventListener("click", toggle);
  sound.enable();
  show();
  return {
    toggle,
    want: (names, calls) => sound.want(names, calls),
    tick: (voice) => {
      sound.tick(voice);
      show();
    },
  };
}
