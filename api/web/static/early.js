// Before all others: what is pressed while the page's scripts are still on their way is kept, and pressed for them.
//
// Without it a browser sends such a form by itself: nothing is done, the page comes anew, and what was written stands
// in its address.

const kept = new Map();
let ready = false;

const isForScripts = (form) => !form.hasAttribute("action") && form.method !== "dialog";

function keep(event, what, press) {
  event.preventDefault();
  event.stopImmediatePropagation();
  kept.set(what, press);
}

document.addEventListener("submit", (event) => {
  const [form, button] = [event.target, event.submitter];
  if (!ready && isForScripts(form)) keep(event, form, () => form.requestSubmit(button));
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (ready || !button || (button.form && (button.type === "submit" || !isForScripts(button.form)))) return;
  keep(event, button, () => button.click());
}, true);

// The scripts of a page have all been run when its document is complete, or did not come.
document.addEventListener("DOMContentLoaded", () => {
  ready = true;
  for (const press of kept.values()) press();
  kept.clear();
});

window.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !isForScripts(event.target)) return;
  event.preventDefault();
  const told = document.getElementById("not-whole");
  told.hidden = false;
  told.scrollIntoView({ block: "center" });
});
