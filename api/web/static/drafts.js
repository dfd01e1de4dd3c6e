// What somebody writes about an alarm is kept until it is saved: over refreshes, reloads, a session that ends.

import { keep, kept } from "./keep.js";

const key = (form) => `draft.${form.id}.${form.dataset.alert}`;

export function keepDraft(form) {
  const given = Object.fromEntries(new FormData(form));
  const empty = !Object.values(given).some((value) => value.trim());
  keep(key(form), empty ? null : given, sessionStorage);
}

export function forgetDraft(form) {
  keep(key(form), null, sessionStorage);
}

export function restoreDrafts(root) {
  for (const form of root.querySelectorAll("form[data-alert]")) {
    const given = kept(key(form), sessionStorage) ?? {};
    for (const [name, value] of Object.entries(given)) {
      const field = form.elements[name];
      if (field) field.value = value;
    }
    if (form.id === "close-form" && Object.keys(given).length) form.hidden = false;
  }
}
