// Which of several tabs sounds: the one with the most urgent news that is able to. A tab that is closed, frozen or
// not allowed to sound lets go within three seconds.

import { keep, kept } from "./keep.js";

const FRESH_MS = 3_000;
const me = `${Date.now()}-${Math.random()}`;

export function holdsSound(urgency) {
  const holder = kept("sounder");
  const free = !holder || holder.me === me || Math.abs(Date.now() - holder.at) > FRESH_MS;
  if (!urgency) {
    if (holder?.me === me) keep("sounder", null);
    return false;
  }
  if (!free && holder.urgency >= urgency) return false;
  keep("sounder", { me, urgency, at: Date.now() });
  return true;
}
